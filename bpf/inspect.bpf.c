/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * inspect.bpf.c - the state of every socket, and every descriptor that holds one: a census.
 *
 * `socks` walks the network namespace of the process that opens it, `holders` walks all processes.
 * `socks` comes first: it gives a cookie to each socket that has none. `holders` skips sockets
 * without one, which are younger than that. It also tells what only descriptors lead to: sockets
 * that are closed, what waits at a listener, and the subflows of an MPTCP socket.
 */
#include "timewait.bpf.h"
#include "owner.bpf.h"
#include "socket.bpf.h"

#define QUEUED_TOLD_MAX  512 /* of 32 bytes: half of what one read of an iterator has room for */
#define SUBFLOWS_MAX     9   /* MPTCP_SUBFLOWS_MAX, net/mptcp/protocol.h, and one that goes */
#define TCP_NEW_SYN_RECV 12  /* include/net/tcp_states.h: a request socket */
#define SOCK_DEAD        0   /* enum sock_flags, include/net/sock.h */
#define SOCK_KEEPOPEN    3
#define S_IFMT           0170000 /* include/uapi/linux/stat.h */
#define S_IFSOCK         0140000
#define NS_PER_MS        1000000ULL
#define NS_PER_US        1000ULL
#define RECENT           100000 /* jiffies, ms or us: more than a look at a socket takes */

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

/* tcp_connect() keeps the time of the first SYN in the field that retransmissions use later. */
static __always_inline __u64 first_syn(const struct wire_snapshot *rec, const struct tcp_sock *tp)
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

static __always_inline void fill_timers(struct wire_snapshot *rec, __u64 now,
					const struct tcp_sock *tp)
{
	const struct inet_connection_sock *icsk = &tp->inet_conn;
	unsigned long expires = 0;

	rec->retransmits = icsk->icsk_retransmits;
	rec->backoff = icsk->icsk_backoff;
	rec->probes = icsk->icsk_probes_out;
	if (icsk->icsk_user_timeout)
		rec->flags |= WIRE_S_USER_TIMEOUT;
	rec->rto_ms = icsk->icsk_rto * config.tick_ns / NS_PER_MS;
	rec->acked = time_of_jiffies(rec, now, tp->rcv_tstamp);
	rec->received = time_of_jiffies(rec, now, icsk->icsk_ack.lrcvtime);
	rec->sent = time_of_jiffies(rec, now, tp->lsndtime);
	rec->touched = tp->tcp_mstamp * NS_PER_US;
	if (rec->state == WIRE_SYN_SENT)
		rec->began = first_syn(rec, tp);
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

/* The MPTCP socket that a process has of a subflow; NULL: it is none. */
static __always_inline const struct sock *mptcp_of(const struct tcp_sock *tp)
{
	struct mptcp_subflow_context *subflow;

	if (!bpf_core_field_exists(tp->is_mptcp) || !tp->is_mptcp)
		return NULL;
	subflow = tp->inet_conn.icsk_ulp_data;
	return subflow ? BPF_CORE_READ(subflow, conn) : NULL;
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
	if (mptcp)
		fill_holder_probed(rec, mptcp);
	else
		fill_holder(rec, sk);
	rec->flags |= flags_of_port(bucket, bucket ? bucket->fastreuse : 0);
	if (rec->state == WIRE_LISTEN) {
		if (BPF_CORE_READ_BITFIELD(&sk->__sk_common, skc_ipv6only))
			rec->flags |= WIRE_S_V6ONLY;
		if (sk->__sk_common.skc_bound_dev_if)
			rec->flags |= WIRE_S_DEVICE;
		rec->unread = sk->sk_ack_backlog;
		rec->room = sk->sk_max_ack_backlog;
		return;
	}
	/* snd_wl1: where the segment began that last updated the window (tcp_update_wl()). */
	if (tp->snd_wl1 == rcv_nxt)
		rec->flags |= WIRE_S_BEYOND;
	rec->unread = rcv_nxt - tp->copied_seq;
	rec->room = tp->snd_wnd;
	rec->unsent = tp->write_seq - snd_nxt;
	rec->unacked = snd_nxt - tp->snd_una;
	fill_timers(rec, now, tp);
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
	rec->timer = time_of_timer(rec, now, BPF_CORE_READ(tw, tw_timer.expires));
	if (bpf_core_field_exists(tw->tw_entry_stamp))
		rec->began = time_of_ms(rec, BPF_CORE_READ(tw, tw_entry_stamp));
}

static __always_inline void fill_request(struct wire_snapshot *rec, __u64 now,
					 struct tcp_request_sock *req)
{
	rec->kind = WIRE_REQUEST;
	rec->state = WIRE_SYN_RECV;
	rec->retransmits = BPF_CORE_READ(req, req.req.num_retrans);
	rec->timer = time_of_timer(rec, now, BPF_CORE_READ(req, req.req.rsk_timer.expires));
	rec->began = first_synack(rec, (const struct request_sock *)req);
}

/* The identity of a socket that `socks` has met; 0: younger than that. */
static __always_inline __u64 known_as(const struct sock *sk)
{
	return config.cookies ? BPF_CORE_READ(sk, __sk_common.skc_cookie.counter)
			      : id_from_address(sk);
}

static __always_inline bool write_queued(struct seq_file *seq, const struct sock *sk,
					 const struct sock *listener)
{
	struct wire_queued rec = {};

	wire_stamp(&rec.head, WIRE_QUEUED, sizeof(rec));
	rec.cookie = known_as(sk);
	rec.listener = known_as(listener);
	return !rec.cookie || !rec.listener || !bpf_seq_write(seq, &rec, sizeof(rec));
}

SEC("iter/tcp")
int socks(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;
	struct wire_snapshot rec = {};
	struct tcp_sock *tp;
	__u64 now;

	if (!common)
		return 0;
	now = bpf_jiffies64();
	wire_stamp(&rec.head, WIRE_SNAPSHOT, sizeof(rec));
	rec.state = common->skc_state;
	/* The fields of the identity stand in sock_common, which all three begin with. */
	socket_identity(common, &rec.id);
	rec.device = common->skc_bound_dev_if;
	if (config.filtered &&
	    match_identity(&config.match, &rec.id, rec.state != WIRE_LISTEN) == MATCH_NO)
		return 0;
	if (rec.state == WIRE_TIME_WAIT)
		fill_mini(&rec, now, (struct inet_timewait_sock *)common);
	else if (rec.state == TCP_NEW_SYN_RECV)
		fill_request(&rec, now, (struct tcp_request_sock *)common);
	else if ((tp = bpf_skc_to_tcp_sock(common)))
		fill_full(&rec, now, tp);
	else
		return 0;
	if (BPF_CORE_READ_BITFIELD(common, skc_reuse))
		rec.flags |= WIRE_S_REUSE;
	rec.id.cookie = config.cookies ? bpf_get_socket_cookie(common) : id_from_address(common);
	bpf_seq_write(ctx->meta->seq, &rec, sizeof(rec));
	if (rec.kind == WIRE_REQUEST)
		write_queued(ctx->meta->seq, (const struct sock *)common,
			     BPF_CORE_READ(common, skc_listener));
	return 0;
}

/* The socket of an open file; NULL if it has none, as a file opened with O_PATH. */
static __always_inline struct sock *sock_of(struct file *file)
{
	struct socket *socket;

	if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	return socket ? BPF_CORE_READ(socket, sk) : NULL;
}

/*
 * No table that iter/tcp walks has it. One that was never connected has no remote port, and a local
 * one if bind() was called.
 */
static __always_inline bool is_over(const struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_state) == WIRE_CLOSE &&
	       (BPF_CORE_READ(sk, __sk_common.skc_dport) || BPF_CORE_READ(sk, __sk_common.skc_num));
}

