/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_sample.h - mini-sockets where no event tells of them and only sweeps meet them
 * (conn_config.samples). Included by conn.c only.
 *
 * A full socket's FIN-WAIT-2 -> CLOSE may be its end, or a mini-socket took over: it is held back
 * until sweeps have said which. What a sweep no longer meets ended since the one that met it last:
 * its dwell is a lower bound up to then. A sweep may pass over one that is there, when another of
 * the same hash bucket goes away between two reads, so two in a row have to agree.
 */
#ifndef TCPDWELL_CONN_SAMPLE_H
#define TCPDWELL_CONN_SAMPLE_H

#include "model/conn_moves.h"

/*
 * This `-> CLOSE` from FIN-WAIT-2 or CLOSING, without an error, which was `entry`'s: held back?
 * False if it is surely an end. `entry` may be gone.
 */
bool conn_sample_hold(struct conn_table *table, struct store_entry *entry,
		      const struct wire_transition *t);

/* A new connection has the addresses and ports of a mini-socket: that one is gone. */
void conn_sample_give_way(struct conn_table *table, const struct wire_transition *t);

/* WIRE_TW_SEEN: a sweep met a mini-socket. */
void conn_sample_seen(struct conn_table *table, const struct wire_timewait *t);

/* A sweep is over, or found no way into its namespace. */
void conn_sample_swept(struct conn_table *table, const struct wire_swept *s);

#endif
