/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time, trouble and sysctls for the traffic helper: the moments a truth is made of, the one way to
 * give up, and settings of the network namespace that are put back after each scenario.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "traffic.h"

int64_t clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t clock_jiffy(void)
{
	struct timespec ts;

	clock_getres(CLOCK_MONOTONIC_COARSE, &ts);
	return ts.tv_nsec;
}

void clock_pause(unsigned ms)
{
	int64_t until = clock_now() + (int64_t)ms * TRAFFIC_MS;
	struct timespec ts = {.tv_sec = until / 1000000000, .tv_nsec = until % 1000000000};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

struct moment moment_begin(void)
{
	struct moment m = {.begin = clock_now()};

	m.end = m.begin;
	return m;
}

void moment_end(struct moment *m)
{
	m->end = clock_now();
}

struct moment moment_from(struct moment first, struct moment m)
{
	m.begin = first.begin;
	return m;
}

struct moment moment_by_timer(struct moment m)
{
	m.slack = clock_jiffy();
	return m;
}

static const char *playing = "";

void trouble_in(const char *scenario)
{
	playing = scenario;
}

void trouble(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "traffic: %s: ", playing);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	sysctl_restore();
	exit(1);
}

void play_again(const char *why)
{
	fprintf(stderr, "traffic: %s: %s\n", playing, why);
	sysctl_restore();
	exit(TRAFFIC_AGAIN);
}

/* What sysctl_set() found, newest last. */
static struct {
	char path[128];
	char value[64];
} saved[16];
static size_t saved_count;

static void sysctl_write(const char *path, const char *value)
{
	FILE *f = fopen(path, "w");

	if (!f)
		trouble("cannot open %s: %s", path, strerror(errno));
	fputs(value, f);
	if (fclose(f) != 0)
		trouble("cannot write '%s' to %s: %s", value, path, strerror(errno));
}

static void sysctl_save(const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f || saved_count == sizeof(saved) / sizeof(saved[0]))
		trouble("cannot read %s", path);
	if (!fgets(saved[saved_count].value, sizeof(saved[0].value), f))
		trouble("%s is empty", path);
	fclose(f);
	snprintf(saved[saved_count].path, sizeof(saved[0].path), "%s", path);
	saved_count++;
}

void sysctl_set(const char *name, const char *fmt, ...)
{
	char path[128], value[64];
	va_list args;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	va_start(args, fmt);
	vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	sysctl_save(path);
	sysctl_write(path, value);
}

void sysctl_restore(void)
{
	/* Counted down first: trouble() in the middle comes back here. */
	while (saved_count > 0) {
		saved_count--;
		sysctl_write(saved[saved_count].path, saved[saved_count].value);
	}
}
