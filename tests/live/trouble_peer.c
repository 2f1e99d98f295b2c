/* SPDX-License-Identifier: GPL-2.0-only */
/* trouble_peer.c - peers that are silent, that take no more, or are not there. See trouble.h. */
#include "trouble.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the other side of the loopback ---- */

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

static void half_closed_behind_window(void)
{
	struct pair p = open_pair();

	fill(p.client);
	shutdown(p.client, SHUT_WR);
	tell("half-closed-behind-window", p.rport, p.lport, "FIN-WAIT-1", "peer-window-shut",
	     "trouble", 0);
}

/* The client has said all, and does not read the answer. */
static struct pair answer_unread(void)
{
	struct pair p = open_pair();

	shutdown(p.client, SHUT_WR);
	read_to_end(p.server);
	fill(p.server);
	return p;
}

static void answer_behind_window(void)
{
	struct pair p = answer_unread();

	tell("answer-behind-window", p.lport, p.rport, "CLOSE-WAIT", "peer-window-shut", "trouble",
	     0);
}

static void last_ack_behind_window(void)
{
	struct pair p = answer_unread();

	close(p.server);
	tell("last-ack-behind-window", p.lport, p.rport, "LAST-ACK", "peer-window-shut", "(orphan)",
	     0);
}

/* Told to send a thousand bytes a second, and then closed. */
static void paced_and_closed(void)
{
	static char bytes[400000];
	struct pair p = open_pair();
	unsigned rate = 1000;

	if (setsockopt(p.client, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof(rate)))
		die("SO_MAX_PACING_RATE");
	fcntl(p.client, F_SETFL, O_NONBLOCK);
	if (write(p.client, bytes, sizeof(bytes)) <= 0)
		die("write");
	/* The peer reads all that comes. */
	pause_ms(50);
	while (recv(p.server, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	close(p.client);
	tell("paced-and-closed", p.rport, p.lport, "FIN-WAIT-1", "unsent-data", "(orphan)", 0);
}

static void peer_dropped(void)
{
	struct pair p = open_pair();

	drop_all(p.server);
	if (write(p.client, "hello", 5) != 5)
		die("write");
	tell("peer-dropped", p.rport, p.lport, "ESTABLISHED", "peer-silent", "trouble", 0);
}

static void fin_dropped(void)
{
	struct pair p = open_pair();
	int64_t since = now();

	drop_all(p.server);
	close(p.client);
	tell("fin-dropped", p.rport, p.lport, "FIN-WAIT-1", "peer-silent", "(orphan)", -since);
}

static void last_ack_dropped(void)
{
	struct pair p = open_pair();
	int64_t since;

	shutdown(p.client, SHUT_WR);
	read_to_end(p.server);
	/* The ACK of its FIN may be delayed; without it the peer would go on sending that. */
	pause_ms(200);
	drop_all(p.client);
	since = now();
	close(p.server);
	tell("last-ack-dropped", p.lport, p.rport, "LAST-ACK", "peer-silent", "(orphan)", -since);
}

/* The peer's FIN arrives, again and again, since neither our ACK of it nor our FIN does; it waits a
 * second so that ours is sent again before. */
static void closing_dropped(void)
{
	struct pair p = open_pair();
	int64_t since;

	drop_all(p.server);
	close(p.client);
	pause_ms(1000);
	since = now();
	close(p.server);
	tell("closing-dropped", p.rport, p.lport, "CLOSING", "segments-lost", "(orphan)", -since);
}

static void syn_dropped(void)
{
	uint16_t number = next_port();
	int64_t since = now();
	int client;

	drop_all(listen_at(number, 16));
	client = connect_to(number, SOCK_NONBLOCK);
	tell("syn-dropped", local_port(client), number, "SYN-SENT", "syn-unanswered", "trouble",
	     since);
}

void trouble_peers(void)
{
	closing_dropped();
	reader_asleep();
	closed_behind_window();
	half_closed_behind_window();
	answer_behind_window();
	last_ack_behind_window();
	paced_and_closed();
	peer_dropped();
	fin_dropped();
	last_ack_dropped();
	syn_dropped();
}

/* ---- the far namespace ---- */

static void in_far(const char *what)
{
	char command[256];

	snprintf(command, sizeof(command), "ip -n %s %s", far_netns, what);
	if (system(command)) // NOLINT(cert-env33-c): a test of `ip`
		die(what);
}

enum { FAR_CLOSES = 'c', FAR_HALF_CLOSES = 'h', FAR_KEEPS = 'k', FAR_PORT = 7001 };

/* Does with each connection what its first byte says, and answers when that is done. */
static void be_far(void *arg)
{
	int says = dup2(*(int *)arg, 3), listener, fd;
	char path[128], byte;

	/* What else is open is not ours to keep. */
	close_range(4, ~0U, 0);
	snprintf(path, sizeof(path), "/run/netns/%s", far_netns);
	fd = open(path, O_RDONLY);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	listener = listen_at(FAR_PORT, 64);
	if (write(says, "r", 1) != 1)
		die("pipe");
	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0 || read(fd, &byte, 1) != 1)
			continue;
		if (byte == FAR_CLOSES)
			close(fd);
		if (byte == FAR_HALF_CLOSES)
			shutdown(fd, SHUT_WR);
		if (write(says, "d", 1) != 1)
			die("pipe");
	}
}

