/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sink.h - where results go: one interface, one file a format. Every call is one event; losses are
 * among them, so that no format can leave them out. A sink writes to its stream and does not look
 * at errors: who owns the stream does, when flushing it.
 */
#ifndef TCPDWELL_SINK_H
#define TCPDWELL_SINK_H

#include <stdio.h>

#include "model/connection.h"
#include "model/group.h"
#include "model/histset.h"
#include "model/idle_peaks.h"
#include "record/meta.h"

/* One state of one group, over a stretch of time. */
struct sink_histogram {
	uint64_t begin, end; /* ns, CLOCK_MONOTONIC */
	uint8_t state;
	bool whole; /* over the whole run, not an interval */
	const struct group_by *by;
	const char *values; /* of `by`, separated by tabs */
	const struct histset_cell *cell;
};

/* Of the whole run, and of all groups together. */
struct sink_idle_peak {
	uint64_t begin, end; /* ns, CLOCK_MONOTONIC */
	const struct idle_peak *peak;
};

struct sink_lost {
	uint64_t ts; /* ns, when it was noticed */
	uint16_t kind;
	uint64_t count;
};

struct sink_summary {
	uint64_t begin, end;  /* ns */
	uint64_t transitions; /* of wanted connections, shown or not */
	uint64_t connections; /* remembered at the end */
	uint64_t evicted;
	uint64_t lost[WIRE_KINDS];
};

struct sink;

struct sink_ops {
	void (*start)(struct sink *sink);
	void (*transition)(struct sink *sink, const struct conn *conn,
			   const struct conn_event *event);
	/* The same, whether selected by state and duration or not; NULL: not asked for. */
	void (*event)(struct sink *sink, const struct conn *conn, const struct conn_event *event);
	/* A connection left the accept queue: see conn_wait_fn. The first tells of it, if -s asks;
	 * NULL: not asked for. */
	void (*wait)(struct sink *sink, const struct conn *conn, const struct conn_event *event);
	void (*waited)(struct sink *sink, const struct conn *conn, const struct conn_event *event,
		       const struct conn_place *listener);
	/* Histograms of this stretch follow; `whole`: of the whole run, after its intervals. */
	void (*interval)(struct sink *sink, uint64_t begin, uint64_t end, bool whole);
	void (*histogram)(struct sink *sink, const struct sink_histogram *histogram);
	/* After the histograms of the whole run; `nth` counts from 0. */
	void (*idle_peak)(struct sink *sink, const struct sink_idle_peak *peak, unsigned nth);
	void (*lost)(struct sink *sink, const struct sink_lost *lost);
	void (*summary)(struct sink *sink, const struct sink_summary *summary);
	const void *format; /* of the sink's own */
};

struct sink_style {
	bool moves; /* each move is told: not histograms alone */
	bool raw;   /* the tracepoint's own words, which know no dwell */
	bool quiet, verbose;
};

struct sink {
	const struct sink_ops *ops;
	FILE *out;
	const struct meta *meta;
	struct sink_style style;
};

#endif
