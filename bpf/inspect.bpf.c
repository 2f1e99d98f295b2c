/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * inspect.bpf.c - the state of every socket, and every descriptor that holds one: a census.
 *
 * `socks` walks the network namespace of the process that opens it, `holders` walks all processes.
 * `socks` comes first: it gives a cookie to each socket that has none. `holders` skips sockets
 * without one, which are younger than that. `socks` also tells who waits in close() for a socket,
 * since no descriptor leads to that one any more. `holders` also tells what only descriptors lead
 * to: sockets that are closed, what waits at a listener and who waits for it, and the subflows of
 * an MPTCP socket.
 */
#include "process.bpf.h"
#include "snapshot.bpf.h"

#define QUEUED_TOLD_MAX  512 /* of 32 bytes: half of what one read of an iterator has room for */
#define SUBFLOWS_MAX     9   /* MPTCP_SUBFLOWS_MAX, net/mptcp/protocol.h, and one that goes */
#define TCP_NEW_SYN_RECV 12  /* include/net/tcp_states.h: a request socket */
/* sk_stream_closing(): what close() waits for */
#define CLOSING_STATES (1U << WIRE_FIN_WAIT1 | 1U << WIRE_CLOSING | 1U << WIRE_LAST_ACK)

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

/* NULL if it is not an epoll instance that waits at `head`: its entry knows the queue it is in. */
static __always_inline const struct eventpoll *epoll_of(const struct list_head *at,
							const wait_queue_head_t *head)
{
	const struct eppoll_entry *entry = (const void *)at -
					   bpf_core_field_offset(struct eppoll_entry, wait) -
					   bpf_core_field_offset(wait_queue_entry_t, entry);

	return BPF_CORE_READ(entry, whead) == head ? BPF_CORE_READ(entry, base, ep) : NULL;
}

static __always_inline void write_poller(struct seq_file *seq, struct wire_epoll *rec, __u64 epoll)
{
	wire_stamp(&rec->head, WIRE_EPOLL, sizeof(*rec));
	rec->epoll = epoll;
	bpf_seq_write(seq, rec, sizeof(*rec));
}

/* Which epoll instances wait at a listener, without the lock of the queue: what changes meanwhile
 * may lead astray, but to no instance that somebody has a descriptor of. */
static __always_inline void write_pollers(struct seq_file *seq, const struct sock *sk, __u64 cookie)
{
	const struct socket_wq *wq = BPF_CORE_READ(sk, sk_wq);
	const wait_queue_head_t *head;
	const struct list_head *at, *end;
	struct wire_epoll rec = {.listener = cookie};

	if (!wq)
		return;
	head = __builtin_preserve_access_index(&wq->wait);
	end = __builtin_preserve_access_index(&head->head);
	at = BPF_CORE_READ(end, next);
	for (int i = 0; i < WIRE_POLLERS_MAX && at && at != end; i++) {
		const struct eventpoll *epoll = epoll_of(at, head);

		at = BPF_CORE_READ(at, next);
		write_poller(seq, &rec, epoll ? id_from_address(epoll) : 0);
	}
	if (at != end)
		write_poller(seq, &rec, 0);
}

/* Has the last descriptor of it been closed, and whatever else kept it? Then __fput() runs. */
static __always_inline bool is_released(const struct file *file)
{
	const struct file___counted *old = (const void *)file;

	if (bpf_core_field_exists(file->f_ref))
		return (__s64)BPF_CORE_READ(file, f_ref.refcnt.counter) < 0;
	barrier_var(old);
	return !BPF_CORE_READ(old, f_count.counter);
}

/*
 * Who waits in sk_stream_wait_close() for what is unsent (SO_LINGER); NULL: nobody. All others that
 * may wait for a socket, be it in recv(), poll() or epoll_wait(), hold its file.
 */
static __always_inline struct task_struct *closer_of(const struct tcp_sock *tp)
{
	const struct sock *sk = (const struct sock *)tp;
	const struct file *file = BPF_CORE_READ(sk, sk_socket, file);
	const struct socket_wq *wq = BPF_CORE_READ(sk, sk_wq);
	const struct list_head *head, *at;
	const wait_queue_entry_t *entry;

	if (!file || !wq || !is_released(file))
		return NULL;
	head = __builtin_preserve_access_index(&wq->wait.head);
	at = BPF_CORE_READ(head, next);
	if (!at || at == head)
		return NULL;
	entry = (const void *)at - bpf_core_field_offset(wait_queue_entry_t, entry);
	return BPF_CORE_READ(entry, private);
}

