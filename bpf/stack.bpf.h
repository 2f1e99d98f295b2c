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

static __always_inline bool code_on_stack(void *ctx, __u32 meaning)
{
	__u64 frames[STACK_FRAMES] = {};
	long size = bpf_get_stack(ctx, frames, sizeof(frames), 0);

	for (int i = 0; i < STACK_FRAMES; i++)
		if (i * 8 < size && code_meaning(frames[i]) == meaning)
			return true;
	return false;
}

#endif
