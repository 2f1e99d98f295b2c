/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * idle_peaks.c - what ends idle connections is found, at the right time, and nothing is found in
 * healthy loads: each of idle_loads.h many times over, and cases at the limits of what is told.
 */
#include "model/idle_peaks.h"

#include "base/clock.h"
#include "idle_loads.h"

#define HEALTHY_SEEDS 200
#define PLANTED_SEEDS 200

static int by_end(const void *left, const void *right)
{
	const struct idle_life *a = left, *b = right;

	return a->end < b->end ? -1 : a->end > b->end;
}

static struct conn_event event_of(const struct idle_life *life)
{
	static const struct {
		uint8_t to, cause;
	} ends[] = {
		[IDLE_FIN] = {WIRE_CLOSE_WAIT, CAUSE_NONE},
		[IDLE_RESET] = {WIRE_CLOSE, CAUSE_RESET},
		[IDLE_CLOSED] = {WIRE_FIN_WAIT1, CAUSE_NONE},
		[IDLE_ABORTED] = {WIRE_CLOSE, CAUSE_RESET_SENT},
		[IDLE_TIMED_OUT] = {WIRE_CLOSE, CAUSE_TIMED_OUT},
	};

	return (struct conn_event){
		.ts = (uint64_t)((life->end + 1000) * NS_PER_S),
		.idle = (uint64_t)((life->end - idle_known_data(life)) * NS_PER_S),
		.idle_seen = idle_is_seen(life),
		.dwell = (uint64_t)((life->end - life->begin) * NS_PER_S),
		.dwell_known = DWELL_EXACT,
		.from = WIRE_ESTABLISHED,
		.to = ends[life->how].to,
		.cause = ends[life->how].cause};
}

/* Takes the load. */
static unsigned find(struct idle_load *load, struct idle_peak found[IDLE_PEAKS_MAX])
{
	struct idle_peaks *peaks = idle_peaks_new();
	unsigned n;

	if (!peaks)
		abort();
	qsort(load->lives, load->n, sizeof(*load->lives), by_end);
	for (size_t i = 0; i < load->n; i++) {
		struct conn_event event = event_of(&load->lives[i]);

		idle_peaks_add(peaks, &event);
	}
	n = idle_peaks_find(peaks, found);
	idle_peaks_free(peaks);
	free(load->lives);
	return n;
}

static bool is_within_2_percent(uint64_t ns, double s)
{
	return fabs((double)ns / NS_PER_S / s - 1) <= 0.02;
}

static void test_healthy(void)
{
	struct idle_peak found[IDLE_PEAKS_MAX];
	struct idle_load load;
	const char *name;

	test_begin("idle-peaks-healthy");
	for (uint64_t seed = 0; seed < 2 * HEALTHY_SEEDS; seed += 2) {
		unsigned n;

		idle_load_of(&load, seed, &name);
		n = find(&load, found);
		test_context("seed %" PRIu64 ", %s: at %.1f s %" PRIu64 " of %" PRIu64 " by %s",
			     seed, name, n ? (double)found[0].at / NS_PER_S : 0,
			     n ? found[0].count : 0, n ? found[0].reached : 0,
			     n ? idle_peaks_by_name(found[0].by) : "");
		CHECK_EQ(n, 0);
	}
	test_end("no peak in %u loads of %zu kinds", HEALTHY_SEEDS, COUNT(idle_healthy));
}

static void test_planted(void)
{
	struct idle_peak found[IDLE_PEAKS_MAX] = {0};
	struct idle_load load;
	const char *name;

	test_begin("idle-peaks-planted");
	for (uint64_t seed = 1; seed < 2 * PLANTED_SEEDS; seed += 2) {
		struct idle_killer killer = idle_load_of(&load, seed, &name);
		double length = load.length;
		unsigned n = find(&load, found);

		test_context("seed %" PRIu64 ": %.2f s by %u in %.0f s; found %.2f s", seed,
			     killer.at, killer.how, length, (double)found[0].at / NS_PER_S);
		CHECK_EQ(n, 1);
		CHECK(n && is_within_2_percent(found[0].at, killer.at));
		CHECK(n && found[0].by == killer.how);
	}
	test_end("%u killers, each found within 2 %%", PLANTED_SEEDS);
}

/* ---- at the limits ---- */

static void fifty(struct idle_load *load)
{
	idle_timer_load(load, 50, 60, 0, 0, IDLE_FIN);
}

static void eighteen(struct idle_load *load)
{
	idle_timer_load(load, 18, 120, 0, 0, IDLE_FIN);
}

static void at_once(struct idle_load *load)
{
	idle_burst_load(load, 3, 1000, 60, IDLE_FIN);
}

/* Its check comes up to 1 s late. */
static void somewhat_late(struct idle_load *load)
{
	idle_timer_load(load, 300, 100, 0.01, 0, IDLE_RESET);
}

static void a_tenth_late(struct idle_load *load)
{
	idle_timer_load(load, 3000, 60, 0.2, 0, IDLE_RESET);
}

/* 6 % wide, and so many that each moment shows it. */
static void hump(struct idle_load *load)
{
	idle_lognormal_load(load, 300000, 100, 0.06, IDLE_FIN);
}

static void edge(struct idle_load *load)
{
	idle_uniform_load(load, 300000, 100, IDLE_FIN);
}

