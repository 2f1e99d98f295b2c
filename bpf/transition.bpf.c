/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * transition.bpf.c - sock:inet_sock_set_state, one record for each state a full socket is given.
 *
 * It runs on every transition of the host, so the socket is read through BTF pointers, and helpers
 * are called (for the owner's name, for the stack) only where their answer proves something. A
 * second program catches what the first was kept from. FIN-WAIT-2 after close() and TIME-WAIT,
 * which the tracepoint does not show, are in timewait.bpf.c.
 */
#include "socket.bpf.h"
#include "owner.bpf.h"
#include "stack.bpf.h"
#include "timewait.bpf.h"

static __always_inline __u32 netns_of(const struct sock_common *common)
{
	const struct net *net;

	if (!HAS_NET)
		return WIRE_NETNS_ONLY;
	net = common->skc_net.net;
	if (config.match.n_netns && bpf_core_field_exists(net->net_cookie))
		return netns_number(net->ns.inum, net->net_cookie);
	return net->ns.inum;
}

/* `tp` is the same socket if it goes to CLOSE, else NULL. */
static __always_inline void identity_of(const struct sock *sk, const struct tcp_sock *tp,
					struct wire_id *id)
{
	const struct sock_common *common = &sk->__sk_common;
	__u16 lport = common->skc_num;

	/* On the way to CLOSE skc_num is already cleared while inet_sport is not. On the way to
	 * SYN-SENT inet_sport may still be that of the socket's former connection. */
	if (!lport && tp)
		lport = bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport);
	id->lport = lport;
	id->rport = bpf_ntohs(common->skc_dport);
	id->netns = netns_of(common);
	if (HAS_IPV6 && common->skc_family == AF_INET6) {
		copy_16(id->laddr, &common->skc_v6_rcv_saddr);
		copy_16(id->raddr, &common->skc_v6_daddr);
	} else {
		addr_from_v4(id->laddr, common->skc_rcv_saddr);
		addr_from_v4(id->raddr, common->skc_daddr);
	}
}

/* LISTEN -> SYN-RECEIVED is not the listener but a child of it, which has a remote end. */
static __always_inline bool is_listener(int from, int to)
{
	return to == WIRE_LISTEN || (from == WIRE_LISTEN && to == WIRE_CLOSE);
}

/* Does the namespace have as many mini-sockets as it may, over 2 to the power of `shift`? With all
 * of them inet_twsk_alloc() makes no more. Where that is not known: not all, and over half. */
static __always_inline bool table_reaches(const struct sock *sk, __u32 shift)
{
	const struct net___counted *counted;
	const struct net___apart *apart;
	const struct inet_timewait_death_row *row;
	const struct net *net;

	if (!HAS_NET)
		return shift;
	net = sk->__sk_common.skc_net.net;
	counted = (void *)net;
	apart = (void *)net;
	if (bpf_core_field_exists(counted->ipv4.tcp_death_row.tw_count))
		return counted->ipv4.tcp_death_row.tw_count.counter >=
		       counted->ipv4.tcp_death_row.sysctl_max_tw_buckets >> shift;
	if (bpf_core_field_exists(net->ipv4.tcp_death_row.tw_refcount))
		return net->ipv4.tcp_death_row.tw_refcount.refs.counter - 1 >=
		       net->ipv4.tcp_death_row.sysctl_max_tw_buckets >> shift;
	if (!bpf_core_field_exists(apart->ipv4.tcp_death_row))
		return shift;
	row = BPF_CORE_READ(apart, ipv4.tcp_death_row);
	return BPF_CORE_READ(row, tw_refcount.refs.counter) - 1 >=
	       BPF_CORE_READ(row, sysctl_max_tw_buckets) >> shift;
}

static __always_inline const struct inet_hashinfo *hashinfo_of(const struct sock *sk)
{
	const struct net___counted *counted;
	const struct net___apart *apart;
	const struct net *net;

	if (!HAS_NET)
		return NULL;
	net = sk->__sk_common.skc_net.net;
	counted = (void *)net;
	apart = (void *)net;
	if (bpf_core_field_exists(counted->ipv4.tcp_death_row.tw_count))
		return counted->ipv4.tcp_death_row.hashinfo;
	if (bpf_core_field_exists(net->ipv4.tcp_death_row.hashinfo))
		return net->ipv4.tcp_death_row.hashinfo;
	if (bpf_core_field_exists(apart->ipv4.tcp_death_row))
		return BPF_CORE_READ(apart, ipv4.tcp_death_row, hashinfo);
	return NULL;
}

