/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* options.h - what the command line asks for. command_line.h fills it, configure.h takes it apart.
 */
#ifndef TCPDWELL_OPTIONS_H
#define TCPDWELL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "diagnosis/conditions.h"
#include "model/group.h"
#include "model/selection.h"
#include "output/format.h"

enum options_command {
	COMMAND_TRACE = 1 << 0,
	COMMAND_HIST = 1 << 1,
	COMMAND_FEATURES = 1 << 2,
	COMMAND_STUCK = 1 << 3,
	COMMAND_TOP = 1 << 4,
	COMMAND_SERVE = 1 << 5,
	COMMAND_REPORT = 1 << 6,
	COMMAND_SCHEMA = 1 << 7,
	COMMAND_GUARD = 1 << 8,
};

#define OPTIONS_EDIT_MAX 256

struct options {
	enum options_command command;
	enum format format;
	const char *argument; /* of the command: an address, a file; NULL: none */

	struct selection selection;
	char edit_text[OPTIONS_EDIT_MAX]; /* what options_parse_filter() takes too, as typed */

	struct group_by by;
	uint64_t duration_ns, interval_ns; /* 0: until stopped; no intervals */
	uint64_t count;                    /* of results, then stop; 0: no limit */
	uint64_t buffer_bytes;             /* 0: by the number of CPUs */
	uint64_t rotate_bytes, rotate_ns;  /* of -w, a segment: 0: no limit */
	uint64_t keep;                     /* segments; 0: all */
	uint64_t keep_bytes, keep_ns;      /* of the past, of `guard`; 0: no limit */
	uint64_t after_ns, incidents;      /* what an incident has of after; how many are kept */
	struct condition on[CONDITIONS_MAX];
	unsigned n_on;
	const char *on_exit; /* a program to be started, whose failure is an incident; NULL: none */
	uint64_t max_connections, max_groups;
	const char *timewait_way; /* to see mini-sockets by no other; NULL: the best */
	const char *accept_way;   /* likewise who accepts */
	const char *write_path, *read_path, *ready_path; /* NULL: none */
	bool strict, quiet, verbose, raw, watch, fail, help, version;
};

/*
 * The states, bits 1 << WIRE_*, whose moves are all that is needed of the kernel; 0: every move is.
 * Histograms of some states need no others, unless an owner is asked for, who shows in any of them.
 */
uint16_t options_told_states(const struct options *options);

/* Is it asked for how long connections wait for accept()? */
bool options_want_waits(const struct options *options);

/* Were half-open handshakes asked for, by name? */
bool options_want_half_open(const struct options *options);

/* Is anything filtered or grouped by the owner? */
bool options_want_owners(const struct options *options);

/* Does anything that is printed, recorded or filtered by name a cgroup? */
bool options_want_cgroups(const struct options *options);

#endif
