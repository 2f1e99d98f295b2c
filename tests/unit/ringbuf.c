/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ringbuf.c - reads what programs wrote, in the order of their places, behind nothing unwritten. */
#include "ring.h"

static struct ringbuf ringbuf;
static uint64_t told[64];
static unsigned n_told;
static int refuse; /* what `take` says */

static int take(void *ctx, const void *record, size_t len)
{
	(void)ctx;
	CHECK(len >= sizeof(struct wire_head));
	told[n_told++] = ((const struct wire_head *)record)->ts;
	return refuse;
}

static int drain(int max)
{
	n_told = 0;
	return ringbuf_drain(&ringbuf, ringbuf_end(&ringbuf), max, take, NULL);
}

static void begin(const char *name)
{
	test_begin(name);
	refuse = 0;
	ringbuf = empty_ring();
}

static void check_told(const uint64_t *times, unsigned n)
{
	CHECK_EQ(n_told, n);
	for (unsigned i = 0; i < n && i < n_told; i++)
		CHECK_EQ(told[i], times[i]);
}

#define TOLD(...) \
	check_told((const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / 8)

/* Two moves of one socket may read the same clock, or, on two CPUs, clocks that differ. */
static void test_order(void)
{
	begin("ringbuf-order");
	put(10), put(30), put(30), put(29), put(40);
	CHECK_EQ(drain(100), 5);
	TOLD(10, 30, 30, 29, 40);
	CHECK_EQ(drain(100), 0);
	test_end("the place decides, not the clock");
}

static void test_unwritten(void)
{
	unsigned long slow, end;

	begin("ringbuf-unwritten");
	put(10);
	slow = reserve(sizeof(struct wire_head));
	put(12);
	end = ringbuf_end(&ringbuf);
	CHECK_EQ(drain(100), 1);
	TOLD(10);
	CHECK(!ringbuf_has_reached(&ringbuf, end));
	CHECK_EQ(drain(100), 0);
	submit(slow, 11);
	CHECK_EQ(drain(100), 2);
	TOLD(11, 12);
	CHECK(ringbuf_has_reached(&ringbuf, end));
	test_end("nothing overtakes what is being written, and the reader knows");
}

static void test_end_of_drain(void)
{
	unsigned long end;

	begin("ringbuf-end");
	put(10), put(11);
	end = ringbuf_end(&ringbuf);
	put(12);
	n_told = 0;
	CHECK_EQ(ringbuf_drain(&ringbuf, end, 100, take, NULL), 2);
	TOLD(10, 11);
	CHECK(ringbuf_has_reached(&ringbuf, end));
	CHECK(!ringbuf_has_reached(&ringbuf, ringbuf_end(&ringbuf)));
	test_end("what comes later waits");
}

static void test_portions(void)
{
	begin("ringbuf-portions");
	for (uint64_t i = 0; i < 20; i++)
		put(i);
	CHECK_EQ(drain(7), 7);
	TOLD(0, 1, 2, 3, 4, 5, 6);
	CHECK_EQ(consumer, 7 * 24);
	CHECK_EQ(drain(100), 13);
	CHECK_EQ(consumer, producer);
	test_end("at most so many at once; their room is given back");
}

static void test_round(void)
{
	uint64_t next = 0;

	begin("ringbuf-round");
	/* To and past the end of the buffer, of a long, and of half a long. */
	for (int where = 0; where < 3; where++) {
		consumer = producer = where == 1   ? 0UL - 2 * SIZE
				      : where == 2 ? ~0UL / 2 + 1 - 2 * SIZE
						   : 0;
		for (int i = 0; i < 200; i++) {
			unsigned long at = reserve(sizeof(struct wire_head) + 8U * (i % 5));

			submit(at, next);
			CHECK_EQ(drain(100), 1);
			TOLD(next);
			next++;
		}
	}
	test_end("records in two pieces, positions that wrap");
}

static void test_refused(void)
{
	begin("ringbuf-refused");
	put(10), put(11);
	refuse = -5;
	CHECK_EQ(drain(100), -5);
	refuse = 0;
	CHECK_EQ(drain(100), 1);
	TOLD(11);
	test_end("goes on behind what was refused");
}

int main(void)
{
	test_order();
	test_unwritten();
	test_end_of_drain();
	test_portions();
	test_round();
	test_refused();
	return test_status();
}
