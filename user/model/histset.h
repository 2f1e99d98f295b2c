/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * histset.h - histograms per state and group, with how many connections are in that state still.
 *
 * Groups are bounded: what comes after `max` different ones, or without memory for one more, is
 * counted in a last group whose values read HISTSET_OTHER. Who came first stays, so that what is
 * counted of a group only grows.
 */
#ifndef TCPDWELL_HISTSET_H
#define TCPDWELL_HISTSET_H

#include <stddef.h>

#include "model/connection.h"
#include "model/hist.h"

#define HISTSET_OTHER "(other)"

/* Those who are in a state now. */
struct histset_still {
	uint64_t count;
	uint64_t oldest;      /* ns in that state: of the one longest there, as far as known */
	uint8_t oldest_known; /* DWELL_*; DWELL_UNKNOWN: of none is anything proven */
	uint64_t in_doubt;    /* not in count: were there, but records were lost since; may have
			       * ended */
};

struct histset_cell {
	struct hist hist;
	uint64_t syns_resent; /* of those that ended: the first SYN, or SYN-ACK, was not answered in
			       * time, and sent again */
	uint64_t overflowed;  /* of those that ended: conn_event.overflowed */
	struct histset_still still;
	uint64_t unaccepted; /* of accept-wait: those that ended in the queue, by their own end */
};

/* A dwell in event->from ended. One that is not exact counts as partial. */
void histset_cell_add(struct histset_cell *cell, const struct conn_event *event);

/* A connection is in its state at `now`. */
void histset_still_add(struct histset_still *still, const struct conn *conn, uint64_t now,
		       bool in_doubt);

struct histset;

/* At most `max` groups beside HISTSET_OTHER. NULL if out of memory. */
struct histset *histset_new(size_t max);
void histset_free(struct histset *set);

/* Forgets all groups. */
void histset_clear(struct histset *set);

/* As histset_cell_add() does, for the group of that name. */
void histset_add(struct histset *set, const char *values, const struct conn_event *event);

/* As histset_still_add() does. Call histset_forget_still() before a new round. */
void histset_add_still(struct histset *set, const char *values, const struct conn *conn,
		       uint64_t now, bool in_doubt);
void histset_forget_still(struct histset *set);

/* Calls `fn` for each group, that with most entries first. */
void histset_each(struct histset *set, void (*fn)(void *ctx, const char *values, void *group),
		  void *ctx);

/*
 * Is it known what is in the cell of the group of that name? Not if it may be in HISTSET_OTHER.
 * NULL: nothing was ever in that state.
 */
bool histset_find(const struct histset *set, const char *values, uint8_t state,
		  const struct histset_cell **ret_cell);

/* The cell of a group that histset_each() gave, or NULL if nothing was ever in that state. */
const struct histset_cell *histset_cell(const void *group, uint8_t state);

#endif
