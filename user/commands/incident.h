/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * incident.h - when a condition begins to hold, and what is said of it. A condition holds from the
 * look that finds it until no look has found it for a while, so that one about its limit makes no
 * second incident; one that begins during an incident of another belongs to that.
 */
#ifndef TCPDWELL_INCIDENT_H
#define TCPDWELL_INCIDENT_H

#include "diagnosis/conditions.h"
#include "record/incident_files.h"

struct incident_condition {
	const struct condition *what;
	bool holds;
	uint64_t missed; /* ns: while it holds, the first look of late that did not find it; 0: none
			  */

	/* Of the incident, if it began in it. */
	bool is_part;
	int64_t wall; /* ns since 1970 */
	uint64_t count;
	char owner[VERDICT_OWNER_MAX];
};

struct incident {
	const struct overview *overview;
	struct incident_condition conditions[CONDITIONS_MAX];
	unsigned n;
	uint64_t patience_ns; /* a condition that was not found for so long has ceased */
	char name[INCIDENT_FILES_NAME_MAX]; /* of the one under way; "": none */
	int64_t wall;                       /* ns since 1970: when it began */
	const char *program;                /* that has failed; NULL: none */
	int status;
};

/* The overview has to outlive it, and the conditions too. */
void incident_init(struct incident *incident, const struct overview *overview,
		   const struct condition *conditions, unsigned n, uint64_t patience_ns);

/* After a look, and overview_judge(). `now`: ns, clock_now(). True if an incident begins; what
 * begins to hold is told as a warning, with its folder in `folder`. */
bool incident_look(struct incident *incident, uint64_t now, const char *folder);

/* A program has failed. True if an incident begins; it is told likewise. */
bool incident_exit(struct incident *incident, const char *program, int status, const char *folder);

/* As JSON; `is_over`: what comes belongs to it no more. False if out of memory, or of
 * room. */
bool incident_text(const struct incident *incident, bool is_over,
		   char ret_text[INCIDENT_FILES_TEXT_MAX]);

/* It is over; a condition that holds goes on to. */
void incident_end(struct incident *incident);

#endif
