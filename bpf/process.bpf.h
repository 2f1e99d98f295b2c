/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* process.bpf.h - what a process that holds a socket is doing, and whether it can have one more
 * descriptor. */
#ifndef TCPDWELL_PROCESS_BPF_H
#define TCPDWELL_PROCESS_BPF_H

#include "owner.bpf.h"

#define TASK_INTERRUPTIBLE   0x0001 /* include/linux/sched.h */
#define TASK_UNINTERRUPTIBLE 0x0002
#define __TASK_TRACED        0x0008
#define TASK_WAKING          0x0200
#define TASK_NOLOAD          0x0400
#define TASK_FROZEN          0x8000      /* since 6.1; */
#define PF_FROZEN            0x00010000  /* until then. Both are of the cgroup v1 freezer */
#define JOBCTL_TRAP_FREEZE   (1UL << 23) /* include/linux/sched/jobctl.h: of cgroup v2 */
#define SIGNAL_STOP_STOPPED  0x00000001  /* include/linux/sched/signal.h */
#define RLIMIT_NOFILE        7           /* include/uapi/asm-generic/resource.h */
#define WORD_BITS            64
#define FULL_WORDS_MAX       256 /* of fdtable.full_fds_bits: 1,048,576 descriptors */

static __always_inline __u32 task_state(const struct task_struct *task)
{
	const struct task_struct___long *old = (const void *)task;

	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state);
	/* What only this way reads must not be looked for before it is taken. */
	barrier_var(old);
	return (__u32)BPF_CORE_READ(old, state);
}

/*
 * The v2 freezer counts a task that a signal or a debugger keeps as frozen even where nobody has
 * frozen its cgroup: JOBCTL_TRAP_FREEZE says that somebody has.
 */
static __always_inline bool is_frozen(const struct task_struct *task, __u32 state)
{
	if (state & TASK_FROZEN || BPF_CORE_READ(task, flags) & PF_FROZEN)
		return true;
	return bpf_core_field_exists(task->frozen) &&
	       BPF_CORE_READ(task, jobctl) & JOBCTL_TRAP_FREEZE &&
	       BPF_CORE_READ_BITFIELD_PROBED(task, frozen);
}

static __always_inline __u8 doing_of(const struct task_struct *task)
{
	__u32 state = task_state(task);

	if (is_frozen(task, state))
		return WIRE_DOES_FROZEN;
	if (BPF_CORE_READ(task, signal, flags) & SIGNAL_STOP_STOPPED)
		return WIRE_DOES_STOPPED;
	if (state & __TASK_TRACED)
		return WIRE_DOES_TRACED;
	if (state & TASK_UNINTERRUPTIBLE)
		return state & TASK_NOLOAD ? WIRE_DOES_SLEEP : WIRE_DOES_HANG;
	if (state & TASK_INTERRUPTIBLE)
		return WIRE_DOES_SLEEP;
	return state & ~TASK_WAKING ? WIRE_DOES_UNKNOWN : WIRE_DOES_RUN;
}

static __always_inline __u64 bits_below(__u32 bit)
{
	return bit < WORD_BITS ? (1ULL << bit) - 1 : ~0ULL;
}

static __always_inline __u64 word_at(const unsigned long *words, __u32 word)
{
	__u64 bits = 0;

	bpf_probe_read_kernel(&bits, sizeof(bits), words + word);
	return bits;
}

/* Are all of them set, from bit `from` to the one below `to`, as far as they are in this word? */
static __always_inline bool is_word_full(const unsigned long *words, __u32 word, __u32 from,
					 __u32 to)
{
	__u32 first = word * WORD_BITS;
	__u64 rest = 0;

	if (from > first)
		rest |= bits_below(from - first);
	if (to < first + WORD_BITS)
		rest |= ~bits_below(to - first);
	return !~(word_at(words, word) | rest);
}

/* The same of all words. Not known if it takes too many. */
static __always_inline __u8 are_full(const unsigned long *words, __u32 from, __u32 to)
{
	__u32 word = from / WORD_BITS, last = to / WORD_BITS;

	if (from >= to)
		return WIRE_H_FULL;
	if (!is_word_full(words, word, from, to) ||
	    (to % WORD_BITS && !is_word_full(words, last, from, to)))
		return WIRE_H_FREE;
	for (int i = 0; i < FULL_WORDS_MAX; i++) {
		if (++word >= last)
			return WIRE_H_FULL;
		if (~word_at(words, word))
			return WIRE_H_FREE;
	}
	return 0;
}

