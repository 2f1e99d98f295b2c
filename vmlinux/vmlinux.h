/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * vmlinux.h - the few kernel types that tcpdwell reads, and only the fields it reads.
 *
 * Every type carries preserve_access_index, so the loader finds each field by name in the BTF of
 * the kernel it runs on: order, gaps and sizes here mean nothing, names and kinds of types do. That
 * is why one small file serves every kernel and every architecture, and a 3 MB dump is not needed.
 *
 * To read one more field: look it up (`bpftool btf dump file /sys/kernel/btf/vmlinux format c`),
 * add its name with its type here, and, if some kernel spells it otherwise, put that spelling into
 * bpf/flavors.bpf.h as `struct NAME___WHY`.
 */
#ifndef TCPDWELL_VMLINUX_H
#define TCPDWELL_VMLINUX_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef short __s16;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef signed char __s8;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;

#define NULL ((void *)0)
#define true 1
#define false 0

/* What bpf_helpers.h and our maps name; values are kernel ABI (include/uapi/linux/bpf.h). */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_RINGBUF = 27,
};

enum {
	BPF_ANY = 0,
	BPF_RB_AVAIL_DATA = 0,
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
};

/*
 * Registers. At a kprobe where they lie is ABI, and bpf_tracing.h, which expects these names, does
 * not look them up in BTF; BPF_CORE_READ() does, for the number of a system call.
 */
#define __VMLINUX_H__
#if defined(__TARGET_ARCH_x86)
#define PT_REGS_KNOWN
#define PT_REGS_SYSCALL orig_ax
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax;
};
#elif defined(__TARGET_ARCH_arm64)
#define PT_REGS_KNOWN
#define PT_REGS_SYSCALL syscallno
struct pt_regs {
	__s32 syscallno;
};
struct user_pt_regs {
	__u64 regs[31];
};
#endif

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
#endif

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	__s64 counter;
} atomic64_t;

typedef struct refcount_struct {
	atomic_t refs;
} refcount_t;

struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
};

struct hlist_node {
	struct hlist_node **pprev;
};

struct timer_list {
	struct hlist_node entry;
	unsigned long expires;
	void (*function)(struct timer_list *);
};

struct ns_common {
	unsigned int inum;
};

struct hlist_nulls_node {
	struct hlist_nulls_node *next, **pprev;
};

struct hlist_nulls_head {
	struct hlist_nulls_node *first;
};

struct inet_ehash_bucket {
	struct hlist_nulls_head chain;
};

struct inet_hashinfo {
	struct inet_ehash_bucket *ehash;
	unsigned int ehash_mask;
};

struct inet_timewait_death_row {
	refcount_t tw_refcount;
	struct inet_hashinfo *hashinfo;
	int sysctl_max_tw_buckets;
};

struct netns_ipv4 {
	struct inet_timewait_death_row tcp_death_row;
	int sysctl_tcp_fin_timeout;
	__u8 sysctl_tcp_abort_on_overflow; /* an int until 5.15 */
};

