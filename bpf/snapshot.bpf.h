/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * snapshot.bpf.h - what a snapshot says of a full socket, a mini-socket and a request, as iter/tcp
 * hands them over: pointers that the verifier knows.
 */
#ifndef TCPDWELL_SNAPSHOT_BPF_H
#define TCPDWELL_SNAPSHOT_BPF_H

#include "owner.bpf.h"
#include "socket.bpf.h"
#include "timewait.bpf.h"

#define SOCK_KEEPOPEN 3   /* enum sock_flags, include/net/sock.h */
#define ERRNO_MAX     255 /* as a byte; MIPS alone has one above, EDQUOT */
#define NS_PER_MS     1000000ULL
#define NS_PER_US     1000ULL
#define NS_PER_S      1000000000ULL
#define RECENT        100000 /* jiffies, ms or us: more than a look at a socket takes */

/* icsk_pending, include/net/inet_connection_sock.h */
#define ICSK_TIME_RETRANS     1
#define ICSK_TIME_PROBE0      3
#define ICSK_TIME_LOSS_PROBE  5
#define ICSK_TIME_REO_TIMEOUT 6
#define TIMEOUT_INIT_MS       1000   /* TCP_TIMEOUT_INIT, include/net/tcp.h */
#define RTO_MAX_MS            120000 /* TCP_RTO_MAX */

/* ---- times that the kernel keeps, as ns on CLOCK_MONOTONIC ---- */

/* How long ago, of 32-bit clocks. What is noted while we look is not from before they wrapped. */
static __always_inline __u64 age32(__u32 now, __u32 then)
{
	__u32 ago = now - then;

	return ago > (__u32)-RECENT ? 0 : ago;
}

/* From the low 32 bits of jiffies; 0 stays 0. `now`: jiffies, read before the record was stamped,
 * so that nothing seems older than it is. */
static __always_inline __u64 time_of_jiffies(const struct wire_snapshot *rec, __u64 now,
					     __u32 jiffies)
{
	return jiffies ? rec->head.ts - age32((__u32)now, jiffies) * config.tick_ns : 0;
}

/* When a timer will fire. A difference of longs is right on 32 bit too. */
static __always_inline __u64 time_of_timer(const struct wire_snapshot *rec, __u64 now,
					   unsigned long expires)
{
	return rec->head.ts + (__s64)(long)(expires - (unsigned long)now) * (__s64)config.tick_ns;
}

/* From the low 32 bits of CLOCK_MONOTONIC in ms; 0 stays 0. */
static __always_inline __u64 time_of_ms(const struct wire_snapshot *rec, __u32 ms)
{
	__u64 now = rec->head.ts / NS_PER_MS;

	return ms ? (now - age32((__u32)now, ms)) * NS_PER_MS : 0;
}

/* The same in us. */
static __always_inline __u64 time_of_us(const struct wire_snapshot *rec, __u32 us)
{
	__u64 now = rec->head.ts / NS_PER_US;

	return us ? (now - age32((__u32)now, us)) * NS_PER_US : 0;
}

/* When the oldest segment was sent again first; tcp_connect() keeps the time of the first SYN
 * there. */
static __always_inline __u64 first_try(const struct wire_snapshot *rec, const struct tcp_sock *tp)
{
	__u32 stamp = tp->retrans_stamp;

	if (bpf_core_field_exists(tp->tcp_usec_ts) && BPF_CORE_READ_BITFIELD(tp, tcp_usec_ts))
		return time_of_us(rec, stamp);
	return time_of_ms(rec, stamp);
}

/* Until 6.17 the timer may fire early and be set again: icsk_timeout says when it is due. */
static __always_inline unsigned long retransmit_due(const struct inet_connection_sock *icsk)
{
	const struct sock *sk = (const struct sock *)icsk;

	if (bpf_core_field_exists(icsk->icsk_timeout))
		return icsk->icsk_timeout;
	if (bpf_core_field_exists(icsk->icsk_retransmit_timer))
		return icsk->icsk_retransmit_timer.expires;
	if (bpf_core_field_exists(sk->tcp_retransmit_timer))
		return sk->tcp_retransmit_timer.expires;
	return 0;
}

/* The same timer ends an orphan in FIN-WAIT-2. */
static __always_inline unsigned long keepalive_due(const struct inet_connection_sock *icsk)
{
	if (bpf_core_field_exists(icsk->icsk_keepalive_timer))
		return icsk->icsk_keepalive_timer.expires;
	return icsk->icsk_inet.sk.sk_timer.expires;
}