static void few_among_others(struct idle_load *load)
{
	idle_timer_load(load, 100, 60, 0, 0, IDLE_FIN);
	idle_uniform_load(load, 5000, 3000, IDLE_CLOSED);
}

static void some_among_others(struct idle_load *load)
{
	idle_timer_load(load, 600, 60, 0, 0, IDLE_FIN);
	idle_uniform_load(load, 5000, 3000, IDLE_CLOSED);
}

static void two(struct idle_load *load)
{
	idle_timer_load(load, 300, 75, 0, 0, IDLE_FIN);
	idle_timer_load(load, 500, 60, 0, 0, IDLE_FIN);
	idle_exponential_load(load, 1000, 30, IDLE_FIN);
}

static void both(struct idle_load *load)
{
	idle_timer_load(load, 300, 350, 0, 0, IDLE_RESET);
	idle_timer_load(load, 200, 350, 0, 0, IDLE_FIN);
}

static void crowd(struct idle_load *load)
{
	idle_exponential_load(load, 200000, 60, IDLE_FIN);
	idle_timer_load(load, 20000, 60, 0, 0, IDLE_FIN);
}

static void ours(struct idle_load *load)
{
	idle_timer_load(load, 1000, 60, 0, 0, IDLE_CLOSED);
	idle_timer_load(load, 1000, 75, 0, 0, IDLE_ABORTED);
	idle_timer_load(load, 1000, 90, 0, 0, IDLE_TIMED_OUT);
}

static void too_short(struct idle_load *load)
{
	idle_timer_load(load, 1000, 5, 0, 0, IDLE_FIN);
}

static void busy(struct idle_load *load)
{
	idle_busy_load(load, 3000, 30, IDLE_FIN);
}

static void heartbeats(struct idle_load *load)
{
	idle_heartbeat_load(load, 2000, 40, 620, IDLE_FIN);
}

/* Once a minute, each with a connection of its own, and another one when that ends. */
static void periodic(struct idle_load *load)
{
	for (unsigned minute = 0; minute * 60 < load->length; minute++)
		for (unsigned i = 0; i < 5; i++) {
			double at = minute * 60.0 + i;

			idle_add(load, at, at, at + 60, IDLE_CLOSED);
		}
}

static const struct {
	const char *name;
	void (*make)(struct idle_load *load);
	double wanted[IDLE_PEAKS_MAX]; /* s, that with most ends first; 0: no more */
} limits[] = {
	{"50 connections", fifty, {60}},
	{"too few", eighteen, {0}},
	{"three moments", at_once, {0}},
	{"up to 1 % late", somewhat_late, {100.5}},
	{"up to 20 % late", a_tenth_late, {0}},
	{"a hump", hump, {0}},
	{"an edge", edge, {0}},
	{"2 % of those that are idle so long", few_among_others, {0}},
	{"a tenth of them", some_among_others, {60}},
	{"two beside each other", two, {60, 75}},
	{"by RST and by FIN", both, {350, 350}},
	{"among ten times as many", crowd, {60}},
	{"closed by this side, or unanswered", ours, {0}},
	{"too short", too_short, {0}},
	{"never idle", busy, {0}},
	{"heartbeats up to one age", heartbeats, {0}},
	{"jobs of a minute, one after the other", periodic, {0}},
};

static void test_limits(void)
{
	test_begin("idle-peaks-limits");
	for (size_t i = 0; i < COUNT(limits); i++) {
		struct idle_load load = {.random = {.state = 1000 + i}, .length = 7200};
		struct idle_peak found[IDLE_PEAKS_MAX] = {0};
		unsigned n, wanted = 0;

		limits[i].make(&load);
		n = find(&load, found);
		while (wanted < IDLE_PEAKS_MAX && limits[i].wanted[wanted] > 0)
			wanted++;
		test_context("%s: %.2f s", limits[i].name, (double)found[0].at / NS_PER_S);
		CHECK_EQ(n, wanted);
		for (unsigned k = 0; k < n && k < wanted; k++)
			CHECK(is_within_2_percent(found[k].at, limits[i].wanted[k]));
	}
	test_end("%zu loads at the limits of what is told", COUNT(limits));
}

/* Of an event that says nothing of idle time, and of others than those from ESTABLISHED. */
static void test_ignored(void)
{
	struct idle_peaks *peaks = idle_peaks_new();
	struct idle_peak found[IDLE_PEAKS_MAX];

	test_begin("idle-peaks-ignored");
	if (!peaks)
		abort();
	for (uint64_t i = 0; i < 100; i++) {
		struct conn_event event = {.ts = i * 60 * NS_PER_S,
					   .idle = i % 2 ? 60 * NS_PER_S : 0,
					   .idle_seen = true,
					   .from = i % 2 ? WIRE_CLOSE_WAIT : WIRE_ESTABLISHED,
					   .to = WIRE_CLOSE,
					   .cause = CAUSE_RESET};

		idle_peaks_add(peaks, &event);
		event.from = WIRE_ESTABLISHED;
		event.idle = UINT64_MAX;
		idle_peaks_add(peaks, &event);
	}
	CHECK_EQ(idle_peaks_find(peaks, found), 0);
	idle_peaks_free(peaks);
	test_end("other states, unknown and endless times");
}

int main(void)
{
	test_limits();
	test_ignored();
	test_healthy();
	test_planted();
	return test_status();
}
