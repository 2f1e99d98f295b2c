/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * rings.h - the reader of bpf/ring.h: records of all CPUs, in the order of time.
 *
 * What happens to a connection may be told by any CPU, so what they tell is merged by time. A look
 * hands over only what no record to come can precede: those from before the look began, and from
 * before any that is being written.
 */
#ifndef TCPDWELL_RINGS_H
#define TCPDWELL_RINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rings;

/* Bytes of a ring of so many slots: the size of a map's value. */
size_t rings_stride(unsigned slots);

/* Over `n` rings of `slots` each, one behind the other in `memory`, which is the caller's. NULL if
 * out of memory. rings_free(NULL) does nothing. */
struct rings *rings_new(void *memory, unsigned n, unsigned slots);
void rings_free(struct rings *rings);

/* Has all that the last look found been handed over, so that rings_drain() looks again? */
bool rings_are_through(const struct rings *rings);

/*
 * Hands over what is there, `max` records at most; `now` is the clock, read just before. The bytes
 * are valid during the call of `fn`, which stops it by a negative errno. Number of records, or what
 * `fn` said.
 */
int rings_drain(struct rings *rings, uint64_t now, int max,
		int (*fn)(void *ctx, const void *record, size_t len), void *ctx);

#endif
