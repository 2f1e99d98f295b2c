/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * foreign.h - options that people know from ss, tcpstates and tcpdump, and what says the same here.
 * Asked only when the command line is wrong: what is right is never taken for something else.
 */
#ifndef TCPDWELL_FOREIGN_H
#define TCPDWELL_FOREIGN_H

#include <stdbool.h>

#define FOREIGN_HINT 256

/*
 * Of an option as it was typed ("-tanp", "--numeric"), with a value behind it or without. False: it
 * is none of those.
 */
bool foreign_option(const char *typed, bool has_value, char hint[FOREIGN_HINT]);

/* Of a word that is no option ("host"). False: it is none of those. */
bool foreign_word(const char *word, char hint[FOREIGN_HINT]);

#endif
