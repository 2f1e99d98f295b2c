/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* clock.c - reading clocks and writing times for people. See clock.h. */
#include "base/clock.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/append.h"

static uint64_t read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* ---- time namespaces ---- */

/* Of the first time namespace: PROC_TIME_INIT_INO in the kernel's include/linux/proc_ns.h. */
#define FIRST_TIME_NAMESPACE 0xEFFFFFFAu

static uint64_t time_namespace(const char *path)
{
	struct stat st;

	return stat(path, &st) ? FIRST_TIME_NAMESPACE : st.st_ino;
}

/*
 * The file is about the namespace of our children. It is another than ours only between
 * unshare(CLONE_NEWTIME) and the next exec (older kernels: fork), and what that leaves us in is
 * nearly always the first one.
 */
static uint64_t read_namespace_offset(void)
{
	uint64_t ours = time_namespace("/proc/self/ns/time");
	long long seconds = 0, ns = 0;
	FILE *file;

	if (ours == FIRST_TIME_NAMESPACE ||
	    ours != time_namespace("/proc/self/ns/time_for_children"))
		return 0;
	file = fopen("/proc/self/timens_offsets", "re");
	if (!file)
		return 0;
	if (fscanf(file, "monotonic %lld %lld", &seconds, &ns) != 2)
		seconds = ns = 0;
	fclose(file);
	return (uint64_t)seconds * NS_PER_S + (uint64_t)ns;
}

/* What CLOCK_MONOTONIC is ahead here, in ns modulo 2^64. It cannot change while a process is in
 * the namespace. */
static uint64_t namespace_offset(void)
{
	static uint64_t offset;
	static bool is_known;

	if (!is_known)
		offset = read_namespace_offset();
	is_known = true;
	return offset;
}

uint64_t clock_now(void)
{
	return read_clock(CLOCK_MONOTONIC) - namespace_offset();
}

uint64_t clock_cpu(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

/* Between two looks at one clock at the other: whoever was interrupted there tries again. */
int64_t clock_wall_offset(void)
{
	uint64_t before, wall, after;
	int tries = 5;

	do {
		before = clock_now();
		wall = read_clock(CLOCK_REALTIME);
		after = clock_now();
	} while (after - before > NS_PER_US && --tries);
	return (int64_t)(wall - before);
}

uint64_t clock_tick_ns(void)
{
	struct timespec tick;

	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	return (uint64_t)tick.tv_sec * NS_PER_S + (uint64_t)tick.tv_nsec;
}

/* ---- time of day ---- */

/* The text of a second is made once, for all that happens in it. */
struct second {
	uint64_t begin; /* ns */
	struct word text;
};

enum form { TIME_OF_DAY, DATE_TIME, ISO8601 };

/* Returns the ns since the second began. */
static uint64_t find_second(struct second *known, uint64_t wall_ns, enum form form)
{
	struct tm tm = {0};
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct word *text = &known->text;

	if (text->len && wall_ns - known->begin < NS_PER_S)
		return wall_ns - known->begin;
	if (form == ISO8601)
		gmtime_r(&seconds, &tm);
	else
		localtime_r(&seconds, &tm);
	text->len = (uint8_t)strftime(text->text, sizeof(text->text),
				      form == ISO8601     ? "%Y-%m-%dT%H:%M:%S."
				      : form == DATE_TIME ? "%Y-%m-%d %H:%M:%S."
							  : "%H:%M:%S.",
				      &tm);
	known->begin = wall_ns - wall_ns % NS_PER_S;
	return wall_ns % NS_PER_S;
}

char *clock_append_time_of_day(char *to, uint64_t wall_ns)
{
	static struct second known;
	uint64_t rest = find_second(&known, wall_ns, TIME_OF_DAY);

	return append_digits(append_word(to, &known.text), rest / NS_PER_MS, 3);
}

char *clock_append_date_time(char *to, uint64_t wall_ns)
{
	static struct second known;
	uint64_t rest = find_second(&known, wall_ns, DATE_TIME);

	return append_digits(append_word(to, &known.text), rest / NS_PER_MS, 3);
}

char *clock_append_iso8601(char *to, uint64_t wall_ns)
{
	static struct second known;
	uint64_t rest = find_second(&known, wall_ns, ISO8601);

	return append_char(append_digits(append_word(to, &known.text), rest, 9), 'Z');
}

const char *clock_time_of_day(uint64_t wall_ns, char text[CLOCK_TEXT_MAX])
{
	*clock_append_time_of_day(text, wall_ns) = '\0';
	return text;
}

const char *clock_date_time(uint64_t wall_ns, char text[CLOCK_TEXT_MAX])
{
	*clock_append_date_time(text, wall_ns) = '\0';
	return text;
}

/* Some zones are called "+0545", and a file of zones may call them anything. */
static bool is_name(const char *text)
{
	size_t len = 0;

	while (isalpha((unsigned char)text[len]))
		len++;
	return len >= 3 && len <= 6 && !text[len];
}

const char *clock_zone(uint64_t wall_ns, char text[CLOCK_TEXT_MAX])
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct tm tm = {0};
	char offset[32];
	long minutes;

	localtime_r(&seconds, &tm);
	minutes = labs(tm.tm_gmtoff) / 60;
	snprintf(offset, sizeof(offset), "%c%02ld:%02ld", tm.tm_gmtoff < 0 ? '-' : '+',
		 minutes / 60, minutes % 60);
	if (!strcmp(tm.tm_zone, "UTC") && !tm.tm_gmtoff)
		snprintf(text, CLOCK_TEXT_MAX, "UTC");
	else if (is_name(tm.tm_zone))
		snprintf(text, CLOCK_TEXT_MAX, "%s (%s)", tm.tm_zone, offset);
	else
		snprintf(text, CLOCK_TEXT_MAX, "%s", offset);
	return text;
}