/* Of the one process that walks; the stack has no room for it. */
struct wire_holder closer_now = {};

static __always_inline void write_closer(struct seq_file *seq, const struct tcp_sock *tp,
					 __u64 cookie)
{
	struct wire_holder *rec = &closer_now;
	struct task_struct *task = closer_of(tp), *leader;

	if (!task)
		return;
	wire_stamp(&rec->head, WIRE_HOLDER, sizeof(*rec));
	rec->cookie = cookie;
	leader = BPF_CORE_READ(task, group_leader);
	rec->pid = pid_of(leader, BPF_CORE_READ(task, tgid));
	rec->tid = tid_of(task, leader);
	bpf_core_read(rec->comm, sizeof(rec->comm), &leader->comm);
	process_look(task);
	process_tell(rec);
	rec->flags |= WIRE_H_CLOSING;
	/* Until 5.14 nobody keeps it from waking up meanwhile. */
	if (owner_is_possible(BPF_CORE_READ(task, flags), rec->pid) &&
	    address_of(closer_of(tp)) == address_of(task))
		bpf_seq_write(seq, rec, sizeof(*rec));
}

/* As closer_now. */
struct wire_snapshot met_now = {};

SEC("iter/tcp")
int socks(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;
	struct wire_snapshot *rec = &met_now;
	struct tcp_sock *tp = NULL;
	__u64 now;

	if (!common)
		return 0;
	__builtin_memset(rec, 0, sizeof(*rec));
	now = bpf_jiffies64();
	wire_stamp(&rec->head, WIRE_SNAPSHOT, sizeof(*rec));
	rec->state = common->skc_state;
	/* The fields of the identity stand in sock_common, which all three begin with. */
	socket_identity(common, &rec->id);
	rec->device = common->skc_bound_dev_if;
	if (config.filtered &&
	    match_identity(&config.match, &rec->id, rec->state != WIRE_LISTEN) == MATCH_NO)
		return 0;
	if (rec->state == WIRE_TIME_WAIT)
		fill_mini(rec, now, (struct inet_timewait_sock *)common);
	else if (rec->state == TCP_NEW_SYN_RECV)
		fill_request(rec, now, (struct tcp_request_sock *)common);
	else if ((tp = bpf_skc_to_tcp_sock(common)))
		fill_full(rec, now, tp);
	else
		return 0;
	if (BPF_CORE_READ_BITFIELD(common, skc_reuse))
		rec->flags |= WIRE_S_REUSE;
	rec->id.cookie = config.cookies ? bpf_get_socket_cookie(common) : id_from_address(common);
	bpf_seq_write(ctx->meta->seq, rec, sizeof(*rec));
	if (1U << rec->state & CLOSING_STATES && !(rec->flags & WIRE_S_ORPHAN) && tp)
		write_closer(ctx->meta->seq, tp, rec->id.cookie);
	if (rec->state == WIRE_LISTEN && tp)
		write_pollers(ctx->meta->seq, mptcp_of(tp) ?: (const struct sock *)tp,
			      rec->id.cookie);
	if (rec->kind == WIRE_REQUEST)
		write_queued(ctx->meta->seq, (const struct sock *)common,
			     BPF_CORE_READ(common, skc_listener));
	return 0;
}

/* NULL if the file is no epoll instance. */
static __always_inline const struct eventpoll *epoll_of_file(const struct file *file)
{
	const struct eventpoll *epoll = BPF_CORE_READ(file, private_data);

	return epoll && address_of(BPF_CORE_READ(epoll, file)) == address_of(file) ? epoll : NULL;
}

static __always_inline void write_epoll(struct seq_file *seq, const struct file *file,
					struct task_struct *task)
{
	const struct eventpoll *epoll = epoll_of_file(file);
	struct wire_epoll rec = {};

