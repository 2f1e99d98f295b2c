/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* forecast.c - in how long ports are gone: at a steady rate, by several looks or by the ages of
 * TIME-WAITs; and nothing where it does not grow, or where nobody could know. */
#include "census_feeder.h"
#include "diagnosis/forecast.h"

#define PORTS   1000
#define LIFE_MS 60000

/* Within `off` of it. */
#define CHECK_NEAR(ms, wanted, off)                                           \
	do {                                                                  \
		uint64_t near_ms = (ms);                                      \
                                                                              \
		if (near_ms + (off) < (wanted) || near_ms > (wanted) + (off)) \
			CHECK_EQ(near_ms, (wanted));                          \
	} while (0)

static struct census census;
static struct forecast forecast;
static uint64_t now; /* ms */

static void put(union decode_record rec)
{
	rec.head.ts = now * NS_PER_MS;
	if (census_add(&census, &rec))
		abort();
}

static void begin(const char *name)
{
	test_begin(name);
	forecast_release(&forecast);
}

static void look_at(uint64_t ms)
{
	now = CENSUS_NOW + ms;
	put(census_bounds(true, 0));
	put(census_limits(CENSUS_NETNS, 30000, 30000 + PORTS - 1, 65536));
}

static void add(unsigned n, uint8_t kind, uint8_t state, uint64_t timer_ms)
{
	union decode_record rec =
		census_snapshot(&(struct snap){.cookie = 1 + n,
					       .kind = kind,
					       .state = state,
					       .lport = 30000 + (int32_t)n % PORTS,
					       .rport = 443});

	rec.snapshot.timer = timer_ms * NS_PER_MS;
	put(rec);
}

/* The nth connection, which was closed at that time. */
static void add_closed(unsigned n, uint64_t at_ms)
{
	if (CENSUS_NOW + at_ms + LIFE_MS > now)
		add(n, WIRE_MINI, WIRE_TIME_WAIT, CENSUS_NOW + at_ms + LIFE_MS);
}

static void add_open(unsigned n)
{
	add(n, WIRE_FULL, WIRE_ESTABLISHED, 0);
}

/* In ms, of the destination; 0: not told. */
static uint64_t told(bool is_noted)
{
	struct fillings fillings;
	uint64_t ns = 0;

	put(census_bounds(false, 0));
	if ((is_noted && forecast_note(&forecast, &census)) ||
	    fillings_make(&fillings, &census, NULL))
		abort();
	forecast_tell(&forecast, &census, &fillings);
	for (size_t i = 0; i < fillings.n; i++)
		if (fillings.all[i].kind == RULES_DESTINATION)
			ns = fillings.all[i].gone_in_ns;
	fillings_release(&fillings);
	return ns / NS_PER_MS;
}

/* The last of looks every 2 s until then, while so many a second are opened and stay. */
static uint64_t opened(unsigned per_second, unsigned until_s, unsigned before)
{
	uint64_t ms = 0;

	forecast_release(&forecast);
	for (unsigned s = 0; s <= until_s; s += 2) {
		look_at(s * 1000);
		for (unsigned n = 0; n < before + s * per_second; n++)
			add_open(n);
		ms = told(true);
	}
	return ms;
}

/* The same, and each is closed at once. */
static uint64_t closed(unsigned per_second, unsigned until_s, bool is_noted)
{
	uint64_t ms = 0;

	forecast_release(&forecast);
	for (unsigned s = 0; s <= until_s; s += 2) {
		look_at(s * 1000);
		for (unsigned n = 0; n < s * per_second; n++)
			add_closed(n, n * 1000 / per_second);
		ms = told(is_noted);
	}
	return ms;
}

static void test_looks(void)
{
	begin("forecast-open");
	CHECK_NEAR(opened(20, 30, 100), 15000, 1000);
	CHECK_NEAR(opened(1, 40, 900), 60000, 1500);
	test_end("20 a second of 1000, and one a second");
	begin("forecast-few-looks");
	CHECK_EQ(opened(100, 2, 500), 0);
	test_end("two looks are too few");
	begin("forecast-still");
	CHECK_EQ(opened(0, 60, 900), 0);
	/* Growth that has ended. */
	opened(40, 20, 0);
	for (unsigned s = 22; s < 60; s += 2) {
		look_at(s * 1000);
		for (unsigned n = 0; n < 800; n++)
			add_open(n);
		CHECK_EQ(told(true), 0);
	}
	test_end("nothing grows, or no more");
	begin("forecast-fewer");
	for (unsigned s = 0; s < 30; s += 2) {
		look_at(s * 1000);
		for (unsigned n = 0; n < 900 - 10 * s; n++)
			add_open(n);
		CHECK_EQ(told(true), 0);
	}
	test_end("it shrinks");
	begin("forecast-far");
	CHECK_EQ(opened(1, 20, 600) > 0, 1);
	CHECK_EQ(opened(1, 10, 600), 0);
	test_end("no more than 30 times what was watched");
}

static void test_time_waits(void)
{
	for (int is_noted = 0; is_noted < 2; is_noted++) {
		begin(is_noted ? "forecast-time-waits" : "forecast-time-waits-one-look");
		CHECK_NEAR(closed(20, 40, is_noted), 10000, 1000);
		CHECK_NEAR(closed(40, 20, is_noted), 5000, 1000);
		test_end("20 a second, and 40: 1000 of them come before the first goes");
		begin(is_noted ? "forecast-time-waits-steady"
			       : "forecast-time-waits-steady-one-look");
		/* 15 a second for a minute are 900. */
		for (unsigned s = 34; s < 90; s += 14)
			CHECK_EQ(closed(15, s, is_noted), 0);
		test_end("the first goes before the last port is taken");
	}
	begin("forecast-burst");
	for (unsigned s = 1; s < 40; s += 3) {
		look_at(s * 1000);
		for (unsigned n = 0; n < 800; n++)
			add_closed(n, n / 2);
		CHECK_EQ(told(false), 0);
	}
	test_end("of one look, a burst");
	begin("forecast-open-one-look");
	look_at(10000);
	for (unsigned n = 0; n < 400; n++)
		add_closed(n, n * 25);
	for (unsigned n = 400; n < 700; n++)
		add_open(n);
	CHECK_EQ(told(false), 0);
	test_end("nobody knows of one look whether open ones get more");
	begin("forecast-leak");
	/* 5 a second are closed, which are 300 for ever, and 4 a second stay. */
	for (unsigned s = 0; s <= 100; s += 5) {
		uint64_t ms;

		look_at(s * 1000);
		for (unsigned n = 0; n < 5 * s; n++)
			add_closed(n % 300, n * 200);
		for (unsigned n = 0; n < 4 * s; n++)
			add_open(300 + n);
		ms = told(true);
		if (s == 100)
			CHECK_NEAR(ms, 75000, 4000);
	}
	test_end("what stays, beside what comes and goes");
}

int main(void)
{
	test_looks();
	test_time_waits();
	forecast_release(&forecast);
	census_release(&census);
	return test_status();
}
