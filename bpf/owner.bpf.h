/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * owner.bpf.h - the owner of a connection: the process that makes the system call, named as its
 * first thread is.
 */
#ifndef TCPDWELL_OWNER_BPF_H
#define TCPDWELL_OWNER_BPF_H

#include "core.bpf.h"

/* A kernel thread owns nothing that a person could look up, and what we hold we only look at. */
static __always_inline bool owner_is_possible(__u32 flags, __u32 pid)
{
	return !(flags & PF_KTHREAD) && pid != config.self;
}

/*
 * False if the current task cannot be an owner; then nothing is written. `comm` is aligned to 8.
 * Where the verifier knows the task's type (since 5.11) its fields are followed directly: a probe
 * read takes 50 ns (6.18).
 */
static __always_inline bool owner_read(__u32 *ret_pid, char ret_comm[16])
{
	struct task_struct *task, *leader;

	if (bpf_core_enum_value_exists(enum bpf_func_id___task,
				       BPF_FUNC_get_current_task_btf___task)) {
		task = bpf_get_current_task_btf();
		if (!owner_is_possible(task->flags, task->tgid))
			return false;
		*ret_pid = task->tgid;
		copy_16(ret_comm, &task->group_leader->comm);
		return true;
	}
	task = (void *)bpf_get_current_task();
	if (!owner_is_possible(BPF_CORE_READ(task, flags), BPF_CORE_READ(task, tgid)))
		return false;
	*ret_pid = BPF_CORE_READ(task, tgid);
	leader = BPF_CORE_READ(task, group_leader);
	bpf_core_read(ret_comm, 16, &leader->comm);
	return true;
}

#endif
