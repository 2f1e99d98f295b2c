/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * age.h - how long a socket has been in its state, by what the kernel keeps of it: exact where it
 * notes the beginning, else a bound that is proven by something which cannot have been before.
 */
#ifndef TCPDWELL_AGE_H
#define TCPDWELL_AGE_H

#include <stdint.h>

#include "base/clock.h"
#include "wire.h"

struct age {
	uint64_t ns;
	uint8_t known;    /* DWELL_* of tcpstate.h; DWELL_UNKNOWN: nothing is proven, ns is 0 */
	const char *from; /* what it is known by, in words; "" if it is not */
};

/*
 * As of s->head.ts. `tick_ns` is a jiffy: times from jiffies may be that much older than told. A
 * bound is never more than the truth. For CLOSE-WAIT, CLOSING, FIN-WAIT-2 and TIME-WAIT it is less
 * by half a second at most if the peer was silent since; unless it is a FIN-WAIT-2 in a mini-socket
 * before 6.14, of which nothing is known.
 */
struct age age_of(const struct wire_snapshot *s, uint64_t tick_ns);

/* As people read it: "4.49s", ">=4.49s" of a bound, "?". */
#define AGE_TEXT_MAX (CLOCK_TEXT_MAX + 2)
const char *age_text(const struct age *age, char text[AGE_TEXT_MAX]);

/* The same as append.h does it, of any duration that is known as DWELL_* says. */
char *age_append(char *to, uint64_t ns, uint8_t known);

#endif
