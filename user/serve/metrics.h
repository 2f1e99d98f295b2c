/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * metrics.h - a overview as the text that scrapers read. One table has all families: the text, the
 * list that the manual is compared with, and what alerts may name come from it.
 *
 * Rendering is pure: the same overview, the same text. A value that is not known has no sample:
 * what this kernel does not show, a census that failed, an exporter that is only a recording.
 *
 * Buckets. A histogram of hist.h has 912; each would be a series for every state and group. Here
 * are 111 of their bounds, ten a decade from 10 us to 10^6 s, plus +Inf: 1 1.25 1.5 2 2.5 3 4 5
 * 6 8. The set is the same always and on every host, for a scraper that adds up hosts, or takes a
 * rate over a time in which bounds came up, gets wrong percentiles from sets that differ. Every
 * bound is one of hist.h's and inclusive, so every count is exact; no bucket reaches further than a
 * third above its begin, and the percentile that a scraper computes lies in the bucket in which
 * `tcpdwell hist` has its own.
 */
#ifndef TCPDWELL_METRICS_H
#define TCPDWELL_METRICS_H

#include <stdio.h>

#include "serve/metrics_text.h"
#include "diagnosis/overview.h"

struct metrics_program {
	const char *name;
	uint64_t run_ns, runs;
};

/* What a overview does not know: of the process that exports it. */
struct metrics_self {
	double cpu_seconds, start_seconds; /* the latter since 1970 */
	uint64_t resident_bytes;
	const struct metrics_program *programs; /* runs 0: the kernel does not count them */
	size_t n_programs;
};

/* `self` NULL: nothing is known of it. `is_current`: the overview's census is of now; its samples
 * are left out if not. 0 or -ENOMEM; errors of `out` are its owner's to see. */
int metrics_render(struct overview *overview, const struct metrics_self *self, bool is_current,
		   enum metrics_format format, FILE *out);

/* A line a family, separated by tabs: name as scraped, type, labels with commas between, help. */
void metrics_list(FILE *out);

/* Inclusive upper bound i in ns; UINT64_MAX for the last. */
#define METRICS_BOUNDS 112
uint64_t metrics_bound_ns(unsigned i);

#endif
