/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * idle_loads.h - loads of connections that are made up, for the test of idle peaks and for its
 * trial with recordings: healthy ones, as hard to tell from what ends idle connections as could be
 * thought of, and what ends idle connections. Times are s from the start.
 */
#ifndef IDLE_LOADS_H
#define IDLE_LOADS_H

#include <math.h>

#include "test.h"

#define IDLE_CENSUS_S 60

enum idle_end {
	IDLE_FIN,       /* the peer's */
	IDLE_RESET,     /* a RST came */
	IDLE_CLOSED,    /* this side closed first */
	IDLE_ABORTED,   /* this side sent a RST */
	IDLE_TIMED_OUT, /* nobody answered */
};

struct idle_life {
	double begin, data, end; /* `data`: the last; may be `begin` */
	uint8_t how;             /* IDLE_* */
};

struct idle_load {
	struct test_random random;
	double length; /* what ends later, does not */
	struct idle_life *lives;
	size_t n, room;
};

/* ---- chance ---- */

/* 0 < x < 1 */
TEST_INLINE double idle_share(struct idle_load *load)
{
	return ((double)test_below(&load->random, 1U << 31) + 0.5) / (1U << 31);
}

TEST_INLINE double idle_between(struct idle_load *load, double low, double high)
{
	return low + (high - low) * idle_share(load);
}

TEST_INLINE double idle_log_between(struct idle_load *load, double low, double high)
{
	return exp(idle_between(load, log(low), log(high)));
}

TEST_INLINE double idle_exponential(struct idle_load *load, double mean)
{
	return -mean * log(idle_share(load));
}

TEST_INLINE double idle_normal(struct idle_load *load)
{
	double r = sqrt(-2 * log(idle_share(load)));

	return r * cos(2 * M_PI * idle_share(load));
}

/* ---- loads ---- */

TEST_INLINE void idle_add(struct idle_load *load, double begin, double data, double end,
			  unsigned how)
{
	if (end >= load->length || begin < 0)
		return;
	if (load->n == load->room) {
		load->room = load->room ? 2 * load->room : 1024;
		load->lives = realloc(load->lives, load->room * sizeof(*load->lives));
		if (!load->lives)
			abort();
	}
	load->lives[load->n++] =
		(struct idle_life){.begin = begin, .data = data, .end = end, .how = (uint8_t)how};
}

/* N that begin at any time, and are idle from their begin on. */
TEST_INLINE void idle_exponential_load(struct idle_load *load, unsigned n, double mean,
				       unsigned how)
{
	while (n--) {
		double begin = idle_between(load, 0, load->length);

		idle_add(load, begin, begin, begin + idle_exponential(load, mean), how);
	}
}

/* An edge at its end, half of what is a window above it. */
TEST_INLINE void idle_uniform_load(struct idle_load *load, unsigned n, double most, unsigned how)
{
	while (n--) {
		double begin = idle_between(load, 0, load->length);

		idle_add(load, begin, begin, begin + idle_between(load, 0, most), how);
	}
}

TEST_INLINE void idle_lognormal_load(struct idle_load *load, unsigned n, double median,
				     double sigma, unsigned how)
{
	while (n--) {
		double begin = idle_between(load, 0, load->length);

		idle_add(load, begin, begin, begin + median * exp(sigma * idle_normal(load)), how);
	}
}

/* After `at` s without data, and at most `late` of that later. Data came for `busy` s before. */
TEST_INLINE void idle_timer_load(struct idle_load *load, unsigned n, double at, double late,
				 double busy, unsigned how)
{
	while (n--) {
		double begin = idle_between(load, 0, load->length);
		double data = begin + (busy > 0 ? idle_exponential(load, busy) : 0);

		idle_add(load, begin, data, data + at * (1 + idle_between(load, 0, late)), how);
	}
}

/* At a multiple of `tick` after the begin, any of them: who looks every so often. */
TEST_INLINE void idle_grid_load(struct idle_load *load, unsigned n, double mean, double tick,
				unsigned how)
{
	while (n--) {
		double begin = idle_between(load, 0, load->length);
		double life = tick * ceil(idle_exponential(load, mean) / tick);

		idle_add(load, begin, begin, begin + life, how);
	}
}

