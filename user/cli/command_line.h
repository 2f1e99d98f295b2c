/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * command_line.h - parsing what the user typed. One table (options_table.h) has a row for each
 * option: parsing, help, and the checks that man page and completion name the same options, all
 * come from it.
 */
#ifndef TCPDWELL_COMMAND_LINE_H
#define TCPDWELL_COMMAND_LINE_H

#include <stdio.h>

#include "cli/options.h"

/*
 * Fills `options` from the command line. 0, or -EINVAL after the error was told. With help or
 * version set the rest may be incomplete.
 */
int command_line_parse(struct options *options, int argc, char **argv);

/*
 * What is typed into a filter line: the options of `top` that choose connections, separated by
 * blanks, with quotes where a value has some. 0, or -EINVAL after the error was told; `options` is
 * then of no use.
 */
int command_line_parse_filter(struct options *options, const char *text);

void command_line_print_help(FILE *out);

#endif
