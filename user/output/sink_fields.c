/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sink_fields.c - from the calls of a sink to the fields of an event. See sink_fields.h. */
#include "output/sink_fields.h"

static void write_event(const struct fields_source *source)
{
	const struct sink_fields_format *format = source->sink->ops->format;

	format->write(source);
}

void sink_fields_start(struct sink *sink)
{
	const struct sink_fields_format *format = sink->ops->format;

	if (format->begin)
		format->begin(sink);
	write_event(&(struct fields_source){
		.event = EVENT_START, .sink = sink, .ts = sink->meta->attached});
}

void sink_fields_transition(struct sink *sink, const struct conn *conn,
			    const struct conn_event *event)
{
	write_event(&(struct fields_source){.event = EVENT_TRANSITION,
					    .sink = sink,
					    .ts = event->ts,
					    .conn = conn,
					    .transition = event});
}

/* Each histogram carries the bounds of its interval. */
void sink_fields_interval(struct sink *sink, uint64_t begin, uint64_t end, bool whole)
{
	(void)sink;
	(void)begin;
	(void)end;
	(void)whole;
}

void sink_fields_histogram(struct sink *sink, const struct sink_histogram *histogram)
{
	write_event(&(struct fields_source){.event = EVENT_HISTOGRAM,
					    .sink = sink,
					    .ts = histogram->end,
					    .histogram = histogram});
}

void sink_fields_lost(struct sink *sink, const struct sink_lost *lost)
{
	write_event(&(struct fields_source){
		.event = EVENT_LOST, .sink = sink, .ts = lost->ts, .lost = lost});
}

void sink_fields_summary(struct sink *sink, const struct sink_summary *summary)
{
	write_event(&(struct fields_source){
		.event = EVENT_SUMMARY, .sink = sink, .ts = summary->end, .summary = summary});
}
