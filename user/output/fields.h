/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fields.h - what an event says, field by field, in one table: the keys of the JSON output, the
 * columns of the CSV output, and what the man page documents (a test compares them).
 */
#ifndef TCPDWELL_FIELDS_H
#define TCPDWELL_FIELDS_H

#include "base/append.h"
#include "output/format.h"

enum fields_event {
	EVENT_START = 1 << 0,
	EVENT_TRANSITION = 1 << 1,
	EVENT_HISTOGRAM = 1 << 2,
	EVENT_LOST = 1 << 3,
	EVENT_SUMMARY = 1 << 4,
};

enum fields_type {
	VALUE_NONE, /* not known, or means nothing here: null, an empty column */
	VALUE_NAME, /* not ours: see name.h */
	VALUE_TEXT, /* printable: may have to be quoted */
	VALUE_WORD, /* ours: needs no quotes */
	VALUE_NUMBER,
	VALUE_BOOL,    /* `number` */
	VALUE_TIME,    /* `number`, ns since 1970 */
	VALUE_ADDRESS, /* 16 bytes, as in wire_id */
	VALUE_BUCKETS, /* `cell`: [[upper bound in ns, count], ...], null as last bound, empty ones
			  left out */
	VALUE_GROUP,   /* `histogram`: {"local-port": "443"} */
};

struct fields_value {
	enum fields_type type;
	union {
		uint64_t number;
		const char *text;
		const struct word *word;
		const uint8_t *address;
	};
};

/* What the fields of an event are taken from; only the parts of its kind are set. */
struct fields_source {
	enum fields_event event;
	const struct sink *sink;
	uint64_t ts; /* ns; 0: none */
	const struct conn *conn;
	const struct conn_event *transition;
	const struct sink_histogram *histogram;
	const struct sink_lost *lost;
	const struct sink_summary *summary;
};

struct fields_row {
	const char *name;
	struct word key; /* the name as JSON begins a member with */
	unsigned events; /* EVENT_*: which have it */
	struct fields_value (*get)(const struct fields_source *source);
};

#define FIELDS 54

/* The first is "event". */
extern const struct fields_row fields[];

/* Those of one event, EVENT_*; NULL behind the last. */
const struct fields_row *const *fields_of(enum fields_event event);

#endif
