/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_census.h - the part of the model for sockets that were there before us: what a census tells
 * of them, and who holds them. Included by conn.c only.
 *
 * The first census comes right after the attach, its records in the order of time with those of
 * events. So a socket of which an event has told is known better than by a snapshot, and one of
 * which none has told has been in its state since the attach at least; age.h proves more.
 */
#ifndef TCPDWELL_CONN_CENSUS_H
#define TCPDWELL_CONN_CENSUS_H

#include "model/conn_moves.h"

/* A socket as it stands. After the first census there is nothing new in it. */
void conn_census_snapshot(struct conn_table *table, const struct wire_snapshot *s);

/* A process holds it: its owner, unless a system call of another one has proven more. */
void conn_census_holder(struct conn_table *table, const struct wire_holder *h);

/* The end of a census: what nobody has accepted yet is its listener's. */
void conn_census_bounds(struct conn_table *table, const struct wire_census *c);

#endif
