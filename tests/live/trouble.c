/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trouble: real programs in real trouble, for `stuck` to diagnose. Plays all cases in the network
 * namespace it is started in, writes one line a socket, then "ready", and keeps them until its
 * standard input ends.
 *
 *   CASE LPORT RPORT STATE RULE OWNER SINCE
 *       RULE '-': no finding. OWNER: a name, "(orphan)", "~name" of a listener, '*' anything.
 *       SINCE: ns on CLOCK_MONOTONIC when it entered the state, 0: not to be checked.
 *
 * A peer that vanished is a socket whose filter drops every segment (SO_ATTACH_FILTER): to the
 * other end that is the same as a cut cable.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 8001, CHILDREN = 16 };

static uint16_t port = PORT;
static pid_t children[CHILDREN];
static unsigned n_children;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "trouble: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static struct sockaddr_in at(uint16_t number)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons(number),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int listen_at(uint16_t number, int backlog)
{
	struct sockaddr_in addr = at(number);
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, backlog))
		die("listen");
	return fd;
}

static int connect_to(uint16_t number, int flags)
{
	struct sockaddr_in addr = at(number);
	int fd = socket(AF_INET, SOCK_STREAM | flags, 0);

	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) && errno != EINPROGRESS)
		die("connect");
	return fd;
}

static void drop_all(int fd)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {.len = 1, .filter = &nothing};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)))
		die("SO_ATTACH_FILTER");
}

static uint16_t local_port(int fd)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);

	if (getsockname(fd, (struct sockaddr *)&addr, &len))
		die("getsockname");
	return ntohs(addr.sin_port);
}

/* A socket of ours that a case is about; its far end has the other port. */
struct pair {
	int listener, client, server;
	uint16_t lport, rport; /* of the server */
};

static struct pair open_pair(void)
{
	struct pair p = {.lport = port++};

	p.listener = listen_at(p.lport, 16);
	p.client = connect_to(p.lport, 0);
	p.server = accept(p.listener, NULL, NULL);
	p.rport = local_port(p.client);
	return p;
}

static void tell(const char *name, uint16_t lport, uint16_t rport, const char *state,
		 const char *rule, const char *owner, int64_t since)
{
	printf("%s %u %u %s %s %s %" PRId64 "\n", name, lport, rport, state, rule, owner, since);
}

static void read_to_end(int fd)
{
	char bytes[256];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
}

/* Fills both buffers, so that the peer's window is shut. */
static void fill(int fd)
{
	static char bytes[1 << 16];

	fcntl(fd, F_SETFL, O_NONBLOCK);
	for (int idle = 0; idle < 20;) {
		if (write(fd, bytes, sizeof(bytes)) > 0) {
			idle = 0;
			continue;
		}
		idle++;
		pause_ms(10);
	}
}

/* ---- the cases ---- */

static void leak(void)
{
	struct pair p = open_pair();
	int64_t since;

	close(p.client);
	since = now();
	read_to_end(p.server);
	tell("leak", p.lport, p.rport, "CLOSE-WAIT", "close-wait-leak", "trouble", since);
	tell("leak-peer", p.rport, p.lport, "FIN-WAIT-2", "fin-wait-2-orphan", "(orphan)", since);
}

static void stalled_reader(void)
{
	struct pair p = open_pair();
	int64_t since;

	if (write(p.client, "hello", 5) != 5)
		die("write");
	close(p.client);
	since = now();
	tell("stalled-reader", p.lport, p.rport, "CLOSE-WAIT", "close-wait-unread", "trouble",
	     since);
}

static void half_close_held(void)
{
	struct pair p = open_pair();
	int64_t since;

	shutdown(p.client, SHUT_WR);
	since = now();
	read_to_end(p.server);
	tell("half-close-held", p.rport, p.lport, "FIN-WAIT-2", "fin-wait-2-held", "trouble",
	     since);
}

static void never_accepted(void)
{
	uint16_t number = port++, client_port;
	int listener = listen_at(number, 16), client = connect_to(number, 0);
	int64_t since;

	(void)listener;
	client_port = local_port(client);
	close(client);
	since = now();
	tell("never-accepted", number, client_port, "CLOSE-WAIT", "not-accepted", "~trouble",
	     since);
}

static void reader_asleep(void)
{
	struct pair p = open_pair();

	fill(p.client);
	tell("window-shut", p.rport, p.lport, "ESTABLISHED", "peer-window-shut", "trouble", 0);
	tell("reader-asleep", p.lport, p.rport, "ESTABLISHED", "established-unread", "trouble", 0);
}

static void closed_behind_window(void)
{
	struct pair p = open_pair();

	fill(p.client);
	close(p.client);
	tell("closed-behind-window", p.rport, p.lport, "FIN-WAIT-1", "peer-window-shut", "(orphan)",
	     0);
}

static void peer_vanished(void)
{
	struct pair p = open_pair();

	drop_all(p.server);
	if (write(p.client, "hello", 5) != 5)
		die("write");
	tell("peer-vanished", p.rport, p.lport, "ESTABLISHED", "peer-silent", "trouble", 0);
}

