/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * core.bpf.h - what all programs share: the way out, the configuration that the loader sets before
 * loading, and wire_reserve(), the only way to make a record.
 */
#ifndef TCPDWELL_CORE_BPF_H
#define TCPDWELL_CORE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>
#include "wire.h"
#include "match.h"
#include "config.h"
#include "ring.h"
#include "flavors.bpf.h"

/* Constants of the kernel that BTF does not carry; each names where it stands. */
#define AF_INET      2          /* include/linux/socket.h */
#define AF_INET6     10         /* include/linux/socket.h */
#define IPPROTO_TCP  6          /* include/uapi/linux/in.h */
#define SOCK_DONE    1          /* enum sock_flags, include/net/sock.h */
#define RCV_SHUTDOWN 1          /* include/net/sock.h */
#define ECONNRESET   104        /* include/uapi/asm-generic/errno.h */
#define PF_KTHREAD   0x00200000 /* include/linux/sched.h */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* set by the loader */
} events SEC(".maps");

/* A struct ring each; sizes are set by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct ring) + RING_SLOTS_MIN * sizeof(struct ring_slot));
} rings SEC(".maps");

const volatile struct config config = {};

/* Records that found no room, by kind, and their sum. Read by the loader; grows only. */
__u64 lost_by_kind[WIRE_KINDS] = {};
__u32 lost_total = 0;

/* Returns the time. */
static __always_inline __u64 wire_stamp(struct wire_head *head, __u16 kind, __u16 len)
{
	__u64 ts;

	/* In this order: at `ts` all that `lost` counts had been lost already. */
	head->lost = *(volatile __u32 *)&lost_total;
	barrier();
	ts = bpf_ktime_get_ns();
	head->ts = ts;
	head->kind = kind;
	head->len = len;
	return ts;
}

/* ---- rings: see ring.h ---- */

/* The reader looks at intervals, and at once when a ring is half full. */
static __always_inline void ring_the_bell(void)
{
	__u64 bell = 0;

	bpf_ringbuf_output(&events, &bell, sizeof(bell), BPF_RB_FORCE_WAKEUP);
}

static __always_inline void *ring_reserve(__u64 *ret_seq)
{
	__u32 here = bpf_get_smp_processor_id() & (config.rings - 1);
	struct ring *ring = bpf_map_lookup_elem(&rings, &here);
	__u64 at, tail;

	if (!ring)
		return NULL;
	tail = *(volatile __u64 *)&ring->tail;
	if (*(volatile __u64 *)&ring->head - tail >= config.ring_slots - RING_MARGIN)
		return NULL;
	at = __sync_fetch_and_add(&ring->head, 1);
	if (at - tail == config.ring_slots / 2)
		ring_the_bell();
	*ret_seq = at + 1;
	return ring->slots[at & (config.ring_slots - 1)].record;
}

/* Whoever sees `seq` sees the record: x86 keeps stores in order, others need an atomic exchange. */
static __always_inline void ring_commit(void *record, __u64 seq)
{
	struct ring_slot *slot = record - __builtin_offsetof(struct ring_slot, record);

#ifdef __TARGET_ARCH_x86
	barrier();
	*(volatile __u64 *)&slot->seq = seq;
#else
	__sync_lock_test_and_set(&slot->seq, seq);
#endif
}

/* ---- records ---- */

/*
 * Do not read from a record: its lines come from the reader's CPU, 100 ns and more away, and only
 * stores need not wait for them, as long as they are few. What is wanted of it again is on the
 * slip.
 */
struct wire_slip {
	__u64 seq; /* for wire_submit() */
	__u64 ts;  /* the record's */
};

/*
 * A stamped record of this kind, or NULL, and then the loss is counted. The sum is raised before
 * the program returns, so whatever happens to the same socket next carries the new number. Behind
 * its head nothing is set: who uses this writes every byte, once.
 */
static __always_inline void *wire_reserve_unset(__u16 kind, __u16 len, struct wire_slip *ret_slip)
{
	void *record = config.rings ? ring_reserve(&ret_slip->seq)
				    : bpf_ringbuf_reserve(&events, len, 0);

	if (!record) {
		__sync_fetch_and_add(&lost_by_kind[kind], 1);
		__sync_fetch_and_add(&lost_total, 1);
		return NULL;
	}
	ret_slip->ts = wire_stamp(record, kind, len);
	return record;
}

/* The same, cleared. */
static __always_inline void *wire_reserve(__u16 kind, __u16 len, struct wire_slip *ret_slip)
{
	void *record = wire_reserve_unset(kind, len, ret_slip);

	if (record)
		__builtin_memset(record + sizeof(struct wire_head), 0,
				 len - sizeof(struct wire_head));
	return record;
}

/* The reader looks by itself: waking it per record costs ten times the record. */
static __always_inline void wire_submit(void *record, struct wire_slip slip)
{
	if (config.rings)
		ring_commit(record, slip.seq);
	else
		bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}

/*
 * 16 bytes between places that are aligned to 8. memcpy() from a kernel structure goes byte by
 * byte, since its pointers carry no alignment, and each byte is a load that the JIT guards.
 */
static __always_inline void copy_16(void *to, const void *from)
{
	__u64 *words = to;
	const __u64 *source = from;

	words[0] = source[0];
	words[1] = source[1];
}

/* The verifier calculates with numbers, not with pointers that it knows: a copy is a number. */
static __always_inline __u64 address_of(const void *pointer)
{
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &pointer);
	return address;
}

/* An odd factor and an exclusive or lose nothing: two sockets never have the same. */
static __always_inline __u64 id_from_address(const void *sk)
{
	return ((address_of(sk) ^ config.salt) * 0x9e3779b97f4a7c15ULL) | WIRE_ID_ADDRESS;
}

static __always_inline void addr_from_v4(__u8 addr[16], __be32 v4)
{
	__u32 *words = (__u32 *)addr;

	*(__u64 *)addr = 0;
	words[2] = bpf_htonl(0xffff);
	words[3] = v4;
}

#endif
