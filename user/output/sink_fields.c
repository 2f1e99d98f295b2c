/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sink_fields.c - the sinks that write every field of an event: JSON, one object a line, and CSV, a
 * heading and a row an event. Which fields and how is in fields.h.
 */
#include "output/format.h"

#include "output/fields.h"

struct lines {
	void (*begin)(FILE *out);
	void (*write)(const struct fields_source *source, FILE *out);
};

static void write_line(const struct sink *sink, const struct fields_source *source)
{
	const struct lines *lines = sink->ops->format;

	lines->write(source, sink->out);
}

static void start(struct sink *sink)
{
	const struct lines *lines = sink->ops->format;

	lines->begin(sink->out);
	write_line(sink, &(struct fields_source){.event = EVENT_START,
						 .meta = sink->meta,
						 .ts = sink->meta->attached});
}

static void transition(struct sink *sink, const struct conn *conn, const struct conn_event *event)
{
	write_line(sink, &(struct fields_source){.event = EVENT_TRANSITION,
						 .meta = sink->meta,
						 .ts = event->ts,
						 .conn = conn,
						 .transition = event});
}

static void wait_of(struct sink *sink, const struct conn *conn, const struct conn_event *event)
{
	write_line(sink, &(struct fields_source){.event = EVENT_WAIT,
						 .meta = sink->meta,
						 .ts = event->ts,
						 .conn = conn,
						 .transition = event});
}

/* Each histogram carries the bounds of its interval. */
static void interval(struct sink *sink, uint64_t begin, uint64_t end, bool whole)
{
	(void)sink;
	(void)begin;
	(void)end;
	(void)whole;
}

static void histogram_of(struct sink *sink, const struct sink_histogram *histogram)
{
	write_line(sink, &(struct fields_source){.event = EVENT_HISTOGRAM,
						 .meta = sink->meta,
						 .ts = histogram->end,
						 .histogram = histogram});
}

static void idle_peak(struct sink *sink, const struct sink_idle_peak *peak, unsigned nth)
{
	(void)nth;
	write_line(sink, &(struct fields_source){.event = EVENT_IDLE_PEAK,
						 .meta = sink->meta,
						 .ts = peak->end,
						 .idle_peak = peak});
}

static void lost(struct sink *sink, const struct sink_lost *lost_records)
{
	write_line(sink, &(struct fields_source){.event = EVENT_LOST,
						 .meta = sink->meta,
						 .ts = lost_records->ts,
						 .lost = lost_records});
}

static void summary(struct sink *sink, const struct sink_summary *sum)
{
	write_line(sink, &(struct fields_source){.event = EVENT_SUMMARY,
						 .meta = sink->meta,
						 .ts = sum->end,
						 .summary = sum});
}

static void begin_json(FILE *out)
{
	(void)out;
}

static void begin_csv(FILE *out)
{
	fields_csv_heading(EVENT_START, out);
}

static const struct lines json = {begin_json, fields_json}, csv = {begin_csv, fields_csv};

#define OPS                                                                              \
	.start = start, .transition = transition, .wait = wait_of, .interval = interval, \
	.histogram = histogram_of, .idle_peak = idle_peak, .lost = lost, .summary = summary

const struct sink_ops sink_json = {OPS, .format = &json};
const struct sink_ops sink_csv = {OPS, .format = &csv};
