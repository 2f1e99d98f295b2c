/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * stack.bpf.h - who called? For rare events, what the kernel stack says where no argument does.
 *
 * The loader gives the address ranges of the functions that matter (config.h). The stack of another
 * kernel, of a function inlined into its caller, or with addresses hidden, simply has no meaning:
 * CODE_NONE.
 */
#ifndef TCPDWELL_STACK_BPF_H
#define TCPDWELL_STACK_BPF_H

#include "core.bpf.h"

#define STACK_FRAMES 24

/*
 * Global and not inlined, so that the verifier goes through it once and not once a frame: inlined
 * it cost over a million instructions on 6.18, which is where the verifier gives up.
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

/*
 * Does one of two functions stand on the stack: `first`, or else `second`? Neither calls nor
 * branches: until 6.1 a verifier that meets a call takes every number of the whole
 * program for one that matters, and goes through each path alone; transition.bpf.c cost it 200,000
 * instructions so, a second of waiting for the first event. Frames not filled are 0, in no
 * function.
 */
static __always_inline bool code_on_stack(void *ctx, bool first,
					  const volatile struct code_parts *if_first,
					  const volatile struct code_parts *if_not)
{
	__u64 frames[STACK_FRAMES] = {}, found = 0;

	bpf_get_stack(ctx, frames, sizeof(frames), 0);
	for (int part = 0; part < CODE_PARTS; part++) {
		__u64 begin = first ? if_first->begin[part] : if_not->begin[part];
		__u64 len = first ? if_first->len[part] : if_not->len[part];

#pragma unroll
		for (int i = 0; i < STACK_FRAMES; i++) {
			__u64 offset = frames[i] - begin;

			/* The highest bit of this is offset < len. */
			found |= (offset - len) & ~offset;
			barrier_var(found); /* one after the other, not all at once on the stack */
		}
	}
	return found >> 63;
}

#endif
