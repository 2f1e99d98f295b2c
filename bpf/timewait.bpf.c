/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * timewait.bpf.c - the ways of seeing a mini-socket, each a thin program over timewait_tell().
 *
 * By the functions of its life, hooked by fentry or by kprobe: birth, segment, expiry, early end.
 * Only their first argument is read: from 5.4 to 7.3 it is the same, the others are not.
 *
 * By its timer, whose function is tw_timer_handler. The three timer tracepoints fire for every
 * timer of the host, so each program first compares that one pointer. A move within the same bucket
 * of the timer wheel fires none of them: __mod_timer() only changes `expires`
 * (kernel/time/timer.c). sweep.bpf.c looks for such moves.
 */
#include "timewait.bpf.h"
#include "stack.bpf.h"
#include "busy.bpf.h"

static __always_inline struct inet_timewait_sock *timewait_around(struct timer_list *timer)
{
	return (void *)timer - bpf_core_field_offset(struct inet_timewait_sock, tw_timer);
}

static __always_inline struct inet_timewait_sock *timewait_of(struct timer_list *timer)
{
	if (!config.tw_timer_handler || (__u64)timer->function != config.tw_timer_handler)
		return NULL;
	return timewait_around(timer);
}

/* Global and not inlined, as handshake_tell() is. */
__attribute__((noinline)) int timewait_tell(__u64 mini, __u32 op, __u32 cause)
{
	struct inet_timewait_sock *tw = (struct inet_timewait_sock *)mini;
	struct timewait_event event = {.op = op, .cause = cause};
	struct wire_timewait *rec;
	struct common_copy common;
	struct wire_id id = {};
	__u64 ts;

	common_read(&common, tw);
	if (!common_is_tcp(&common))
		return 0;
	timewait_identity(&common, &id);
	if (config.filtered && match_identity(&config.match, &id, 1) == MATCH_NO)
		return 0;
	rec = wire_reserve(WIRE_TIMEWAIT, sizeof(*rec), &ts);
	if (!rec)
		return 0;
	rec->id = id;
	timewait_fill(rec, tw, event, ts);
	wire_submit(rec);
	return 0;
}

static __always_inline int timewait_emit(struct inet_timewait_sock *tw, struct timewait_event event)
{
	return timewait_tell(address_of(tw), event.op, event.cause);
}

/*
 * Why the timer is taken off, as CODE_*: from the kernel stack, the innermost function first. The
 * first function with a meaning decides, but for inet_twsk_deschedule_put(), which leaves it to its
 * caller. A function that is inlined is not on the stack: then its caller decides, or nobody
 * (CODE_NONE), so the answer is never wrong. Not inlined, as innermost_meaning().
 */
static __attribute__((noinline)) __u32 cancel_reason(void *ctx, __u32 ended)
{
	__u64 frames[STACK_FRAMES] = {};
	long size;

	size = bpf_get_stack(ctx, frames, sizeof(frames), 0);
	for (int i = 0; i < STACK_FRAMES; i++) {
		__u32 meaning;

		if (i * 8 >= size)
			break;
		meaning = code_meaning(frames[i]);
		if (meaning == CODE_END)
			ended = 1;
		else if (meaning != CODE_NONE)
			return meaning == CODE_RST && !ended ? CODE_NONE : meaning;
	}
	return ended ? CODE_END : CODE_NONE;
}

/* ---- by its timer ---- */

SEC("tp_btf/timer_start")
int BPF_PROG(timewait_timer_start, struct timer_list *timer)
{
	struct inet_timewait_sock *tw = timewait_of(timer);

	return tw ? timewait_emit(tw, (struct timewait_event){.op = WIRE_TW_ARMED}) : 0;
}

SEC("tp_btf/timer_expire_entry")
int BPF_PROG(timewait_timer_expire, struct timer_list *timer)
{
	struct inet_timewait_sock *tw = timewait_of(timer);

	return tw ? timewait_emit(tw, (struct timewait_event){.op = WIRE_TW_EXPIRED}) : 0;
}

/* Fires at an early end, but also just before an expiry, and when a timer moves to another bucket.
 */