#define CHAIN_MAX 8 /* longer ones prove nothing */

/*
 * When a full socket that gave way to a mini-socket reports CLOSE, the mini-socket stands already
 * in the same chain of the table of connections. The end of a chain carries its number: we have not
 * strayed into another one.
 */
static __always_inline bool has_no_mini(const struct sock *sk)
{
	const struct inet_hashinfo *info = hashinfo_of(sk);
	__u32 hash = sk->__sk_common.skc_hash, slot;
	__u64 node;

	if (!info)
		return false;
	slot = hash & BPF_CORE_READ(info, ehash_mask);
	node = (__u64)BPF_CORE_READ(info, ehash) +
	       (__u64)slot * bpf_core_type_size(struct inet_ehash_bucket);
	node = (__u64)BPF_CORE_READ((struct inet_ehash_bucket *)node, chain.first);
	for (int i = 0; i < CHAIN_MAX; i++) {
		struct common_copy common;

		if (node & 1)
			return node >> 1 == slot;
		common_read(&common, (void *)(node - bpf_core_field_offset(struct sock_common,
									   skc_nulls_node)));
		if (COMMON(&common, skc_hash) == hash &&
		    COMMON(&common, skc_state) == WIRE_TIME_WAIT)
			return false;
		node = (__u64)COMMON(&common, skc_nulls_node).next;
	}
	return false;
}

/* Of the states before CLOSE in which tcp_time_wait() makes a mini-socket. */
static __always_inline __u16 flags_of_waiting(const struct sock *sk, const struct tcp_sock *tp)
{
	__u16 flags = 0;

	if (table_reaches(sk, 0))
		flags |= WIRE_F_TW_FULL;
	if (sk->__sk_common.skc_flags & (1UL << SOCK_DONE))
		flags |= WIRE_F_FIN_SEEN;
	if (tp->linger2 < 0)
		flags |= WIRE_F_LINGER2;
	return flags;
}

/*
 * Who gives up a new child declares it dead first (inet_csk_prepare_forced_close()), or keeps its
 * port (inet_ehash_nolisten()), and is silent. tcp_disconnect() does neither, and sends a RST: a
 * listener closed over a child of Fast Open (inet_child_forget()).
 */
static __always_inline bool is_disconnected(const struct sock *sk)
{
	return !sk->__sk_common.skc_num && !(sk->__sk_common.skc_flags & 1UL << SOCK_DEAD);
}

static __always_inline __u16 flags_of_end(const struct sock *sk, const struct tcp_sock *tp,
					  int from)
{
	const __u32 waiting = 1 << WIRE_FIN_WAIT1 | 1 << WIRE_FIN_WAIT2 | 1 << WIRE_CLOSING;
	__u16 flags = 0;

	if (waiting & 1U << (from & 31))
		flags |= flags_of_waiting(sk, tp);
	if (from == WIRE_LAST_ACK && tp->snd_una == tp->write_seq)
		flags |= WIRE_F_ALL_ACKED;
	if (from == WIRE_SYN_RECV && is_disconnected(sk))
		flags |= WIRE_F_RST_SENT;
	if (sk->sk_lock.owned)
		flags |= WIRE_F_HELD;
	if (BPF_CORE_READ_BITFIELD(tp, repair))
		flags |= WIRE_F_REPAIR;
	/* close() and shutdown() come here while the SYN is out, or set sk_shutdown before. */
	if (from == WIRE_SYN_SENT && !tp->packets_out && !sk->sk_shutdown)
		flags |= WIRE_F_UNSENT;
	return flags;
}

/*
 * A system call holds the socket: is the current task its owner? Yes, if the call itself makes this
 * move. If a segment makes it, no: it waited in the backlog, which is worked off by whoever
 * releases the socket, even `ss` or an iterator that only looked.
 */
static __always_inline bool proves_owner(const struct sock *sk, int from, int to)
{
	const __u32 made_by_calls = 1 << WIRE_SYN_SENT | 1 << WIRE_LISTEN | 1 << WIRE_FIN_WAIT1 |
				    1 << WIRE_LAST_ACK | 1 << WIRE_CLOSE;

	if (from != to && !(made_by_calls & (1U << (to & 31))))
		return false;
	return to != WIRE_CLOSE || !sk->sk_err;
}

