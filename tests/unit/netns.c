/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* netns.c - what it costs to look for a network namespace that is not to be found. */
#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "kernel/netns.h"
#include "test.h"

#define NOWHERE 1 /* no inode of a namespace: those begin at 0xf0000000 */
#define CALLS   500

/* ns of this process on a CPU: others do not count. */
static uint64_t cpu_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static int never(void *ctx)
{
	(void)ctx;
	return -EPROTO;
}

static void test_vain_calls(void)
{
	uint64_t begin = cpu_now(), first, rest;
	unsigned found = 0;

	test_begin("netns-vain-calls");
	CHECK_EQ(netns_call(NOWHERE, never, NULL), -ENOENT);
	first = cpu_now() - begin;
	for (unsigned i = 0; i < CALLS; i++)
		found += netns_call(NOWHERE, never, NULL) >= 0;
	rest = cpu_now() - begin - first;
	CHECK_EQ(found, 0);
	CHECK(rest < first * CALLS / 5);
	test_end("%d more calls took as long as %.2f of the first", CALLS,
		 (double)rest / (double)first);
}

int main(void)
{
	test_vain_calls();
	return test_status();
}