SEC("tp_btf/timer_cancel")
int BPF_PROG(timewait_timer_cancel, struct timer_list *timer)
{
	struct inet_timewait_sock *tw = timewait_of(timer);
	struct timewait_event event = {.op = WIRE_TW_CANCELLED};
	__u32 meaning;

	if (!tw)
		return 0;
	meaning = cancel_reason(ctx, 0);
	if (meaning == CODE_RUN)
		return 0;
	/* A restart is told too: `expires` still says when TIME-WAIT began, perhaps for the first
	 * time. */
	if (meaning != CODE_NONE && meaning != CODE_RESTART) {
		event.op = WIRE_TW_ENDED;
		event.cause = meaning < CODE_END ? meaning : WIRE_TW_BY_UNKNOWN;
	}
	return timewait_emit(tw, event);
}

/* ---- by the functions of its life ---- */

#define IS_EXPIRING 1 /* in the address, where an aligned one has 0 */

static __always_inline int segment_begins(struct inet_timewait_sock *tw)
{
	/* Only a FIN-WAIT-2 can move, to TIME-WAIT. */
	if (BPF_CORE_READ(tw, tw_substate) == WIRE_FIN_WAIT2)
		note_busy_with(address_of(tw));
	return 0;
}

static __always_inline int segment_ends(void)
{
	struct inet_timewait_sock *tw = (void *)take_busy_with();

	if (!tw || BPF_CORE_READ(tw, tw_substate) != WIRE_TIME_WAIT)
		return 0;
	return timewait_emit(tw, (struct timewait_event){.op = WIRE_TW_MOVED});
}

static __always_inline int timer_fires(struct timer_list *timer)
{
	struct inet_timewait_sock *tw = timewait_around(timer);

	note_busy_with(address_of(tw) | IS_EXPIRING);
	return timewait_emit(tw, (struct timewait_event){.op = WIRE_TW_EXPIRED});
}

/* inet_twsk_kill() is called once for each mini-socket. Its caller inet_twsk_deschedule_put() is
 * inlined into inet_twsk_purge() until 6.1, so it would miss ends. */
static __always_inline int tell_killed(void *ctx, struct inet_timewait_sock *tw)
{
	struct timewait_event event = {.op = WIRE_TW_ENDED};
	__u32 meaning;

	if (take_busy_with() == (address_of(tw) | IS_EXPIRING))
		return 0;
	meaning = cancel_reason(ctx, 1);
	if (meaning == CODE_RUN)
		event.op = WIRE_TW_EXPIRED;
	else if (meaning > CODE_NONE && meaning < CODE_END)
		event.cause = meaning;
	return timewait_emit(tw, event);
}

/* Its name is inet_twsk_hashdance until 6.11: the loader asks BTF. */
SEC("fentry/inet_twsk_hashdance_schedule")
int BPF_PROG(timewait_fentry_born, struct inet_timewait_sock *tw)
{
	return timewait_emit(tw, (struct timewait_event){.op = WIRE_TW_BORN});
}

SEC("fentry/tcp_timewait_state_process")
int BPF_PROG(timewait_fentry_segment, struct inet_timewait_sock *tw)
{
	return segment_begins(tw);
}

SEC("fexit/tcp_timewait_state_process")
int BPF_PROG(timewait_fexit_segment)
{
	return segment_ends();
}

SEC("fentry/tw_timer_handler")
int BPF_PROG(timewait_fentry_expire, struct timer_list *timer)
{
	return timer_fires(timer);
}

SEC("fentry/inet_twsk_kill")
int BPF_PROG(timewait_fentry_end, struct inet_timewait_sock *tw)
{
	return tell_killed(ctx, tw);
}

#ifdef PT_REGS_KNOWN
SEC("kprobe/inet_twsk_hashdance_schedule")
int BPF_KPROBE(timewait_kprobe_born, struct inet_timewait_sock *tw)
{
	return timewait_emit(tw, (struct timewait_event){.op = WIRE_TW_BORN});
}

SEC("kprobe/tcp_timewait_state_process")
int BPF_KPROBE(timewait_kprobe_segment, struct inet_timewait_sock *tw)
{
	return segment_begins(tw);
}

SEC("kretprobe/tcp_timewait_state_process")
int BPF_KRETPROBE(timewait_kretprobe_segment)
{
	return segment_ends();
}

SEC("kprobe/tw_timer_handler")
int BPF_KPROBE(timewait_kprobe_expire, struct timer_list *timer)
{
	return timer_fires(timer);
}

SEC("kprobe/inet_twsk_kill")
int BPF_KPROBE(timewait_kprobe_end, struct inet_timewait_sock *tw)
{
	return tell_killed(ctx, tw);
}
#endif