static __always_inline bool is_closed_by_another(int to)
{
	const __u32 made_by_close = 1 << WIRE_FIN_WAIT1 | 1 << WIRE_LAST_ACK | 1 << WIRE_CLOSE;

	return made_by_close & 1U << (to & 31) && owner_is_another();
}

/* Fills pid and comm, and returns the flag that says whether they mean something. */
static __always_inline __u16 fill_owner(struct wire_transition *rec, const struct sock *sk,
					int from, int to)
{
	if (sk->sk_lock.owned && proves_owner(sk, from, to) && !is_closed_by_another(to) &&
	    owner_read(&rec->pid, rec->comm))
		return WIRE_F_OWNED;
	rec->pid = 0;
	__builtin_memset(rec->comm, 0, sizeof(rec->comm));
	return 0;
}

/*
 * tcp_keepalive_timer() resets an orphan in FIN-WAIT-2 if its time, tcp_fin_time(), is no longer
 * than TIME-WAIT; else what is left of it goes to a mini-socket.
 */
static __always_inline bool is_long_fin_time(const struct sock *sk, const struct tcp_sock *tp)
{
	__u64 rto = tp->inet_conn.icsk_rto, time = tp->linger2, least = 4 * rto - rto / 2;

	if (!time && !HAS_NET)
		return true;
	if (!time)
		time = sk->__sk_common.skc_net.net->ipv4.sysctl_tcp_fin_timeout;
	return (time > least ? time : least) * config.tick_ns > WIRE_TIMEWAIT_LEN_NS;
}

/*
 * An orphan in FIN-WAIT-2 ended without an error and without a mini-socket. Either its timer did
 * it, or data came that nobody reads (tcp_rcv_state_process() answers by RST); or there was no room
 * for a mini-socket, which is not so if half of it is free.
 */
static __always_inline __u16 flags_of_orphan(const struct sock *sk, const struct tcp_sock *tp,
					     bool by_timer)
{
	if (by_timer)
		return is_long_fin_time(sk, tp) ? 0 : WIRE_F_EXPIRED;
	return table_reaches(sk, 1) ? 0 : WIRE_F_RST_SENT;
}

/* Is it one? A mini-socket would have taken its place; a FIN that was seen leads to one and nowhere
 * else. */
static __always_inline bool is_cut_orphan(const struct sock *sk, const struct tcp_sock *tp,
					  int from)
{
	const unsigned long mask = 1UL << SOCK_DEAD | 1UL << SOCK_DONE;

	return from == WIRE_FIN_WAIT2 && !sk->sk_err &&
	       (sk->__sk_common.skc_flags & mask) == 1UL << SOCK_DEAD && tp->linger2 >= 0 &&
	       has_no_mini(sk);
}

static __always_inline __u32 what_to_find(const struct sock *sk, const struct tcp_sock *tp,
					  int from)
{
	if (from == WIRE_LISTEN)
		return ENDS_KILL;
	if ((from == WIRE_FIN_WAIT1 || from == WIRE_FIN_WAIT2) && sk->sk_err == ECONNRESET &&
	    sk->sk_shutdown & RCV_SHUTDOWN)
		return ENDS_RST;
	return is_cut_orphan(sk, tp, from) ? ENDS_FIN_TIME : ENDS_NONE;
}

/*
 * Rare ends that state and sk_err do not explain, but the stack does. tcp_abort() closes a listener
 * without an error. In FIN-WAIT of a closed socket tcp_reset() is called for a RST that came, then
 * by tcp_validate_incoming() or, before the handshake of Fast Open is over, by tcp_check_req(), and
 * for data that came, which is answered by a RST.
 */
static __always_inline __u16 flags_by_stack(void *ctx, const struct sock *sk,
					    const struct tcp_sock *tp, int from)
{
	__u32 which = what_to_find(sk, tp, from);
	bool is_there;

	if (which == ENDS_NONE || !config.ends[which & (ENDS - 1)].len[0])
		return 0;
	is_there = code_on_stack(ctx, which);
	if (which == ENDS_KILL)
		return is_there ? WIRE_F_KILLED : 0;
	if (which == ENDS_RST)
		return is_there ? 0 : WIRE_F_RST_DOUBT;
	return flags_of_orphan(sk, tp, is_there);
}

/*
 * Kernels before 6.15 set a child to SYN-RECEIVED while it is still a copy of its listener: cookie
 * and addresses are the listener's, the remote port is 0 (inet_csk_clone_lock,
 * net/ipv4/inet_connection_sock.c; seen on 6.1 and 6.12). Such an event would count for the
 * listener. It is left out, and the child's next one says so by WIRE_F_UNTOLD.
 */
