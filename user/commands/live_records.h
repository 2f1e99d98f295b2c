/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * live_records.h - keeps the records of an attached session flowing to one taker: what is in the
 * ring buffer, what was lost, a sweep where the model waits for one, a tick when nothing happened,
 * and the wall clock when it was set.
 */
#ifndef TCPDWELL_LIVE_RECORDS_H
#define TCPDWELL_LIVE_RECORDS_H

#include "model/conn.h"
#include "kernel/session.h"

struct live_records {
	struct session *session;
	record_fn take; /* all records go here, whoever made them */
	void *ctx;
	const struct conn_table *conns; /* asks for sweeps */
	uint64_t last_tick, next_sweep; /* ns; 0 to begin with */
	/* live_records_look() takes one when it settles doubts, and one a minute. */
	bool takes_censuses;
	uint64_t next_census, next_owed_census;
	uint64_t next_part;  /* ns: when a part of the stream may begin */
	uint64_t cut_wanted; /* ns: since when; 0: it is not */
	int take_err;        /* what `take` said in the last census */
};

/*
 * One look, to be had as session_pause() says: the default buffer bridges some 150 ms of CPUs
 * full of short connections.
 * Number of records from it (SESSION_DRAIN_MAX: there is more), or what `take` said when that was
 * negative.
 */
int live_records_look(struct live_records *records);

/* What is still in the ring buffer, and what no event told; then a tick. 0, or what `take` said. */
int live_records_settle(struct live_records *records);

/* All sockets as they stand: see session_census(). */
int live_records_census(struct live_records *records);

/*
 * May the stream of records be cut in two here, so that what follows can be understood by itself?
 * To be asked between looks, until it may. Not between a full socket's becoming a mini-socket and
 * its last word, which comes some microseconds later: what follows would see a connection end. If
 * that word never comes, for a second at most. And since each part begins with a census: not more
 * often than once a second, and than these take a twentieth of the time.
 */
bool live_records_may_be_cut(struct live_records *records);

/* The census with which a part of the stream begins. Where the sockets cannot be looked at, events
 * go on. 0, or what `take` said. */
int live_records_begin_part(struct live_records *records);

#endif