struct net {
	__u64 net_cookie; /* 5.12 */
	struct ns_common ns;
	struct netns_ipv4 ipv4;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct proto {
	char name[32];
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned int skc_hash;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct hlist_nulls_node skc_nulls_node;
	unsigned char skc_reuse : 4;
	unsigned char skc_reuseport : 1;
	unsigned char skc_ipv6only : 1;
	int skc_bound_dev_if;
	struct proto *skc_prot;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
	unsigned long skc_flags;
	struct sock *skc_listener; /* of a request */
	refcount_t skc_refcnt;
	__u32 skc_tw_rcv_nxt; /* of a mini-socket, as is the next */
	__u32 skc_tw_snd_nxt;
};

typedef struct {
	int owned;
} socket_lock_t;

typedef struct {
	__u32 val;
} kuid_t;

struct list_head {
	struct list_head *next;
};

typedef struct wait_queue_head {
	struct list_head head;
} wait_queue_head_t;

typedef struct wait_queue_entry {
	void *private; /* of who sleeps: the task */
	struct list_head entry;
} wait_queue_entry_t;

struct socket_wq {
	wait_queue_head_t wait;
};

struct eventpoll {
	struct file *file;
};

struct epitem {
	struct eventpoll *ep;
};

struct eppoll_entry {
	struct epitem *base;
	wait_queue_entry_t wait;
	wait_queue_head_t *whead;
};

struct socket {
	struct file *file;
	struct sock *sk;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
};

typedef struct {
	atomic64_t refcnt;
} file_ref_t; /* since 6.13 */

struct file {
	struct inode *f_inode;
	void *private_data;
	file_ref_t f_ref; /* since 6.13 */
};

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct sock_cgroup_data {
	struct cgroup *cgroup;
};

struct sock {
	struct sock_common __sk_common;
	socket_lock_t sk_lock;
	int sk_err;
	int sk_err_soft;
	__u32 sk_mark;
	kuid_t sk_uid;
	__u16 sk_protocol;
	unsigned char sk_shutdown;
	struct socket *sk_socket;
	struct socket_wq *sk_wq;
	__u32 sk_ack_backlog;
	__u32 sk_max_ack_backlog;
	struct timer_list sk_timer;
	struct timer_list tcp_retransmit_timer; /* since 7.0 */
	struct sock_cgroup_data sk_cgrp_data;
};

struct inet_sock {
	struct sock sk;
	unsigned long inet_flags; /* since 6.6 */
	__u8 transparent : 1;     /* until 6.6 */
	__be16 inet_sport;
};

struct request_sock_queue {
	struct request_sock *rskq_accept_head;
	__u8 rskq_defer_accept;
	atomic_t qlen, young; /* half-open handshakes; of these, with the first SYN-ACK only */
};

struct inet_bind_bucket {
	signed char fastreuse;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	struct request_sock_queue icsk_accept_queue;
	void *icsk_ulp_data;
	struct inet_bind_bucket *icsk_bind_hash;
	unsigned long icsk_timeout;              /* until 6.18 */
	struct timer_list icsk_retransmit_timer; /* until 7.0 */
	struct timer_list icsk_keepalive_timer;  /* since 7.0 */
	__u32 icsk_rto;
	__u8 icsk_retransmits;
	__u8 icsk_backoff;
	__u8 icsk_pending;
	__u8 icsk_syn_retries;
	__u8 icsk_probes_out;
	__u32 icsk_probes_tstamp; /* since 5.11, and 5.10.10 */
	__u32 icsk_user_timeout;
	__u32 icsk_rto_max; /* since 6.15 */
	struct {
		__u32 lrcvtime;
	} icsk_ack;
};

struct minmax_sample {
	__u32 v;
};

struct minmax {
	struct minmax_sample s[3];
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 snd_una;
	__u32 write_seq;
	__u32 packets_out;
	int linger2;
	__u32 rcv_nxt;
	__u32 copied_seq;
	__u32 snd_nxt;
	__u32 snd_wl1;
	__u32 snd_wnd;
	__u16 urg_data;
	__u32 urg_seq;
	__u64 tcp_mstamp;
	__u32 rcv_tstamp;
	__u32 lsndtime;
	__u32 retrans_stamp;
	__u32 total_retrans;
	__u32 data_segs_out;
	struct minmax rtt_min;
	__u32 srtt_us;
	unsigned int keepalive_time;
	unsigned int keepalive_intvl;
	__u8 keepalive_probes;
	__u8 thin_lto : 1;
	__u8 repair : 1;
	__u8 syn_data_acked : 1;
	__u8 syn_fastopen_child : 1; /* since 6.16 */
	__u8 tcp_usec_ts : 1;        /* since 6.7 */
	bool is_mptcp;               /* with CONFIG_MPTCP: Debian's since 6.1 */
	struct request_sock *fastopen_rsk;
};

struct mptcp_sock { /* with CONFIG_MPTCP: Debian's since 6.1 */
	struct list_head conn_list;
};

struct mptcp_subflow_context { /* with CONFIG_MPTCP: Debian's since 6.1 */
	struct list_head node;
	struct sock *tcp_sock;
	struct sock *conn;
};

struct request_sock {
	struct sock_common __req_common;
	struct request_sock *dl_next;
	struct sock *sk;
	__u8 num_retrans;
	__u8 num_timeout : 7;
	__u32 timeout; /* since 5.17 */
	struct timer_list rsk_timer;
};

struct inet_request_sock {
	struct request_sock req;
	__u16 acked : 1;
};

struct tcp_request_sock {
	struct inet_request_sock req;
	bool req_usec_ts; /* since 6.7 */
	__u64 snt_synack;
	__u32 snt_isn;
	__u32 rcv_nxt;
};

struct inet_timewait_sock {
	struct sock_common __tw_common;
	unsigned char tw_substate;
	__u32 tw_entry_stamp; /* since 6.14 */
	struct timer_list tw_timer;
	struct inet_bind_bucket *tw_tb;
};

struct tcp_timewait_sock {
	struct inet_timewait_sock tw_sk;
	int tw_ts_recent_stamp; /* a long until 5.x: its low half, on little endian */
};

struct pid_namespace {
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct rlimit {
	unsigned long rlim_cur;
};

struct signal_struct {
	unsigned int flags;
	int nr_threads;
	struct list_head thread_head;
	struct rlimit rlim[16];
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *open_fds;
	unsigned long *full_fds_bits;
};

struct files_struct {
	struct fdtable *fdt;
	unsigned int next_fd;
};

struct task_struct {
	unsigned int __state;
	unsigned int flags;
	unsigned int frozen : 1;
	unsigned long jobctl;
	int pid;
	int tgid;
	struct pid *thread_pid;
	struct task_struct *group_leader;
	struct list_head thread_node;
	struct files_struct *files;
	struct signal_struct *signal;
	char comm[16];
};

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
};

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif
