/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reasons why something does not load: each has words of its own. Which way is next. */
#include "kernel/features.h"

#include "test.h"
#include "kernel/loader.h"

/* Numbers that no system call gives: who adds one may take one that is taken. */
static const int reasons[] = {LOADER_NO_BTF,       LOADER_ADDRESSES_HIDDEN, LOADER_NO_SYMBOLS,
			      LOADER_NO_REGISTERS, LOADER_NO_TRACEFS,       FEATURES_NO_MINIS,
			      FEATURES_SAMPLED};
#define N_REASONS (sizeof(reasons) / sizeof(reasons[0]))

static void test_reasons(void)
{
	test_begin("reasons");
	for (size_t i = 0; i < N_REASONS; i++) {
		CHECK(!features_is_errno(reasons[i]));
		for (size_t j = 0; j < i; j++)
			CHECK(strcmp(features_meaning(reasons[i]), features_meaning(reasons[j])) !=
			      0);
	}
	test_end("each has words of its own");
}

/* The way that who accepts is seen by once this one is refused; NULL: none. */
static const char *after(const char *refused, const char *named)
{
	struct kernel_request request = {.accept_way = named};
	struct features features = {.ways = ways_none()};
	const struct way *next;

	for (int way = 0; ways_exist(FEATURE_ACCEPT, way); way++)
		if (!strcmp(feature_rows[FEATURE_ACCEPT].ways[way].name, refused))
			features.ways.chosen[FEATURE_ACCEPT] = way;
	features_refuse(&features, FEATURE_ACCEPT, EPERM, &request);
	next = ways_get(&features.ways, FEATURE_ACCEPT);
	return next ? next->name : NULL;
}

static void test_price(void)
{
	test_begin("price");
	CHECK(!strcmp(after("fexit", NULL), "kretprobe"));
	CHECK(!strcmp(after("kretprobe", NULL), "inherit"));
	CHECK(!strcmp(after("fexit", "syscalls"), "syscalls"));
	CHECK(!after("syscalls", "syscalls"));
	CHECK(!after("fexit", "fexit"));
	test_end("what costs others is never taken unasked, and what is named never replaced");
}

int main(void)
{
	test_reasons();
	test_price();
	return test_status();
}