/*
 * Has alloc_fd() one to give? None below next_fd is free. A bit of full_fds_bits says that a whole
 * word of open_fds is taken; what the limit cuts out of a word is looked at itself.
 */
static __always_inline __u8 descriptors_left(const struct task_struct *task, __u32 limit)
{
	const struct files_struct *files = BPF_CORE_READ(task, files);
	const struct fdtable *fdt = files ? BPF_CORE_READ(files, fdt) : NULL;
	const unsigned long *open;
	__u32 next, last = limit / WORD_BITS;

	if (!fdt)
		return 0;
	next = BPF_CORE_READ(files, next_fd);
	if (next >= limit)
		return WIRE_H_FULL;
	open = BPF_CORE_READ(fdt, open_fds);
	if (BPF_CORE_READ(fdt, max_fds) < limit ||
	    !is_word_full(open, next / WORD_BITS, next, limit) ||
	    (limit % WORD_BITS && !is_word_full(open, last, next, limit)))
		return WIRE_H_FREE;
	return are_full(BPF_CORE_READ(fdt, full_fds_bits), next / WORD_BITS + 1, last);
}

/*
 * What was told last, since a process has many descriptors, one behind the other; `cookie` is the
 * address of the task, 0: none. Of the one process that walks. Not static: clang splits such a
 * struct into told_last.0, .1 and so on, names that no kernel takes in BTF. Without BTF the
 * verifier does not know which functions are global (6.12: 44 times as many instructions for
 * timewait_timer_cancel).
 */
struct wire_holder told_last = {};

static __always_inline void process_look(const struct task_struct *task)
{
	unsigned long limit = BPF_CORE_READ(task, signal, rlim[RLIMIT_NOFILE].rlim_cur);

	told_last.limit = limit > ~0U ? ~0U : limit;
	told_last.doing = doing_of(task);
	told_last.flags = descriptors_left(task, told_last.limit);
	if (BPF_CORE_READ(task, signal, nr_threads) > 1)
		told_last.flags |= WIRE_H_THREADS;
}

/* As wire_holder has it. */
static __always_inline __u32 tid_of(const struct task_struct *task,
				    const struct task_struct *leader)
{
	return address_of(task) == address_of(leader) ? 0 : pid_of(task, BPF_CORE_READ(task, pid));
}

#define THREADS_MAX 128 /* of which the first one is looked for that has a table */

/*
 * The kernel's iterator leaves out threads that share the table of the first one of their process.
 * If that has exited it has none any more, and each of the others is told; they may share theirs.
 */
static __always_inline bool is_told_by_another(const struct task_struct *task)
{
	const struct files_struct *files = BPF_CORE_READ(task, files);
	const struct signal_struct *signal = BPF_CORE_READ(task, signal);
	const struct list_head *end = __builtin_preserve_access_index(&signal->thread_head);
	const struct list_head *at = BPF_CORE_READ(end, next);

	if (!files) /* it exits */
		return false;
	for (int i = 0; i < THREADS_MAX && at && at != end; i++) {
		const struct task_struct *thread =
			(const void *)at - bpf_core_field_offset(struct task_struct, thread_node);

		if (BPF_CORE_READ(thread, files) == files)
			return address_of(thread) != address_of(task);
		at = BPF_CORE_READ(at, next);
	}
	return false;
}

/* `task`: the one whose descriptor `fd` is. Before process_tell(). */
static __always_inline void process_meet(const struct task_struct *task, __u32 fd)
{
	__u64 address = address_of(task);

	if (told_last.cookie != address || fd <= told_last.fd)
		process_look(task);
	told_last.cookie = address;
	told_last.fd = fd;
}

static __always_inline void process_tell(struct wire_holder *ret_rec)
{
	ret_rec->limit = told_last.limit;
	ret_rec->doing = told_last.doing;
	ret_rec->flags = told_last.flags;
}

#endif
