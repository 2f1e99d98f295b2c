/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * accept.bpf.c - who accepted a connection: one record for each that accept(2) returns.
 *
 * A segment makes the child, on top of whichever task is running, so the child's first transitions
 * cannot name its owner. When inet_csk_accept() returns, the current task is the one that called
 * accept(2). Only the return value is read: the arguments changed in 6.10. A call that was already
 * asleep when we attached is not seen to return.
 *
 * Where no program can be attached to a function, the return of the system call tells the same,
 * also of a call that was asleep; but to see one system call, the kernel takes the slow way through
 * all of them. It is not seen of 32-bit programs (ARCH_TRACE_IGNORE_COMPAT_SYSCALLS), and io_uring
 * makes no system call for it: io_uring_complete tells no request of what one accept after another
 * completes (IORING_ACCEPT_MULTISHOT), so its result may be any number.
 */
#include "owner.bpf.h"
#include "socket.bpf.h"
#include "timewait.bpf.h"

/* Global and not inlined, as handshake_tell() is. */
__attribute__((noinline)) int accept_tell(__u64 accepted)
{
	const struct sock *sk = (const struct sock *)accepted;
	__attribute__((aligned(8))) char comm[16];
	struct wire_accepted *rec;
	struct wire_id id = {};
	__u32 pid;
	__u64 ts;

	/* MPTCP accepts by this function too. */
	if (!sk || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP || !owner_read(&pid, comm))
		return 0;
	socket_identity(&sk->__sk_common, &id);
	/* Programs of these kinds cannot make a cookie. Without one, no transition was told either.
	 */
	if (!id.cookie)
		return 0;
	if (config.filtered && match_identity(&config.match, &id, 1) == MATCH_NO)
		return 0;
	rec = wire_reserve(WIRE_ACCEPTED, sizeof(*rec), &ts);
	if (!rec)
		return 0;
	rec->id = id;
	rec->pid = pid;
	copy_16(rec->comm, comm);
	wire_submit(rec);
	return 0;
}

static __always_inline int tell_accepted(const struct sock *sk)
{
	return accept_tell(address_of(sk));
}

SEC("fexit/inet_csk_accept")
int BPF_PROG(accept_fexit)
{
	__u64 sk = 0;

	/* Since 5.17. Without it the place of the return value depends on the number of arguments.
	 */
	bpf_get_func_ret(ctx, &sk);
	return accept_tell(sk);
}

/* The file of a descriptor of the current task; NULL: none. Nobody has to hold a lock: what another
 * thread does to it meanwhile is a file or none, and the table is freed after a grace period. */
static __always_inline const struct file *file_of(long descriptor)
{
	const struct task_struct *task = (const void *)bpf_get_current_task();
	const struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd);
	const struct file *file = NULL;

	if (descriptor < 0 || descriptor >= BPF_CORE_READ(table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), files + descriptor);
	return file;
}

/* What a process has by a descriptor, if file, socket and sk each say that they are the other's. */
static __always_inline const struct sock *sk_of(long descriptor)
{
	const struct file *file = file_of(descriptor);
	const struct sock *sk = file ? sock_of(file) : NULL;

	if (!sk || address_of(BPF_CORE_READ(sk, sk_socket, file)) != address_of(file))
		return NULL;
	return sk;
}

/* A connection of MPTCP was accepted with its first subflow; others join it later. */
static __always_inline const struct sock *first_subflow(const struct sock *sk)
{
	const struct mptcp_sock *msk = (const struct mptcp_sock *)sk;
	const struct list_head *at = BPF_CORE_READ(msk, conn_list.next);
	const struct mptcp_subflow_context *subflow;

	if (!at || at == __builtin_preserve_access_index(&msk->conn_list))
		return NULL;
	subflow = (const void *)at - bpf_core_field_offset(struct mptcp_subflow_context, node);
	return BPF_CORE_READ(subflow, tcp_sock);
}

/* Protocols of other families have the same numbers. */
static __always_inline const struct sock *tcp_of(const struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	if (family != AF_INET && family != AF_INET6)
		return NULL;
	return HAS_MPTCP && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_MPTCP ? first_subflow(sk)
									    : sk;
}

/* /sys/kernel/tracing/events/syscalls/sys_exit_accept/format, on 64 bit. It is no structure of BTF,
 * and another than that of raw_syscalls, which PREEMPT_RT has moved. */
struct syscall_exit {
	__u64 common;
	__u64 number;
	long ret;
};

static __always_inline int tell_returned(const struct syscall_exit *call)
{
	const struct sock *sk = sk_of(call->ret);

	return sk ? tell_accepted(tcp_of(sk)) : 0;
}

SEC("tracepoint/syscalls/sys_exit_accept")
int accept_syscall(struct syscall_exit *ctx)
{
	return tell_returned(ctx);
}

SEC("tracepoint/syscalls/sys_exit_accept4")
int accept_syscall4(struct syscall_exit *ctx)
{
	return tell_returned(ctx);
}

#ifdef PT_REGS_KNOWN
SEC("kretprobe/inet_csk_accept")
int BPF_KRETPROBE(accept_kretprobe, const struct sock *sk)
{
	return tell_accepted(sk);
}
#endif
