/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* format.h - the formats that results are written in, and the sink that writes each. */
#ifndef TCPDWELL_FORMAT_H
#define TCPDWELL_FORMAT_H

#include "model/sink.h"

/* Raise it when a field of the JSON or CSV output changes its name, its type or its meaning. */
#define FORMAT_SCHEMA 2

enum format {
	FORMAT_TEXT,
	FORMAT_JSON, /* one object a line */
	FORMAT_CSV,
	FORMATS,
};

extern const struct sink_ops sink_text, sink_json, sink_csv;

/* The operations of a sink that writes this format. */
const struct sink_ops *format_sink(enum format format);

/* "text", "json", "csv". */
extern const char *const format_names[FORMATS];

#endif