/* What `holders` is at; what it writes may not fit any more. */
struct descriptor {
	struct seq_file *seq;
	struct task_struct *leader;
	__u32 pid, fd;
	bool is_full;
};

/*
 * What waits at a listener, without its lock: a queue that changes meanwhile may lead astray. What
 * comes of that is a cookie that no socket has, or no end, hence the bound. One read of an iterator
 * has room for all of them (32 kB, bpf_seq_read()).
 */
static __always_inline void write_queue(struct descriptor *of, const struct sock *listener)
{
	const struct inet_connection_sock *icsk = (const struct inet_connection_sock *)listener;
	struct request_sock *req = BPF_CORE_READ(icsk, icsk_accept_queue.rskq_accept_head);

	for (int i = 0; i < QUEUED_TOLD_MAX && req; i++) {
		struct sock *child = BPF_CORE_READ(req, sk);

		if (child && !write_queued(of->seq, child, listener)) {
			of->is_full = true;
			return;
		}
		req = BPF_CORE_READ(req, dl_next);
	}
}

static __always_inline void write_holder(struct descriptor *of, const struct sock *sk)
{
	struct wire_holder rec = {};
	struct task_struct *leader = of->leader;

	rec.cookie = known_as(sk);
	if (!rec.cookie && is_over(sk))
		rec.cookie = id_from_address(sk);
	if (!rec.cookie)
		return;
	wire_stamp(&rec.head, WIRE_HOLDER, sizeof(rec));
	rec.pid = of->pid;
	rec.fd = of->fd;
	bpf_core_read(rec.comm, sizeof(rec.comm), &leader->comm);
	of->is_full |= bpf_seq_write(of->seq, &rec, sizeof(rec)) != 0;
}

/* A process that holds an MPTCP socket holds its subflows. Returns the first of them. */
static __always_inline struct sock *write_holder_of_subflows(struct descriptor *of,
							     struct mptcp_sock *msk)
{
	struct list_head *at = BPF_CORE_READ(msk, conn_list.next);
	struct sock *first = NULL;

