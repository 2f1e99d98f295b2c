/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * stack.bpf.h - which function called, by the kernel stack: for rare events whose arguments do not
 * say.
 *
 * The loader gives the address ranges of the functions that matter (config.h). A function that this
 * kernel does not have, that is inlined, or whose address is hidden, is not found: CODE_NONE.
 */
#ifndef TCPDWELL_STACK_BPF_H
#define TCPDWELL_STACK_BPF_H

#include "core.bpf.h"

#define STACK_FRAMES 24

/*
 * Global and not inlined, so that the verifier goes through it once, not once for each frame.
 * Inlined it cost over a million instructions (6.18), where the verifier gives up.
 */
__attribute__((noinline)) __u32 code_meaning(__u64 address)
{
	for (int i = 0; i < CODE_RANGES_MAX; i++) {
		if ((__u32)i >= config.n_ranges)
			break;
		if (address >= config.ranges[i].begin && address < config.ranges[i].end)
			return config.ranges[i].means;
	}
	return CODE_NONE;
}

/* Of the innermost function that has a meaning other than `but`. Not inlined: its frames are off
 * the stack when it returns, which is 512 bytes for all that is called at a time. */
static __attribute__((noinline)) __u32 innermost_meaning(void *ctx, __u32 but)
{
	__u64 frames[STACK_FRAMES] = {};
	long size = bpf_get_stack(ctx, frames, sizeof(frames), 0);

	for (int i = 0; i < STACK_FRAMES; i++) {
		__u32 meaning;

		if (i * 8 >= size)
			break;
		meaning = code_meaning(frames[i]);
		if (meaning != CODE_NONE && meaning != but)
			return meaning;
	}
	return CODE_NONE;
}

/* Of a full socket's end what matters is near, however deep the stack is. */
#define END_FRAMES 16

/*
 * Is one of config.ends[which] on the stack? The code has neither calls nor branches. Until 6.1 a
 * call makes the verifier take every number in the program for one that matters, and follow each
 * path alone: transition.bpf.c cost 200,000 instructions, and the first event came a second later.
 * Frames that are not filled are 0, which is in no function.
 */
static __always_inline bool code_on_stack(void *ctx, __u32 which)
{
	const volatile struct code_parts *parts = &config.ends[which & (ENDS - 1)];
	__u64 frames[END_FRAMES] = {}, found = 0;

	bpf_get_stack(ctx, frames, sizeof(frames), 0);
	for (int part = 0; part < CODE_PARTS; part++) {
		__u64 begin = parts->begin[part], len = parts->len[part];

#pragma unroll
		for (int i = 0; i < END_FRAMES; i++) {
			__u64 offset = frames[i] - begin;

			/* The highest bit of this is offset < len. */
			found |= (offset - len) & ~offset;
			barrier_var(found); /* one after the other, not all at once on the stack */
		}
	}
	return found >> 63;
}

#endif
