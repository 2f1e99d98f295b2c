/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * busy.bpf.h - which object each task is busy with, from the entry of a kernel function to its
 * return, where a kretprobe has no argument, or to what it calls.
 *
 * The functions are tcp_timewait_state_process(), tw_timer_handler() and reqsk_timer_handler(). All
 * run in softirq, and none calls another, so no other call comes between on the same task.
 */
#ifndef TCPDWELL_BUSY_BPF_H
#define TCPDWELL_BUSY_BPF_H

#include "core.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024); /* no more at a time than there are CPUs */
	__type(key, __u64);
	__type(value, __u64);
} busy_with SEC(".maps");

static __always_inline void note_busy_with(__u64 address)
{
	__u64 task = bpf_get_current_task();

	bpf_map_update_elem(&busy_with, &task, &address, BPF_ANY);
}

/* What the current task was busy with, which is then forgotten; 0: nothing. */
static __always_inline __u64 take_busy_with(void)
{
	__u64 task = bpf_get_current_task(), *found, address;

	found = bpf_map_lookup_elem(&busy_with, &task);
	if (!found)
		return 0;
	address = *found;
	bpf_map_delete_elem(&busy_with, &task);
	return address;
}

#endif