/* The nearest: a tick of 300 a second is no whole number of ns. */
static __always_inline __u64 units(__u64 jiffies, __u64 ns)
{
	return (jiffies * config.tick_ns + ns / 2) / ns;
}

static __always_inline __u64 first_synack(const struct wire_snapshot *rec,
					  const struct request_sock *req)
{
	return time_of_us(rec,
			  (__u32)BPF_CORE_READ((const struct tcp_request_sock *)req, snt_synack));
}

/* A child of TCP Fast Open keeps its request socket until the handshake is over. */
static __always_inline __u64 fast_opened(const struct wire_snapshot *rec, const struct tcp_sock *tp)
{
	const struct request_sock *req = BPF_CORE_READ(tp, fastopen_rsk);

	return req ? first_synack(rec, req) : 0;
}

/* icsk_pending */
static __always_inline __u8 pending_of(const struct inet_connection_sock *icsk)
{
	switch (icsk->icsk_pending) {
	case ICSK_TIME_RETRANS:
		return WIRE_T_RETRANSMIT;
	case ICSK_TIME_PROBE0:
		return bpf_core_field_exists(icsk->icsk_probes_tstamp) ? WIRE_T_PROBE : WIRE_T_NONE;
	case ICSK_TIME_LOSS_PROBE:
	case ICSK_TIME_REO_TIMEOUT:
		return WIRE_T_LOSS;
	}
	return WIRE_T_NONE;
}

/* What decides for how long it is tried, but for what its namespace says. */
static __always_inline void fill_patience(struct wire_snapshot *rec, __u64 now,
					  const struct tcp_sock *tp)
{
	const struct inet_connection_sock *icsk = &tp->inet_conn;
	int linger2 = tp->linger2;

	/* Of a child of TCP Fast Open the timer is that of its SYN-ACK, until the handshake is
	 * over. */
	rec->pending = tp->fastopen_rsk ? WIRE_T_NONE : pending_of(icsk);
	rec->tried = rec->pending == WIRE_T_PROBE
			     ? time_of_jiffies(rec, now, icsk->icsk_probes_tstamp)
			     : first_try(rec, tp);
	rec->user_timeout_ms = icsk->icsk_user_timeout;
	if (bpf_core_field_exists(icsk->icsk_rto_max))
		rec->rto_max_ms = units(icsk->icsk_rto_max, NS_PER_MS);
	if (BPF_CORE_READ_BITFIELD(tp, thin_lto))
		rec->flags |= WIRE_S_THIN;
	rec->syn_retries = icsk->icsk_syn_retries;
	rec->keepalive_s = units(tp->keepalive_time, NS_PER_S);
	rec->keepalive_every_s = units(tp->keepalive_intvl, NS_PER_S);
	rec->keepalive_probes = tp->keepalive_probes;
	rec->linger2_s = linger2 < 0 ? -1 : units(linger2, NS_PER_S);
}

static __always_inline void fill_timers(struct wire_snapshot *rec, __u64 now,
					const struct tcp_sock *tp)
{
	const struct inet_connection_sock *icsk = &tp->inet_conn;
	unsigned long expires = 0;

	rec->retransmits = icsk->icsk_retransmits;
	rec->backoff = icsk->icsk_backoff;
	rec->probes = icsk->icsk_probes_out;
	rec->rto_ms = units(icsk->icsk_rto, NS_PER_MS);
	rec->acked = time_of_jiffies(rec, now, tp->rcv_tstamp);
	rec->received = time_of_jiffies(rec, now, icsk->icsk_ack.lrcvtime);
	rec->sent = time_of_jiffies(rec, now, tp->lsndtime);
	rec->touched = tp->tcp_mstamp * NS_PER_US;
	if (rec->state == WIRE_SYN_SENT)
		rec->began = first_try(rec, tp);
	if (rec->state == WIRE_SYN_RECV)
		rec->began = fast_opened(rec, tp);
	if (icsk->icsk_pending)
		expires = retransmit_due(icsk);
	else if ((rec->state == WIRE_FIN_WAIT2 && rec->flags & WIRE_S_ORPHAN) ||
		 rec->flags & WIRE_S_KEEPALIVE)
		expires = keepalive_due(icsk);
	if (expires)
		rec->timer = time_of_timer(rec, now, expires);
}

/* socket() and accept() give it a struct socket, which has a file unless the kernel itself uses it.
 */
