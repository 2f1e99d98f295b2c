/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ends.h - what of the kernel's own ends a connection, and in how long at the latest, if from now
 * on nothing comes from outside and no process does anything to it: which timer decides, and how
 * often the kernel goes on trying, as the socket and the sysctls of its namespace say.
 *
 * The kernel's timers fire late, by an eighth of what they were set for at most
 * (kernel/time/timer.c): by so much it may be later. What ends it sooner is not foreseen: too many
 * orphans, a shortage of memory, a table of TIME-WAITs that is full. An answer of the peer, or an
 * ICMP error, changes it.
 */
#ifndef TCPDWELL_ENDS_H
#define TCPDWELL_ENDS_H

#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

enum ends_by {
	ENDS_UNKNOWN, /* of a listener, of what is over, and of a subflow of MPTCP */
	ENDS_NOTHING, /* no timer that ends it runs, or will be set */
	ENDS_RETRANSMISSION,
	ENDS_PROBES, /* of a window that is shut, while a peer that answers them is waited for */
	ENDS_USER_TIMEOUT,
	ENDS_KEEPALIVE,
	ENDS_FIN_TIMEOUT,
	ENDS_TIME_WAIT,
	ENDS_BYS,
};

struct ends {
	uint8_t by;    /* ENDS_* */
	bool is_timed; /* false: it will, but in_ns cannot be told */
	uint64_t in_ns;
};

/* `limits` of its namespace; NULL: not known. */
struct ends ends_of(const struct wire_snapshot *s, const struct wire_limits *limits);

/* "retransmission", ... as they are in output; NULL for ENDS_UNKNOWN and past the last. */
const char *ends_by_name(unsigned by);

/* "gives up in 13m20s"; "" if there is nothing to say. Returns `text`. */
#define ENDS_TEXT_MAX 96
const char *ends_text(const struct ends *ends, const struct wire_snapshot *s,
		      char text[ENDS_TEXT_MAX]);

/* "7200s/75s/9": keepalive after so long without a segment, again every so long, at most so often.
 * "off"; NULL: that is not known, or it can have none. */
const char *ends_keepalive(const struct wire_snapshot *s, const struct wire_limits *limits,
			   char text[ENDS_TEXT_MAX]);

/*
 * Is it in ESTABLISHED, and does keepalive let it be idle for so long that nobody sees a segment of
 * it? False if that is not known. Data that is on its way does not count: it may be idle tomorrow.
 */
bool ends_may_idle(const struct wire_snapshot *s, const struct wire_limits *limits, uint64_t ns);

#endif
