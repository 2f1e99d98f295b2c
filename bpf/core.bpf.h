/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * core.bpf.h - what all programs share: the ring buffer, the configuration that the loader sets
 * before loading, and wire_reserve(), the only way to make a record.
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

const volatile struct config config = {};

/* Records that found no room, by kind, and their sum. Read by the loader; grows only. */
__u64 lost_by_kind[WIRE_KINDS] = {};
__u32 lost_total = 0;

static __always_inline void wire_stamp(struct wire_head *head, __u16 kind, __u16 len)
{
	/* In this order: at `ts` all that `lost` counts had been lost already. */
	head->lost = *(volatile __u32 *)&lost_total;
	barrier();
	head->ts = bpf_ktime_get_ns();
	head->kind = kind;
	head->len = len;
}

/*
 * A cleared and stamped record of this kind, or NULL, and then the loss is counted. The sum is
 * raised before the program returns, so whatever happens to the same socket next carries the new
 * number.
 */
static __always_inline void *wire_reserve(__u16 kind, __u16 len)
{
	void *record = bpf_ringbuf_reserve(&events, len, 0);

	if (!record) {
		__sync_fetch_and_add(&lost_by_kind[kind], 1);
		__sync_fetch_and_add(&lost_total, 1);
		return NULL;
	}
	__builtin_memset(record, 0, len);
	wire_stamp(record, kind, len);
	return record;
}

/* The reader looks every few milliseconds: waking it per record costs ten times the record. */
static __always_inline void wire_submit(void *record)
{
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
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

	words[0] = 0;
	words[1] = 0;
	words[2] = bpf_htonl(0xffff);
	words[3] = v4;
}

#endif
