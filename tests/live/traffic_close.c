/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenarios of the traffic helper: connections that close in an ordinary way, over loopback. What
 * they are after is time: each pause here is a dwell that the tracer must find again.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "traffic.h"

void play_active_close(const struct run *run)
{
	struct pair p;

	pair_open(run, &p);
	clock_pause(100);
	pair_client_closes(&p);
	clock_pause(500);
	pair_child_finishes(&p);
}

void play_passive_close(const struct run *run)
{
	struct pair p;

	pair_open(run, &p);
	clock_pause(50);
	pair_child_closes(&p);
	clock_pause(500);
	pair_client_finishes(&p);
}

void play_half_close(const struct run *run)
{
	struct pair p;

	pair_open(run, &p);
	pair_client_shuts(&p);
	clock_pause(700);
	pair_child_finishes(&p);
	sock_close(p.client);
}

/* close() of a half-closed socket: the tracepoint says FIN_WAIT2 -> FIN_WAIT2, the clock runs on.
 */
void play_half_then_close(const struct run *run)
{
	struct pair p;

	pair_open(run, &p);
	pair_client_shuts(&p);
	clock_pause(300);
	sock_close(p.client);
	p.held = false;
	clock_pause(400);
	pair_child_finishes(&p);
}

/*
 * tcp_fin_timeout above 60 s keeps an orphan as a full socket for what is above, and only then as a
 * mini-socket: one FIN-WAIT-2 in two kernel objects.
 */
void play_late_mini(const struct run *run)
{
	struct pair p;

	sysctl_set("tcp_fin_timeout", "62");
	pair_open(run, &p);
	pair_client_closes(&p);
	clock_pause(2500);
	pair_child_finishes(&p);
}

/* The peer that closes last finds nobody: its FIN is answered by a RST. */
void play_fin_timeout(const struct run *run)
{
	struct pair p;
	struct moment m;

	sysctl_set("tcp_fin_timeout", "1");
	pair_open(run, &p);
	pair_client_closes(&p);
	m = life_wait_gone(p.l_client, 4);
	life_ends(p.l_client, &m, "timed-out");
	clock_pause(200);
	m = sock_close(p.child);
	life_passes(p.l_child, ST_LAST_ACK, &m);
	life_ends(p.l_child, &m, "reset");
}

/* Above 60 s the kernel waits what is above twice: as a full socket, then as a mini-socket. */
void play_fin_timeout_late(const struct run *run)
{
	struct pair p;
	struct moment m;

	sysctl_set("tcp_fin_timeout", "61");
	pair_open(run, &p);
	pair_client_closes(&p);
	m = life_wait_gone(p.l_client, 10);
	life_ends(p.l_client, &m, "timed-out");
	m = sock_close(p.child);
	life_passes(p.l_child, ST_LAST_ACK, &m);
	life_ends(p.l_child, &m, "reset");
}

/* ---- the move to TIME-WAIT, with and without a timer_start ---- */

/* The jiffies the timer wheel works with, as of now; 0 where /proc/timer_list does not say. */
static uint64_t jiffies_now(void)
{
	FILE *f = fopen("/proc/timer_list", "r");
	uint64_t jiffies = 0;
	char line[256];

	while (f && jiffies == 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "jiffies: %" SCNu64, &jiffies) != 1)
			jiffies = 0;
	if (f)
		fclose(f);
	return jiffies;
}

/* Jiffies in one bucket of the wheel for a timer 'delta' jiffies ahead: 63, 504, 4032, 32256... */
static uint64_t bucket_width(uint64_t delta)
{
	unsigned shift = 0;

	while (delta >= (uint64_t)63 << shift)
		shift += 3;
	return (uint64_t)1 << shift;
}

/*
 * Waits until a 60 s timer armed now, and one armed 'ms' later, fall into the same bucket (or into
 * two, where 'same' is false, the border in the middle).
 */
static void wait_for_bucket(unsigned ms, bool same)
{
	uint64_t jiffy = clock_jiffy(), length = 60000000000ULL / jiffy;
	uint64_t step = (uint64_t)ms * TRAFFIC_MS / jiffy, width = bucket_width(length);
	uint64_t want = same ? width / 8 : width - step / 2, now = jiffies_now();

	if (now == 0)
		trouble("/proc/timer_list does not tell the jiffies");
	clock_pause((want + width - (now + length) % width) % width * jiffy / TRAFFIC_MS);
}

static void play_move(const struct run *run, bool same)
{
	struct pair p;

	sysctl_set("tcp_fin_timeout", "60");
	pair_open(run, &p);
	wait_for_bucket(300, same);
	pair_client_closes(&p);
	clock_pause(300);
	pair_child_finishes(&p);
}

void play_silent_move(const struct run *run)
{
	play_move(run, true);
}

void play_loud_move(const struct run *run)
{
	play_move(run, false);
}

/* ---- one socket alone ---- */

/* A socket that connects to itself: simultaneous open and simultaneous close, on loopback. */
void play_self_connect(const struct run *run)
{
	struct address a = address_loopback(run, run->port);
	int fd = sock_new(run);
	struct moment m;
	struct tuple t;
	struct life *l;

	if (run->round > 0)
		trouble("its one port is in TIME-WAIT: it cannot be played twice");
	sock_bind(fd, &a);
	m = moment_begin();
	sock_connect(fd, &a);
	moment_end(&m);
	t = tuple_of(fd);
	l = life_new(run, &t, ST_CLOSED);
	life_passes(l, ST_SYN_SENT, NULL);
	life_passes(l, ST_SYN_RECV, NULL);
	life_reaches(l, ST_ESTABLISHED, &m);
	clock_pause(100);
	m = sock_close(fd);
	life_passes(l, ST_FIN_WAIT_1, &m);
	life_passes(l, ST_CLOSING, NULL);
	life_reaches(l, ST_TIME_WAIT, &m);
}

/* The socket of a TIME-WAIT connects again: one cookie, two lives at the same time. */
void play_reconnect(const struct run *run)
{
	struct sockaddr nobody = {.sa_family = AF_UNSPEC};
	struct address to = address_loopback(run, run->port);
	struct moment m;
	struct pair p;

	pair_listen(run, &p);
	pair_connect(run, &p, NULL);
	pair_client_shuts(&p);
	clock_pause(100);
	pair_child_finishes(&p);
	if (connect(p.client, &nobody, sizeof(nobody)) != 0)
		trouble("connect to nobody: %s", strerror(errno));
	clock_pause(100);
	m = moment_begin();
	sock_connect(p.client, &to);
	moment_end(&m);
	pair_live(run, &p, m);
	p.child = sock_accept(p.listener);
	pair_unlisten(&p);
	clock_pause(100);
	pair_client_closes(&p);
	clock_pause(100);
	pair_child_finishes(&p);
}

void play_time_wait_full(const struct run *run)
{
	struct pair p;
	struct moment m;

	pair_open(run, &p);
	pair_client_closes(&p);
	clock_pause(200);
	pair_child_finishes(&p);
	clock_pause(59900);
	m = life_wait_gone(p.l_client, 10);
	life_ends(p.l_client, &m, "normal");
}

/* The TIME-WAIT is left behind, for the caller to delete the namespace under it. */
void play_netns_gone(const struct run *run)
{
	struct pair p;

	pair_open(run, &p);
	pair_client_closes(&p);
	clock_pause(100);
	pair_child_finishes(&p);
	life_will_end(p.l_client, "netns-gone");
}
