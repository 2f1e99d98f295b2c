/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * hist.h - a histogram of durations. It computes; sinks draw.
 *
 * Buckets are fixed, the same for every histogram, so histograms add up across hosts. Bucket i
 * holds durations d with hist_bound(i - 1) < d <= hist_bound(i): upper bounds are inclusive, so
 * that a metric's `le` is exact. Bounds are round decimal numbers, 70 a decade (steps of 0.05 from
 * 1, 0.1 from 2, 0.25 from 5), from 1 us to 10^7 s. No bucket is wider than 5 % of what it holds,
 * so a percentile, told as its bucket's upper bound, is at most 5 % above the truth, and never
 * below it.
 */
#ifndef TCPDWELL_HIST_H
#define TCPDWELL_HIST_H

#include <stdint.h>

#define HIST_DECADES    13
#define HIST_PER_DECADE 70
/* The first bucket is (0, 1 us], the last is all that exceeds 10^7 s. */
#define HIST_BUCKETS (HIST_DECADES * HIST_PER_DECADE + 2)

struct hist {
	uint64_t count;    /* durations that were witnessed from begin to end */
	uint64_t partial;  /* durations whose begin was not: counted, in no bucket */
	uint64_t min, max; /* ns; 0 while count is 0 */
	double sum;        /* ns */
	uint64_t buckets[HIST_BUCKETS];
};

void hist_add(struct hist *hist, uint64_t ns);

/* ns that the share `q` (0 < q <= 1) of all durations did not exceed; 0 if there is none. */
uint64_t hist_quantile(const struct hist *hist, double q);

/* ns; 0 if there is none. */
uint64_t hist_mean(const struct hist *hist);

/* Inclusive upper bound of bucket i in ns; UINT64_MAX for the last. */
uint64_t hist_bound(unsigned i);

/* The bucket that a duration belongs to. */
unsigned hist_bucket(uint64_t ns);

#endif
