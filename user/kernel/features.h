/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * features.h - what this kernel lets us see, found by trying: each capability has ways, the best
 * first, and a way is a set of programs that must all load and attach. Kernel versions are never
 * asked.
 */
#ifndef TCPDWELL_FEATURES_H
#define TCPDWELL_FEATURES_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "record/meta.h"
#include "cli/options.h"

enum features_capability {
	FEATURE_TRANSITION, /* full sockets; without it nothing works */
	FEATURE_IDENTITY,   /* which socket is which */
	FEATURE_TIMEWAIT,   /* mini-sockets */
	FEATURE_CAUSE,      /* what ended a mini-socket early */
	FEATURE_SWEEP,      /* what events leave silent */
	FEATURE_SOCKETS,    /* every socket as it stands, for `stuck` */
	FEATURE_HOLDERS,    /* whose descriptors hold it, for `stuck` */
	FEATURE_ACCEPT,     /* who accepted a connection */
	FEATURE_BUFFER,     /* how records come up */
	FEATURES,
};

#define FEATURES_BY_COOKIE 0 /* the first way of FEATURE_IDENTITY */
#define FEATURES_BY_RINGS  0 /* the first way of FEATURE_BUFFER */

#define FEATURES_BY_SAMPLE 3 /* a way of FEATURE_TIMEWAIT */

#define FEATURES_WAYS_MAX     4
#define FEATURES_PROGRAMS_MAX 5

/* Errors that no system call said, in errnos that none of those asked here says. */
#define FEATURES_NO_BTF           ENODATA
#define FEATURES_ADDRESSES_HIDDEN EADDRNOTAVAIL
#define FEATURES_NO_MINIS         ENOMSG
#define FEATURES_NOT_ASKED        ECANCELED
#define FEATURES_SAMPLED          ENOSTR

/* What programs of a way hang on, where a kernel may refuse that as a whole. */
enum features_kind {
	FEATURES_ANY,
	FEATURES_TRAMPOLINE, /* fentry and fexit */
	FEATURES_KPROBE,
};

struct features_way {
	const char *name;  /* short, as an option would take it; NULL past the last */
	const char *words; /* as the output's head says it */
	const char *programs[FEATURES_PROGRAMS_MAX]; /* NULL past the last */
	bool needs_addresses;                        /* of kernel functions */
	enum features_kind kind;
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

/* No way of any capability. */
struct features features_none(void);

/* The first ways of all whose kind this kernel does not refuse, of those that `options` force
 * (NULL: none); else untried. */
struct features features_hoped(const struct options *options);

/* The way chosen for this capability did not do, for this errno: the next ones are chosen, also
 * where another way is of the same kind. */
void features_refuse(struct features *features, enum features_capability which, int error,
		     const struct options *options);

/*
 * Tries the ways of each capability, each alone, until one that `options` allow loads, and, if
 * `attaching`, attaches, which on some kernels takes a second each. Without options, all of them.
 */
struct features features_found(const struct options *options, bool attaching);

/* Without this one the command that `options` name does not work: TRANSITION if they are NULL. */
enum features_capability features_essential(const struct options *options);

/* The chosen way, NULL if there is none. */
const struct features_way *features_way(const struct features *features,
					enum features_capability which);

/* The words for the output's head; `text` has META_TEXT_MAX bytes. */
void features_describe(const struct features *features, enum features_capability which,
		       uint64_t tick_ns, char *text);

/* What an errno of loading or attaching means here, and what would cure it. */
const char *features_meaning(int error);
const char *features_cure(int error);

/* The command `features`: a row a capability, in text, JSON or CSV. Exit status. */
int features_print(const struct options *options, FILE *out);

#endif
