/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* values.h - single values of the report's JSON. */
#ifndef TCPDWELL_VALUES_H
#define TCPDWELL_VALUES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* A name by the rule of name.h; null if there is none, or an empty one. */
json_t *values_name(const char *name);

/* The same of what is text already. */
json_t *values_text(const char *text);

/* What is too large for JSON's integers is the largest of them. */
json_t *values_number(uint64_t value);

/* null unless it is known. */
json_t *values_number_if(bool is_known, uint64_t value);

#endif
