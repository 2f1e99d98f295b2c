/* SPDX-License-Identifier: GPL-2.0-only */
/* trouble_many.c - many sockets, and the same ones in several namespaces. See trouble.h. */
#include "trouble.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PROCESSES = 4, FIRST_UID = 3000 };

/* One listener serves many; each way to end up takes two sockets of those that count. */
struct maker {
	int listener, deaf_listener;
	uint16_t port, deaf_port;
};

static void open_both(const struct maker *m, int *client, int *server)
{
	*client = connect_to(m->port, 0);
	*server = accept(m->listener, NULL, NULL);
	if (*server < 0)
		die("accept");
}

static void established(const struct maker *m)
{
	int client, server;

	open_both(m, &client, &server);
}

static void close_wait_held(const struct maker *m)
{
	int client, server;

	open_both(m, &client, &server);
	shutdown(client, SHUT_WR);
}

static void close_wait_orphan(const struct maker *m)
{
	int client, server;

	open_both(m, &client, &server);
	close(client);
}

static void time_waits(const struct maker *m)
{
	for (int i = 0; i < 2; i++) {
		int client, server;

		open_both(m, &client, &server);
		close(client);
		read_to_end(server);
		close(server);
	}
}

static void syn_sent(const struct maker *m)
{
	connect_to(m->deaf_port, SOCK_NONBLOCK);
	connect_to(m->deaf_port, SOCK_NONBLOCK);
}

static void last_ack(const struct maker *m)
{
	int client, server;

	open_both(m, &client, &server);
	shutdown(client, SHUT_WR);
	drop_all(client);
	close(server);
}

static void fin_wait_1(const struct maker *m)
{
	int client, server;

	open_both(m, &client, &server);
	drop_all(server);
	shutdown(client, SHUT_WR);
}

static void listeners(const struct maker *m)
{
	(void)m;
	listen_at(0, 4);
	listen_at(0, 4);
}

static struct maker new_maker(void)
{
	struct maker m = {.listener = listen_at(0, 64), .deaf_listener = listen_at(0, 64)};

	m.port = local_port(m.listener);
	m.deaf_port = local_port(m.deaf_listener);
	drop_all(m.deaf_listener);
	return m;
}

struct share {
	unsigned n;
	int uid, ready;
};

static void make_share(void *arg)
{
	static void (*const makers[])(const struct maker *) = {
		established,     established,       established, close_wait_held,
		close_wait_held, close_wait_orphan, time_waits,  time_waits,
		syn_sent,        last_ack,          fin_wait_1,
	};
	const struct share *share = arg;
	struct maker m;

	setfsuid((uid_t)share->uid);
	m = new_maker();
	for (unsigned i = 0; i < share->n / 2; i++)
		makers[i % (sizeof(makers) / sizeof(makers[0]))](&m);
	for (unsigned i = 0; i < 20; i++)
		listeners(&m);
	/* Some are held by two processes. */
	if (fork() == 0)
		prctl(PR_SET_PDEATHSIG, 9);
	if (write(share->ready, "r", 1) != 1)
		die("pipe");
	linger(NULL);
}

void trouble_many(unsigned n)
{
	struct rlimit limit;
	struct share share = {.n = n / PROCESSES};
	int ends[2];
	char byte;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		die("limits");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) || pipe(ends))
		die("limits");
	share.ready = ends[1];
	for (int i = 0; i < PROCESSES; i++) {
		char name[16];

		share.uid = FIRST_UID + i;
		snprintf(name, sizeof(name), "many-%d", i);
		spawn(name, make_share, &share);
	}
	/* Each of them, and its child. */
	for (int i = 0; i < 2 * PROCESSES; i++)
		if (read(ends[0], &byte, 1) != 1)
			die("pipe");
}

/* ---- the same in several namespaces ---- */

enum { SAME_SERVER = 7000, SAME_CLIENT = 7100, SAME_DEAF = 7101 };

static int connect_from(uint16_t from, bool deaf)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_port = htons(from),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | (deaf ? SOCK_NONBLOCK : 0), 0);

	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		die("bind");
	if (deaf)
		drop_all(fd);
	addr.sin_port = htons(SAME_SERVER);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) && !deaf)
		die("connect");
	return fd;
}

/* "a": both open; "b": the server leaks; "c": half closed. */
void trouble_same(const char *which)
{
	int listener = listen_at(SAME_SERVER, 4), client, server;
	char name[16];

	snprintf(name, sizeof(name), "same-%s", which);
	prctl(PR_SET_NAME, name);
	client = connect_from(SAME_CLIENT, false);
	server = accept(listener, NULL, NULL);
	connect_from(SAME_DEAF, true);
	if (*which == 'b') {
		close(client);
		read_to_end(server);
	} else if (*which == 'c') {
		shutdown(client, SHUT_WR);
	}
}