/* `times` times: N begin within a second or so, and are ended together `life` s later. */
TEST_INLINE void idle_burst_load(struct idle_load *load, unsigned times, unsigned n, double life,
				 unsigned how)
{
	while (times--) {
		double begin = idle_between(load, 0, load->length);

		for (unsigned i = 0; i < n; i++) {
			double at = begin + idle_between(load, 0, life / 200);

			idle_add(load, at, at, begin + life + idle_between(load, 0, life / 200),
				 how);
		}
	}
}

/* A pool, ended one by one over `drain` s in any order, `life` s after it was made. */
TEST_INLINE void idle_drained_load(struct idle_load *load, unsigned n, double life, double drain,
				   unsigned how)
{
	double begin = idle_between(load, 0, load->length / 4);

	while (n--)
		idle_add(load, begin, begin, begin + life + idle_between(load, 0, drain), how);
}

/* A minute each, with data until it ends. */
TEST_INLINE void idle_busy_load(struct idle_load *load, unsigned n, double life, unsigned how)
{
	while (n--) {
		double begin = idle_between(load, 0, load->length);
		double end = begin + life;

		idle_add(load, begin, end - idle_between(load, 0, 1), end, how);
	}
}

/* Data every `every` s from the begin on, and an end at one age. */
TEST_INLINE void idle_heartbeat_load(struct idle_load *load, unsigned n, double every, double life,
				     unsigned how)
{
	while (n--) {
		double begin = idle_between(load, 0, load->length);
		double end = begin + life;
		double census = floor(end / IDLE_CENSUS_S) * IDLE_CENSUS_S;
		double last = census < begin ? begin : census;

		/* That which the last census meets; what comes then, nobody sees. */
		idle_add(load, begin, begin + floor((last - begin) / every) * every, end, how);
	}
}

/* ---- censuses ---- */

/* The last moment of which it is known that there was data: censuses are taken once a minute. */
TEST_INLINE double idle_known_data(const struct idle_life *life)
{
	double last = floor(life->end / IDLE_CENSUS_S) * IDLE_CENSUS_S;

	if (last < life->begin)
		return life->begin;
	/* Data goes on all the time until the last. */
	return life->data < last ? life->data : last;
}

/* When a census met it, was a quarter of what came out as idle time over? */
TEST_INLINE bool idle_is_seen(const struct idle_life *life)
{
	double last = floor(life->end / IDLE_CENSUS_S) * IDLE_CENSUS_S;

	return last >= life->begin &&
	       4 * (last - idle_known_data(life)) >= life->end - idle_known_data(life);
}

/* ---- healthy ones, in this order ---- */

TEST_INLINE void idle_healthy_closers(struct idle_load *load)
{
	double at = idle_log_between(load, 10, 900);

	idle_timer_load(load, 2000, at, 0.002, 0, IDLE_CLOSED);
	idle_timer_load(load, 500, 60, 0, 0, IDLE_CLOSED);
	idle_timer_load(load, 500, 75, 0, 20, IDLE_ABORTED);
	idle_exponential_load(load, 3000, idle_log_between(load, 5, 600), IDLE_FIN);
}

TEST_INLINE void idle_healthy_clients(struct idle_load *load)
{
	idle_exponential_load(load, 20000, idle_log_between(load, 5, 600), IDLE_FIN);
	idle_exponential_load(load, 2000, idle_log_between(load, 5, 600), IDLE_RESET);
}

TEST_INLINE void idle_healthy_edges(struct idle_load *load)
{
	idle_uniform_load(load, 10000, idle_log_between(load, 10, 900), IDLE_FIN);
	idle_uniform_load(load, 3000, 60, IDLE_RESET);
}

TEST_INLINE void idle_healthy_humps(struct idle_load *load)
{
	idle_lognormal_load(load, 20000, idle_log_between(load, 10, 900),
			    idle_between(load, 0.08, 1.5), IDLE_FIN);
	idle_lognormal_load(load, 2000, idle_log_between(load, 10, 900),
			    idle_between(load, 0.08, 1.5), IDLE_RESET);
}

TEST_INLINE void idle_healthy_bursts(struct idle_load *load)
{
	idle_burst_load(load, 5, 500, 60, IDLE_FIN);
	idle_burst_load(load, 4, 300, idle_log_between(load, 10, 900), IDLE_RESET);
	idle_drained_load(load, 400, load->length / 2, load->length / 50, IDLE_FIN);
	idle_drained_load(load, 300, 350, 30, IDLE_RESET);
	idle_exponential_load(load, 300, 100, IDLE_FIN);
}

