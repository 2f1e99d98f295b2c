/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reasons why something does not load: each has words of its own. */
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

int main(void)
{
	test_reasons();
	return test_status();
}
