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

/* A census begins or ends. At the end of the first, what nobody has accepted is its listener's. */
void conn_census_bounds(struct conn_table *table, const struct wire_census *c);

/* A socket as it stands. */
void conn_census_snapshot(struct conn_table *table, const struct wire_snapshot *s);

/*
 * A process holds it: its owner, by the name that the process has now. An owner that a system call
 * has proven stays, until a census finds only others holding the socket.
 */
void conn_census_holder(struct conn_table *table, const struct wire_holder *h);

/* It waits for accept(2) at that listener, whose owner it inherits. */
void conn_census_queued(struct conn_table *table, const struct wire_queued *q);

/* The census under way has been through this namespace. */
void conn_census_swept(struct conn_table *table, const struct wire_swept *s);

/* Has the census under way, or else the last one, been through this namespace? */
bool conn_census_covers(const struct conn_table *table, uint32_t netns);

/*
 * Mini-sockets whose timer ran out ten seconds ago, and nothing told of their end, are in doubt,
 * and a census is owed. Those that not even a restart of TIME-WAIT could keep have ended unseen.
 */
void conn_census_overdue(struct conn_table *table, uint64_t now);

/* How many whole censuses would settle what is in doubt. */
unsigned conn_census_owed(const struct conn_table *table);

void conn_census_release(struct conn_table *table);

#endif
