/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fields.h - what each event says, field by field: one table of fields and one of events. They are
 * the keys of the JSON output, the columns of the CSV output, the schema, and what the man page
 * documents (tests compare them).
 *
 * A field has one name, one type and one meaning in all events; an event has all of its fields, and
 * what is not known is null in JSON and an empty cell in CSV.
 */
#ifndef TCPDWELL_FIELDS_H
#define TCPDWELL_FIELDS_H

#include "output/fields_source.h"

struct fields_row {
	const char *name;
	struct word key; /* as JSON begins the member */
	enum fields_type type;
	bool may_be_null;
	struct fields_value (*get)(const struct fields_source *source);
	const char *(*words)(unsigned i); /* all there are, NULL past the last; NULL: any */
	const struct fields_list *list;
	const char *about; /* a sentence or two */
};

struct fields_event_row {
	struct word name;
	const char *about;
	const uint8_t *fields; /* in order; ends with 0, which is no field */
};

extern const struct fields_row fields[];
extern const struct fields_event_row fields_events[EVENTS];

/* One event as a line. */
void fields_json(const struct fields_source *source, FILE *out);

/* One event as a row of the table that it belongs to: of a run, or of a look. */
void fields_csv_heading(enum fields_event event, FILE *out);
void fields_csv(const struct fields_source *source, FILE *out);

#endif