bool clones_are_untold = false;

static __always_inline bool is_unborn_clone(const struct sock *sk, int from, int to)
{
	return from == WIRE_LISTEN && to == WIRE_SYN_RECV && !sk->__sk_common.skc_dport;
}

/* A cookie made here stays with the socket and its mini-socket. */
static __always_inline __u64 cookie_of(const struct sock *sk)
{
	__u64 cookie;

	if (!config.cookies)
		return id_from_address(sk);
	cookie = sk->__sk_common.skc_cookie.counter;
	return cookie ? cookie : bpf_get_socket_cookie((void *)sk);
}

static __always_inline bool is_unwanted(const struct sock *sk, const struct tcp_sock *tp, int from,
					int to)
{
	struct wire_id id = {};

	if (!config.filtered)
		return false;
	identity_of(sk, tp, &id);
	return match_identity(&config.match, &id, !is_listener(from, to)) == MATCH_NO;
}

static __always_inline void fill(struct wire_transition *rec, const struct sock *sk,
				 const struct tcp_sock *tp)
{
	identity_of(sk, tp, &rec->id);
	rec->id.cookie = cookie_of(sk);
	rec->error = sk->sk_err;
	rec->uid = sk->sk_uid.val;
	rec->cgroup = config.cgroups ? cgroup_of(sk) : 0;
}

/* Who was accepted, or made by socket(), has a struct socket until its last descriptor is closed.
 */
static __always_inline bool is_unaccepted(const struct sock *sk)
{
	return !sk->sk_socket && !(sk->__sk_common.skc_flags & 1UL << SOCK_DEAD);
}

/* Its child is made by the SYN, others by the last segment of the handshake. */
static __always_inline bool is_fast_opened(const struct tcp_sock *tp)
{
	/* What it began with, data or none; or the handshake is not over yet. */
	if (BPF_CORE_READ_BITFIELD(tp, syn_data_acked) || tp->fastopen_rsk)
		return true;
	return bpf_core_field_exists(tp->syn_fastopen_child) &&
	       BPF_CORE_READ_BITFIELD(tp, syn_fastopen_child);
}

/* Of a listener, and of a child as it appears. */
static __always_inline __u16 flags_of_passive(const struct sock *sk, int from)
{
	const struct tcp_sock *tp = bpf_skc_to_tcp_sock((void *)sk);
	__u16 flags = 0;

	if (!tp)
		return 0;
	if (is_transparent(&tp->inet_conn.icsk_inet))
		flags |= WIRE_F_TRANSPARENT;
	if (from != WIRE_SYN_RECV)
		return flags;
	if (clones_are_untold)
		flags |= WIRE_F_UNTOLD;
	return is_fast_opened(tp) ? flags | WIRE_F_FAST_OPEN : flags;
}

/*
 * tcp_check_req() takes the time from SYN-ACK to ACK as the child's first round trip, unless the
 * SYN-ACK was sent again; until ESTABLISHED there is no other. total_retrans is the request's count
 * then. After a SYN cookie, tcp_synack_rtt_meas() takes what a time stamp says, which has part of
 * the cookie in it: whole ms, where the child does not count in us. A child of Fast Open that has
 * sent data may have a round trip of that. 0: not known.
 */
static __always_inline __u32 first_round_trip(const struct tcp_sock *tp)
{
	/* As srtt_us, which is in eighths and wraps after nine minutes. */
	__u32 us = tp->srtt_us ? tp->rtt_min.s[0].v : 0;
	bool counts_us = bpf_core_field_exists(tp->tcp_usec_ts) &&
			 BPF_CORE_READ_BITFIELD(tp, tcp_usec_ts);

	return counts_us || tp->data_segs_out || us % COOKIE_UNIT_US == 0 ? 0 : us;
}

static __always_inline void fill_handshake(struct wire_transition *rec, const struct sock *sk,
					   int from, int to)
{
	const struct tcp_sock *tp;
	__u32 resent;

	rec->resent = 0;
	if (from != WIRE_SYN_RECV && from != WIRE_SYN_SENT)
		return;
	tp = bpf_skc_to_tcp_sock((void *)sk);
	if (!tp)
		return;
	resent = tp->total_retrans;
	rec->resent = resent < 255 ? resent : 255;
	if (from == WIRE_SYN_RECV && to == WIRE_ESTABLISHED && !resent)
		rec->handshake_us = first_round_trip(tp);
}

