/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * overview.h - everything that is known of the host's connections at one moment, to be looked at
 * again and again: what `top`, `serve` and `report` draw. Fed records like the tracer, from a
 * kernel or from a recording; it knows no clock but theirs, so the same records give the same
 * overview.
 */
#ifndef TCPDWELL_OVERVIEW_H
#define TCPDWELL_OVERVIEW_H

#include "model/census.h"
#include "model/histset.h"
#include "record/meta.h"
#include "model/sink.h"
#include "model/tracer.h"
#include "diagnosis/forecast.h"
#include "diagnosis/overflows.h"
#include "diagnosis/verdict.h"
#include "diagnosis/waits.h"

/* Called for each move of a wanted connection, as sink_ops.event. */
typedef void (*overview_event_fn)(void *ctx, const struct conn *conn,
				  const struct conn_event *event);

struct overview {
	struct sink sink; /* first: what the tracer tells comes through it */
	struct tracer *tracer;
	struct tracer_config config;
	struct meta *meta;

	/* Since the beginning, of wanted connections. CLOSED is WIRE_CLOSE. */
	uint64_t moves[WIRE_STATES][WIRE_STATES]; /* by state left and state entered */
	uint64_t ends[WIRE_STATES][CAUSES];       /* by state left and cause */
	uint64_t lost[WIRE_KINDS];                /* records, by kind */

	struct waits waits;

	struct census census;  /* the latest; census.count is 0 before the first */
	uint64_t census_began; /* ns */
	struct overflows overflows;
	struct forecast forecast; /* of the censuses so far, but if is_one_look */
	bool is_one_look;       /* may be set after overview_new(): there is one census and nothing
				 * before it that could be known, so only that is kept */
	struct verdict verdict; /* of that census: call overview_judge() first */
	bool is_judged;

	overview_event_fn observer; /* may be set after overview_new(); NULL: none */
	void *observer_ctx;
};

/* The selection and `meta` must outlive it. NULL if out of memory. */
struct overview *overview_new(const struct tracer_config *config, struct meta *meta);
void overview_free(struct overview *overview);

/* One record. Its length, -EBADMSG if it is none, or -ENOMEM. */
int overview_feed(struct overview *overview, const void *record, size_t len);

/* Makes overview->verdict that of the latest census. 0 or -ENOMEM. */
int overview_judge(struct overview *overview);

/* Makes overview->waits.queues those of the latest census, with the peaks since the last call. */
void overview_look_at_queues(struct overview *overview);

/* ns, CLOCK_MONOTONIC: the latest time met. */
uint64_t overview_now(const struct overview *overview);

/* Records lost, transitions found missing and connections evicted, all together. */
uint64_t overview_lost(const struct overview *overview);

/* Of these the connections that were evicted: nothing of them was lost on its way. */
uint64_t overview_forgotten(const struct overview *overview);

/*
 * Calls `fn` for each group of --by ("" without) and each selected state that has something to
 * tell: dwells that ended since the beginning, and who is in that state now by the model. Groups
 * with most entries first; HISTSET_OTHER is what found no group any more.
 */
void overview_each_histogram(struct overview *overview,
			     void (*fn)(void *ctx, const char *values, uint8_t state,
					const struct histset_cell *cell),
			     void *ctx);

#endif
