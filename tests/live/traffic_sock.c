/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sockets for the traffic helper: each call either works or ends the program with a reason, calls
 * that move a connection say when, and a pair is the two ends of one connection with their lives.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "traffic.h"

struct address address_make(const struct run *run, const char *v4, const char *v6, uint16_t port)
{
	struct address a = {.len = sizeof(struct sockaddr_in6)};
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&a.sa;
	struct sockaddr_in *in4 = (struct sockaddr_in *)&a.sa;
	char text[INET6_ADDRSTRLEN];

	if (run->net == NET_V4) {
		a.len = sizeof(*in4);
		in4->sin_family = AF_INET;
		in4->sin_port = htons(port);
		if (inet_pton(AF_INET, v4, &in4->sin_addr) != 1)
			trouble("'%s' is no IPv4 address", v4);
		return a;
	}
	snprintf(text, sizeof(text), "::ffff:%s", v4);
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	if (inet_pton(AF_INET6, run->net == NET_V6 ? v6 : text, &in6->sin6_addr) != 1)
		trouble("'%s' is no IPv6 address", v6);
	return a;
}

struct address address_loopback(const struct run *run, uint16_t port)
{
	return address_make(run, "127.0.0.1", "::1", port);
}

struct address address_of(int fd)
{
	struct address a = {.len = sizeof(a.sa)};

	if (getsockname(fd, (struct sockaddr *)&a.sa, &a.len) != 0)
		trouble("getsockname: %s", strerror(errno));
	return a;
}

void sock_option(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)) != 0)
		trouble("setsockopt %d/%d: %s", level, name, strerror(errno));
}

int sock_new(const struct run *run)
{
	int family = run->net == NET_V4 ? AF_INET : AF_INET6;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		trouble("socket: %s", strerror(errno));
	sock_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (run->net == NET_MAPPED)
		sock_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	return fd;
}

void sock_bind(int fd, const struct address *a)
{
	if (bind(fd, (const struct sockaddr *)&a->sa, a->len) != 0)
		trouble("bind: %s", strerror(errno));
}

int sock_listen(const struct run *run, uint16_t port)
{
	struct address a = address_loopback(run, port);
	int fd = sock_new(run);

	sock_bind(fd, &a);
	if (listen(fd, 1024) != 0)
		trouble("listen on port %u: %s", port, strerror(errno));
	return fd;
}

void sock_connect(int fd, const struct address *a)
{
	if (connect(fd, (const struct sockaddr *)&a->sa, a->len) != 0)
		trouble("connect: %s", strerror(errno));
}

int sock_accept(int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		trouble("accept: %s", strerror(errno));
	return fd;
}

void sock_send(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text))
		trouble("send: %s", strerror(errno));
}

void sock_linger(int fd, int seconds)
{
	struct linger l = {.l_onoff = 1, .l_linger = seconds};

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)) != 0)
		trouble("SO_LINGER: %s", strerror(errno));
}

struct moment sock_close(int fd)
{
	struct moment m = moment_begin();

	if (close(fd) != 0)
		trouble("close: %s", strerror(errno));
	moment_end(&m);
	return m;
}

struct moment sock_shutdown(int fd)
{
	struct moment m = moment_begin();

	if (shutdown(fd, SHUT_WR) != 0)
		trouble("shutdown: %s", strerror(errno));
	moment_end(&m);
	return m;
}

struct moment sock_ack_fin(int fd)
{
	struct moment m;
	char c;

	if (recv(fd, &c, 1, 0) != 0)
		trouble("expected the end of file: %s", strerror(errno));
	m = moment_begin();
	sock_option(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
	moment_end(&m);
	return m;
}

/* ---- tuples ---- */

static sa_family_t tuple_address(const struct sockaddr_storage *sa, unsigned char *addr,
				 uint16_t *port)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)sa;

	if (sa->ss_family == AF_INET) {
		memcpy(addr, &in4->sin_addr, 4);
		*port = ntohs(in4->sin_port);
		return AF_INET;
	}
	*port = ntohs(in6->sin6_port); // NOLINT(clang-analyzer-core.CallAndMessage)
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		memcpy(addr, &in6->sin6_addr.s6_addr[12], 4);
		return AF_INET;
	}
	memcpy(addr, &in6->sin6_addr, 16);
	return AF_INET6;
}

