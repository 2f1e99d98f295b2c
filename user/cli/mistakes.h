/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * mistakes.h - what is wrong with the command line: one error that names what was typed, and one
 * hint that says what would be right. All return -EINVAL.
 */
#ifndef TCPDWELL_MISTAKES_H
#define TCPDWELL_MISTAKES_H

#include <stdbool.h>

#include "cli/options_table.h"

#define MISTAKES_FILTER_HINT \
	"a filter begins with state, exclude, src, dst, sport, dport, not or '('"

/* An option as it was typed. */
struct mistakes_option {
	const char *word;     /* that holds it, "-tanp" or "--port=80" */
	const char *spelling; /* of the option alone, "-t" or "--port" */
	bool is_attached;     /* its value stands in the same word */
};

/* `letter`: the one that is no option, 0: a long option. */
int mistakes_unknown_option(const char *word, int letter);

int mistakes_flag_with_value(const struct options_row *row, const struct mistakes_option *typed);
int mistakes_no_value(const struct options_row *row, const struct mistakes_option *typed);
int mistakes_value(const struct options_row *row, const struct mistakes_option *typed,
		   const char *value, const char *why);

/* A word that is neither a command nor of a filter; `command`: the one before it, 0: none. */
int mistakes_word(const char *word, enum options_command command);

/* An option that this command does not take. */
int mistakes_wrong_command(const struct options_row *row, const char *spelling,
			   enum options_command command);

/* A command without its argument. */
int mistakes_no_argument(const struct options_command_row *command);

#endif
