/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * transition.bpf.c - sock:inet_sock_set_state, one record for each state a full socket is given.
 *
 * It runs on every transition of the host, so it reads through BTF pointers only and calls five
 * helpers at most. What the tracepoint does not tell (FIN-WAIT-2 after close(), TIME-WAIT) is
 * timewait.bpf.c's.
 */
#include "stack.bpf.h"

static __always_inline void identity_of(const struct sock *sk, const struct tcp_sock *tp, int to,
					struct wire_id *id)
{
	const struct sock_common *common = &sk->__sk_common;

	/* On the way to CLOSE skc_num is already cleared while inet_sport is not. On the way to
	 * SYN-SENT inet_sport may still be that of the socket's former connection. */
	id->lport = common->skc_num;
	if (!id->lport && to == WIRE_CLOSE)
		id->lport = bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport);
	id->rport = bpf_ntohs(common->skc_dport);
	id->netns = common->skc_net.net->ns.inum;
	if (common->skc_family == AF_INET6) {
		__builtin_memcpy(id->laddr, (void *)&common->skc_v6_rcv_saddr, 16);
		__builtin_memcpy(id->raddr, (void *)&common->skc_v6_daddr, 16);
	} else {
		addr_from_v4(id->laddr, common->skc_rcv_saddr);
		addr_from_v4(id->raddr, common->skc_daddr);
	}
}

/* LISTEN -> SYN-RECEIVED is told of the accepted child, which has a remote end. */
static __always_inline bool is_listener(int from, int to)
{
	return to == WIRE_LISTEN || (from == WIRE_LISTEN && to == WIRE_CLOSE);
}

static __always_inline __u16 flags_of(const struct sock *sk, const struct tcp_sock *tp, int to)
{
	const struct inet_timewait_death_row *row =
		&sk->__sk_common.skc_net.net->ipv4.tcp_death_row;
	__u16 flags = 0;

	if (sk->sk_lock.owned)
		flags |= WIRE_F_OWNED;
	if (to != WIRE_CLOSE)
		return flags;
	/* The sum starts at 1 (include/net/inet_timewait_sock.h, inet_twsk_alloc). */
	if (row->tw_refcount.refs.counter - 1 >= row->sysctl_max_tw_buckets)
		flags |= WIRE_F_TW_FULL;
	if (sk->__sk_common.skc_flags & (1UL << SOCK_DONE))
		flags |= WIRE_F_FIN_SEEN;
	if (tp->snd_una == tp->write_seq)
		flags |= WIRE_F_ALL_ACKED;
	if (tp->linger2 < 0)
		flags |= WIRE_F_LINGER2;
	return flags;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(transition, const struct sock *sk, int from, int to)
{
	struct wire_transition *rec;
	struct wire_id id = {};
	struct tcp_sock *tp;

	/* SCTP and MPTCP come this way too. */
	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	tp = bpf_skc_to_tcp_sock((void *)sk);
	if (!tp)
		return 0;
	identity_of(sk, tp, to, &id);
	if (config.filtered &&
	    match_identity(&config.match, &id, !is_listener(from, to)) == MATCH_NO)
		return 0;
	/* Before the record: a cookie made here stays with the socket and its mini-socket. */
	id.cookie = bpf_get_socket_cookie((void *)sk);

	rec = wire_reserve(WIRE_TRANSITION, sizeof(*rec));
	if (!rec)
		return 0;
	rec->id = id;
	rec->from = from;
	rec->to = to;
	rec->error = sk->sk_err;
	rec->uid = sk->sk_uid.val;
	rec->cgroup = sk->sk_cgrp_data.cgroup->kn->id;
	rec->flags = flags_of(sk, tp, to);
	if (from == WIRE_LISTEN && to == WIRE_CLOSE && code_on_stack(ctx, CODE_KILL))
		rec->flags |= WIRE_F_KILLED;
	if (rec->flags & WIRE_F_OWNED) {
		rec->pid = bpf_get_current_pid_tgid() >> 32;
		bpf_get_current_comm(rec->comm, sizeof(rec->comm));
	}
	wire_submit(rec);
	return 0;
}
