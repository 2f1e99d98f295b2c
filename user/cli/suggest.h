/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * suggest.h - what somebody may have meant who mistyped a word.
 */
#ifndef TCPDWELL_SUGGEST_H
#define TCPDWELL_SUGGEST_H

#include <stdbool.h>

/*
 * The name that is nearest to `word`, of those that `name` gives for 0, 1, ... until NULL; the
 * first of equals. NULL if none is near: a letter wrong, missing, too many or swapped in every
 * four. Case does not count.
 */
const char *suggest_nearest(const char *word, const char *(*name)(unsigned i));

/* Names of states, as they are typed, then of sets of states: NULL past the last. */
const char *suggest_state_name(unsigned i);

/* Says into `why` (PARSE_WHY bytes) that `word` is no state, and which may be meant; false. */
bool suggest_state(const char *word, char *why);

#endif
