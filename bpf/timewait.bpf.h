/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * timewait.bpf.h - how a mini-socket, and what it has in common with others, is read.
 *
 * When TCP has nothing left to say but must still wait, the kernel swaps the full socket for a
 * small inet_timewait_sock: it holds TIME-WAIT, and FIN-WAIT-2 of a connection whose program has
 * closed it. No tracepoint names it. Everything is read with bpf_probe_read_kernel(), so any
 * pointer will do.
 */
#ifndef TCPDWELL_TIMEWAIT_BPF_H
#define TCPDWELL_TIMEWAIT_BPF_H

#include "core.bpf.h"

struct timewait_event {
	__u8 op;    /* WIRE_TW_* */
	__u8 cause; /* WIRE_TW_BY_* */
};

/*
 * What full sockets and mini-sockets both begin with, copied at once. A probe read costs the same
 * for one field and for all; one for each field took two thirds of the time of a record (6.18).
 */
struct common_copy {
	__u64 words[24]; /* sock_common is 136 bytes on 6.18, with all that can be configured */
};

#define COMMON(copy, field)                                                                      \
	(*(typeof(((struct sock_common *)0)->field) *)((void *)(copy) +                          \
						       bpf_core_field_offset(struct sock_common, \
									     field)))

static __always_inline void common_read(struct common_copy *copy, const void *sk)
{
	__u32 size = bpf_core_type_size(struct sock_common);

	bpf_probe_read_kernel(copy, size < sizeof(*copy) ? size : sizeof(*copy), sk);
}

/* By the name of the protocol, "TCP" or "TCPv6": DCCP had mini-sockets with the same timer until
 * 6.15. */
static __always_inline bool common_is_tcp(const struct common_copy *common)
{
	char name[4] = {};

	bpf_core_read(name, sizeof(name), &COMMON(common, skc_prot)->name);
	return name[0] == 'T' && name[1] == 'C' && name[2] == 'P' && (!name[3] || name[3] == 'v');
}

static __always_inline __u32 common_netns(const struct common_copy *common)
{
	const struct net *net;
	__u32 inode;

	if (!HAS_NET)
		return WIRE_NETNS_ONLY;
	net = COMMON(common, skc_net.net);
	inode = BPF_CORE_READ(net, ns.inum);
	if (config.match.n_netns && bpf_core_field_exists(net->net_cookie))
		return netns_number(inode, BPF_CORE_READ(net, net_cookie));
	return inode;
}

/* All but the cookie. */
static __always_inline void common_identity(const struct common_copy *common, struct wire_id *id)
{
	id->lport = COMMON(common, skc_num);
	id->rport = bpf_ntohs(COMMON(common, skc_dport));
	id->netns = common_netns(common);
	if (HAS_IPV6 && COMMON(common, skc_family) == AF_INET6) {
		copy_16(id->laddr, &COMMON(common, skc_v6_rcv_saddr));
		copy_16(id->raddr, &COMMON(common, skc_v6_daddr));
	} else {
		addr_from_v4(id->laddr, COMMON(common, skc_rcv_saddr));
		addr_from_v4(id->raddr, COMMON(common, skc_daddr));
	}
}

/* Where programs cannot make cookies no socket is told by its cookie, even if `ss -e` made one. */
static __always_inline void timewait_identity(const struct common_copy *common, struct wire_id *id)
{
	common_identity(common, id);
	id->cookie = config.cookies ? (__u64)COMMON(common, skc_cookie.counter) : 0;
}

static __always_inline void socket_identity(const struct sock_common *sk, struct wire_id *id)
{
	struct common_copy common;

	common_read(&common, sk);
	timewait_identity(&common, id);
	if (!config.cookies)
		id->cookie = id_from_address(sk);
}

/* jiffies64 as a long is jiffies, on 32 bit too. */
static __always_inline __s64 timewait_ticks_left(struct inet_timewait_sock *tw)
{
	return (long)(BPF_CORE_READ(tw, tw_timer.expires) - (unsigned long)bpf_jiffies64());
}

/* Fills in a cleared record, but for its identity and its head; `ts` is the head's time. */
static __always_inline void timewait_fill(struct wire_timewait *rec, struct inet_timewait_sock *tw,
					  struct timewait_event event, __u64 ts)
{
	if (event.op != WIRE_TW_BORN)
		rec->expires = ts + timewait_ticks_left(tw) * (__s64)config.tick_ns;
	rec->op = event.op;
	rec->cause = event.cause;
	rec->substate = BPF_CORE_READ(tw, tw_substate);
	if (bpf_core_field_exists(tw->tw_entry_stamp))
		rec->entered = BPF_CORE_READ(tw, tw_entry_stamp);
}

#endif
