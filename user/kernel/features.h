/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * features.h - which ways work on this kernel, found by trying: kernel versions are never asked.
 */
#ifndef TCPDWELL_FEATURES_H
#define TCPDWELL_FEATURES_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernel/request.h"
#include "kernel/ways.h"
#include "record/meta.h"

struct features {
	struct ways ways;
	int refused[FEATURES][WAYS_MAX]; /* why a way does not work: an errno or a LOADER_* of
					  * loader.h or one below; 0: it works, was not asked for or
					  * not tried */
};

/* Reasons that no system call gives, in errnos that none of those called here gives. */
#define FEATURES_NO_MINIS ENOMSG
#define FEATURES_SAMPLED  ENOSTR

/* The first way of each feature that is asked for and of a kind that this kernel does not refuse;
 * untried. */
struct features features_expected(const struct kernel_request *request);

/* The chosen way of this feature does not work, for this reason: the next one is chosen, also where
 * another feature has chosen one of the same kind. */
void features_refuse(struct features *features, enum feature which, int error,
		     const struct kernel_request *request);

/*
 * Tries the ways of each feature that is asked for, each alone, until one loads and, if
 * `attaching`, attaches, which takes a second each on some kernels. The ways of FEATURE_TRANSITION
 * are the largest: they are tried only if `attaching`.
 */
struct features features_found(const struct kernel_request *request, bool attaching);

/* Tries to load and attach every way there is. */
struct features features_of_kernel(void);

/*
 * Did one of the ways fail since we ran short of something (shortage.h)? It was not refused by the
 * kernel then: to do without it would be to tell less than can be seen. 0, or that errno.
 */
int features_shortage(const struct features *features);

/* Without this one the request cannot be fulfilled. */
enum feature features_essential(const struct kernel_request *request);

/* The words for the head of the output; `text` has META_TEXT_MAX bytes. */
void features_describe(const struct features *features, enum feature which, uint64_t tick_ns,
		       char *text);

/* In words: a reason, and what would cure it. */
const char *features_meaning(int error);
const char *features_cure(int error);

/* Is the reason one that a system call gave, which strerror() knows? */
bool features_is_errno(int error);

#endif
