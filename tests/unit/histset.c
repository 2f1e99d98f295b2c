/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* histset.c - those who are still there: how many, and how old the oldest of known age is. */
#include "feeder.h"
#include "model/histset.h"

struct known {
	uint64_t since; /* ms; 0: not known */
	bool exact, in_doubt;
};

static const struct {
	const char *name;
	struct known all[3];
	size_t n;
	struct histset_still wanted; /* oldest in ms */
} cases[] = {
	{"exact", {{4000, true, false}, {9000, true, false}}, 2, {2, 6000, DWELL_EXACT, 0}},
	{"bound-is-older",
	 {{4000, true, false}, {1000, false, false}},
	 2,
	 {2, 9000, DWELL_AT_LEAST, 0}},
	/* It was the uptime: "oldest >=365d". */
	{"unknown-is-no-age", {{0, false, false}}, 1, {1, 0, DWELL_UNKNOWN, 0}},
	{"unknown-beside-known",
	 {{0, false, false}, {9000, true, false}},
	 2,
	 {2, 1000, DWELL_EXACT, 0}},
	{"in-doubt", {{4000, true, true}, {0, false, true}}, 2, {0, 0, DWELL_UNKNOWN, 2}},
};

static void take(void *ctx, const char *values, void *group)
{
	(void)values;
	*(struct histset_still *)ctx = histset_cell(group, WIRE_CLOSE_WAIT)->still;
}

static struct histset_still still_of(const struct known *all, size_t n)
{
	struct histset *set = histset_new(10);
	struct histset_still still = {0};

	for (size_t i = 0; set && i < n; i++) {
		struct conn conn = {.state = WIRE_CLOSE_WAIT,
				    .since = all[i].since * NS_PER_MS,
				    .since_exact = all[i].exact};

		histset_add_still(set, "", &conn, 10000 * NS_PER_MS, all[i].in_doubt);
	}
	if (set)
		histset_each(set, take, &still);
	histset_free(set);
	return still;
}

/* What found no group any more may be anybody's. */
static void test_find(void)
{
	static const struct conn_event dwell = {.from = WIRE_CLOSE_WAIT,
						.to = WIRE_LAST_ACK,
						.dwell = 5,
						.dwell_known = DWELL_EXACT};
	struct histset *set = histset_new(1);
	const struct histset_cell *cell;

	test_begin("histset-find");
	if (!set)
		abort();
	CHECK(histset_find(set, "a", WIRE_CLOSE_WAIT, &cell) && !cell);
	histset_add(set, "a", &dwell);
	CHECK(histset_find(set, "a", WIRE_CLOSE_WAIT, &cell) && cell);
	CHECK_EQ(cell->hist.count, 1);
	CHECK(histset_find(set, "b", WIRE_CLOSE_WAIT, &cell) && !cell);
	histset_add(set, "b", &dwell);
	CHECK(!histset_find(set, "b", WIRE_CLOSE_WAIT, &cell));
	CHECK(histset_find(set, "a", WIRE_CLOSE_WAIT, &cell) && cell);
	histset_free(set);
	test_end("one that has a group, one without, one that may be in the last");
}

int main(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct histset_still still = still_of(cases[i].all, cases[i].n);
		char name[64];

		snprintf(name, sizeof(name), "histset-still-%s", cases[i].name);
		test_begin(name);
		CHECK_EQ(still.count, cases[i].wanted.count);
		CHECK_EQ(still.oldest, cases[i].wanted.oldest * NS_PER_MS);
		CHECK_EQ(still.oldest_known, cases[i].wanted.oldest_known);
		CHECK_EQ(still.in_doubt, cases[i].wanted.in_doubt);
		test_end("%zu connections", cases[i].n);
	}
	test_find();
	return test_status();
}
