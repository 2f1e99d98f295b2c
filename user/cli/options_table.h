/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * options_table.h - the rows of the command line: commands and options, with what each does to
 * struct options. command_line.c parses by them, help.c and complete.c print them.
 */
#ifndef TCPDWELL_OPTIONS_TABLE_H
#define TCPDWELL_OPTIONS_TABLE_H

#include "cli/options.h"

struct options_command_row {
	const char *name; /* NULL past the last */
	enum options_command command;
	const char *help; /* what it does, as an order: "print ..." */
	const char *arg;  /* NULL: takes none; in brackets: may be left away */
};

/* options_row.commands: who takes it (COMMAND_*), and these. */
#define OPTIONS_FILTER (1 << 12) /* asked in the kernel too, so a recording is narrowed by it */
#define OPTIONS_ONCE   (1 << 13) /* a second one would contradict the first */
#define OPTIONS_EDIT   (1 << 14) /* a word of the filter line of `top` as well */

/* Where --help has it. */
enum options_section {
	SECTION_FILTER,
	SECTION_OUTPUT,
	SECTION_END,
	SECTION_RECORDING,
	SECTION_LIMITS,
	SECTION_ABOUT,
	SECTIONS,
};

struct options_row {
	int letter; /* 0: none */
	enum options_section section;
	unsigned commands;
	const char *name;  /* NULL past the last */
	const char *alias; /* a second spelling of the name; NULL: none */
	const char *arg;   /* NULL: takes none */
	/* False, with `why` (PARSE_WHY bytes) saying what is wrong with `value`. */
	bool (*set)(struct options *o, const char *value, char *why);
	const char *help;
};

#define OPTIONS_ROWS_MAX 64

extern const struct options_command_row options_commands[];
extern const struct options_row options_rows[];

/* The row of a command; that past the last if there is none of that name, or it is none. */
const struct options_command_row *options_command_named(const char *name);
const struct options_command_row *options_command_row(enum options_command command);

/* Does it look at sockets, of which a filter may choose some? */
bool options_command_filters(enum options_command command);

/* What -4 and -6 do, and inet: and inet6: of an expression. */
bool options_set_family(struct options *o, uint8_t family, char *why);

/* The i-th of the words that this option chooses from; NULL past the last, and if it takes other
 * values. */
const char *options_choice(const char *option, unsigned i);

#endif
