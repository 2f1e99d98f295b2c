/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* rules_socket.h - what both the rules and their words read off a socket. */
#ifndef TCPDWELL_RULES_SOCKET_H
#define TCPDWELL_RULES_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

#define IN(state) (uint16_t)(1u << (state))
#define SENDING   (IN(WIRE_FIN_WAIT1) | IN(WIRE_CLOSING) | IN(WIRE_LAST_ACK))

/* Only 0 is shut: tcp_write_wakeup() sends what fits into less than a segment. */
static inline bool is_shut(const struct wire_snapshot *s)
{
	return s->kind == WIRE_FULL && (s->probes || s->unsent) && !s->room;
}

static inline uint64_t last_heard(const struct wire_snapshot *s)
{
	return s->acked > s->received ? s->acked : s->received;
}

/* Of a listener: more wait than its backlog, and the kernel drops the next (sk_acceptq_is_full()).
 */
static inline bool is_queue_full(const struct wire_snapshot *listener)
{
	return listener->unread > listener->room;
}

/*
 * Of a listener: as many handshakes are half open as its backlog allows, and the kernel answers a
 * new SYN by a cookie, or drops it (inet_csk_reqsk_queue_is_full()); and half of them or more were
 * not completed in time. A burst of clients that answer is over before that.
 */
static inline bool is_flooded(const struct wire_snapshot *listener)
{
	return listener->half_open && listener->half_open >= listener->room &&
	       2 * (uint64_t)listener->overdue >= listener->half_open;
}

#endif
