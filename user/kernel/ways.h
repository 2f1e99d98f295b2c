/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ways.h - the features that a kernel may let us see, and the ways of seeing each, the best first.
 * A way is a set of programs that must all load and attach. This is the table only: loader.c loads
 * a choice of it, features.c makes the choice.
 */
#ifndef TCPDWELL_WAYS_H
#define TCPDWELL_WAYS_H

#include <stdbool.h>

enum feature {
	FEATURE_TRANSITION, /* full sockets; without it nothing works */
	FEATURE_IDENTITY,   /* which socket is which */
	FEATURE_TIMEWAIT,   /* mini-sockets */
	FEATURE_CAUSE,      /* what ended a mini-socket early */
	FEATURE_SWEEP,      /* moves of a mini-socket that no event tells */
	FEATURE_SOCKETS,    /* every socket as it stands, for `stuck` */
	FEATURE_HOLDERS,    /* whose descriptors hold it, for `stuck` */
	FEATURE_ACCEPT,     /* who accepted a connection */
	FEATURE_HANDSHAKE,  /* request sockets, which hold SYN-RECEIVED */
	FEATURES,
};

#define WAYS_MAX         4
#define WAY_PROGRAMS_MAX 5

/* Indices of ways that make a difference elsewhere. */
#define IDENTITY_BY_COOKIE 0
#define TIMEWAIT_BY_TIMER  2
#define TIMEWAIT_BY_SAMPLE 3

/* A kernel may refuse all programs of a kind. */
enum way_kind {
	WAY_OF_ANY_KIND,
	WAY_TRAMPOLINE, /* fentry and fexit */
	WAY_KPROBE,
};

struct way {
	const char *name;  /* short, as an option takes it; NULL past the last */
	const char *words; /* as the head of the output says it */
	const char *price; /* of others; it is chosen only by who names it. NULL: none */
	const char *programs[WAY_PROGRAMS_MAX]; /* NULL past the last */
	bool needs_addresses;                   /* of kernel functions */
	enum way_kind kind;
};

struct feature_row {
	const char *name;
	const char *gives; /* what the user has by it */
	const char *loss;  /* what the user lacks without it */
	struct way ways[WAYS_MAX];
};

extern const struct feature_row feature_rows[FEATURES];

/* One way of each feature, by index; -1: none. */
struct ways {
	int chosen[FEATURES];
};

struct ways ways_none(void);

/* The chosen way, NULL if there is none. */
const struct way *ways_get(const struct ways *ways, enum feature feature);

/* Is there a way of this index? */
bool ways_exist(enum feature feature, int way);

#endif
