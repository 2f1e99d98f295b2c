/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * handshake.bpf.c - the ways of seeing a request socket, which holds SYN-RECEIVED from the SYN to
 * the last segment of the handshake.
 *
 * What a child follows at once, its own transition tells (fill_handshake()), and nothing is told
 * here: nine of ten handshakes that nothing happens to cost no record. Told are a SYN-ACK sent
 * again, and an end without a child. The timer of a request, whose function is reqsk_timer_handler,
 * runs out for either: at the entry of that function nobody knows yet for which, so what was set
 * again is told by itself. Everything is read with bpf_probe_read_kernel(): after the function a
 * request may be freed, and its memory, which is for requests only (SLAB_TYPESAFE_BY_RCU), another
 * one.
 */
#include "socket.bpf.h"
#include "timewait.bpf.h"
#include "stack.bpf.h"
#include "busy.bpf.h"

#define US_NS                 1000
#define LONGEST_ROUND_TRIP_US 1000000000 /* wire_transition.handshake_us has 32 bits */

static __always_inline struct request_sock *request_around(struct timer_list *timer)
{
	return (void *)timer - bpf_core_field_offset(struct request_sock, rsk_timer);
}

static __always_inline struct request_sock *request_of(struct timer_list *timer)
{
	if (!config.reqsk_timer_handler || (__u64)timer->function != config.reqsk_timer_handler)
		return NULL;
	return request_around(timer);
}

static __always_inline const struct sock *listener_of(const struct request_sock *req)
{
	return (const void *)BPF_CORE_READ(req, __req_common.skc_listener);
}

static __always_inline __u8 flags_of_listener(const struct sock *listener)
{
	const struct inet_connection_sock *icsk = (const void *)listener;
	const struct net *net;
	__u8 flags = 0;

	if (BPF_CORE_READ(icsk, icsk_accept_queue.rskq_defer_accept))
		flags |= WIRE_HS_DEFERS;
	if (BPF_CORE_READ(listener, sk_ack_backlog) > BPF_CORE_READ(listener, sk_max_ack_backlog))
		flags |= WIRE_HS_FULL;
	if (BPF_CORE_READ(listener, __sk_common.skc_state) != WIRE_LISTEN)
		flags |= WIRE_HS_CLOSED;
	/* By tcp_migrate_req, or by a program of the group (BPF_SK_REUSEPORT_SELECT_OR_MIGRATE). */
	if (BPF_CORE_READ_BITFIELD_PROBED(&listener->__sk_common, skc_reuseport))
		flags |= WIRE_HS_MOVES;
	if (!HAS_NET)
		return flags;
	net = BPF_CORE_READ(listener, __sk_common.skc_net.net);
	if (BPF_CORE_READ_BITFIELD_PROBED(net, ipv4.sysctl_tcp_abort_on_overflow))
		flags |= WIRE_HS_RESETS;
	return flags;
}

/* Its ACK came, and found no room, or data is waited for. */
static __always_inline bool was_put_off(const struct request_sock *req)
{
	return BPF_CORE_READ_BITFIELD_PROBED((const struct inet_request_sock *)req, acked);
}

/* What happened; op 0: nothing that is told. */
struct handshake_event {
	__u8 op;    /* WIRE_HS_* */
	__u8 cause; /* WIRE_HS_BY_* */
};

/* Fills in a cleared record, but for its identity and its head. */
static __always_inline void fill_request_life(struct wire_handshake *rec,
					      const struct request_sock *req,
					      struct handshake_event event)
{
	const struct sock *listener = listener_of(req);

	rec->op = event.op;
	rec->cause = event.cause;
	rec->resent = BPF_CORE_READ(req, num_retrans);
	rec->began = BPF_CORE_READ((const struct tcp_request_sock *)req, snt_synack) * US_NS;
	if (was_put_off(req))
		rec->flags = WIRE_HS_ACKED;
	if (!listener)
		return;
	rec->flags |= flags_of_listener(listener);
	rec->uid = BPF_CORE_READ(listener, sk_uid.val);
	if (config.cgroups && bpf_core_field_exists(listener->sk_cgrp_data.cgroup))
		rec->cgroup = BPF_CORE_READ(listener, sk_cgrp_data.cgroup, kn, id);
}

