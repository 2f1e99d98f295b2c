/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * findings.h - how many sockets of a verdict each rule found, by the name of the process that has
 * them. Every rule is there, found or not.
 */
#ifndef TCPDWELL_FINDINGS_H
#define TCPDWELL_FINDINGS_H

#include <stddef.h>

#include "diagnosis/verdict.h"

/* Of a rule so many names are told apart, those with most sockets; the rest is FINDINGS_OTHER. */
#define FINDINGS_NAMES_MAX 20
#define FINDINGS_OTHER     "(other)"

struct findings_finding {
	const char *rule;
	const char *comm; /* "": nobody is known to have them */
	size_t count;     /* sockets; of what fills up: destinations or namespaces */
};

struct findings {
	struct findings_finding *all; /* by rule; of one, comm "" first */
	size_t n;
};

/* 0 or -ENOMEM. The verdict must outlive it. */
int findings_make(struct findings *findings, const struct verdict *verdict);
void findings_release(struct findings *findings);

#endif
