/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * options.h - the command line. One table (options_table.h), one row an option: parsing, help, and
 * the checks that man page and completion name the same options, all come from it.
 */
#ifndef TCPDWELL_OPTIONS_H
#define TCPDWELL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model/conn.h"
#include "model/group.h"
#include "match.h"

enum options_command {
	COMMAND_TRACE = 1 << 0,
	COMMAND_HIST = 1 << 1,
	COMMAND_FEATURES = 1 << 2,
	COMMAND_STUCK = 1 << 3,
	COMMAND_TOP = 1 << 4,
	COMMAND_SERVE = 1 << 5,
	COMMAND_REPORT = 1 << 6,
};

enum options_format {
	FORMAT_TEXT,
	FORMAT_JSON,
	FORMAT_CSV,
};

#define OPTIONS_LIST_MAX 16
#define OPTIONS_EDIT_MAX 256

struct options {
	enum options_command command;
	enum options_format format;
	const char *argument; /* of the command: an address, a file; NULL: none */

	struct match_config
		match;         /* ports, addresses, family, namespaces: asked in the kernel too */
	bool filtered;         /* `match` has a condition */
	char filter_text[256]; /* the options and the expression that made it, as typed */
	char edit_text[OPTIONS_EDIT_MAX]; /* those that options_parse_filter() takes too, as typed
					   */

	uint16_t states;       /* bit 1 << WIRE_*; the states of interest */
	uint16_t stuck_states; /* those that nothing should stay in */
	bool has_states;       /* the user named them */
	uint64_t min_ns;       /* dwells shorter than this are not of interest */

	uint32_t pids[OPTIONS_LIST_MAX], uids[OPTIONS_LIST_MAX];
	uint64_t cgroups[OPTIONS_LIST_MAX];
	char comms[OPTIONS_LIST_MAX][16];
	unsigned n_pids, n_uids, n_cgroups, n_comms;

	struct group_by by;
	uint64_t duration_ns, interval_ns; /* 0: until stopped; no intervals */
	uint64_t buffer_bytes;             /* 0: by the number of CPUs */
	uint64_t max_connections, max_groups;
	const char *transition_way, *timewait_way; /* to see them by no other; NULL: the best */
	const char *write_path, *read_path, *ready_path; /* NULL: none */
	bool strict, quiet, verbose, raw, watch, fail, help, version;
};

/*
 * Fills `options` from the command line. 0, or -EINVAL after the error was told. With help or
 * version set the rest may be incomplete.
 */
int options_parse(struct options *options, int argc, char **argv);

/*
 * What is typed into a filter line: the options of `top` that choose connections, separated by
 * blanks, with quotes where a value has some. 0, or -EINVAL after the error was told; `options` is
 * then of no use.
 */
int options_parse_filter(struct options *options, const char *text);

/*
 * The states, bits 1 << WIRE_*, whose moves are all that is needed of the kernel; 0: every move is.
 * Histograms of some states need no others, unless an owner is asked for, who shows in any of them.
 */
uint16_t options_told_states(const struct options *options);

/* Does anything that is printed, recorded or filtered by name a cgroup? */
bool options_want_cgroups(const struct options *options);

void options_print_help(FILE *out);

#endif
