/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sink_fields.h - what the sinks that write every field of an event (JSON, CSV) have in common:
 * such a format only says how it begins and how it writes one event, the rest is here.
 */
#ifndef TCPDWELL_SINK_FIELDS_H
#define TCPDWELL_SINK_FIELDS_H

#include "output/fields.h"

struct sink_fields_format {
	void (*begin)(struct sink *sink); /* NULL: nothing to write */
	void (*write)(const struct fields_source *source);
};

/* The operations of a sink whose ops.format is a struct sink_fields_format. */
void sink_fields_start(struct sink *sink);
void sink_fields_transition(struct sink *sink, const struct conn *conn,
			    const struct conn_event *event);
void sink_fields_interval(struct sink *sink, uint64_t begin, uint64_t end, bool whole);
void sink_fields_histogram(struct sink *sink, const struct sink_histogram *histogram);
void sink_fields_lost(struct sink *sink, const struct sink_lost *lost);
void sink_fields_summary(struct sink *sink, const struct sink_summary *summary);

#define SINK_FIELDS_OPS                                                       \
	.start = sink_fields_start, .transition = sink_fields_transition,     \
	.interval = sink_fields_interval, .histogram = sink_fields_histogram, \
	.lost = sink_fields_lost, .summary = sink_fields_summary

#endif
