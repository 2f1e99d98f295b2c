/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * decode.h - is this a record? The one gate between raw bytes, from wherever, and the model: behind
 * it kinds, lengths, states and causes are in range and text ends in NUL.
 */
#ifndef TCPDWELL_DECODE_H
#define TCPDWELL_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "wire.h"

union decode_record {
	struct wire_head head;
	struct wire_transition transition;
	struct wire_timewait timewait;
	struct wire_handshake handshake;
	struct wire_socket socket;
	struct wire_lost lost;
	struct wire_swept swept;
	struct wire_snapshot snapshot;
	struct wire_holder holder;
	struct wire_queued queued;
	struct wire_epoll epoll;
	struct wire_limits limits;
	struct wire_host host;
	struct wire_census census;
	struct wire_name name;
	struct wire_accepted accepted;
	struct wire_clock clock;
};

/*
 * Copies the record at `bytes` to ret_record, so alignment does not matter; what is behind its
 * kind's own bytes stays as it was. Returns its length, or -EBADMSG if it is none that this version
 * writes, or is longer than `len`: then nothing is copied.
 */
int decode(const void *bytes, size_t len, union decode_record *ret_record);

/* Of a kind of record that may be lost: "transition", "timewait", "socket", "accepted",
 * "handshake", "skipped"; else "?".
 */
const char *decode_kind_name(uint16_t kind);

/* Those kinds, in the order of every list; 0 past the last. */
uint16_t decode_kind_that_may_be_lost(unsigned i);

#endif
