/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* clock.c - reading clocks and writing times for people. See clock.h. */
#include "clock.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "line.h"

static uint64_t read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t clock_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_wall_offset(void)
{
	return (int64_t)(read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC));
}

uint64_t clock_tick_ns(void)
{
	struct timespec tick;

	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	return (uint64_t)tick.tv_sec * NS_PER_S + (uint64_t)tick.tv_nsec;
}

/* The text of a second is made once, for all that happens in it. */
struct second {
	time_t second;
	size_t len;
	char text[CLOCK_TEXT_MAX];
};

static char *begin_with(struct second *known, time_t second, bool utc, char *text)
{
	struct tm tm = {0};

	if (!known->len || known->second != second) {
		if (utc)
			gmtime_r(&second, &tm);
		else
			localtime_r(&second, &tm);
		known->len = strftime(known->text, sizeof(known->text),
				      utc ? "%Y-%m-%dT%H:%M:%S." : "%H:%M:%S.", &tm);
		known->second = second;
	}
	memcpy(text, known->text, known->len);
	return text + known->len;
}

const char *clock_time_of_day(uint64_t wall_ns, char text[CLOCK_TEXT_MAX])
{
	static struct second known;
	char *end = begin_with(&known, (time_t)(wall_ns / NS_PER_S), false, text);

	line_number(end, wall_ns % NS_PER_S / NS_PER_MS, 3);
	return text;
}

const char *clock_iso8601(uint64_t wall_ns, char text[CLOCK_TEXT_MAX])
{
	static struct second known;
	char *end = begin_with(&known, (time_t)(wall_ns / NS_PER_S), true, text);

	strcpy(line_number(end, wall_ns % NS_PER_S, 9), "Z");
	return text;
}

/* Three significant digits of value/unit, rounded down so that 59.96 s never reads as a minute. */
static void three_digits(char *text, uint64_t ns, uint64_t unit, const char *suffix)
{
	uint64_t whole = ns / unit, rest = ns % unit;
	char *end = line_number(text, whole, 1);

	if (whole < 100 && unit != 1) {
		*end++ = '.';
		end = whole >= 10 ? line_number(end, rest * 10 / unit, 1)
				  : line_number(end, rest * 100 / unit, 2);
	}
	strcpy(end, suffix);
}

const char *clock_duration(uint64_t ns, char text[CLOCK_TEXT_MAX])
{
	uint64_t seconds = ns / NS_PER_S, hours = seconds / 3600, days = hours / 24;

	if (!ns)
		snprintf(text, CLOCK_TEXT_MAX, "0s");
	else if (ns < NS_PER_US)
		three_digits(text, ns, 1, "ns");
	else if (ns < NS_PER_MS)
		three_digits(text, ns, NS_PER_US, "us");
	else if (ns < NS_PER_S)
		three_digits(text, ns, NS_PER_MS, "ms");
	else if (seconds < 600)
		three_digits(text, ns, NS_PER_S, "s");
	else if (hours < 1)
		snprintf(text, CLOCK_TEXT_MAX, "%" PRIu64 "m%02us", seconds / 60,
			 (unsigned)(seconds % 60));
	else if (days < 4)
		snprintf(text, CLOCK_TEXT_MAX, "%" PRIu64 "h%02um", hours,
			 (unsigned)(seconds / 60 % 60));
	else
		snprintf(text, CLOCK_TEXT_MAX, "%" PRIu64 "d%uh", days, (unsigned)(hours % 24));
	return text;
}