const char *clock_iso8601(uint64_t wall_ns, char text[CLOCK_TEXT_MAX])
{
	*clock_append_iso8601(text, wall_ns) = '\0';
	return text;
}

/* ---- durations ---- */

/* The first three digits, cut and not rounded, so that 59.96 s never reads as a minute. */
static char *put_three_digits(char *to, uint64_t ns)
{
	static const struct word units[] = {WORD("ns"), WORD("us"), WORD("ms"), WORD("s")};
	char digits[CLOCK_TEXT_MAX];
	unsigned n = (unsigned)(append_number(digits, ns) - digits);
	unsigned whole = (n - 1) % 3 + 1;

	for (unsigned i = 0; i < 3 && i < n; i++) {
		if (i == whole)
			*to++ = '.';
		*to++ = digits[i];
	}
	return append_word(to, &units[(n - 1) / 3]);
}

static char *put_minutes(char *to, uint64_t minutes, uint64_t seconds)
{
	to = append_char(append_number(to, minutes), 'm');
	return append_char(append_digits(to, seconds, 2), 's');
}

static char *put_hours(char *to, uint64_t hours, uint64_t minutes)
{
	to = append_char(append_number(to, hours), 'h');
	return append_char(append_digits(to, minutes, 2), 'm');
}

static char *put_days(char *to, uint64_t days, uint64_t hours)
{
	to = append_char(append_number(to, days), 'd');
	return append_char(append_number(to, hours), 'h');
}

char *clock_append_duration(char *to, uint64_t ns)
{
	uint64_t seconds = ns / NS_PER_S, minutes = seconds / 60, hours = minutes / 60;

	if (!ns)
		return append_char(append_char(to, '0'), 's');
	if (minutes < 10)
		return put_three_digits(to, ns);
	if (hours < 1)
		return put_minutes(to, minutes, seconds % 60);
	if (hours < 96)
		return put_hours(to, hours, minutes % 60);
	return put_days(to, hours / 24, hours % 24);
}

const char *clock_duration(uint64_t ns, char text[CLOCK_TEXT_MAX])
{
	*clock_append_duration(text, ns) = '\0';
	return text;
}
