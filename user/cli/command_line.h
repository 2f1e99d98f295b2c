/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * command_line.h - parses what the user typed. One table (options_table.h) has a row for each
 * option: the parser, the help, the completion, and the test that the man page names the same
 * options all read it.
 */
#ifndef TCPDWELL_COMMAND_LINE_H
#define TCPDWELL_COMMAND_LINE_H

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

#endif
