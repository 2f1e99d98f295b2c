/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * help.h - what `--help` prints, from the rows of options_table.h, at most 80 columns wide.
 */
#ifndef TCPDWELL_HELP_H
#define TCPDWELL_HELP_H

#include <stdio.h>

#include "cli/options_table.h"

#define HELP_SPELLING_MAX 48

/* "-m, --min, --for DURATION": all spellings of an option, with its value. */
const char *help_spelling(const struct options_row *row, char text[HELP_SPELLING_MAX]);

/* Of a command, what it takes; 0: all commands, and every option. */
void help_print(enum options_command command, FILE *out);

#endif
