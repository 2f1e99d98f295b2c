/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenarios of the traffic helper: connections over loopback that end in another way than by an
 * ordinary close. What they are after is the cause.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "traffic.h"

void play_refused(const struct run *run)
{
	struct address to = address_loopback(run, run->port), from;
	struct moment m = moment_begin();
	int fd = sock_new(run);
	struct tuple t;
	struct life *l;

	from = address_loopback(run, 0);
	sock_bind(fd, &from);
	t = tuple_to(fd, &to);
	if (connect(fd, (struct sockaddr *)&to.sa, to.len) == 0 || errno != ECONNREFUSED)
		trouble("the connect should have been refused: %s", strerror(errno));
	moment_end(&m);
	l = life_new(run, &t, ST_CLOSED);
	life_passes(l, ST_SYN_SENT, &m);
	life_ends(l, &m, "refused");
	close(fd);
}

/* One end sends a RST by what it does to 'fd'; the other one, which is then closed, receives it. */
static void resets(struct life *sender, int fd, struct life *receiver, int other_fd)
{
	struct moment m = sock_close(fd);

	life_ends(sender, &m, "reset-sent");
	life_ends(receiver, &m, "reset");
	clock_pause(10);
	sock_close(other_fd);
}

void play_linger_reset(const struct run *run)
{
	struct pair p;

	pair_open(run, &p);
	clock_pause(100);
	sock_linger(p.client, 0);
	resets(p.l_client, p.client, p.l_child, p.child);
}

void play_unread_reset(const struct run *run)
{
	struct pair p;

	pair_open(run, &p);
	sock_send(p.client, "never read");
	clock_pause(100);
	resets(p.l_child, p.child, p.l_client, p.client);
}

/* TCP_LINGER2 below zero: close() of a half-closed socket does not wait for the peer's FIN. */
void play_linger2_reset(const struct run *run)
{
	struct pair p;

	pair_open(run, &p);
	pair_client_shuts(&p);
	clock_pause(200);
	sock_option(p.client, IPPROTO_TCP, TCP_LINGER2, -1);
	resets(p.l_client, p.client, p.l_child, p.child);
}

/* A listener that closes resets the connections that nobody accepted. */
void play_unaccepted(const struct run *run)
{
	struct address to = address_loopback(run, run->port);
	struct pair p = {.client = sock_new(run)};
	struct moment m;

	pair_listen(run, &p);
	m = moment_begin();
	sock_connect(p.client, &to);
	moment_end(&m);
	pair_live(run, &p, m);
	clock_pause(100);
	m = sock_close(p.listener);
	life_ended(p.l_listener, &m, "normal");
	life_ends(p.l_child, &m, "reset-sent");
	life_ends(p.l_client, &m, "reset");
	sock_close(p.client);
}

/* connect() to nobody takes a connection down without closing its socket. */
void play_disconnect(const struct run *run)
{
	struct sockaddr nobody = {.sa_family = AF_UNSPEC};
	struct moment m;
	struct pair p;

	pair_open(run, &p);
	clock_pause(100);
	m = moment_begin();
	if (connect(p.client, &nobody, sizeof(nobody)) != 0)
		trouble("connect to nobody: %s", strerror(errno));
	moment_end(&m);
	life_ends(p.l_client, &m, "reset-sent");
	life_ends(p.l_child, &m, "reset");
	sock_close(p.client);
	sock_close(p.child);
}

/* Data for an orphan in FIN-WAIT-2: there is nobody to read it, the mini-socket answers by a RST.
 */
void play_data_after_close(const struct run *run)
{
	struct pair p;
	struct moment m;

	pair_open(run, &p);
	pair_client_closes(&p);
	clock_pause(300);
	m = moment_begin();
	sock_send(p.child, "too late");
	moment_end(&m);
	life_ends(p.l_client, &m, "reset-sent");
	life_ends(p.l_child, &m, "reset");
	sock_close(p.child);
}

/* ---- a TIME-WAIT that gives way to a new connection of the same four-tuple ---- */

/* The server closed first, so the TIME-WAIT is its; the client comes back from the same port. */
void play_syn_reuse(const struct run *run)
{
	struct life *old;
	struct address from;
	struct moment m;
	struct pair p;

	pair_listen(run, &p);
	pair_connect(run, &p, NULL);
	from = address_of(p.client);
	pair_child_closes(&p);
	clock_pause(100);
	pair_client_finishes(&p);
	old = p.l_child;
	clock_pause(1200);
	m = moment_begin();
	pair_connect(run, &p, &from);
	moment_end(&m);
	life_ended(old, &m, "reused-syn");
	clock_pause(100);
	pair_unlisten(&p);
	pair_client_closes(&p);
	clock_pause(100);
	pair_child_finishes(&p);
}

/* tcp_tw_reuse, and one port to connect from: the second connect() takes it over from a TIME-WAIT.
 */
