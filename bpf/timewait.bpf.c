/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * timewait.bpf.c - the ways of seeing a mini-socket, each a thin program over timewait_emit().
 *
 * By its timer: every mini-socket has one, whose function is tw_timer_handler. The three timer
 * tracepoints fire for all timers of the host, so the first thing each program does is compare one
 * pointer. What they cannot see is a move within the same timer-wheel bucket: __mod_timer() then
 * only changes `expires` (kernel/time/timer.c). snapshot.bpf.c looks for those.
 */
#include "timewait.bpf.h"
#include "stack.bpf.h"

static __always_inline struct inet_timewait_sock *timewait_of(struct timer_list *timer)
{
	if (!config.tw_timer_handler || (__u64)timer->function != config.tw_timer_handler)
		return NULL;
	return (void *)timer - bpf_core_field_offset(struct inet_timewait_sock, tw_timer);
}

/*
 * Who takes the timer off, by the kernel stack from the inside out. The first function with a
 * meaning decides; only inet_twsk_deschedule_put() refers to its caller. A function that was
 * inlined into its caller is not there, which leaves the caller's word or none: then CODE_NONE,
 * never a wrong one.
 */
static __always_inline __u32 canceller(void *ctx)
{
	__u64 frames[STACK_FRAMES] = {};
	bool ended = false;
	long size;

	size = bpf_get_stack(ctx, frames, sizeof(frames), 0);
	for (int i = 0; i < STACK_FRAMES; i++) {
		__u32 meaning;

		if (i * 8 >= size)
			break;
		meaning = code_meaning(frames[i]);
		if (meaning == CODE_END)
			ended = true;
		else if (meaning != CODE_NONE)
			return meaning == CODE_RST && !ended ? CODE_NONE : meaning;
	}
	return ended ? CODE_END : CODE_NONE;
}

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

/* Fires for an early end, and also just before an expiry and before a timer is moved to another
 * bucket. */
SEC("tp_btf/timer_cancel")
int BPF_PROG(timewait_timer_cancel, struct timer_list *timer)
{
	struct inet_timewait_sock *tw = timewait_of(timer);
	struct timewait_event event = {.op = WIRE_TW_CANCELLED};
	__u32 meaning;

	if (!tw)
		return 0;
	meaning = canceller(ctx);
	if (meaning == CODE_RUN)
		return 0;
	/* Before a restart `expires` still tells when TIME-WAIT began, should nothing else have. */
	if (meaning != CODE_NONE && meaning != CODE_RESTART) {
		event.op = WIRE_TW_ENDED;
		event.cause = meaning == CODE_END ? WIRE_TW_BY_UNKNOWN : meaning;
	}
	return timewait_emit(tw, event);
}