/* Global and not inlined: most of the code, which else each program would have for itself. */
__attribute__((noinline)) int handshake_tell(__u64 request, __u32 op, __u32 cause)
{
	const struct request_sock *req = (const struct request_sock *)request;
	struct wire_handshake *rec;
	struct common_copy common;
	struct wire_id id = {};
	__u64 ts;

	common_read(&common, req);
	if (!common_is_tcp(&common))
		return 0;
	timewait_identity(&common, &id);
	if (config.filtered && match_identity(&config.match, &id, 1) == MATCH_NO)
		return 0;
	rec = wire_reserve(WIRE_HANDSHAKE, sizeof(*rec), &ts);
	if (!rec)
		return 0;
	rec->id = id;
	fill_request_life(rec, req, (struct handshake_event){.op = op, .cause = cause});
	wire_submit(rec);
	return 0;
}

static __always_inline int handshake_emit(const struct request_sock *req,
					  struct handshake_event event)
{
	return event.op ? handshake_tell(address_of(req), event.op, event.cause) : 0;
}

/* It is set when a request is made, too: that is told by what follows. */
static __always_inline struct handshake_event armed(const struct request_sock *req)
{
	bool again = BPF_CORE_READ_BITFIELD_PROBED(req, num_timeout);

	return (struct handshake_event){.op = again ? WIRE_HS_ARMED : 0};
}

static __always_inline bool is_hashed(const struct request_sock *req)
{
	return BPF_CORE_READ(req, __req_common.skc_nulls_node.pprev);
}

/*
 * May the child's first round trip look like one of a SYN cookie (first_round_trip())? It was
 * measured some us before.
 */
static __always_inline bool is_doubtful(const struct request_sock *req)
{
	const struct tcp_request_sock *treq = (const void *)req;
	__u64 us = bpf_ktime_get_ns() / US_NS - BPF_CORE_READ(treq, snt_synack);

	if (us > LONGEST_ROUND_TRIP_US)
		return true;
	if (bpf_core_field_exists(treq->req_usec_ts) && BPF_CORE_READ(treq, req_usec_ts))
		return true;
	return us % COOKIE_UNIT_US < COOKIE_UNIT_US / 10;
}

/* The child's transition tells all, but for this. */
static __always_inline struct handshake_event taken(const struct request_sock *req)
{
	bool tells = BPF_CORE_READ(req, num_retrans) || was_put_off(req) || is_doubtful(req);

	return (struct handshake_event){.op = tells ? WIRE_HS_TAKEN : 0};
}

/* Taken off for this, as the stack says. What the timer ends is told by its expiry. */
static __always_inline struct handshake_event taken_off(const struct request_sock *req,
							__u32 meaning)
{
	struct handshake_event event = {.op = WIRE_HS_ENDED};

	if (meaning == CODE_TAKEN)
		return taken(req);
	if (meaning == CODE_RESEND)
		event.op = 0;
	else if (meaning == CODE_RST_CAME)
		event.cause = WIRE_HS_BY_SEGMENT;
	else if (meaning == CODE_KILL)
		event.cause = WIRE_HS_BY_KILL;
	else if (meaning == CODE_ICMP)
		event.cause = WIRE_HS_BY_ICMP;
	else if (meaning == CODE_SEGMENT)
		event.cause = WIRE_HS_BY_LISTENER;
	return event;
}

/* ---- by its timer ---- */

SEC("tp_btf/timer_start")
int BPF_PROG(handshake_timer_start, struct timer_list *timer)
{
	struct request_sock *req = request_of(timer);

	return req ? handshake_emit(req, armed(req)) : 0;
}

SEC("tp_btf/timer_expire_entry")
int BPF_PROG(handshake_timer_expire, struct timer_list *timer)
{
	struct request_sock *req = request_of(timer);

	return req ? handshake_emit(req, (struct handshake_event){.op = WIRE_HS_EXPIRED}) : 0;
}

/*
 * Whoever ends a request unhashes it first. A timer that runs out, or moves, is taken off while the
 * request stands in the table. The timer itself holds it, as does whoever drops it, and the table's
 * hold goes after the timer: with two, a child has taken its place in the table
 * (inet_csk_reqsk_queue_drop(), 5.10 to 7.0). With more, a segment may be looking at it, and the
 * stack decides.
 */
#define HELD_BY_TIMER_AND_CHILD 2

static __always_inline struct handshake_event cancelled(void *ctx, const struct request_sock *req)
{
	if (BPF_CORE_READ(req, __req_common.skc_refcnt.refs.counter) == HELD_BY_TIMER_AND_CHILD)
		return taken(req);
	return taken_off(req, innermost_meaning(ctx, CODE_DROP));
}