void play_connect_reuse(const struct run *run)
{
	unsigned port = 30011 + run->round;
	struct life *old;
	struct moment m;
	struct pair p;

	sysctl_set("tcp_tw_reuse", "1");
	sysctl_set("ip_local_port_range", "%u %u", port, port);
	pair_listen(run, &p);
	pair_connect(run, &p, NULL);
	pair_client_closes(&p);
	clock_pause(100);
	pair_child_finishes(&p);
	old = p.l_client;
	clock_pause(1500);
	m = moment_begin();
	pair_connect(run, &p, NULL);
	moment_end(&m);
	life_ended(old, &m, "reused-conn");
	pair_unlisten(&p);
	clock_pause(100);
	pair_child_closes(&p);
	clock_pause(100);
	pair_client_finishes(&p);
}

/* To a port that it bound itself, connect() takes over a TIME-WAIT without being allowed to by a
 * sysctl. */
void play_bound_reuse(const struct run *run)
{
	struct address from;
	struct life *old;
	struct moment m;
	struct pair p;

	pair_listen(run, &p);
	pair_connect(run, &p, NULL);
	from = address_of(p.client);
	pair_client_closes(&p);
	clock_pause(100);
	pair_child_finishes(&p);
	old = p.l_client;
	clock_pause(300);
	m = moment_begin();
	pair_connect(run, &p, &from);
	moment_end(&m);
	life_ended(old, &m, "reused-conn");
	pair_unlisten(&p);
	clock_pause(100);
	pair_child_closes(&p);
	clock_pause(100);
	pair_client_finishes(&p);
}

/* ---- killed, as 'ss -K' does ---- */

static struct moment kill_life(const struct life *l)
{
	struct moment m = moment_begin();
	int err = diag_kill(life_tuple(l));

	if (err < 0)
		trouble("SOCK_DESTROY: %s", strerror(-err));
	moment_end(&m);
	return m;
}

void play_kill_time_wait(const struct run *run)
{
	struct pair p;
	struct moment m;

	pair_open(run, &p);
	pair_client_closes(&p);
	clock_pause(100);
	pair_child_finishes(&p);
	clock_pause(400);
	m = kill_life(p.l_client);
	life_ends(p.l_client, &m, "killed");
}

void play_kill_fin_wait_2(const struct run *run)
{
	struct pair p;
	struct moment m;

	pair_open(run, &p);
	pair_client_closes(&p);
	clock_pause(400);
	m = kill_life(p.l_client);
	life_ends(p.l_client, &m, "killed");
	clock_pause(100);
	m = sock_close(p.child);
	life_passes(p.l_child, ST_LAST_ACK, &m);
	life_ends(p.l_child, &m, "reset");
}

void play_kill_established(const struct run *run)
{
	struct pair p;
	struct moment m;

	pair_open(run, &p);
	clock_pause(300);
	m = kill_life(p.l_client);
	life_ends(p.l_client, &m, "killed");
	life_ends(p.l_child, &m, "reset");
	sock_close(p.client);
	sock_close(p.child);
}

void play_kill_listener(const struct run *run)
{
	struct pair p;
	struct moment m;

	pair_listen(run, &p);
	clock_pause(200);
	m = kill_life(p.l_listener);
	life_ends(p.l_listener, &m, "killed");
	sock_close(p.listener);
}

/* ---- no room for mini-sockets ---- */

void play_table_full(const struct run *run)
{
	struct pair p;
	struct moment m;

	sysctl_set("tcp_max_tw_buckets", "0");
	pair_open(run, &p);
	pair_client_shuts(&p);
	clock_pause(300);
	m = sock_close(p.child);
	life_passes(p.l_child, ST_LAST_ACK, &m);
	life_ends(p.l_child, &m, "normal");
	life_ends(p.l_client, &m, "table-full");
	sock_close(p.client);
}

/* The orphan would wait for the peer's FIN in a mini-socket; it cannot, so the peer's FIN is reset.
 */
void play_table_full_orphan(const struct run *run)
{
	struct pair p;
	struct moment m;

	sysctl_set("tcp_max_tw_buckets", "0");
	pair_open(run, &p);
	clock_pause(100);
	m = sock_close(p.client);
	life_passes(p.l_client, ST_FIN_WAIT_1, &m);
	life_reaches(p.l_child, ST_CLOSE_WAIT, &m);
	m = moment_from(m, sock_ack_fin(p.child));
	life_leaves(p.l_client, ST_FIN_WAIT_1, &m);
	life_passes(p.l_client, ST_FIN_WAIT_2, &m);
	/* Whoever looks at it while the ACK comes keeps it a full socket: tcp_rcv_state_process().
	 */
	if (life_stays(p.l_client, ST_FIN_WAIT_2))
		play_again("somebody held the socket when the ACK of its FIN came");
	life_ends(p.l_client, &m, "table-full");
	clock_pause(200);
	m = sock_close(p.child);
	life_passes(p.l_child, ST_LAST_ACK, &m);
	life_ends(p.l_child, &m, "reset");
}
