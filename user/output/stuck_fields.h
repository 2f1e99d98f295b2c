/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * stuck_fields.h - what is told of a stuck socket, field by field, in one table: the keys of its
 * JSON, the columns of its CSV, and what the man page documents.
 */
#ifndef TCPDWELL_STUCK_FIELDS_H
#define TCPDWELL_STUCK_FIELDS_H

#include "output/fields.h"
#include "diagnosis/verdict.h"

struct stuck_fields_source {
	const struct verdict *verdict;
	const struct verdict_socket *it;
	char text[RULES_TEXT_MAX]; /* room for a value that has to be formatted */
};

struct stuck_fields_row {
	const char *name;
	struct fields_value (*get)(struct stuck_fields_source *source);
};

/* NULL past the last. */
const struct stuck_fields_row *stuck_fields_row(unsigned i);

#endif
