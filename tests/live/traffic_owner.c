/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenarios of the traffic helper with two processes: who closes what is told apart by pid and by a
 * name as long as the kernel allows, while the segments are handled on whatever CPU, and in
 * whichever process, they hit.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "traffic.h"

#define SERVER_NAME "fifteen-letters"
#define CLIENT_NAME "traffic"

_Static_assert(sizeof(SERVER_NAME) == 16, "the longest name a task can have");

/* What the server is asked for, one letter each; it answers with the moment. */
enum { DO_LISTEN = 'l', DO_ACCEPT = 'a', DO_UNLISTEN = 'u', DO_ACK_FIN = 'f', DO_CLOSE = 'c' };

struct server {
	pid_t pid;
	int talk;
};

static struct moment server_does(const struct run *run, char what, int *listener, int *child)
{
	struct moment m = moment_begin();

	if (what == DO_LISTEN)
		*listener = sock_listen(run, run->port);
	else if (what == DO_ACCEPT)
		*child = sock_accept(*listener);
	else if (what == DO_UNLISTEN)
		return sock_close(*listener);
	else if (what == DO_ACK_FIN)
		return sock_ack_fin(*child);
	else if (what == DO_CLOSE)
		return sock_close(*child);
	moment_end(&m);
	return m;
}

static _Noreturn void server_main(const struct run *run, int talk, int listener)
{
	int child = -1;
	char what;

	prctl(PR_SET_NAME, SERVER_NAME);
	while (read(talk, &what, 1) == 1) {
		struct moment m = server_does(run, what, &listener, &child);

		if (write(talk, &m, sizeof(m)) != (ssize_t)sizeof(m))
			_exit(1);
	}
	_exit(0);
}

/* `listener` is one to inherit, or -1. */
static struct server server_start(const struct run *run, int listener)
{
	struct server s;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		trouble("socketpair: %s", strerror(errno));
	s.pid = fork();
	if (s.pid < 0)
		trouble("fork: %s", strerror(errno));
	if (s.pid == 0) {
		close(ends[0]);
		server_main(run, ends[1], listener);
	}
	close(ends[1]);
	s.talk = ends[0];
	return s;
}

static struct moment server_ask(const struct server *s, char what)
{
	struct moment m;

	if (write(s->talk, &what, 1) != 1 || read(s->talk, &m, sizeof(m)) != (ssize_t)sizeof(m))
		trouble("the server process is gone");
	return m;
}

static void server_stop(const struct server *s)
{
	int status = 0;

	close(s->talk);
	if (waitpid(s->pid, &status, 0) != s->pid || status != 0)
		trouble("the server process failed");
}

static struct life *listener_life(const struct run *run, struct moment m)
{
	struct tuple t = tuple_at(address_loopback(run, run->port));
	struct life *l = life_new(run, &t, ST_CLOSED);

	life_passes(l, ST_LISTEN, &m);
	return l;
}

/* A server that closes last, 0.3 s after its client. `owned` says how the child is known as its. */
static void play_with(const struct run *run, const struct server *s, struct life *listener,
		      void (*owned)(struct life *l, pid_t pid, const char *comm))
{
	struct address to = address_loopback(run, run->port);
	struct pair p = {.client = sock_new(run)};
	struct moment m = moment_begin();

	sock_connect(p.client, &to);
	moment_end(&m);
	pair_live(run, &p, m);
	life_owner(p.l_client, getpid(), CLIENT_NAME);
	owned(p.l_child, s->pid, SERVER_NAME);
	server_ask(s, DO_ACCEPT);
	clock_pause(100);
	m = sock_close(p.client);
	life_passes(p.l_client, ST_FIN_WAIT_1, &m);
	life_reaches(p.l_child, ST_CLOSE_WAIT, &m);
	m = moment_from(m, server_ask(s, DO_ACK_FIN));
	life_reaches(p.l_client, ST_FIN_WAIT_2, &m);
	clock_pause(300);
	m = server_ask(s, DO_CLOSE);
	life_passes(p.l_child, ST_LAST_ACK, &m);
	life_ends(p.l_child, &m, "normal");
	m = moment_by_timer(m);
	life_reaches(p.l_client, ST_TIME_WAIT, &m);
	m = server_ask(s, DO_UNLISTEN);
	life_ended(listener, &m, "normal");
	server_stop(s);
}

void play_owners(const struct run *run)
{
	struct server s = server_start(run, -1);
	struct life *listener = listener_life(run, server_ask(&s, DO_LISTEN));

	life_owner(listener, s.pid, SERVER_NAME);
	play_with(run, &s, listener, life_owner);
}

/* Who listens is not who accepts: the client's own process listens, for a worker that it forks. */
void play_forked(const struct run *run)
{
	struct moment m = moment_begin();
	int listening = sock_listen(run, run->port);
	struct server worker;
	struct life *listener;

	moment_end(&m);
	worker = server_start(run, listening);
	listener = listener_life(run, m);
	sock_close(listening); /* the worker still has it */
	play_with(run, &worker, listener, life_accepted_by);
}
