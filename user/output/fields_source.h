/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fields_source.h - which events there are, what their fields are taken from, and what a field can
 * be: what all parts of fields.h have in common.
 */
#ifndef TCPDWELL_FIELDS_SOURCE_H
#define TCPDWELL_FIELDS_SOURCE_H

#include "diagnosis/verdict.h"
#include "model/sink.h"
#include "output/csv.h"
#include "output/jsonl.h"

enum fields_event {
	/* Of a run; its CSV is one table. */
	EVENT_START,
	EVENT_TRANSITION,
	EVENT_WAIT,
	EVENT_HISTOGRAM,
	EVENT_LOST,
	EVENT_SUMMARY,
	EVENT_IDLE_PEAK, /* before the summary, but its columns are the last */
	/* Of one look; its CSV is of sockets alone. */
	EVENT_CENSUS,
	EVENT_STUCK,
	EVENT_FINDING,
	/* Of the kernel. */
	EVENT_FEATURE,
	EVENTS,
};

enum fields_type {
	FIELD_TEXT,   /* printable */
	FIELD_NAME,   /* what others chose: see name.h */
	FIELD_WORD,   /* ours, one of `words` */
	FIELD_NUMBER, /* how many */
	FIELD_NS,     /* how long */
	FIELD_ID,     /* a number that is a name or a moment, and may need all of its 64 bits */
	FIELD_BOOL,
	FIELD_TIME,    /* a moment, ns since 1970 */
	FIELD_ADDRESS, /* 16 bytes, as in wire_id */
	FIELD_LIST,    /* written by `list` */
};

struct fields_value {
	bool is_known;
	union {
		uint64_t number; /* of NUMBER, NS, ID, BOOL, TIME */
		const char *text;
		const struct word *word;
		const uint8_t *address;
	};
};

/* A capability of the kernel's, as `features` tells it, and its ways; NULL is null. */
struct fields_way {
	const char *way, *words, *price, *status, *error, *why, *cure;
	unsigned number; /* of the error; 0: none */
};

struct fields_feature {
	const char *feature, *gives, *without;
	const struct fields_way *ways;
	size_t n_ways;
};

/* What the fields of an event are taken from; only what its kind has is set. */
struct fields_source {
	enum fields_event event;
	const struct meta *meta;
	uint64_t ts; /* ns */
	/* of a transition, or of a wait that ended */
	const struct conn *conn;
	const struct conn_event *transition;

	const struct sink_histogram *histogram;
	const struct sink_idle_peak *idle_peak;
	const struct sink_lost *lost;
	const struct sink_summary *summary;
	/* of a look: of a finding the oldest socket, unless it is of what fills up */
	const struct verdict *verdict;
	const struct verdict_socket *it;
	const struct verdict_finding *finding;
	const struct filling *filling;
	char *text; /* RULES_TEXT_MAX bytes, for a value that has to be put together */

	const struct fields_feature *feature;
};

/* A value of several parts. */
struct fields_list {
	void (*json)(struct jsonl *json, const struct fields_source *source);
	void (*csv)(struct csv *csv, const struct fields_source *source); /* NULL: not in CSV */
	const char *schema;                                               /* of its JSON, as JSON */
};

#endif
