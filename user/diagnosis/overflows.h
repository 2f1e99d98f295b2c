/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * overflows.h - how often accept queues of a network namespace overflowed, as the kernel counts,
 * and how often of these since the look before. It counts each SYN, and each last ACK of a
 * handshake, that met a full queue (ListenOverflows), and with them what listeners dropped for
 * other reasons (ListenDrops); at which listener, it does not.
 */
#ifndef TCPDWELL_OVERFLOWS_H
#define TCPDWELL_OVERFLOWS_H

#include <stdint.h>

#include "base/table.h"
#include "record/decode.h"

#define OVERFLOWS_UNKNOWN UINT64_MAX

struct overflows_netns {
	uint32_t netns;
	uint64_t ts;    /* ns: of the latest look at it */
	uint64_t count; /* ListenOverflows, or OVERFLOWS_UNKNOWN, as the others */
	uint64_t drops; /* ListenDrops */
	uint64_t since; /* of `count`, since the look before */
	UT_hash_handle hh;
};

struct overflows {
	struct overflows_netns *all; /* that the latest census met; iterate with hh.next */
	uint64_t began;              /* ns: when that did */
};

/* Takes what the records of a census say of it; a namespace that a census has not met is forgotten.
 * 0 or -ENOMEM. */
int overflows_note(struct overflows *overflows, const union decode_record *rec);

/* NULL: not known. Holds until the next census. */
const struct overflows_netns *overflows_of(const struct overflows *overflows, uint32_t netns);

/* "accept queues of its namespace overflowed 17 times, 3 since the last look"; "": not known, as
 * where `of` is NULL. */
#define OVERFLOWS_TEXT_MAX 160
const char *overflows_text(const struct overflows_netns *of, char text[OVERFLOWS_TEXT_MAX]);

void overflows_release(struct overflows *overflows);

#endif
