/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* clock.c - times as people and logs read them. */
#include "base/clock.h"

#include <time.h>

#include "test.h"

#define S NS_PER_S

static const struct {
	uint64_t ns;
	const char *text;
} durations[] = {
	{0, "0s"},
	{1, "1ns"},
	{999, "999ns"},
	{1000, "1.00us"},
	{1009, "1.00us"},
	{12345, "12.3us"},
	{99999, "99.9us"},
	{100000, "100us"},
	{812000, "812us"},
	{999999, "999us"},
	{1000000, "1.00ms"},
	{1230000, "1.23ms"},
	{999999999, "999ms"},
	{1000000000, "1.00s"},
	{59999999999, "59.9s"},
	{60800000000, "60.8s"},
	{100 * S, "100s"},
	{600 * S - 1, "599s"},
	{600 * S, "10m00s"},
	{1000 * S, "16m40s"},
	{3600 * S - 1, "59m59s"},
	{3600 * S, "1h00m"},
	{11520 * S, "3h12m"},
	{95 * 3600 * S, "95h00m"},
	{96 * 3600 * S - 1, "95h59m"},
	{96 * 3600 * S, "4d0h"},
	{(12 * 24 + 4) * 3600 * S, "12d4h"},
	{100 * 86400 * S - 1, "99d23h"},
};

static void test_durations(void)
{
	char text[CLOCK_TEXT_MAX];

	test_begin("clock-duration");
	for (size_t i = 0; i < COUNT(durations); i++) {
		CHECK_STR(clock_duration(durations[i].ns, text), durations[i].text);
		CHECK(strlen(text) <= 6);
	}
	CHECK(strlen(clock_duration(UINT64_MAX, text)) < CLOCK_TEXT_MAX);
	test_end("%zu durations", COUNT(durations));
}

/* Back to ns; what is read must not be more than what was measured, nor much less. */
static double read_back(const char *text)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"ns", 1},  {"us", 1e3},   {"ms", 1e6},   {"m", 60e9},
		     {"s", 1e9}, {"h", 3600e9}, {"d", 86400e9}};
	double sum = 0;
	char *end;

	while (*text) {
		double value = strtod(text, &end);

		for (size_t i = 0; i < COUNT(units); i++)
			if (!strncmp(end, units[i].unit, strlen(units[i].unit))) {
				sum += value * units[i].ns;
				end += strlen(units[i].unit);
				break;
			}
		if (end == text)
			return -1;
		text = end;
	}
	return sum;
}

static void test_durations_are_rounded_down(void)
{
	struct test_random random = {.state = 7};
	char text[CLOCK_TEXT_MAX];

	test_begin("clock-duration-rounds-down");
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t ns = test_random(&random) >> (11 + test_below(&random, 52));
		double told;

		if (ns >= 100 * 86400 * S)
			continue;
		told = read_back(clock_duration(ns, text));
		test_check(told <= (double)ns * (1 + 1e-12) && told >= (double)ns * 0.98 - 1,
			   __LINE__, "%" PRIu64 " reads '%s'", ns, text);
		test_check(strlen(text) <= 6, __LINE__, "'%s' is longer than 6", text);
	}
	test_end("20000 random durations, none above the truth, none 2 %% below");
}

static void test_wall(void)
{
	char text[CLOCK_TEXT_MAX];

	test_begin("clock-wall");
	setenv("TZ", "UTC", 1);
	tzset();
	CHECK_STR(clock_iso8601(0, text), "1970-01-01T00:00:00.000000000Z");
	CHECK_STR(clock_iso8601(1795363235123456789, text), "2026-11-22T16:00:35.123456789Z");
	CHECK_STR(clock_iso8601(1709164800 * S + 999999999, text),
		  "2024-02-29T00:00:00.999999999Z");
	CHECK_STR(clock_time_of_day(1795363235123456789, text), "16:00:35.123");
	CHECK_STR(clock_time_of_day(1795363235999999999, text), "16:00:35.999");
	CHECK(strlen(clock_iso8601(UINT64_MAX, text)) == 30);
	CHECK_STR(clock_date_time(1795363235123456789, text), "2026-11-22 16:00:35.123");
	CHECK_STR(clock_date_time(1709164799 * S + 999999999, text), "2024-02-28 23:59:59.999");
	setenv("TZ", "Asia/Kolkata", 1);
	tzset();
	CHECK_STR(clock_iso8601(1795363235123456789, text), "2026-11-22T16:00:35.123456789Z");
	test_end("iso 8601 is UTC in any time zone, the time of day is local");
}

/* Rules of POSIX, which need no file of zones. */
static const struct {
	const char *zone;
	uint64_t second;
	const char *text, *date_time; /* of that second */
} zones[] = {
	{"UTC", 1795363235, "UTC", "2026-11-22 16:00:35.000"},
	{"UTC0", 1795363235, "UTC", "2026-11-22 16:00:35.000"},
	{"GMT0BST,M3.5.0/1,M10.5.0", 1795363235, "GMT (+00:00)", "2026-11-22 16:00:35.000"},
	{"GMT0BST,M3.5.0/1,M10.5.0", 1784563200, "BST (+01:00)", "2026-07-20 17:00:00.000"},
	{"CET-1CEST,M3.5.0,M10.5.0/3", 1795363235, "CET (+01:00)", "2026-11-22 17:00:35.000"},
	{"CET-1CEST,M3.5.0,M10.5.0/3", 1784563200, "CEST (+02:00)", "2026-07-20 18:00:00.000"},
	{"EST5", 1795363235, "EST (-05:00)", "2026-11-22 11:00:35.000"},
	{"NST3:30", 1795363235, "NST (-03:30)", "2026-11-22 12:30:35.000"},
	{"<+0545>-5:45", 1795363235, "+05:45", "2026-11-22 21:45:35.000"},
	{"<-03>3", 1795363235, "-03:00", "2026-11-22 13:00:35.000"},
	{"<UTC>-2", 1795363235, "UTC (+02:00)", "2026-11-22 18:00:35.000"},
};

static void test_zones(void)
{
	char text[CLOCK_TEXT_MAX];

	test_begin("clock-zone");
	for (size_t i = 0; i < COUNT(zones); i++) {
		setenv("TZ", zones[i].zone, 1);
		tzset();
		test_context("%s", zones[i].zone);
		CHECK_STR(clock_zone(zones[i].second * S, text), zones[i].text);
		/* Another second in between: the text of one is kept, and knows no zone. */
		clock_date_time(0, text);
		CHECK_STR(clock_date_time(zones[i].second * S, text), zones[i].date_time);
	}
	test_end("%zu zones and seasons", COUNT(zones));
}

static void test_clocks(void)
{
	uint64_t now = clock_now(), tick = clock_tick_ns();
	int64_t wall = (int64_t)time(NULL);

	test_begin("clock-now");
	CHECK(clock_now() >= now);
	CHECK(tick >= NS_PER_MS && tick <= 10 * NS_PER_MS);
	CHECK(llabs((int64_t)(clock_now() + (uint64_t)clock_wall_offset()) / (int64_t)S - wall) <=
	      2);
	test_end("monotonic, a jiffy is %" PRIu64 " ns", tick);
}

int main(void)
{
	test_durations();
	test_durations_are_rounded_down();
	test_wall();
	test_zones();
	test_clocks();
	return test_status();
}
