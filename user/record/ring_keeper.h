/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ring_keeper.h - the second process of ring_files.h, which alone makes, completes and removes the
 * files of a ring: how many it keeps, what it is asked, and what it answers. To ask it is for
 * ring_files.c only.
 */
#ifndef TCPDWELL_RING_KEEPER_H
#define TCPDWELL_RING_KEEPER_H

#include <stdint.h>

#include "record/incident_files.h"

/* A file is called PATH.000001, and PATH.000001.part until it is complete. */
#define RING_KEEPER_DIGITS 6
#define RING_KEEPER_PART   ".part"

enum ring_keeper_what {
	ORDER_NEXT,
	ORDER_COMPLETE,
	ORDER_GIVE_UP,
	ORDER_BEGIN,
	ORDER_END,
	ORDER_PAGES
};

struct ring_keeper_order {
	uint32_t what;
	uint32_t is_full;                   /* ORDER_GIVE_UP */
	char name[INCIDENT_FILES_NAME_MAX]; /* of an incident, as is the text */
	char text[INCIDENT_FILES_TEXT_MAX];
};

/* What failed, for words. The last two are news of an incident: they answer no order. */
enum ring_keeper_step {
	STEP_BEGIN,
	STEP_CREATE,
	STEP_COMPLETE,
	STEP_REMOVE,
	STEP_INCIDENT,
	STEP_PAGE
};

struct ring_keeper_answer {
	int32_t err; /* -errno; 0 */
	uint32_t step;
	uint64_t number;                    /* of the file that it is about */
	char name[INCIDENT_FILES_NAME_MAX]; /* of the incident */
};

/* What there is at most, but for the moment that it takes to complete a file. 0: no limit. The last
 * one that is whole stays. */
struct ring_keeper_limits {
	uint64_t files;
	uint64_t bytes; /* of all, with one to come that is as large as the largest of them */
	uint64_t ns;    /* since a file was written to last, until another one was completed */
};

/* Is that process, and does not return. First it answers how it began, then each order. */
_Noreturn void ring_keeper_run(const char *path, const struct ring_keeper_limits *limits,
			       const struct incident_files *incidents);

#endif
