/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * overflows.h - what the kernel counts of full queues in a network namespace, and how much of it
 * since the look before. Of accept queues: each SYN, and each last ACK of a handshake, that met a
 * full one (ListenOverflows), and with them what listeners dropped for other reasons (ListenDrops).
 * Of handshakes that are half open: where there are too many, SYNs answered by a cookie
 * (SyncookiesSent), and dropped (TCPReqQFullDrop). At which listener, it does not count: sk_drops
 * of a listener (`ss -m`) has the ACKs twice, and more besides (6.18).
 */
#ifndef TCPDWELL_OVERFLOWS_H
#define TCPDWELL_OVERFLOWS_H

#include <stdint.h>

#include "base/table.h"
#include "record/decode.h"

#define OVERFLOWS_UNKNOWN UINT64_MAX

struct overflows_count {
	uint64_t all;   /* since the namespace was made, or OVERFLOWS_UNKNOWN */
	uint64_t since; /* of these, since the look before, or OVERFLOWS_UNKNOWN */
};

struct overflows_netns {
	uint32_t netns;
	uint64_t ts; /* ns: of the latest look at it */
	struct overflows_count overflows, drops, cookies, half_open_drops;
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

/* "its namespace answered 900 SYNs by cookies, 30 since the last look, and dropped 0"; the same. */
const char *overflows_cookies(const struct overflows_netns *of, char text[OVERFLOWS_TEXT_MAX]);

void overflows_release(struct overflows *overflows);

#endif
