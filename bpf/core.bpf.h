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
#include "flavors.bpf.h"

/* Constants of the kernel that BTF does not carry; each names where it stands. */
#define AF_INET        2          /* include/linux/socket.h */
#define AF_INET6       10         /* include/linux/socket.h */
#define IPPROTO_TCP    6          /* include/uapi/linux/in.h */
#define IPPROTO_MPTCP  262        /* include/uapi/linux/in.h */
#define SOCK_DEAD      0          /* enum sock_flags, include/net/sock.h */
#define SOCK_DONE      1          /* enum sock_flags, include/net/sock.h */
#define SOCK_URGINLINE 2          /* enum sock_flags, include/net/sock.h */
#define RCV_SHUTDOWN   1          /* include/net/sock.h */
#define ECONNRESET     104        /* include/uapi/asm-generic/errno.h */
#define PF_EXITING     0x00000004 /* include/linux/sched.h */
#define PF_KTHREAD     0x00200000 /* include/linux/sched.h */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* set by the loader */
} events SEC(".maps");

const volatile struct config config = {};

/* Records that found no room, by kind, and their sum. Read by the loader; grows only. */
__u64 lost_by_kind[WIRE_KINDS] = {};
__u32 lost_total = 0;

/* With CONFIG_NET_NS=n `skc_net` is empty: there is one network, and nothing tells where it is. */
#define HAS_NET bpf_core_field_exists(((struct sock_common *)0)->skc_net.net)

/* With CONFIG_IPV6=n a socket has no such addresses. */
#define HAS_IPV6 bpf_core_field_exists(((struct sock_common *)0)->skc_v6_daddr)

/* With CONFIG_MPTCP=n the type is there, and empty (6.12). */
#define HAS_MPTCP bpf_core_field_exists(((struct mptcp_sock *)0)->conn_list)

/*
 * Once a namespace is gone the kernel gives its number to another one. Of a namespace that has the
 * number of one that was asked for, but another cookie, the number is 0, which matches nothing.
 */
static __always_inline __u32 netns_number(__u32 inode, __u64 cookie)
{
	for (int i = 0; i < MATCH_NETNS_MAX; i++) {
		if ((__u32)i >= config.match.n_netns)
			break;
		if (config.match.netns[i] == inode && config.netns_cookies[i] &&
		    config.netns_cookies[i] != cookie)
			return 0;
	}
	return inode;
}

/* Returns the time. */
static __always_inline __u64 wire_stamp(struct wire_head *head, __u16 kind, __u16 len)
{
	__u64 ts;

	/* In this order: all that `lost` counts was lost before `ts`. */
	head->lost = *(volatile __u32 *)&lost_total;
	barrier();
	ts = bpf_ktime_get_ns();
	head->ts = ts;
	head->kind = kind;
	head->len = len;
	return ts;
}

/*
 * A record of this kind with its head filled in, and its time. NULL if there is no room; the loss
 * is then counted before the program returns, so that the next record of the same socket carries
 * the new number. Behind the head nothing is set: the caller writes every byte, once, and reads
 * none. The record's cache lines are still the reader's CPU's, 100 ns and more away (6.18): loads
 * wait for them, a few stores do not.
 */
static __always_inline void *wire_reserve_unset(__u16 kind, __u16 len, __u64 *ret_ts)
{
	void *record = bpf_ringbuf_reserve(&events, len, 0);

	if (!record) {
		__sync_fetch_and_add(&lost_by_kind[kind], 1);
		__sync_fetch_and_add(&lost_total, 1);
		return NULL;
	}
	*ret_ts = wire_stamp(record, kind, len);
	return record;
}

/* The same, cleared. */
static __always_inline void *wire_reserve(__u16 kind, __u16 len, __u64 *ret_ts)
{
	void *record = wire_reserve_unset(kind, len, ret_ts);

	if (record)
		__builtin_memset(record + sizeof(struct wire_head), 0,
				 len - sizeof(struct wire_head));
	return record;
}

/*
 * The reader looks at intervals, for to wake it costs ten times as much as a record (6.18), and at
 * once when the buffer passes its half. Other CPUs reserve meanwhile, so no record may see the half
 * itself: a few that see a little more ring as well.
 */
#define BELL_BYTES 1024

static __always_inline void wire_submit(void *record)
{
	__u64 waiting = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);

	bpf_ringbuf_submit(record, waiting - config.half_buffer < BELL_BYTES ? BPF_RB_FORCE_WAKEUP
									     : BPF_RB_NO_WAKEUP);
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

/* As a number: of a pointer the verifier allows no other arithmetic than adding to it. */
static __always_inline __u64 address_of(const void *pointer)
{
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &pointer);
	return address;
}

/* No two sockets have the same: neither an exclusive or nor an odd factor maps two numbers to one,
 * and the highest byte is the same in every address of the kernel. */
static __always_inline __u64 id_from_address(const void *sk)
{
	__u64 hash = (address_of(sk) ^ config.salt) * 0x9e3779b97f4a7c15ULL;

	return (hash & ~(0xffULL << 56)) | WIRE_ID_ADDRESS;
}

static __always_inline void addr_from_v4(__u8 addr[16], __be32 v4)
{
	__u32 *words = (__u32 *)addr;

	*(__u64 *)addr = 0;
	words[2] = bpf_htonl(0xffff);
	words[3] = v4;
}

#endif
