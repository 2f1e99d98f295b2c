/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenarios of the traffic helper that are about many connections: a churn at full speed, and a
 * workload with something wrong in it for people to look at.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "traffic.h"

enum {
	PER_ADDRESS = 8000, /* connections from one client address: well below its 28,000 ports */
};

/* ---- churn ---- */

struct churn_server {
	int listener;
	unsigned count;
};

/* A word back and forth, then the client is the first to close. */
static void serve_one(int fd)
{
	char c;

	if (recv(fd, &c, 1, 0) != 1)
		trouble("the server got nothing: %s", strerror(errno));
	sock_send(fd, "b");
	if (recv(fd, &c, 1, 0) != 0)
		trouble("the server got more than it should");
	sock_close(fd);
}

static void *churn_serve(void *arg)
{
	const struct churn_server *s = arg;

	for (unsigned i = 0; i < s->count; i++)
		serve_one(sock_accept(s->listener));
	return NULL;
}

static void churn_one(const struct run *run, unsigned i)
{
	struct address to = address_loopback(run, run->port), from;
	int fd = sock_new(run);
	char text[32], c;

	snprintf(text, sizeof(text), "127.0.1.%u", 1 + i / PER_ADDRESS % 250);
	from = address_make(run, text, "::1", 0);
	sock_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	sock_bind(fd, &from);
	sock_connect(fd, &to);
	sock_send(fd, "a");
	if (recv(fd, &c, 1, 0) != 1)
		trouble("the client got nothing: %s", strerror(errno));
	sock_close(fd);
}

void play_churn(const struct run *run)
{
	struct churn_server s = {.listener = sock_listen(run, run->port), .count = run->repeat};
	struct moment m = moment_begin();
	struct tuple t = tuple_of(s.listener);
	char text[INET6_ADDRSTRLEN];
	pthread_t server;

	if (run->net == NET_V6 && run->repeat > PER_ADDRESS)
		trouble("::1 is one address: at most %d connections", PER_ADDRESS);
	if (pthread_create(&server, NULL, churn_serve, &s) != 0)
		trouble("cannot start a thread");
	for (unsigned i = 0; i < run->repeat; i++)
		churn_one(run, i);
	pthread_join(server, NULL);
	moment_end(&m);
	sock_close(s.listener);
	inet_ntop(t.family, t.laddr, text, sizeof(text));
	truth_note("churn\t%u\t%s\t%u\n", run->repeat, text, run->port);
	fprintf(stderr, "churn: %u connections in %.2f s\n", run->repeat,
		(double)(m.end - m.begin) / 1e9);
}

/* ---- leak ---- */

enum { LEAK_NORMAL = 5 };

static void connect_some(const struct run *run, int *fds, unsigned count)
{
	struct address to = address_loopback(run, run->port);

	for (unsigned i = 0; i < count; i++) {
		fds[i] = sock_new(run);
		sock_connect(fds[i], &to);
		sock_send(fds[i], "hello");
	}
}

/* Reads to the end of file of all, and then forgets to close all but the first. */
static _Noreturn void leaky_server(const struct run *run, int listener)
{
	char c;

	prctl(PR_SET_NAME, "leaky-server");
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	for (unsigned i = 0; i < LEAK_NORMAL + run->repeat; i++) {
		int fd = sock_accept(listener);

		while (recv(fd, &c, 1, 0) == 1)
			;
		if (i < LEAK_NORMAL)
			close(fd);
	}
	clock_pause(run->hold * 1000);
	_exit(0);
}

/* Closes some as it should; of the others closes one half, keeps half of those and drops the rest.
 */
static _Noreturn void half_client(const struct run *run, int *fds)
{
	prctl(PR_SET_NAME, "half-client");
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	for (unsigned i = 0; i < LEAK_NORMAL + run->repeat; i++) {
		connect_some(run, &fds[i], 1);
		clock_pause(100);
		if (i < LEAK_NORMAL || i % 2 == 0)
			close(fds[i]);
		else
			shutdown(fds[i], SHUT_WR);
	}
	clock_pause(run->hold * 1000);
	_exit(0);
}

/* One server that leaks and one client that keeps half-closed sockets, as two processes with names.
 */
void play_leak(const struct run *run)
{
	int *fds = calloc(LEAK_NORMAL + run->repeat, sizeof(*fds));
	int listener = sock_listen(run, run->port), status = 0;
	pid_t server, client;

	if (!fds)
		trouble("out of memory");
	server = fork();
	if (server == 0)
		leaky_server(run, listener);
	close(listener);
	client = fork();
	if (client == 0)
		half_client(run, fds);
	if (server < 0 || client < 0)
		trouble("fork: %s", strerror(errno));
	if (waitpid(client, &status, 0) != client || status != 0)
		trouble("the client failed");
	if (waitpid(server, &status, 0) != server || status != 0)
		trouble("the server failed");
	free(fds);
}
