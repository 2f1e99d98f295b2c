/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_census.h - the part of the model that a census mends. Included by conn.c only.
 *
 * The first census comes right after the attach, its records in the order of time with those of
 * events. So a socket of which an event has told is known better than by a snapshot, and one of
 * which none has told has been in its state since the attach at least; age.h proves more.
 *
 * Each later census is held against what is known by then:
 * - found in its state: no longer in doubt. If it was in doubt, its age is what the socket proves.
 * - found in another state: moves were not told. They are counted as missed, and the state is
 *   taken over.
 * - found, and unknown: added.
 * - not found where the census has been: it ended unseen. That is told, with an unknown cause, and
 *   counted as missed.
 * What is lost explains what is missing since: then nothing more is counted.
 * The last three take two censuses in a row, and no event of that socket between: an iterator may
 * pass over a socket, and a program may be about to tell of a move that the iterator sees done.
 */
#ifndef TCPDWELL_CONN_CENSUS_H
#define TCPDWELL_CONN_CENSUS_H

#include "model/conn_moves.h"

/*
 * A census begins or ends. When the first one ends, each connection that nobody has accepted gets
 * the owner of its listener.
 */
void conn_census_bounds(struct conn_table *table, const struct wire_census *c);

/* The census met this socket. */
void conn_census_snapshot(struct conn_table *table, const struct wire_snapshot *s);

/*
 * The census met this process as a holder. It becomes the owner, by its present name. An owner that
 * a system call has proven stays until a census finds only others holding the socket.
 */
void conn_census_holder(struct conn_table *table, const struct wire_holder *h);

/* The connection waits for accept(2) at this listener and inherits its owner. */
void conn_census_queued(struct conn_table *table, const struct wire_queued *q);

/* The census has been through this namespace. */
void conn_census_swept(struct conn_table *table, const struct wire_swept *s);

/* Has the present or the last census been through this namespace? */
bool conn_census_covers(const struct conn_table *table, uint32_t netns);

/*
 * Puts mini-sockets in doubt whose timer ran out ten seconds ago without an end being told, and
 * asks for a census. Ends those that not even a restart of TIME-WAIT could have kept.
 */
void conn_census_overdue(struct conn_table *table, uint64_t now);

/* How many whole censuses it takes to settle what is in doubt. */
unsigned conn_census_owed(const struct conn_table *table);

/* Is nothing in doubt that may be in an accept queue? */
bool conn_census_knows_queues(const struct conn_table *table);

void conn_census_release(struct conn_table *table);

#endif