static void fin_unanswered(void)
{
	struct pair p = open_pair();
	int64_t since = now();

	drop_all(p.server);
	close(p.client);
	tell("fin-unanswered", p.rport, p.lport, "FIN-WAIT-1", "peer-silent", "(orphan)", -since);
}

static void last_ack_unanswered(void)
{
	struct pair p = open_pair();
	int64_t since;

	shutdown(p.client, SHUT_WR);
	read_to_end(p.server);
	drop_all(p.client);
	since = now();
	close(p.server);
	tell("last-ack-unanswered", p.lport, p.rport, "LAST-ACK", "peer-silent", "(orphan)",
	     -since);
}

static void syn_unanswered(void)
{
	uint16_t number = port++;
	int64_t since = now();
	int client;

	drop_all(listen_at(number, 16));
	client = connect_to(number, SOCK_NONBLOCK);
	tell("syn-unanswered", local_port(client), number, "SYN-SENT", "syn-unanswered", "trouble",
	     since);
}

/* The client's filter drops the SYN-ACK. */
static void syn_ack_unanswered(void)
{
	uint16_t number = port++;
	struct sockaddr_in addr = at(number);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int64_t since = now();

	listen_at(number, 16);
	drop_all(client);
	if (connect(client, (struct sockaddr *)&addr, sizeof(addr)) && errno != EINPROGRESS)
		die("connect");
	tell("syn-ack-unanswered", number, local_port(client), "SYN-RECEIVED",
	     "syn-received-unanswered", "~trouble", since);
}

static void backlog_full(void)
{
	uint16_t number = port++;

	listen_at(number, 1);
	for (int i = 0; i < 4; i++)
		connect_to(number, SOCK_NONBLOCK);
	tell("backlog-full", number, 0, "LISTEN", "accept-queue-full", "trouble", 0);
}

static void child(const char *name)
{
	prctl(PR_SET_NAME, name);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause_ms(60000);
}

/* The parent has closed its copy: only the child holds it. */
static void forked_owner(void)
{
	struct pair p = open_pair();
	int64_t since;
	pid_t pid = fork();

	if (pid == 0)
		child("heir");
	children[n_children++] = pid;
	close(p.server);
	close(p.client);
	since = now();
	/* The child still has the client's end as well. */
	tell("forked-owner", p.lport, p.rport, "ESTABLISHED", "-", "heir", 0);
	(void)since;
}

static void pass_over(int talk, int fd)
{
	char room[CMSG_SPACE(sizeof(int))] = {0}, byte = 'x';
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = room,
			     .msg_controllen = sizeof(room)};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	if (sendmsg(talk, &msg, 0) != 1)
		die("sendmsg");
}

static void take_over(int talk)
{
	char room[CMSG_SPACE(sizeof(int))] = {0}, byte;
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = room,
			     .msg_controllen = sizeof(room)};
	int fd;

	if (recvmsg(talk, &msg, 0) != 1)
		_exit(1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	read_to_end(fd);
	if (write(talk, "y", 1) != 1)
		_exit(1);
	child("receiver");
}

/* Made by one process, passed over a unix socket to another that leaks it. */
static void passed_over(void)
{
	int talk[2];
	struct pair p;
	int64_t since;
	pid_t pid;
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, talk))
		die("socketpair");
	pid = fork();
	if (pid == 0)
		take_over(talk[1]);
	children[n_children++] = pid;
	p = open_pair();
	close(p.client);
	since = now();
	pass_over(talk[0], p.server);
	if (read(talk[0], &byte, 1) != 1)
		die("the receiver");
	close(p.server);
	tell("passed-over", p.lport, p.rport, "CLOSE-WAIT", "close-wait-leak", "receiver", since);
}

/* ---- controls ---- */

static void healthy(void)
{
	struct pair idle = open_pair(), busy = open_pair();
	char bytes[5];

	tell("idle", idle.lport, idle.rport, "ESTABLISHED", "-", "trouble", 0);
	tell("idle-peer", idle.rport, idle.lport, "ESTABLISHED", "-", "trouble", 0);
	if (write(busy.client, "hello", 5) != 5 || read(busy.server, bytes, 5) != 5)
		die("talk");
	tell("talked", busy.lport, busy.rport, "ESTABLISHED", "-", "trouble", 0);
	tell("listener", idle.lport, 0, "LISTEN", "-", "trouble", 0);
}

static void closed_well(void)
{
	struct pair p = open_pair();

	close(p.client);
	read_to_end(p.server);
	close(p.server);
	tell("closed-well", p.rport, p.lport, "TIME-WAIT", "-", "(orphan)", now());
}

int main(void)
{
	static void (*const cases[])(void) = {
		passed_over,          leak,           stalled_reader,
		half_close_held,      never_accepted, reader_asleep,
		closed_behind_window, peer_vanished,  fin_unanswered,
		last_ack_unanswered,  syn_unanswered, syn_ack_unanswered,
		backlog_full,         forked_owner,   healthy,
		closed_well,
	};
	char byte;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cases[i]();
	puts("ready");
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	for (unsigned i = 0; i < n_children; i++)
		kill(children[i], SIGKILL);
	return 0;
}
