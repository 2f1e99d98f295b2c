/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * rings.h - the reader of bpf/ring.h: records of all CPUs, in the order of time.
 *
 * Any CPU may tell what happens to a connection, so their records are merged by time. A look hands
 * over only records that none still to come can precede: those older than the look, and older than
 * any that is being written.
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

/* Is all handed over that the last look found? The next rings_drain() then looks again. */
bool rings_look_is_done(const struct rings *rings);

/*
 * Hands over what is there, `max` records at most; `now` is the clock, read just before. The bytes
 * are valid during the call of `fn`, which stops it by a negative errno. Number of records, or what
 * `fn` said.
 */
int rings_drain(struct rings *rings, uint64_t now, int max,
		int (*fn)(void *ctx, const void *record, size_t len), void *ctx);

#endif