static __always_inline int tell_transition(void *ctx, const struct sock *sk, int from, int to,
					   __u16 flags)
{
	const struct tcp_sock *tp = NULL;
	struct wire_transition *rec;
	__u64 ts;

	/* SCTP and MPTCP come this way too. */
	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (is_unborn_clone(sk, from, to)) {
		clones_are_untold = true;
		return 0;
	}
	if (to == WIRE_CLOSE) {
		tp = bpf_skc_to_tcp_sock((void *)sk);
		if (!tp)
			return 0;
	}
	if (is_unwanted(sk, tp, from, to))
		return 0;
	rec = wire_reserve_unset(WIRE_TRANSITION, sizeof(*rec), &ts);
	if (!rec)
		return 0;
	fill(rec, sk, tp);
	rec->from = from;
	rec->to = to;
	if (tp)
		flags |= flags_of_end(sk, tp, from) | flags_by_stack(ctx, sk, tp, from);
	if (from == WIRE_SYN_RECV || from == WIRE_LISTEN || to == WIRE_LISTEN)
		flags |= flags_of_passive(sk, from);
	rec->flags = flags | fill_owner(rec, sk, from, to);
	rec->unaccepted = to == WIRE_CLOSE && is_unaccepted(sk);
	fill_handshake(rec, sk, from, to);
	wire_submit(rec);
	return 0;
}

/*
 * The kernel does not run a program that is already running on the same CPU. If a segment
 * interrupts the program, the segment's transition is skipped, and nobody counts it (15,000 of 1.7
 * million with RPS on the loopback device, 6.18). So there is a second program, which tells what
 * the first has not told. Segments nest one deep, in softirq on top of a system call, so one of the
 * two always runs. Where tracepoints can be preempted (7.3: 3 of 18,000 transitions on two CPUs) a
 * task may continue on another CPU between the two programs, or after others have used all slots.
 * The second then tells again what the first told, and the reader drops it by WIRE_F_SECOND.
 */
#define DONE_SLOTS 4

struct done {
	struct {
		__u64 who;
		__u32 move;
		__u32 unused;
	} slots[DONE_SLOTS];
	__u32 next;
	__u32 unused;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct done);
} done SEC(".maps");

static __always_inline struct done *done_here(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&done, &zero);
}

/*
 * Where a segment interrupts the second program, its note stays. By then its socket may be freed,
 * and another one have the address: that one's cookie is its own. It has one once it was told.
 */
static __always_inline __u64 noted_as(const struct sock *sk)
{
	__u64 cookie = sk->__sk_common.skc_cookie.counter;

	return cookie ? cookie : id_from_address(sk);
}

static __always_inline bool is_asked_for(int from, int to)
{
	return !config.told || config.told & (1U << (from & 31) | 1U << (to & 31));
}

static __always_inline int tell_and_note(void *ctx, const struct sock *sk, int from, int to)
{
	struct done *here;
	__u32 slot;

	if (!is_asked_for(from, to))
		return 0;
	tell_transition(ctx, sk, from, to, 0);
	here = done_here();
	if (!here)
		return 0;
	slot = here->next++ % DONE_SLOTS;
	/* Whoever comes between finds no socket with another one's move. */
	*(volatile __u64 *)&here->slots[slot].who = 0;
	barrier();
	here->slots[slot].move = from << 8 | to;
	barrier();
	here->slots[slot].who = noted_as(sk);
	return 0;
}

static __always_inline int tell_unless_noted(void *ctx, const struct sock *sk, int from, int to)
{
	struct done *here;
	__u64 who;

	if (!is_asked_for(from, to))
		return 0;
	here = done_here();
	if (!here)
		return 0;
	who = noted_as(sk);
	for (int i = 0; i < DONE_SLOTS; i++) {
		if (here->slots[i].who != who || here->slots[i].move != (__u32)(from << 8 | to))
			continue;
		here->slots[i].who = 0;
		return 0;
	}
	return tell_transition(ctx, sk, from, to, WIRE_F_SECOND);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(transition, const struct sock *sk, int from, int to)
{
	return tell_and_note(ctx, sk, from, to);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(transition_nested, const struct sock *sk, int from, int to)
{
	return tell_unless_noted(ctx, sk, from, to);
}

/* Loaded only to learn whether this kernel lets such programs make cookies: since 5.12. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(identity_cookie, const struct sock *sk)
{
	return bpf_get_socket_cookie((void *)sk) == 0;
}
