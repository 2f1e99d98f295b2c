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

/* The system call that the task is in, or that it returns from; -1: not known, or it exits. */
static __always_inline long syscall_of(struct task_struct *task)
{
#ifdef PT_REGS_KNOWN
	struct pt_regs *regs;

	if (task->flags & PF_EXITING)
		return -1;
	regs = (void *)bpf_task_pt_regs(task);
	return BPF_CORE_READ(regs, PT_REGS_SYSCALL);
#else
	return -1;
#endif
}

/*
 * Is it somebody else's socket that the current task closes (__fput())? Who looks at descriptors of
 * other processes (lsof, ss -p, an iterator of BPF) holds each file for a moment, and closes it if
 * its process has closed it meanwhile; who reads from a UNIX socket without room for descriptors
 * drops those that were sent. No process closes its own by these system calls. Known from Linux
 * 5.15 on.
 */
static __always_inline bool owner_is_another(void)
{
	if (!bpf_core_enum_value_exists(enum bpf_func_id___task, BPF_FUNC_task_pt_regs___task))
		return false;
	switch (syscall_of(bpf_get_current_task_btf())) {
#if defined(__TARGET_ARCH_x86)
	case 0:   /* read */
	case 4:   /* stat */
	case 17:  /* pread64 */
	case 19:  /* readv */
	case 45:  /* recvfrom */
	case 47:  /* recvmsg */
	case 89:  /* readlink */
	case 262: /* newfstatat */
	case 267: /* readlinkat */
	case 299: /* recvmmsg */
	case 332: /* statx */
		return true;
#elif defined(__TARGET_ARCH_arm64)
	case 63:  /* read */
	case 65:  /* readv */
	case 67:  /* pread64 */
	case 78:  /* readlinkat */
	case 79:  /* newfstatat */
	case 207: /* recvfrom */
	case 212: /* recvmsg */
	case 243: /* recvmmsg */
	case 291: /* statx */
		return true;
#endif
	default:
		return false;
	}
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