	if (!epoll)
		return;
	wire_stamp(&rec.head, WIRE_EPOLL, sizeof(rec));
	rec.epoll = id_from_address(epoll);
	rec.pid = pid_of(BPF_CORE_READ(task, group_leader), BPF_CORE_READ(task, tgid));
	bpf_seq_write(seq, &rec, sizeof(rec));
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
	__u32 pid, tid, fd; /* `tid` as in wire_holder */
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
	rec.tid = of->tid;
	rec.fd = of->fd;
	bpf_core_read(rec.comm, sizeof(rec.comm), &leader->comm);
	process_tell(&rec);
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

/* Of its last timer, in jiffies: icsk_rto is doubled with each retransmission, and not with a probe
 * (tcp_probe0_when()). */
static __always_inline __u64 last_wait(const struct tcp_sock *tp)
{
	__u64 rto = BPF_CORE_READ(tp, inet_conn.icsk_rto);

	if (!BPF_CORE_READ(tp, inet_conn.icsk_probes_out))
		return rto;
	return rto << (BPF_CORE_READ(tp, inet_conn.icsk_backoff) & 15);
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
	unsigned long sock_flags = BPF_CORE_READ(sk, __sk_common.skc_flags);

	rec->uid = BPF_CORE_READ(sk, sk_uid.val);
	rec->device = BPF_CORE_READ(sk, __sk_common.skc_bound_dev_if);
	fill_holder_probed(rec, sk);
	rec->flags |= flags_of_port(bucket, bucket ? BPF_CORE_READ(bucket, fastreuse) : 0);
	if (BPF_CORE_READ_BITFIELD_PROBED(&sk->__sk_common, skc_reuse))
		rec->flags |= WIRE_S_REUSE;
	if (BPF_CORE_READ_BITFIELD_PROBED(&sk->__sk_common, skc_ipv6only))
		rec->flags |= WIRE_S_V6ONLY;
	if (sock_flags & 1UL << SOCK_DONE)
		rec->flags |= WIRE_S_FIN;
	rec->unread = unread_of(BPF_CORE_READ(tp, copied_seq), BPF_CORE_READ(tp, rcv_nxt),
				BPF_CORE_READ(tp, urg_data), BPF_CORE_READ(tp, urg_seq),
				sock_flags);
	rec->acked = time_of_jiffies(rec, now, BPF_CORE_READ(tp, rcv_tstamp));
	rec->received = time_of_jiffies(rec, now, BPF_CORE_READ(tp, inet_conn.icsk_ack.lrcvtime));
	rec->sent = time_of_jiffies(rec, now, BPF_CORE_READ(tp, lsndtime));
	rec->touched = BPF_CORE_READ(tp, tcp_mstamp) * NS_PER_US;
	rec->rto_ms = last_wait(tp) * config.tick_ns / NS_PER_MS;
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
		met_last = told_last.cookie = 0;
	if (!file || !task)
		return 0;
	sk = sock_of(file);
	if (!sk) {
		write_epoll(of.seq, file, task);
		return 0;
	}
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	protocol = BPF_CORE_READ(sk, sk_protocol);
	if ((family != AF_INET && family != AF_INET6) ||
	    (protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP))
		return 0;
	of.leader = BPF_CORE_READ(task, group_leader);
	of.tid = tid_of(task, of.leader);
	if (of.tid && is_told_by_another(task))
		return 0;
	netns = HAS_NET ? BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum) : WIRE_NETNS_ONLY;
	if (!tell_met(of.seq, netns))
		return 0;
	of.pid = pid_of(of.leader, BPF_CORE_READ(task, tgid));
	process_meet(task, of.fd);
	if (protocol == IPPROTO_TCP && is_over(sk))
		write_closed(&of, sk);
	if (protocol == IPPROTO_TCP)
		write_holder(&of, sk);
	else if (HAS_MPTCP)
		sk = write_holder_of_subflows(&of, (struct mptcp_sock *)sk);
	if (sk && BPF_CORE_READ(sk, __sk_common.skc_state) == WIRE_LISTEN)
		write_queue(&of, sk);
	/* What did not fit is told again, from the beginning. */
	if (!of.is_full)
		met_last = netns;
	return 0;
}
