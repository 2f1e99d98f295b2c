/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fields_value.h - how a value of a field is made. Included by the files of fields_values.h only.
 */
#ifndef TCPDWELL_FIELDS_VALUE_H
#define TCPDWELL_FIELDS_VALUE_H

#include "output/fields_source.h"

typedef struct fields_value value_t;
typedef const struct fields_source source_t;

static inline value_t unknown(void)
{
	return (value_t){.is_known = false};
}

static inline value_t number(uint64_t value)
{
	return (value_t){.is_known = true, .number = value};
}

static inline value_t number_if(bool is_known, uint64_t value)
{
	return (value_t){.is_known = is_known, .number = value};
}

static inline value_t number_unless_0(uint64_t value)
{
	return number_if(value != 0, value);
}

/* Unless there is none, or an empty one. */
static inline value_t text(const char *value)
{
	return (value_t){.is_known = value && value[0], .text = value};
}

/* An empty one is one too. */
static inline value_t name(const char *value)
{
	return (value_t){.is_known = value != NULL, .text = value};
}

static inline value_t word(const struct word *value)
{
	return (value_t){.is_known = true, .word = value};
}

/* Known, and written by the list of its row. */
static inline value_t list(void)
{
	return number(0);
}

static inline const struct wire_snapshot *snapshot(source_t *s)
{
	return &s->it->socket->s;
}

static inline bool is_full(source_t *s)
{
	return snapshot(s)->kind == WIRE_FULL;
}

#endif