SEC("tp_btf/timer_cancel")
int BPF_PROG(handshake_timer_cancel, struct timer_list *timer)
{
	struct request_sock *req = request_of(timer);

	return req && !is_hashed(req) ? handshake_emit(req, cancelled(ctx, req)) : 0;
}

/* ---- by the functions of its life ---- */

/*
 * inet_csk_reqsk_queue_drop() ends a request, and so does inet_csk_reqsk_queue_drop_and_put(), into
 * which it may be inlined (5.10) or not. Whoever is first unhashes it.
 */
static __always_inline int request_drops(void *ctx, const struct request_sock *req, bool and_put,
					 __u32 caller)
{
	__u32 but = and_put ? CODE_DROP : CODE_NONE, meaning = CODE_DROP;
	struct handshake_event event = {};

	if (is_hashed(req))
		meaning = caller != CODE_NONE ? caller : innermost_meaning(ctx, but);
	if (meaning != CODE_DROP)
		event = taken_off(req, meaning);
	return handshake_emit(req, event);
}

/*
 * A kprobe on arm64 comes before the function has a frame: its caller is in the link register, and
 * not on the stack (6.1). CODE_NONE elsewhere.
 */
static __always_inline __u32 caller_before_frame(const void *ctx)
{
#ifdef bpf_target_arm64
	return code_meaning(PT_REGS_RET((struct pt_regs *)ctx));
#else
	return CODE_NONE;
#endif
}

/* Of two children of one request that two segments make, one is its own. */
static __always_inline int request_completes(const struct request_sock *req, bool is_own)
{
	return is_own ? handshake_emit(req, taken(req)) : 0;
}

static __always_inline int request_times_out(struct timer_list *timer)
{
	const struct request_sock *req = request_around(timer);

	note_busy_with(address_of(req));
	return handshake_emit(req, (struct handshake_event){.op = WIRE_HS_EXPIRED});
}

/* Is its timer set? Else it is gone, or about to be. */
static __always_inline int request_timed_out(void)
{
	const struct request_sock *req = (void *)take_busy_with();

	if (!req || !BPF_CORE_READ(req, rsk_timer.entry.pprev))
		return 0;
	return handshake_emit(req, armed(req));
}

SEC("fentry/reqsk_timer_handler")
int BPF_PROG(handshake_fentry_expire, struct timer_list *timer)
{
	return request_times_out(timer);
}

SEC("fexit/reqsk_timer_handler")
int BPF_PROG(handshake_fexit_expire)
{
	return request_timed_out();
}

SEC("fentry/inet_csk_reqsk_queue_drop")
int BPF_PROG(handshake_fentry_drop, struct sock *listener, struct request_sock *req)
{
	return request_drops(ctx, req, false, CODE_NONE);
}

SEC("fentry/inet_csk_reqsk_queue_drop_and_put")
int BPF_PROG(handshake_fentry_put, struct sock *listener, struct request_sock *req)
{
	return request_drops(ctx, req, true, CODE_NONE);
}

SEC("fentry/inet_csk_complete_hashdance")
int BPF_PROG(handshake_fentry_child, struct sock *listener, struct sock *child,
	     struct request_sock *req, bool is_own)
{
	return request_completes(req, is_own);
}

#ifdef PT_REGS_KNOWN
SEC("kprobe/reqsk_timer_handler")
int BPF_KPROBE(handshake_kprobe_expire, struct timer_list *timer)
{
	return request_times_out(timer);
}

SEC("kretprobe/reqsk_timer_handler")
int BPF_KRETPROBE(handshake_kretprobe_expire)
{
	return request_timed_out();
}

SEC("kprobe/inet_csk_reqsk_queue_drop")
int BPF_KPROBE(handshake_kprobe_drop, struct sock *listener, struct request_sock *req)
{
	return request_drops(ctx, req, false, caller_before_frame(ctx));
}

SEC("kprobe/inet_csk_reqsk_queue_drop_and_put")
int BPF_KPROBE(handshake_kprobe_put, struct sock *listener, struct request_sock *req)
{
	return request_drops(ctx, req, true, caller_before_frame(ctx));
}

SEC("kprobe/inet_csk_complete_hashdance")
int BPF_KPROBE(handshake_kprobe_child, struct sock *listener, struct sock *child,
	       struct request_sock *req, bool is_own)
{
	return request_completes(req, is_own);
}
#endif