	for (int i = 0;
	     i < SUBFLOWS_MAX && at && at != __builtin_preserve_access_index(&msk->conn_list);
	     i++) {
		struct mptcp_subflow_context *subflow =
			(void *)at - bpf_core_field_offset(struct mptcp_subflow_context, node);
		struct sock *sk = BPF_CORE_READ(subflow, tcp_sock);

		if (sk)
			write_holder(of, sk);
		if (!first)
			first = sk;
		at = BPF_CORE_READ(at, next);
	}
	return first;
}

/* The namespace that this pass told last. */
__u32 met_last = 0;

/* So that a namespace without a name or a process is not missed without a word. False: no room. */
static __always_inline bool tell_met(struct seq_file *seq, __u32 netns)
{
	struct wire_met rec = {.netns = netns};

	if (netns == met_last)
		return true;
	wire_stamp(&rec.head, WIRE_MET, sizeof(rec));
	return !bpf_seq_write(seq, &rec, sizeof(rec));
}

/*
 * Of a connection that is over, what the rules look at. The verifier does not know the type of a
 * pointer that comes from a file.
 */
static __always_inline void fill_closed(struct wire_snapshot *rec, __u64 now,
					const struct tcp_sock *tp)
{
	const struct sock *sk = (const struct sock *)tp;
	const struct inet_bind_bucket *bucket = BPF_CORE_READ(tp, inet_conn.icsk_bind_hash);

	rec->uid = BPF_CORE_READ(sk, sk_uid.val);
	rec->device = BPF_CORE_READ(sk, __sk_common.skc_bound_dev_if);
	fill_holder_probed(rec, sk);
	rec->flags |= flags_of_port(bucket, bucket ? BPF_CORE_READ(bucket, fastreuse) : 0);
	if (BPF_CORE_READ_BITFIELD_PROBED(&sk->__sk_common, skc_reuse))
		rec->flags |= WIRE_S_REUSE;
	if (BPF_CORE_READ_BITFIELD_PROBED(&sk->__sk_common, skc_ipv6only))
		rec->flags |= WIRE_S_V6ONLY;
	rec->unread = BPF_CORE_READ(tp, rcv_nxt) - BPF_CORE_READ(tp, copied_seq);
	rec->acked = time_of_jiffies(rec, now, BPF_CORE_READ(tp, rcv_tstamp));
	rec->received = time_of_jiffies(rec, now, BPF_CORE_READ(tp, inet_conn.icsk_ack.lrcvtime));
	rec->sent = time_of_jiffies(rec, now, BPF_CORE_READ(tp, lsndtime));
	rec->touched = BPF_CORE_READ(tp, tcp_mstamp) * NS_PER_US;
}

/* Of the one process that walks; the stack has no room for it. */
struct wire_snapshot closed_now = {};

static __always_inline void write_closed(struct descriptor *of, struct sock *sk)
{
	struct wire_snapshot *rec = &closed_now;
	__u64 now = bpf_jiffies64();

	__builtin_memset(rec, 0, sizeof(*rec));
	wire_stamp(&rec->head, WIRE_SNAPSHOT, sizeof(*rec));
	rec->state = WIRE_CLOSE;
	socket_identity(&sk->__sk_common, &rec->id);
	if (!rec->id.lport)
		rec->id.lport = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	if (config.filtered && match_identity(&config.match, &rec->id, true) == MATCH_NO)
		return;
	rec->id.cookie = known_as(sk) ?: id_from_address(sk);
	fill_closed(rec, now, (struct tcp_sock *)sk);
	of->is_full |= bpf_seq_write(of->seq, rec, sizeof(*rec)) != 0;
}

SEC("iter/task_file")
int holders(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	struct task_struct *task = ctx->task;
	struct descriptor of = {.seq = ctx->meta->seq, .fd = ctx->fd};
	struct sock *sk;
	__u32 netns;
	__u16 family, protocol;

	if (!ctx->meta->seq_num)
		met_last = 0;
	if (!file || !task)
		return 0;
	sk = sock_of(file);
	if (!sk)
		return 0;
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	protocol = BPF_CORE_READ(sk, sk_protocol);
	if ((family != AF_INET && family != AF_INET6) ||
	    (protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP))
		return 0;
	netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	if (!tell_met(of.seq, netns))
		return 0;
	of.leader = BPF_CORE_READ(task, group_leader);
	of.pid = pid_of(of.leader, BPF_CORE_READ(task, tgid));
	if (protocol == IPPROTO_TCP && is_over(sk))
		write_closed(&of, sk);
	if (protocol == IPPROTO_TCP)
		write_holder(&of, sk);
	else if (bpf_core_type_exists(struct mptcp_sock))
		sk = write_holder_of_subflows(&of, (struct mptcp_sock *)sk);
	if (sk && BPF_CORE_READ(sk, __sk_common.skc_state) == WIRE_LISTEN)
		write_queue(&of, sk);
	/* What did not fit is told again, from the beginning. */
	if (!of.is_full)
		met_last = netns;
	return 0;
}
