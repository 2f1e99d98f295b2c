/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* hist.c - buckets and percentiles. See hist.h. */
#include "model/hist.h"

#include <math.h>

/* A decade goes from 100 to 1000 of its units; the first begins at 1 us. */
#define FIRST_UNIT 10
#define FIRST      (100 * FIRST_UNIT)

/* Upper bounds of a decade in units, exclusive of 100 itself. */
static uint64_t step_bound(unsigned step)
{
	if (step < 20)
		return 105 + 5 * step;
	if (step < 50)
		return 210 + 10 * (step - 20);
	return 525 + 25 * (step - 50);
}

/* The first step whose bound is not below. */
static unsigned step_of(unsigned units)
{
	if (units <= 200)
		return (units - 101) / 5;
	if (units <= 500)
		return 20 + (units - 201) / 10;
	return 50 + (units - 501) / 25;
}

uint64_t hist_bound(unsigned i)
{
	uint64_t unit = FIRST_UNIT;

	if (i == 0)
		return FIRST;
	if (i >= HIST_BUCKETS - 1)
		return UINT64_MAX;
	for (unsigned decade = (i - 1) / HIST_PER_DECADE; decade; decade--)
		unit *= 10;
	return step_bound((i - 1) % HIST_PER_DECADE) * unit;
}

unsigned hist_bucket(uint64_t ns)
{
	uint64_t unit = FIRST_UNIT;
	unsigned decade = 0;

	if (ns <= FIRST)
		return 0;
	for (; decade < HIST_DECADES && ns > 1000 * unit; decade++)
		unit *= 10;
	if (decade == HIST_DECADES)
		return HIST_BUCKETS - 1;
	return 1 + decade * HIST_PER_DECADE + step_of((unsigned)((ns - 1) / unit + 1));
}

void hist_add(struct hist *hist, uint64_t ns)
{
	if (!hist->count || ns < hist->min)
		hist->min = ns;
	if (ns > hist->max)
		hist->max = ns;
	hist->count++;
	hist->sum += (double)ns;
	hist->buckets[hist_bucket(ns)]++;
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