struct tuple tuple_of(int fd)
{
	struct sockaddr_storage sa = {0};
	struct tuple t = {0};
	socklen_t len = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
		trouble("getsockname: %s", strerror(errno));
	t.family = tuple_address(&sa, t.laddr, &t.lport);
	len = sizeof(sa);
	if (getpeername(fd, (struct sockaddr *)&sa, &len) == 0)
		tuple_address(&sa, t.raddr, &t.rport);
	return t;
}

struct tuple tuple_to(int fd, const struct address *peer)
{
	struct tuple t = tuple_of(fd);

	tuple_address(&peer->sa, t.raddr, &t.rport);
	return t;
}

struct tuple tuple_at(struct address local)
{
	struct tuple t = {0};

	t.family = tuple_address(&local.sa, t.laddr, &t.lport);
	return t;
}

struct tuple tuple_reverse(const struct tuple *t)
{
	struct tuple r = {.family = t->family, .lport = t->rport, .rport = t->lport};

	memcpy(r.laddr, t->raddr, sizeof(r.laddr));
	memcpy(r.raddr, t->laddr, sizeof(r.raddr));
	return r;
}

/* ---- pairs ---- */

void pair_listen(const struct run *run, struct pair *p)
{
	struct moment m = moment_begin();
	struct tuple t;

	p->listener = sock_listen(run, run->port);
	moment_end(&m);
	t = tuple_of(p->listener);
	p->l_listener = life_new(run, &t, ST_CLOSED);
	life_passes(p->l_listener, ST_LISTEN, &m);
}

void pair_live(const struct run *run, struct pair *p, struct moment m)
{
	struct tuple t = tuple_of(p->client);

	p->l_client = life_new(run, &t, ST_CLOSED);
	life_passes(p->l_client, ST_SYN_SENT, NULL);
	life_reaches(p->l_client, ST_ESTABLISHED, &m);
	t = tuple_reverse(&t);
	p->l_child = life_new(run, &t, ST_LISTEN);
	life_passes(p->l_child, ST_SYN_RECV, NULL);
	life_reaches(p->l_child, ST_ESTABLISHED, &m);
}

void pair_connect(const struct run *run, struct pair *p, const struct address *from)
{
	struct address to = address_loopback(run, run->port);
	struct moment m;

	p->client = sock_new(run);
	if (from)
		sock_bind(p->client, from);
	m = moment_begin();
	sock_connect(p->client, &to);
	moment_end(&m);
	pair_live(run, p, m);
	p->child = sock_accept(p->listener);
}

void pair_unlisten(struct pair *p)
{
	struct moment m = sock_close(p->listener);

	p->listener = -1;
	life_ended(p->l_listener, &m, "normal");
}

void pair_open(const struct run *run, struct pair *p)
{
	pair_listen(run, p);
	pair_connect(run, p, NULL);
	pair_unlisten(p);
}

/*
 * The FIN is out: 'first' has moved to FIN-WAIT-1 at 'm', 'other' reads it and acknowledges, unless
 * the kernel has acknowledged at once.
 */
static void pair_fin(struct life *first, struct life *other, int other_fd, struct moment m)
{
	life_passes(first, ST_FIN_WAIT_1, &m);
	life_reaches(other, ST_CLOSE_WAIT, &m);
	m = moment_from(m, sock_ack_fin(other_fd));
	life_reaches(first, ST_FIN_WAIT_2, &m);
}

void pair_client_closes(struct pair *p)
{
	p->held = false;
	pair_fin(p->l_client, p->l_child, p->child, sock_close(p->client));
}

void pair_client_shuts(struct pair *p)
{
	p->held = true;
	pair_fin(p->l_client, p->l_child, p->child, sock_shutdown(p->client));
}

void pair_child_closes(struct pair *p)
{
	p->held = false;
	pair_fin(p->l_child, p->l_client, p->client, sock_close(p->child));
}

/* Of an orphan, the tracer may know the move to TIME-WAIT by its timer's expiry only. */
static void pair_finish(const struct pair *p, struct life *first, struct life *other, int other_fd)
{
	struct moment m = sock_close(other_fd), t;

	life_passes(other, ST_LAST_ACK, &m);
	life_ends(other, &m, "normal");
	t = p->held ? m : moment_by_timer(m);
	life_reaches(first, ST_TIME_WAIT, &t);
}

void pair_child_finishes(struct pair *p)
{
	pair_finish(p, p->l_client, p->l_child, p->child);
}

void pair_client_finishes(struct pair *p)
{
	pair_finish(p, p->l_child, p->l_client, p->client);
}
