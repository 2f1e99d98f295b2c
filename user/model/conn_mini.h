/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_mini.h - the half of the model that follows mini-sockets: FIN-WAIT-2 after close(), and
 * TIME-WAIT. It knows which of their moves no event tells, and what a timer proves. Included by
 * conn.c and conn_census.c only.
 */
#ifndef TCPDWELL_CONN_MINI_H
#define TCPDWELL_CONN_MINI_H

#include "model/conn_moves.h"

/* The kernel's note in ms and a record's time in ns of the same moment differ by at most this. */
#define CONN_SAME_MOMENT_MS 2

void conn_mini_feed(struct conn_table *table, const struct wire_timewait *t);

/* A lower bound of the age of a TIME-WAIT whose beginning was not seen, from its timer. */
void conn_mini_prove(const struct conn_table *table, struct store_entry *entry,
		     const struct wire_timewait *t);

/*
 * A census met this mini-socket. Did it move to TIME-WAIT where only a sweep tells that? Then this
 * counts as a sweep: the sweep that should have told it may have come before its birth was read.
 */
bool conn_mini_met(struct conn_table *table, const struct store_entry *entry,
		   const struct wire_snapshot *s);

/* Is this `-> CLOSE` of the full socket whose life a mini-socket took over? Then its connection did
 * not end. */
bool conn_mini_take_husk(struct conn_table *table, const struct wire_transition *t);

/*
 * `-> CLOSE` of this full socket was told, and records were lost since its last move. A mini-socket
 * may have taken over: until more is known it has.
 */
void conn_mini_assume(struct conn_table *table, struct store_entry *entry,
		      const struct wire_transition *t);

/* Its timer was cancelled, as `cancel` has it, so long ago that no other record will follow: ends
 * it. */
void conn_mini_settle(struct conn_table *table, struct store_entry *entry,
		      const struct store_cancel *cancel);

#endif
