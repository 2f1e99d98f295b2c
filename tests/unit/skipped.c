/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* skipped.c - what the second program told is not counted as missing. */
#include "kernel/skipped.h"

#include "test.h"

static void test_both(void)
{
	test_begin("skipped-by-both");
	CHECK(skipped_by_both(0, 0, 0) == 0);
	CHECK(skipped_by_both(8, 0, 0) == 0);
	CHECK(skipped_by_both(0, 8, 0) == 0);
	/* Of 8 and 4, seen on 7.3 with one CPU, the second told all 8, and the first all 4. */
	CHECK(skipped_by_both(8, 4, 8) == 0);
	CHECK(skipped_by_both(8, 4, 6) == 2);
	CHECK(skipped_by_both(8, 4, 1) == 4);
	CHECK(skipped_by_both(1, 4, 2) == 0);
	test_end("the second told what the first was skipped for");
}

int main(void)
{
	test_both();
	return test_status();
}
