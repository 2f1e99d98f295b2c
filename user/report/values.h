/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* values.h - single values of the report's JSON. */
#ifndef TCPDWELL_VALUES_H
#define TCPDWELL_VALUES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * jansson leaves out what there is no memory for. From values_begin() on that is noted, and
 * values_are_whole() tells whether nothing was left out.
 */
void values_begin(void);
bool values_are_whole(void);

/* As json_dumps(), since then. NULL if out of memory: jansson leaves that out of the text, too. */
char *values_dump(const json_t *json, size_t flags);

/* A name by the rule of name.h; null if there is none, or an empty one. */
json_t *values_name(const char *name);

/* The same of what is text already. */
json_t *values_text(const char *text);

/* What is too large for JSON's integers is the largest of them. */
json_t *values_number(uint64_t value);

/* null unless it is known. */
json_t *values_number_if(bool is_known, uint64_t value);

#endif
