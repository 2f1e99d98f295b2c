/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's counters, as /proc/PID/net/netstat has them. */
#include "kernel/proc_text.h"

#include "test.h"

#define NAMES "TcpExt: SyncookiesSent ListenOverflows ListenDrops\n"

static uint64_t counter(const char *names, const char *numbers, const char *name)
{
	return proc_text_counter(names, numbers, "TcpExt", name);
}

static void test_told(void)
{
	test_begin("counter");
	CHECK_EQ(counter(NAMES, "TcpExt: 1 22 333\n", "ListenOverflows"), 22);
	CHECK_EQ(counter(NAMES, "TcpExt: 1 22 333\n", "ListenDrops"), 333);
	CHECK_EQ(counter(NAMES, "TcpExt: 1 22 333", "SyncookiesSent"), 1);
	CHECK_EQ(counter(NAMES, "TcpExt: 0 0 18446744073709551614\n", "ListenDrops"),
		 UINT64_MAX - 1);
	test_end("by its name");
}

static void test_untold(void)
{
	test_begin("no-counter");
	/* A name that begins so, or ends so, is another one. */
	CHECK_EQ(counter(NAMES, "TcpExt: 1 22 333\n", "Listen"), UINT64_MAX);
	CHECK_EQ(counter(NAMES, "TcpExt: 1 22 333\n", "Drops"), UINT64_MAX);
	CHECK_EQ(counter(NAMES, "TcpExt: 1 22 333\n", ""), UINT64_MAX);
	/* Other tables, fewer numbers, no numbers. */
	CHECK_EQ(counter("IpExt: ListenDrops\n", "IpExt: 1\n", "ListenDrops"), UINT64_MAX);
	CHECK_EQ(counter(NAMES, "IpExt: 1 22 333\n", "ListenDrops"), UINT64_MAX);
	CHECK_EQ(counter("TcpExt ListenDrops\n", "TcpExt 1\n", "ListenDrops"), UINT64_MAX);
	CHECK_EQ(counter(NAMES, "TcpExt: 1 22\n", "ListenDrops"), UINT64_MAX);
	CHECK_EQ(counter(NAMES, "TcpExt: 1 22 x\n", "ListenDrops"), UINT64_MAX);
	CHECK_EQ(counter(NAMES, "TcpExt: 1 22 3x\n", "ListenDrops"), UINT64_MAX);
	CHECK_EQ(counter(NAMES, "TcpExt: 1 22 -3\n", "ListenDrops"), UINT64_MAX);
	CHECK_EQ(counter(NAMES, "TcpExt: 1 22 99999999999999999999\n", "ListenDrops"), UINT64_MAX);
	CHECK_EQ(counter("", "", "ListenDrops"), UINT64_MAX);
	test_end("what does not say it");
}

int main(void)
{
	test_told();
	test_untold();
	return test_status();
}