static __always_inline __u16 flags_of_holder(unsigned long sock_flags, bool has_socket,
					     bool has_file)
{
	__u16 flags = 0;

	if (sock_flags & (1UL << SOCK_DEAD))
		flags |= WIRE_S_ORPHAN;
	if (sock_flags & (1UL << SOCK_KEEPOPEN))
		flags |= WIRE_S_KEEPALIVE;
	if (has_socket)
		flags |= WIRE_S_FILE;
	if (has_socket && !has_file)
		flags |= WIRE_S_KERNEL;
	return flags;
}

/* connect() gives its bucket of ports a `fastreuse` of -1; a port that is given back has none. */
static __always_inline __u16 flags_of_port(bool has_bucket, signed char fastreuse)
{
	return has_bucket && fastreuse >= 0 ? WIRE_S_BOUND : 0;
}

static __always_inline void fill_holder(struct wire_snapshot *rec, const struct sock *sk)
{
	const struct socket *socket = sk->sk_socket;
	const struct file *file = socket ? socket->file : NULL;

	rec->flags = flags_of_holder(sk->__sk_common.skc_flags, socket, file);
	if (file)
		rec->inode = file->f_inode->i_ino;
}

/* Where a pointer is no more than a number. */
static __always_inline void fill_holder_probed(struct wire_snapshot *rec, const struct sock *sk)
{
	const struct socket *socket = BPF_CORE_READ(sk, sk_socket);
	const struct file *file = socket ? BPF_CORE_READ(socket, file) : NULL;

	rec->flags = flags_of_holder(BPF_CORE_READ(sk, __sk_common.skc_flags), socket, file);
	if (file)
		rec->inode = BPF_CORE_READ(file, f_inode, i_ino);
}

/* What tells whether its segments find a way. */
static __always_inline void fill_way(struct wire_snapshot *rec, const struct inet_sock *inet)
{
	int error = inet->sk.sk_err_soft;

	rec->soft_error = error > 0 && error <= ERRNO_MAX ? error : 0;
	rec->mark = inet->sk.sk_mark;
}

/* Who reads in order never reads the urgent byte, unless SO_OOBINLINE wants it (tcp_inq()). */
static __always_inline __u32 unread_of(__u32 copied_seq, __u32 rcv_nxt, __u32 urg_data,
				       __u32 urg_seq, unsigned long sock_flags)
{
	__u32 unread = rcv_nxt - copied_seq;

	if (urg_data && urg_seq - copied_seq < unread && !(sock_flags & 1UL << SOCK_URGINLINE))
		unread--;
	return unread;
}

/* The MPTCP socket that a process has of a subflow; NULL: it is none. */
static __always_inline const struct sock *mptcp_of(const struct tcp_sock *tp)
{
	struct mptcp_subflow_context *subflow;

	if (!bpf_core_field_exists(tp->is_mptcp) || !tp->is_mptcp)
		return NULL;
	subflow = tp->inet_conn.icsk_ulp_data;
	return subflow ? BPF_CORE_READ(subflow, conn) : NULL;
}

/* The two are counted one after the other. */
static __always_inline void fill_half_open(struct wire_snapshot *rec,
					   const struct request_sock_queue *queue)
{
	__u32 young = queue->young.counter, all = queue->qlen.counter;

	rec->half_open = all;
	rec->overdue = all > young ? all - young : 0;
}

static __always_inline void fill_full(struct wire_snapshot *rec, __u64 now,
				      const struct tcp_sock *tp)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	const struct inet_bind_bucket *bucket = tp->inet_conn.icsk_bind_hash;
	const struct sock *mptcp = mptcp_of(tp);
	__u32 snd_nxt = tp->snd_nxt, rcv_nxt = tp->rcv_nxt;

	rec->uid = sk->sk_uid.val;
	rec->cgroup = cgroup_of(sk);
	if (mptcp) {
		fill_holder_probed(rec, mptcp);
		rec->flags |= WIRE_S_SUBFLOW;
	} else {
		fill_holder(rec, sk);
	}
	rec->flags |= flags_of_port(bucket, bucket ? bucket->fastreuse : 0);
	if (is_transparent(&tp->inet_conn.icsk_inet))
		rec->flags |= WIRE_S_TRANSPARENT;
	if (sk->__sk_common.skc_flags & 1UL << SOCK_DONE)
		rec->flags |= WIRE_S_FIN;
	if (rec->state == WIRE_LISTEN) {
		if (BPF_CORE_READ_BITFIELD(&sk->__sk_common, skc_ipv6only))
			rec->flags |= WIRE_S_V6ONLY;
		if (sk->__sk_common.skc_bound_dev_if)
			rec->flags |= WIRE_S_DEVICE;
		rec->unread = sk->sk_ack_backlog;
		rec->room = sk->sk_max_ack_backlog;
		fill_half_open(rec, &tp->inet_conn.icsk_accept_queue);
		return;
	}
	/* snd_wl1: where the segment began that last updated the window (tcp_update_wl()). */
	if (tp->snd_wl1 == rcv_nxt)
		rec->flags |= WIRE_S_BEYOND;
	rec->unread = unread_of(tp->copied_seq, rcv_nxt, tp->urg_data, tp->urg_seq,
				sk->__sk_common.skc_flags);
	rec->room = tp->snd_wnd;
	rec->unsent = tp->write_seq - snd_nxt;
	rec->unacked = snd_nxt - tp->snd_una;
	rec->snd_una = tp->snd_una;
	rec->rcv_nxt = rcv_nxt;
	fill_way(rec, &tp->inet_conn.icsk_inet);
	fill_timers(rec, now, tp);
	fill_patience(rec, now, tp);
}