TEST_INLINE void idle_healthy_ticks(struct idle_load *load)
{
	idle_grid_load(load, 5000, idle_log_between(load, 5, 300), 1, IDLE_FIN);
	idle_grid_load(load, 2000, 600, 5, IDLE_RESET);
}

TEST_INLINE void idle_healthy_busy(struct idle_load *load)
{
	idle_busy_load(load, 2000, 60, IDLE_CLOSED);
	idle_busy_load(load, 3000, 30, IDLE_FIN);
	idle_busy_load(load, 2000, 55, IDLE_RESET);
	idle_busy_load(load, 1000, 120, IDLE_FIN);
	idle_busy_load(load, 1000, idle_log_between(load, 130, 900), IDLE_RESET);
	idle_heartbeat_load(load, 1000, 40, 620, IDLE_FIN);
	idle_heartbeat_load(load, 1000, 30, 900, IDLE_RESET);
	idle_exponential_load(load, 3000, 100, IDLE_FIN);
}

TEST_INLINE void idle_healthy_gone(struct idle_load *load)
{
	idle_timer_load(load, 500, idle_log_between(load, 10, 900), 0.01, 0, IDLE_TIMED_OUT);
	idle_exponential_load(load, 2000, 40, IDLE_FIN);
}

TEST_INLINE void idle_healthy_few(struct idle_load *load)
{
	idle_timer_load(load, 12, idle_log_between(load, 10, 900), 0, 0, IDLE_FIN);
	idle_exponential_load(load, 30, 60, IDLE_RESET);
}

TEST_INLINE void idle_healthy_all(struct idle_load *load)
{
	idle_healthy_closers(load);
	idle_healthy_humps(load);
	idle_healthy_bursts(load);
	idle_healthy_gone(load);
}

static const struct {
	const char *name;
	void (*make)(struct idle_load *load);
} idle_healthy[] = {
	{"this side closes", idle_healthy_closers},
	{"clients", idle_healthy_clients},
	{"edges", idle_healthy_edges},
	{"humps", idle_healthy_humps},
	{"bursts", idle_healthy_bursts},
	{"ticks", idle_healthy_ticks},
	{"busy", idle_healthy_busy},
	{"nobody answers", idle_healthy_gone},
	{"few", idle_healthy_few},
	{"mixed", idle_healthy_all},
};

/* What ends idle connections, among others that it does not: those end sooner. */
struct idle_killer {
	double at; /* s */
	unsigned how;
};

TEST_INLINE struct idle_killer idle_plant(struct idle_load *load)
{
	struct idle_killer killer = {.at = idle_log_between(load, 10, 900),
				     .how = test_below(&load->random, 2) ? IDLE_FIN : IDLE_RESET};
	unsigned n = (unsigned)idle_log_between(load, 150, 1500);
	double mean = idle_log_between(load, 5, 300);

	idle_timer_load(load, n, killer.at, idle_between(load, 0, 0.005), 0, killer.how);
	idle_timer_load(load, n, killer.at, 0, 100, killer.how);
	idle_exponential_load(load, n, mean, IDLE_FIN);
	idle_exponential_load(load, n / 2, mean, IDLE_RESET);
	idle_exponential_load(load, n, 2 * mean, IDLE_CLOSED);
	return killer;
}

/* Odd seeds have a killer; `ret_name` says what it is. Returns when it ends connections, 0: there
 * is none. */
TEST_INLINE struct idle_killer idle_load_of(struct idle_load *load, uint64_t seed,
					    const char **ret_name)
{
	struct idle_killer killer = {0};
	size_t which = seed / 2 % COUNT(idle_healthy);

	*load = (struct idle_load){.random = {.state = seed * 0x9e3779b97f4a7c15ULL + 1},
				   .length = 7200};
	for (unsigned i = 0; i < 8; i++)
		test_random(&load->random);
	load->length = idle_between(load, 3600, 10800);
	*ret_name = idle_healthy[which].name;
	if (seed % 2)
		return idle_plant(load);
	idle_healthy[which].make(load);
	return killer;
}

#endif
