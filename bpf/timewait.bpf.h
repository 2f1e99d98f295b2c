/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * timewait.bpf.h - the one handler for the life of a mini-socket.
 *
 * When TCP has nothing left to say but must still wait, the kernel swaps the full socket for a
 * small inet_timewait_sock: it holds TIME-WAIT, and FIN-WAIT-2 of a connection whose program has
 * closed it. No tracepoint names it. Programs that can see it some other way fill in `what
 * happened` and call timewait_emit(); everything is read with bpf_probe_read_kernel(), so any
 * pointer will do.
 */
#ifndef TCPDWELL_TIMEWAIT_BPF_H
#define TCPDWELL_TIMEWAIT_BPF_H

#include "core.bpf.h"

struct timewait_event {
	__u8 op;    /* WIRE_TW_* */
	__u8 cause; /* WIRE_TW_BY_* */
};

/* DCCP, gone in 6.16, had mini-sockets and their timer too. "TCP\0" or "TCPv", read as it lies
 * there. */
static __always_inline bool timewait_is_tcp(struct inet_timewait_sock *tw)
{
	struct proto *prot = BPF_CORE_READ(tw, __tw_common.skc_prot);
	char name[4] = {};

	bpf_core_read(name, sizeof(name), &prot->name);
	return name[0] == 'T' && name[1] == 'C' && name[2] == 'P' && (!name[3] || name[3] == 'v');
}

static __always_inline void timewait_identity(struct inet_timewait_sock *tw, struct wire_id *id)
{
	/* Where programs cannot make cookies, one that `ss -e` made would tell another identity. */
	id->cookie = config.cookies ? BPF_CORE_READ(tw, __tw_common.skc_cookie.counter) : 0;
	id->lport = BPF_CORE_READ(tw, __tw_common.skc_num);
	id->rport = bpf_ntohs(BPF_CORE_READ(tw, __tw_common.skc_dport));
	id->netns = BPF_CORE_READ(tw, __tw_common.skc_net.net, ns.inum);
	if (BPF_CORE_READ(tw, __tw_common.skc_family) == AF_INET6) {
		bpf_core_read(id->laddr, 16, &tw->__tw_common.skc_v6_rcv_saddr);
		bpf_core_read(id->raddr, 16, &tw->__tw_common.skc_v6_daddr);
	} else {
		addr_from_v4(id->laddr, BPF_CORE_READ(tw, __tw_common.skc_rcv_saddr));
		addr_from_v4(id->raddr, BPF_CORE_READ(tw, __tw_common.skc_daddr));
	}
}

/* Of a full socket: it begins with a sock_common, as a mini-socket does, and all is read there. */
static __always_inline void socket_identity(const struct sock_common *common, struct wire_id *id)
{
	timewait_identity((struct inet_timewait_sock *)common, id);
	if (!config.cookies)
		id->cookie = id_from_address(common);
}

/* On 64 bit the low word of jiffies64 is jiffies, and all of it; on 32 bit the difference is right.
 */
static __always_inline __s64 timewait_ticks_left(struct inet_timewait_sock *tw)
{
	return (long)(BPF_CORE_READ(tw, tw_timer.expires) - (unsigned long)bpf_jiffies64());
}

/* Fills all of a cleared record but its identity and its stamp, which is `ts`. */
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

static __always_inline int timewait_emit(struct inet_timewait_sock *tw, struct timewait_event event)
{
	struct wire_timewait *rec;
	struct wire_id id = {};
	struct wire_slip slip = {};

	if (!timewait_is_tcp(tw))
		return 0;
	timewait_identity(tw, &id);
	if (config.filtered && match_identity(&config.match, &id, 1) == MATCH_NO)
		return 0;
	rec = wire_reserve(WIRE_TIMEWAIT, sizeof(*rec), &slip);
	if (!rec)
		return 0;
	rec->id = id;
	timewait_fill(rec, tw, event, slip.ts);
	wire_submit(rec, slip);
	return 0;
}

#endif
