/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * features.h - what this kernel lets us see, found by trying: each capability has ways, the best
 * first, and a way is a set of programs that must all load and attach. Kernel versions are never
 * asked.
 */
#ifndef TCPDWELL_FEATURES_H
#define TCPDWELL_FEATURES_H

#include <stdbool.h>
#include <stdio.h>

#include "meta.h"
#include "options.h"

enum features_capability {
	FEATURE_TRANSITION, /* full sockets; without it nothing works */
	FEATURE_TIMEWAIT,   /* mini-sockets */
	FEATURE_SWEEP,      /* what events leave silent */
	FEATURES,
};

#define FEATURES_WAYS_MAX     4
#define FEATURES_PROGRAMS_MAX 4

struct features_way {
	const char *name;  /* short, as an option would take it; NULL past the last */
	const char *words; /* as the output's head says it */
	const char *programs[FEATURES_PROGRAMS_MAX]; /* NULL past the last */
};

struct features_row {
	const char *name;
	const char *gives; /* what the user has by it */
	const char *loss;  /* what the user lacks without it */
	struct features_way ways[FEATURES_WAYS_MAX];
};

extern const struct features_row features_rows[FEATURES];

struct features {
	int chosen[FEATURES]; /* index of the way; -1: none */
	int refused[FEATURES]
		   [FEATURES_WAYS_MAX]; /* errno of a way that did not do; 0: did, or not tried */
};

/* All first ways, untried. */
struct features features_hoped(void);

/* Tries every way of every capability, each alone. */
struct features features_found(void);

/* The words for the output's head; `text` has META_TEXT_MAX bytes. */
void features_describe(const struct features *features, enum features_capability which,
		       uint64_t tick_ns, char *text);

/* What an errno of loading or attaching means here, and what would cure it. */
const char *features_meaning(int error);
const char *features_cure(int error);

/* The command `features`: a row a capability, in text, JSON or CSV. Exit status. */
int features_print(const struct options *options, FILE *out);

#endif
