/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * flavors.bpf.h - what kernels spell differently, one block each, with the change that made it. The
 * part of a name after ___ is ignored when fields are looked up in the kernel's BTF; a program asks
 * bpf_core_field_exists() which spelling this kernel has.
 */
#ifndef TCPDWELL_FLAVORS_BPF_H
#define TCPDWELL_FLAVORS_BPF_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Until 5.17 mini-sockets were counted from 0; since then tw_refcount starts at 1. */
struct inet_timewait_death_row___counted {
	atomic_t tw_count;
	struct inet_hashinfo *hashinfo;
	int sysctl_max_tw_buckets;
};

struct netns_ipv4___counted {
	struct inet_timewait_death_row___counted tcp_death_row;
};

struct net___counted {
	struct netns_ipv4___counted ipv4;
};

/* From 5.18 to 6.0 the row was allocated apart. */
struct netns_ipv4___apart {
	struct inet_timewait_death_row *tcp_death_row;
};

struct net___apart {
	struct netns_ipv4___apart ipv4;
};

/* Until 5.15 a socket's cgroup was a pointer only if the lowest bit was not set: it could also be a
 * class or a priority. */
struct sock_cgroup_data___packed {
	__u64 val;
};

/* Until 5.13 the state of a task was a long, and its name had no underscores. */
struct task_struct___long {
	volatile long state;
};

/* Until 6.12 references to a file were counted from 1. */
struct file___counted {
	atomic64_t f_count;
};

#pragma clang attribute pop

/* Since 5.11 a task can be had as a pointer that is followed directly. */
enum bpf_func_id___task {
	BPF_FUNC_get_current_task_btf___task = 158,
	BPF_FUNC_task_pt_regs___task = 175,
};

#endif
