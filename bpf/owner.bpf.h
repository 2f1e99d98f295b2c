/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * owner.bpf.h - the owner of a connection: the process that makes the system call, named as its
 * first thread is.
 */
#ifndef TCPDWELL_OWNER_BPF_H
#define TCPDWELL_OWNER_BPF_H

#include "core.bpf.h"

#define PID_LEVELS 32 /* MAX_PID_NS_LEVEL, include/linux/pid_namespace.h */

/*
 * The number of a process by its first thread, as our pid namespace counts; 0: it is none of that
 * namespace's. `struct pid` has a number for each namespace from the first to the process's own.
 */
static __always_inline __u32 pid_in_view(const struct task_struct *leader)
{
	const struct pid *pid = BPF_CORE_READ(leader, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);

	for (__u32 i = 0; i < PID_LEVELS && i <= level; i++) {
		struct upid number;

		if (bpf_probe_read_kernel(&number, sizeof(number), &pid->numbers[0] + i))
			break;
		if (BPF_CORE_READ(number.ns, ns.inum) == config.pid_ns)
			return number.nr;
	}
	return 0;
}

/* In the first pid namespace the kernel's own number is that one. */
static __always_inline __u32 pid_of(const struct task_struct *leader, __u32 tgid)
{
	return config.pid_ns ? pid_in_view(leader) : tgid;
}

/* A kernel thread owns nothing that a person could look up, and what we hold we only look at. */
static __always_inline bool owner_is_possible(__u32 flags, __u32 pid)
{
	return !(flags & PF_KTHREAD) && pid && pid != config.self;
}

/*
 * False if the current task cannot be an owner; then nothing is written. `comm` is aligned to 8.
 * Where the verifier knows the task's type (since 5.11) its fields are followed directly: a probe
 * read takes 50 ns (6.18).
 */
static __always_inline bool owner_read(__u32 *ret_pid, char ret_comm[16])
{
	struct task_struct *task, *leader;
	__u32 pid;

	if (bpf_core_enum_value_exists(enum bpf_func_id___task,
				       BPF_FUNC_get_current_task_btf___task)) {
		task = bpf_get_current_task_btf();
		pid = pid_of(task->group_leader, task->tgid);
		if (!owner_is_possible(task->flags, pid))
			return false;
		*ret_pid = pid;
		copy_16(ret_comm, &task->group_leader->comm);
		return true;
	}
	task = (void *)bpf_get_current_task();
	leader = BPF_CORE_READ(task, group_leader);
	pid = pid_of(leader, BPF_CORE_READ(task, tgid));
	if (!owner_is_possible(BPF_CORE_READ(task, flags), pid))
		return false;
	*ret_pid = pid;
	bpf_core_read(ret_comm, 16, &leader->comm);
	return true;
}

#endif
