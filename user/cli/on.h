/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* on.h - a condition as a person types it: a rule, or 'STATE > N'. */
#ifndef TCPDWELL_ON_H
#define TCPDWELL_ON_H

#include "diagnosis/conditions.h"

/* All of the text or nothing; `why` (PARSE_WHY bytes) says what is wrong, and what may be meant. */
bool on_parse(const char *text, struct condition *ret_condition, char *why);

/* The i-th word that may begin one: rules, then states; NULL past the last. */
const char *on_word(unsigned i);

#endif
