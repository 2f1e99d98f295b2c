/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * clock.h - the clocks: CLOCK_MONOTONIC for everything, wall time only where a person or a log
 * reads it.
 */
#ifndef TCPDWELL_CLOCK_H
#define TCPDWELL_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define NS_PER_US 1000ULL
#define NS_PER_MS 1000000ULL
#define NS_PER_S  1000000000ULL

/* ns on CLOCK_MONOTONIC of the first time namespace, the clock of bpf_ktime_get_ns(), in whichever
 * time namespace we are. The first call reads /proc/self/timens_offsets. */
uint64_t clock_now(void);

/* ns of CPU that this thread has used: what it costs, however long it was kept from running. */
uint64_t clock_cpu(void);

/* What to add to a CLOCK_MONOTONIC time to have ns since 1970, as of now; right to a microsecond,
 * or to what interrupted the last of some tries. */
int64_t clock_wall_offset(void);

/*
 * Length of a jiffy in ns. CLOCK_MONOTONIC_COARSE advances once per jiffy and says so in its
 * resolution (kernel/time/posix-timers.c), which needs neither the kernel's configuration nor a
 * measurement.
 */
uint64_t clock_tick_ns(void);

#define CLOCK_TEXT_MAX 40

/* "16:00:35.123", local time of day. */
const char *clock_time_of_day(uint64_t wall_ns, char text[CLOCK_TEXT_MAX]);

/* "2026-11-22 16:00:35.123", local time with its date. */
const char *clock_date_time(uint64_t wall_ns, char text[CLOCK_TEXT_MAX]);

/* What local time is then: "UTC", "CET (+01:00)", or "+05:45" where the zone has no name. */
const char *clock_zone(uint64_t wall_ns, char text[CLOCK_TEXT_MAX]);

/* "2026-11-22T16:00:35.123456789Z". */
const char *clock_iso8601(uint64_t wall_ns, char text[CLOCK_TEXT_MAX]);

/* At most 6 characters, the unit that fits: 812us 1.23ms 60.8s 16m40s 3h12m 12d4h. */
const char *clock_duration(uint64_t ns, char text[CLOCK_TEXT_MAX]);

/* The same as append.h does it, with CLOCK_TEXT_MAX bytes of room. */
char *clock_append_time_of_day(char *to, uint64_t wall_ns);
char *clock_append_date_time(char *to, uint64_t wall_ns);
char *clock_append_iso8601(char *to, uint64_t wall_ns);
char *clock_append_duration(char *to, uint64_t ns);

#endif
