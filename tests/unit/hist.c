/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* hist.c - buckets with inclusive bounds, and percentiles against those of the sorted durations. */
#include "model/hist.h"

#include <math.h>

#include "base/clock.h"
#include "test.h"

#define SAMPLES 20000

static void test_bounds(void)
{
	test_begin("hist-bounds");
	CHECK_EQ(hist_bound(0), 1000);
	CHECK_EQ(hist_bound(HIST_BUCKETS - 1), UINT64_MAX);
	CHECK_EQ(hist_bound(HIST_BUCKETS - 2), 10000000 * NS_PER_S);
	CHECK_EQ(hist_bound(HIST_BUCKETS), UINT64_MAX);
	CHECK_EQ(hist_bucket(0), 0);
	CHECK_EQ(hist_bucket(UINT64_MAX), HIST_BUCKETS - 1);
	for (unsigned i = 0; i < HIST_BUCKETS - 1; i++) {
		uint64_t bound = hist_bound(i);

		test_context("bucket %u", i);
		CHECK_EQ(hist_bucket(bound), i);
		CHECK_EQ(hist_bucket(bound + 1), i + 1);
		CHECK(bound < hist_bound(i + 1));
		/* No wider than 5 % of the least it holds. */
		CHECK(!i || bound - hist_bound(i - 1) <= hist_bound(i - 1) / 20 + 1);
	}
	test_end("%u buckets, inclusive, strictly increasing", (unsigned)HIST_BUCKETS);
}

/* 1, 2 and 5 of each decade are bounds: the rows of the text output split no bucket. */
static void test_round_bounds(void)
{
	unsigned n = 0;

	test_begin("hist-round-bounds");
	for (uint64_t decade = 1000; decade <= 10000000 * NS_PER_S; decade *= 10)
		for (unsigned step = 1; step <= 5 && decade * step <= 10000000 * NS_PER_S;
		     step += step == 1 ? 1 : 3, n++)
			CHECK_EQ(hist_bound(hist_bucket(decade * step)), decade * step);
	test_end("%u", n);
}

static uint64_t log_uniform(struct test_random *random)
{
	double share = (double)test_below(random, 1 << 30) / (1 << 30);

	return (uint64_t)exp(log(2e3) + share * (log(5e15) - log(2e3)));
}

static uint64_t constant(struct test_random *random)
{
	(void)random;
	return 60800123456;
}

static uint64_t bimodal(struct test_random *random)
{
	return test_below(random, 10) < 7 ? 20000 + test_below(random, 5000)
					  : 60 * NS_PER_S + test_below(random, NS_PER_S);
}

static uint64_t uniform(struct test_random *random)
{
	return NS_PER_MS + test_below(random, 10 * NS_PER_S);
}

static uint64_t few_values(struct test_random *random)
{
	static const uint64_t values[] = {1001, 105001, 210001, 525001, 999999999};

	return values[test_below(random, COUNT(values))];
}

static const struct {
	const char *name;
	uint64_t (*draw)(struct test_random *random);
} distributions[] = {
	{"log-uniform", log_uniform}, {"constant", constant},     {"bimodal", bimodal},
	{"uniform", uniform},         {"few values", few_values},
};

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The worst error of the usual percentiles, in %. */
static double worst_error(const struct hist *hist, const uint64_t *sorted, unsigned n)
{
	static const double shares[] = {0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1};
	double worst = 0;

	for (unsigned i = 0; i < COUNT(shares); i++) {
		uint64_t truth = sorted[(unsigned)ceil(shares[i] * n) - 1];
		uint64_t told = hist_quantile(hist, shares[i]);
		double error = 100.0 * ((double)told - (double)truth) / (double)truth;

		test_check(told >= truth, __LINE__, "share %g: %" PRIu64 " is below %" PRIu64,
			   shares[i], told, truth);
		worst = error > worst ? error : worst;
	}
	return worst;
}

static void test_percentiles(void)
{
	static uint64_t samples[SAMPLES];
	struct test_random random = {.state = 4711};
	double worst = 0;

	test_begin("hist-percentiles");
	for (unsigned d = 0; d < COUNT(distributions); d++)
		for (unsigned n = 1; n <= SAMPLES; n = n * 3 + 1) {
			struct hist hist = {0};
			double sum = 0, error;

			test_context("%s, %u samples", distributions[d].name, n);
			for (unsigned i = 0; i < n; i++) {
				samples[i] = distributions[d].draw(&random);
				sum += (double)samples[i];
				hist_add(&hist, samples[i]);
			}
			qsort(samples, n, sizeof(samples[0]), by_size);
			error = worst_error(&hist, samples, n);
			test_check(error <= 7, __LINE__, "off by %.2f %%", error);
			worst = error > worst ? error : worst;
			CHECK_EQ(hist.count, n);
			CHECK_EQ(hist.min, samples[0]);
			CHECK_EQ(hist.max, samples[n - 1]);
			CHECK(fabs((double)hist_mean(&hist) - sum / n) <= sum / n * 1e-9 + 1);
		}
	test_end("never below the truth, at most %.2f %% above, %zu distributions", worst,
		 COUNT(distributions));
}

static void test_extremes(void)
{
	struct hist hist = {0};

	test_begin("hist-extremes");
	CHECK_EQ(hist_quantile(&hist, 0.5), 0);
	CHECK_EQ(hist_mean(&hist), 0);
	hist_add(&hist, 0);
	CHECK_EQ(hist.buckets[0], 1);
	CHECK_EQ(hist_quantile(&hist, 0.5), 0);
	hist_add(&hist, UINT64_MAX);
	CHECK_EQ(hist.buckets[HIST_BUCKETS - 1], 1);
	CHECK_EQ(hist_quantile(&hist, 1), UINT64_MAX);
	CHECK_EQ(hist.min, 0);
	CHECK_EQ(hist.max, UINT64_MAX);
	CHECK_EQ(hist.count, 2);
	test_end("empty, 0 and the largest there is");
}

/* 10,000 closes a second for five days are more than 2^32. */
static void test_long_run(void)
{
	const uint64_t half = 1ULL << 33;
	struct hist hist = {.count = 2 * half, .min = 5000, .max = 9000};

	test_begin("hist-long-run");
	hist.buckets[hist_bucket(5000)] = hist.buckets[hist_bucket(9000)] = half;
	CHECK_EQ(hist_quantile(&hist, 0.5), 5000);
	hist_add(&hist, 5000);
	CHECK_EQ(hist.buckets[hist_bucket(5000)], half + 1);
	CHECK_EQ(hist_quantile(&hist, 0.5), 5000);
	test_end("%" PRIu64 " durations, half of them in one bucket", hist.count);
}

int main(void)
{
	test_bounds();
	test_round_bounds();
	test_percentiles();
	test_extremes();
	test_long_run();
	return test_status();
}