static int connect_far(const char *host, char what, int far_says)
{
	int fd = connect_to_host(host, FAR_PORT, 0);
	char byte;

	if (write(fd, &what, 1) != 1 || read(far_says, &byte, 1) != 1)
		die("the far end");
	if (what != FAR_KEEPS)
		read_to_end(fd);
	/* For its ACK to come. */
	pause_ms(60);
	return fd;
}

static void write_hello(int fd)
{
	if (write(fd, "hello", 5) != 5)
		die("write");
}

void trouble_far(void)
{
	int ends[2], kept, closing, last, half, cut, fresh;
	int64_t since;
	char byte;

	if (!far_netns)
		return;
	if (pipe(ends))
		die("pipe");
	spawn("far", be_far, &ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		die("the far end");
	kept = connect_far(FAR_ROUTE, FAR_KEEPS, ends[0]);
	closing = connect_far(FAR_ROUTE, FAR_KEEPS, ends[0]);
	last = connect_far(FAR_ROUTE, FAR_CLOSES, ends[0]);
	half = connect_far(FAR_ROUTE, FAR_HALF_CLOSES, ends[0]);
	cut = connect_far(FAR_LINK, FAR_KEEPS, ends[0]);
	in_far("route add blackhole 10.99.1.1/32");
	in_far("link set link2 down");

	write_hello(kept);
	tell("route-vanished", local_port(kept), FAR_PORT, "ESTABLISHED", "peer-silent", "trouble",
	     0);
	write_hello(cut);
	tell("link-down", local_port(cut), FAR_PORT, "ESTABLISHED", "no-neighbour", "trouble", 0);
	write_hello(half);
	tell("answer-to-vanished", local_port(half), FAR_PORT, "CLOSE-WAIT", "peer-silent",
	     "trouble", 0);
	since = now();
	tell("fin-to-vanished", local_port(closing), FAR_PORT, "FIN-WAIT-1", "peer-silent",
	     "(orphan)", -since);
	close(closing);
	since = now();
	tell("last-ack-to-vanished", local_port(last), FAR_PORT, "LAST-ACK", "peer-silent",
	     "(orphan)", -since);
	close(last);
	since = now();
	fresh = connect_to_host(FAR_ROUTE, FAR_PORT, SOCK_NONBLOCK);
	tell("syn-to-vanished", local_port(fresh), FAR_PORT, "SYN-SENT", "syn-unanswered",
	     "trouble", since);
}
