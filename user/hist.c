/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* hist.c - buckets and percentiles. See hist.h. */
#include "hist.h"

#include <math.h>

/* Upper bounds of a decade that begins at 100, exclusive of 100 itself. */
static uint64_t step_bound(unsigned step)
{
	if (step < 20)
		return 105 + 5 * step;
	if (step < 50)
		return 210 + 10 * (step - 20);
	return 525 + 25 * (step - 50);
}

uint64_t hist_bound(unsigned i)
{
	uint64_t unit = 10; /* 100 units are the decade's begin: 1 us */

	if (i == 0)
		return 1000;
	if (i >= HIST_BUCKETS - 1)
		return UINT64_MAX;
	for (unsigned decade = (i - 1) / HIST_PER_DECADE; decade; decade--)
		unit *= 10;
	return step_bound((i - 1) % HIST_PER_DECADE) * unit;
}

unsigned hist_bucket(uint64_t ns)
{
	unsigned low = 0, high = HIST_BUCKETS - 1;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (ns <= hist_bound(middle))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* A bucket that is full stays full: the percentiles of a very long run shift, and never jump. */
static void add_to_bucket(struct hist *hist, unsigned i, uint32_t n)
{
	if (__builtin_add_overflow(hist->buckets[i], n, &hist->buckets[i]))
		hist->buckets[i] = UINT32_MAX;
}

void hist_add(struct hist *hist, uint64_t ns)
{
	if (!hist->count || ns < hist->min)
		hist->min = ns;
	if (ns > hist->max)
		hist->max = ns;
	hist->count++;
	hist->sum += (double)ns;
	add_to_bucket(hist, hist_bucket(ns), 1);
}

void hist_merge(struct hist *into, const struct hist *from)
{
	if (from->count && (!into->count || from->min < into->min))
		into->min = from->min;
	if (from->max > into->max)
		into->max = from->max;
	into->count += from->count;
	into->partial += from->partial;
	into->sum += from->sum;
	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		add_to_bucket(into, i, from->buckets[i]);
}

uint64_t hist_quantile(const struct hist *hist, double q)
{
	uint64_t rank = (uint64_t)ceil(q * (double)hist->count), seen = 0;

	if (!hist->count)
		return 0;
	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		seen += hist->buckets[i];
		if (seen >= rank && seen)
			return hist_bound(i) < hist->max ? hist_bound(i) : hist->max;
	}
	return hist->max;
}

uint64_t hist_mean(const struct hist *hist)
{
	return hist->count ? (uint64_t)(hist->sum / (double)hist->count) : 0;
}
