/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* rings.c - what programs on several CPUs write, as one stream in the order of time. */
#include "kernel/rings.h"

#include "ring.h"
#include "test.h"

#define SLOTS 32
#define N     3

static struct rings *rings;
static _Alignas(64) char memory[N * (sizeof(struct ring) + SLOTS * sizeof(struct ring_slot))];
static uint64_t told[N * SLOTS];
static unsigned n_told;
static int refuse; /* what `take` says */

static struct ring *ring_of(unsigned i)
{
	return (struct ring *)(void *)(memory + i * rings_stride(SLOTS));
}

/* The number of a slot that is taken, but not written yet. */
static uint64_t take_slot(unsigned ring)
{
	return ring_of(ring)->head++;
}

static void write_slot(unsigned ring, uint64_t number, uint64_t ts)
{
	struct ring_slot *slot = &ring_of(ring)->slots[number % SLOTS];
	struct wire_head head = {.ts = ts, .kind = WIRE_TICK, .len = sizeof(head)};

	memcpy(slot->record, &head, sizeof(head));
	slot->seq = number + 1;
}

static void put(unsigned ring, uint64_t ts)
{
	write_slot(ring, take_slot(ring), ts);
}

static int take(void *ctx, const void *record, size_t len)
{
	(void)ctx;
	if (len == sizeof(struct wire_head))
		told[n_told++] = ((const struct wire_head *)record)->ts;
	return refuse;
}

static int drain(uint64_t now, int max)
{
	n_told = 0;
	return rings_drain(rings, now, max, take, NULL);
}

static void begin(const char *name)
{
	test_begin(name);
	memset(memory, 0, sizeof(memory));
	refuse = 0;
	rings = rings_new(memory, N, SLOTS);
	if (!rings)
		abort();
}

static void check_told(const uint64_t *times, unsigned n)
{
	CHECK_EQ(n_told, n);
	for (unsigned i = 0; i < n && i < n_told; i++)
		CHECK_EQ(told[i], times[i]);
}

#define TOLD(...) \
	check_told((const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / 8)

static void end(const char *what)
{
	rings_free(rings);
	test_end("%s", what);
}

static void test_order(void)
{
	begin("rings-order");
	put(0, 10), put(0, 30), put(1, 20), put(2, 5), put(2, 40), put(1, 41);
	CHECK_EQ(drain(100, 100), 6);
	TOLD(5, 10, 20, 30, 40, 41);
	CHECK_EQ(drain(200, 100), 0);
	end("three CPUs by time");
}

/* What a CPU still tells may be older than what another has told after the look began. */
static void test_later(void)
{
	begin("rings-later");
	put(0, 10), put(1, 60);
	drain(50, 100);
	TOLD(10);
	put(0, 55);
	drain(100, 100);
	TOLD(55, 60);
	end("what came after the look began waits for the next");
}

static void test_unwritten(void)
{
	uint64_t slow;

	begin("rings-unwritten");
	drain(5, 100);
	slow = take_slot(0);
	put(0, 11), put(1, 4), put(1, 12);
	drain(50, 100);
	TOLD(4);
	write_slot(0, slow, 10);
	drain(60, 100);
	TOLD(10, 11, 12);
	end("nothing overtakes what is being written");
}

/* An interrupt in the middle of a program: the inner records have later numbers, earlier times. */
static void test_nested(void)
{
	uint64_t outer;

	begin("rings-nested");
	outer = take_slot(0);
	put(0, 20), put(0, 21), put(1, 25), put(1, 18);
	write_slot(0, outer, 30);
	drain(100, 100);
	TOLD(18, 20, 21, 25, 30);
	outer = take_slot(0);
	put(0, 120), put(1, 125);
	write_slot(0, outer, 160);
	drain(150, 100);
	put(1, 170);
	drain(200, 100);
	TOLD(120, 125, 160, 170);
	end("interrupted programs");
}

static void test_portions(void)
{
	begin("rings-portions");
	for (uint64_t i = 0; i < 3 * SLOTS; i++)
		put(i % N, 10 + i);
	CHECK_EQ(drain(1000, 50), 50);
	CHECK_EQ(told[49], 59);
	CHECK_EQ(ring_of(0)->tail, 0);
	CHECK_EQ(drain(1000, 50), 46);
	CHECK_EQ(told[45], 105);
	CHECK_EQ(ring_of(0)->tail, SLOTS);
	for (uint64_t i = 0; i < SLOTS; i++)
		put(2, 2000 + i);
	CHECK_EQ(drain(3000, 50), SLOTS);
	end("full rings in portions, and round");
}

static void test_refused(void)
{
	begin("rings-refused");
	put(0, 10), put(0, 11);
	refuse = -5;
	CHECK_EQ(drain(100, 100), -5);
	refuse = 0;
	CHECK_EQ(drain(100, 100), 1);
	TOLD(11);
	end("goes on behind what was refused");
}

int main(void)
{
	test_order();
	test_later();
	test_unwritten();
	test_nested();
	test_portions();
	test_refused();
	return test_status();
}
