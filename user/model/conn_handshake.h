/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_handshake.h - the half of the model that follows SYN-RECEIVED: the request socket that holds
 * it until the handshake is complete, and the child that then takes over. See conn.h. Included by
 * the model only.
 *
 * SYN-RECEIVED begins when the first SYN-ACK is sent. Of a handshake that succeeds at once nothing
 * is told until the child is established; that move says how long ago the SYN-ACK was sent. So the
 * child's LISTEN -> SYN-RECEIVED is told then, with the time at which it was really made. Before
 * 6.15 the kernel tells that move of no child; it is told by the next one.
 *
 * A request enters the model when its SYN-ACK is sent again, when it ends without a child, and when
 * a census meets it. It has no cookie, so it is found by addresses, ports and namespace, as a
 * mini-socket is. Its LISTEN -> SYN-RECEIVED is told when it ends, or by its child, so that both
 * moves have one identity.
 */
#ifndef TCPDWELL_CONN_HANDSHAKE_H
#define TCPDWELL_CONN_HANDSHAKE_H

#include "model/conn_moves.h"

/* Something happened to a request socket. */
void conn_handshake_feed(struct conn_table *table, const struct wire_handshake *h);

/* A child appeared at `ts`: nothing is told of it until its next move. */
void conn_handshake_child(struct conn_table *table, struct store_entry *entry, uint64_t ts);

/* The first move of a child behind its LISTEN -> SYN-RECEIVED, which it tells. Was its
 * handshake's last ACK put off (conn_event.overflowed)? */
bool conn_handshake_tell(struct conn_table *table, struct store_entry *entry,
			 const struct wire_transition *t);

/* What `cancel` told happened so long ago that nothing more will follow. */
void conn_handshake_settle(struct conn_table *table, struct store_entry *entry,
			   const struct store_cancel *cancel);

/* A census met this request socket. */
void conn_handshake_met(struct conn_table *table, const struct wire_snapshot *s);

#endif
