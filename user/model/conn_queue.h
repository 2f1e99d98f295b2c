/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_queue.h - the part of the model that knows who waits for accept(), for how long, and how
 * many at each listener. Included by conn.c and conn_census.c only.
 *
 * A child is in its listener's queue from the moment it is made (the end of the handshake; with
 * TCP Fast Open the SYN) until accept() returns it. Both are told by records of their own, so the
 * wait is exact if nothing was lost in between. Else:
 * - A census met it waiting first: it has waited as long as it has been in its state, at least.
 * - It was accepted, and no record told when: a system call or a move that only an owner makes, or
 *   two censuses in a row, prove it. How long it waited is not known.
 * - It ended. The kernel says whether accept() had returned it (wire_transition.unaccepted). If it
 *   had, nothing told when, as of io_uring's: how long it waited is not known.
 *
 * One that was reset while it waited stays in the queue, and accept() returns it: it counts as
 * waiting until then, though its wait was told as ended. After a loss such ones are forgotten.
 *
 * A subflow that joins a connection of MPTCP is in no queue, which nothing but a census tells.
 */
#ifndef TCPDWELL_CONN_QUEUE_H
#define TCPDWELL_CONN_QUEUE_H

#include "model/conn_moves.h"

/* This child was made, at entry->born, and is complete but for Fast Open; if not `is_exact`, it was
 * made then at the latest. */
void conn_queue_begin(struct conn_table *table, struct store_entry *entry, bool is_exact);

/* It made this move. Call it after the move was told. */
void conn_queue_moved(struct conn_table *table, struct store_entry *entry,
		      const struct conn_event *event, const struct conn_step *move);

/* accept() returned it, and its owner is known by now. */
void conn_queue_accepted(struct conn_table *table, struct store_entry *entry,
			 const struct wire_accepted *a);

/* accept() returned a socket that is no connection of the model: it may have ended in the queue. */
void conn_queue_returned(struct conn_table *table, uint64_t cookie);

/* A census met this socket, and the model has taken that in. */
void conn_queue_met(struct conn_table *table, const struct wire_snapshot *s);

/* A census is over: all listeners are known. */
void conn_queue_census_ends(struct conn_table *table);

/* From now on a peak is what is to come. */
void conn_queue_forget_peaks(struct conn_table *table);

/* Is accept() told, and was nothing missed since peaks were forgotten? */
bool conn_queue_is_sure(const struct conn_table *table);

void conn_queue_release(struct conn_table *table);

#endif
