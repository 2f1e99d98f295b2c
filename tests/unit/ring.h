/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ring.h - a ring buffer in memory of ours, and the programs' side of it. */
#ifndef TCPDWELL_TEST_RING_H
#define TCPDWELL_TEST_RING_H

#include <linux/bpf.h>

#include "kernel/ringbuf.h"
#include "test.h"

#define SIZE 512

static unsigned long consumer, producer;
static _Alignas(8) char data[SIZE];

/* As the kernel does: room is taken, written at leisure, and submitted. */
static unsigned long reserve(uint32_t len)
{
	unsigned long at = producer;
	uint32_t busy = len | BPF_RINGBUF_BUSY_BIT;

	memcpy(data + at % SIZE, &busy, sizeof(busy));
	__atomic_store_n(&producer, at + (len + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8, __ATOMIC_RELEASE);
	return at;
}

static void submit_bytes(unsigned long at, const void *bytes, size_t n)
{
	uint32_t len;

	for (size_t i = 0; i < n; i++)
		memcpy(&data[(at + BPF_RINGBUF_HDR_SZ + i) % SIZE], (const char *)bytes + i, 1);
	memcpy(&len, data + at % SIZE, sizeof(len));
	len &= ~BPF_RINGBUF_BUSY_BIT;
	__atomic_store_n((uint32_t *)(void *)(data + at % SIZE), len, __ATOMIC_RELEASE);
}

static void submit(unsigned long at, uint64_t ts)
{
	struct wire_head head = {.ts = ts, .kind = WIRE_TICK, .len = sizeof(head)};

	submit_bytes(at, &head, sizeof(head));
}

static void put(uint64_t ts)
{
	submit(reserve(sizeof(struct wire_head)), ts);
}

static struct ringbuf empty_ring(void)
{
	memset(data, 0xff, sizeof(data));
	consumer = producer = 0;
	return (struct ringbuf){.consumer = &consumer,
				.producer = &producer,
				.data = data,
				.size = SIZE,
				.bell_fd = -1};
}

#endif