static __always_inline void fill_mini(struct wire_snapshot *rec, __u64 now,
				      struct inet_timewait_sock *tw)
{
	const struct inet_bind_bucket *bucket = BPF_CORE_READ(tw, tw_tb);

	rec->kind = WIRE_MINI;
	rec->flags = WIRE_S_ORPHAN |
		     flags_of_port(bucket, bucket ? BPF_CORE_READ(bucket, fastreuse) : 0);
	if (BPF_CORE_READ((struct tcp_timewait_sock *)tw, tw_ts_recent_stamp))
		rec->flags |= WIRE_S_TIMESTAMPS;
	rec->state = BPF_CORE_READ(tw, tw_substate);
	rec->snd_una = BPF_CORE_READ(tw, __tw_common.skc_tw_snd_nxt);
	rec->rcv_nxt = BPF_CORE_READ(tw, __tw_common.skc_tw_rcv_nxt);
	rec->timer = time_of_timer(rec, now, BPF_CORE_READ(tw, tw_timer.expires));
	if (bpf_core_field_exists(tw->tw_entry_stamp))
		rec->began = time_of_ms(rec, BPF_CORE_READ(tw, tw_entry_stamp));
}

/* tcp_check_req() notes the ACK that it does not take. */
static __always_inline bool is_deferred(const struct inet_request_sock *req)
{
	const struct inet_connection_sock *listener =
		(const void *)BPF_CORE_READ((const struct sock_common *)req, skc_listener);

	return BPF_CORE_READ_BITFIELD_PROBED(req, acked) && listener &&
	       BPF_CORE_READ(listener, icsk_accept_queue.rskq_defer_accept);
}

/* reqsk_timeout(): how long the SYN-ACK is waited for, and who says how often it is sent again. */
static __always_inline void fill_synack(struct wire_snapshot *rec, const struct request_sock *req)
{
	const struct inet_connection_sock *listener =
		(const void *)BPF_CORE_READ((const struct sock_common *)req, skc_listener);
	__u64 wait = TIMEOUT_INIT_MS;

	if (bpf_core_field_exists(req->timeout))
		wait = units(BPF_CORE_READ(req, timeout), NS_PER_MS);
	rec->backoff = BPF_CORE_READ_BITFIELD_PROBED(req, num_timeout);
	wait <<= rec->backoff & 31;
	rec->rto_ms = wait < RTO_MAX_MS ? wait : RTO_MAX_MS;
	if (!listener)
		return;
	rec->syn_retries = BPF_CORE_READ(listener, icsk_syn_retries);
	if (bpf_core_field_exists(listener->icsk_rto_max))
		rec->rto_max_ms = units(BPF_CORE_READ(listener, icsk_rto_max), NS_PER_MS);
}

static __always_inline void fill_request(struct wire_snapshot *rec, __u64 now,
					 struct tcp_request_sock *req)
{
	if (is_deferred(&req->req))
		rec->flags |= WIRE_S_DEFERRED;
	rec->kind = WIRE_REQUEST;
	rec->state = WIRE_SYN_RECV;
	rec->retransmits = BPF_CORE_READ(req, req.req.num_retrans);
	rec->timer = time_of_timer(rec, now, BPF_CORE_READ(req, req.req.rsk_timer.expires));
	rec->began = first_synack(rec, (const struct request_sock *)req);
	fill_synack(rec, (const struct request_sock *)req);
	rec->snd_una = BPF_CORE_READ(req, snt_isn) + 1;
	rec->rcv_nxt = BPF_CORE_READ(req, rcv_nxt);
}

#endif
