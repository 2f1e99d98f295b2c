/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * owner.bpf.h - the process that a system call runs for, by its first thread: what a connection's
 * owner is called, wherever it was seen.
 */
#ifndef TCPDWELL_OWNER_BPF_H
#define TCPDWELL_OWNER_BPF_H

#include "core.bpf.h"

/* `typed`: from bpf_get_current_task_btf(), see GET(). */

/* A kernel thread owns nothing that a person could look up, and what we hold we only look at. */
static __always_inline bool owner_is_possible(struct task_struct *task, bool typed)
{
	return !(GET(typed, task, flags) & PF_KTHREAD) &&
	       (__u32)GET(typed, task, tgid) != config.self;
}

static __always_inline void owner_fill(struct task_struct *task, __u32 *pid, char comm[16],
				       bool typed)
{
	struct task_struct *leader = GET(typed, task, group_leader);

	*pid = GET(typed, task, tgid);
	if (typed)
		copy_16(comm, &leader->comm);
	else
		bpf_core_read(comm, 16, &leader->comm);
}

#endif
