/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* verdict_alike.h - sockets that are alike: as one row, and as one finding. Included by verdict.h.
 */
#ifndef TCPDWELL_VERDICT_ALIKE_H
#define TCPDWELL_VERDICT_ALIKE_H

#include "diagnosis/fillings.h"
#include "diagnosis/verdict_socket.h"
#include "model/group.h"

struct verdict_group {
	char *key;
	char *by;            /* values of --by, separated by spaces; "" without */
	size_t first, count; /* in `sockets`: the oldest of them, and how many */
	struct age youngest; /* DWELL_UNKNOWN if that of one is not known */
	uint16_t differs;    /* VERDICT_* */
	unsigned number;     /* verdict_socket.group of those in it */
	UT_hash_handle hh;
};

/*
 * Those whom one rule says something of, who belong to processes of one name, and who are of one
 * cgroup in one network namespace: each place has a finding of its own. Where one rule says it of
 * one name in more than VERDICT_PLACES_MAX cgroups or namespaces, all of them are one finding.
 */
#define VERDICT_PLACES_MAX 8

struct verdict_finding {
	char *key;
	size_t first, count;             /* in `sockets`: the oldest of them, and how many */
	size_t cgroups, namespaces;      /* in how many they are */
	uint16_t differs;                /* VERDICT_* */
	struct verdict_finding *because; /* all of these wait for sockets of that one, which waits
					  * for none; NULL: none (stories.h) */
	size_t story;                    /* the oldest of it, and of all that wait for it */
	UT_hash_handle hh;
};

struct verdict {
	const struct census *census;
	struct verdict_socket *sockets; /* oldest first; those of unknown age last */
	size_t n_sockets;
	struct verdict_group *groups;     /* in the order of their oldest; iterate with hh.next */
	struct verdict_finding *findings; /* the same of their stories; of one the cause first */
	struct fillings fillings;
};

/* Puts the sockets into groups of `by` (by->n 0: of what is alike). 0 or -ENOMEM. */
int verdict_make_groups(struct verdict *verdict, const struct group_by *by);

/* Makes findings of those that a rule says something of. 0 or -ENOMEM. */
int verdict_make_findings(struct verdict *verdict);

/* Frees groups and findings. */
void verdict_release_alike(struct verdict *verdict);

#endif
