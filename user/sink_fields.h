/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sink_fields.h - the sinks that write every field of an event differ only in how a row is written:
 * this turns a function that writes one event's fields into the operations of a sink.
 */
#ifndef TCPDWELL_SINK_FIELDS_H
#define TCPDWELL_SINK_FIELDS_H

#include "fields.h"

#define SINK_FIELDS_DEFINE(name, begin, write_event)                                            \
	static void name##_start(struct sink *sink)                                             \
	{                                                                                       \
		begin(sink);                                                                    \
		write_event(&(struct fields_source){                                            \
			.event = EVENT_START, .sink = sink, .ts = sink->meta->attached});       \
	}                                                                                       \
	static void name##_transition(struct sink *sink, const struct conn *conn,               \
				      const struct conn_event *event)                           \
	{                                                                                       \
		write_event(&(struct fields_source){.event = EVENT_TRANSITION,                  \
						    .sink = sink,                               \
						    .ts = event->ts,                            \
						    .conn = conn,                               \
						    .transition = event});                      \
	}                                                                                       \
	static void name##_interval(struct sink *sink, uint64_t begin_ns, uint64_t end_ns)      \
	{                                                                                       \
		(void)sink;                                                                     \
		(void)begin_ns; /* each histogram carries both */                               \
		(void)end_ns;                                                                   \
	}                                                                                       \
	static void name##_histogram(struct sink *sink, const struct sink_histogram *histogram) \
	{                                                                                       \
		write_event(&(struct fields_source){.event = EVENT_HISTOGRAM,                   \
						    .sink = sink,                               \
						    .ts = histogram->end,                       \
						    .histogram = histogram});                   \
	}                                                                                       \
	static void name##_lost(struct sink *sink, const struct sink_lost *lost)                \
	{                                                                                       \
		write_event(&(struct fields_source){                                            \
			.event = EVENT_LOST, .sink = sink, .ts = lost->ts, .lost = lost});      \
	}                                                                                       \
	static void name##_summary(struct sink *sink, const struct sink_summary *summary)       \
	{                                                                                       \
		write_event(&(struct fields_source){.event = EVENT_SUMMARY,                     \
						    .sink = sink,                               \
						    .ts = summary->end,                         \
						    .summary = summary});                       \
	}                                                                                       \
	const struct sink_ops sink_##name = {                                                   \
		.start = name##_start,                                                          \
		.transition = name##_transition,                                                \
		.interval = name##_interval,                                                    \
		.histogram = name##_histogram,                                                  \
		.lost = name##_lost,                                                            \
		.summary = name##_summary,                                                      \
	}

/* Runs its body for each bucket i that is not empty. */
#define SINK_FIELDS_EACH_BUCKET(hist, i)            \
	for (unsigned i = 0; i < HIST_BUCKETS; i++) \
		if ((hist)->buckets[i])

#endif
