/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sink.h - where results go: one interface, one file a format. Every call is one event; losses are
 * among them, so that no format can leave them out. A sink writes to its stream and does not look
 * at errors: who owns the stream does, when flushing it.
 */
#ifndef TCPDWELL_SINK_H
#define TCPDWELL_SINK_H

#include <stdio.h>

#include "model/conn.h"
#include "model/group.h"
#include "model/histset.h"
#include "record/meta.h"
#include "cli/options.h"

/* Bump when a field of the JSON or CSV output changes its name or its meaning. */
#define SINK_SCHEMA 1

/* One state of one group, over a stretch of time. */
struct sink_histogram {
	uint64_t begin, end; /* ns, CLOCK_MONOTONIC */
	uint8_t state;
	bool whole; /* over the whole run, not an interval */
	const struct group_by *by;
	const char *values; /* of `by`, separated by tabs */
	const struct histset_cell *cell;
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
	/* The same, whether of interest to the options or not; NULL: only those of interest. */
	void (*event)(struct sink *sink, const struct conn *conn, const struct conn_event *event);
	/* Histograms of this stretch follow; `whole`: of the whole run, after its intervals. */
	void (*interval)(struct sink *sink, uint64_t begin, uint64_t end, bool whole);
	void (*histogram)(struct sink *sink, const struct sink_histogram *histogram);
	void (*lost)(struct sink *sink, const struct sink_lost *lost);
	void (*summary)(struct sink *sink, const struct sink_summary *summary);
	const void *format; /* of the sink's own */
};

struct sink {
	const struct sink_ops *ops;
	FILE *out;
	const struct meta *meta;
	const struct options *options;
};

/* The operations of a format. */
const struct sink_ops *sink_ops_of(enum options_format format);

extern const struct sink_ops sink_text, sink_json, sink_csv;

/* "transition", "timewait", "socket". */
const char *sink_lost_kind(uint16_t kind);

#endif
