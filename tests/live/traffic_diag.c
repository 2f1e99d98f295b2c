/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sock_diag for the traffic helper: one socket looked up by its four-tuple, full or mini, and
 * destroyed on request as 'ss -K' does. This is how a scenario knows that what it played took
 * place.
 */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "traffic.h"

struct diag_request {
	struct nlmsghdr head;
	struct inet_diag_req_v2 body;
};

static int diag_socket(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd < 0)
		trouble("cannot open a sock_diag socket: %s", strerror(errno));
	return fd;
}

static void diag_send(int type, int flags, const struct tuple *t)
{
	struct diag_request q = {
		.head = {.nlmsg_len = sizeof(q), .nlmsg_type = type, .nlmsg_flags = flags},
		.body = {.sdiag_family = t->family,
			 .sdiag_protocol = IPPROTO_TCP,
			 .idiag_states = -1},
	};

	q.body.id.idiag_sport = htons(t->lport);
	q.body.id.idiag_dport = htons(t->rport);
	memcpy(q.body.id.idiag_src, t->laddr, sizeof(t->laddr));
	memcpy(q.body.id.idiag_dst, t->raddr, sizeof(t->raddr));
	memset(q.body.id.idiag_cookie, 0xff, sizeof(q.body.id.idiag_cookie));
	if (send(diag_socket(), &q, sizeof(q), 0) != (ssize_t)sizeof(q))
		trouble("cannot ask sock_diag: %s", strerror(errno));
}

/* The answer: a negative errno, 0 for an acknowledgement, or the state found. */
static int diag_answer(void)
{
	union {
		struct nlmsghdr head;
		char bytes[8192];
	} answer;
	ssize_t got = recv(diag_socket(), &answer, sizeof(answer), 0);
	const void *body = NLMSG_DATA(&answer.head);

	if (got < (ssize_t)NLMSG_LENGTH(sizeof(int)))
		trouble("sock_diag does not answer: %s", strerror(errno));
	if (answer.head.nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)body)->error;
	return ((const struct inet_diag_msg *)body)->idiag_state;
}

int diag_state(const struct tuple *t)
{
	int state;

	diag_send(SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, t);
	state = diag_answer();
	if (state < 0 && state != -ENOENT)
		trouble("sock_diag says: %s", strerror(-state));
	/* Where there is no connection the lookup falls back on a listener of that port. */
	if (state < 0 || (state == TCP_LISTEN && t->rport != 0))
		return 0;
	return state;
}

int diag_kill(const struct tuple *t)
{
	diag_send(SOCK_DESTROY, NLM_F_REQUEST | NLM_F_ACK, t);
	return diag_answer();
}

/* tcp_abort() of a mini-socket says EOPNOTSUPP on 5.10, and works on 6.1. */
bool diag_can_kill_mini(void)
{
	struct utsname host;
	int major = 0;

	return uname(&host) == 0 && sscanf(host.release, "%d", &major) == 1 && major >= 6;
}

bool diag_can_kill(void)
{
	struct tuple nobody = {.family = AF_INET, .lport = 1, .rport = 1};

	return diag_kill(&nobody) == -ENOENT;
}
