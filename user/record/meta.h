/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * meta.h - what has to be known of a stream of records besides the records: which clock, which
 * kernel, what that kernel lets us see. A live session makes one, a recording carries one.
 */
#ifndef TCPDWELL_META_H
#define TCPDWELL_META_H

#include <stdbool.h>
#include <stdint.h>

#define META_TEXT_MAX 256
#define META_BOOT_MAX 40

struct meta {
	uint64_t attached;    /* ns, CLOCK_MONOTONIC: events are complete from here on */
	int64_t wall_offset;  /* ns to add to CLOCK_MONOTONIC for ns since 1970: of the attach, then
			       * of the last WIRE_CLOCK */
	uint64_t tick_ns;     /* a jiffy: the resolution of what a timer's `expires` tells */
	uint64_t duration_ns; /* the run was to last so long (-d); 0: until stopped */
	bool sees_timewait;
	bool samples_timewait;       /* by sweeps alone: see conn_config.samples */
	bool sees_handshakes;        /* so are ends of handshakes that no connection follows */
	bool sees_accepts;           /* accept() is told ... */
	char boot[META_BOOT_MAX];    /* which start of the host: its clock begins anew with
				      * each; "": of a recording that does not say */
	char version[META_TEXT_MAX]; /* of tcpdwell */
	char kernel[META_TEXT_MAX];  /* uname -r */
	char transition_way[META_TEXT_MAX]; /* how transitions are seen, in words; "": not at all */
	char timewait_way[META_TEXT_MAX];   /* how mini-sockets are seen, or why not, in words */
	char accept_way[META_TEXT_MAX];     /* how accept() is seen, or that it is not, in words;
					     * "": of a recording that does not say */
	char filter[META_TEXT_MAX];         /* the filter asked in the kernel, in words; "" none */
};

/* `stuck` looks at sockets, and at no event. */
static inline bool meta_has_events(const struct meta *meta)
{
	return meta->transition_way[0];
}

/* Why it is not visible how long connections wait for accept(). */
static inline const char *meta_why_no_waits(const struct meta *meta)
{
	return meta->accept_way[0] ? meta->accept_way : "the recording does not tell of accept()";
}

#endif
