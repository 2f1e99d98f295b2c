/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * accept.bpf.c - who accepted a connection: one record for each that accept(2) returns.
 *
 * A segment makes the child, on top of whichever task is running, so the child's first transitions
 * cannot name its owner. When inet_csk_accept() returns, the current task is the one that called
 * accept(2). Only the return value is read: the arguments changed in 6.10. A call that was already
 * asleep when we attached is not seen to return.
 */
#include "owner.bpf.h"
#include "timewait.bpf.h"

static __always_inline int tell_accepted(const struct sock *sk)
{
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

SEC("fexit/inet_csk_accept")
int BPF_PROG(accept_fexit)
{
	__u64 sk = 0;

	/* Since 5.17. Without it the place of the return value depends on the number of arguments.
	 */
	bpf_get_func_ret(ctx, &sk);
	return tell_accepted((const struct sock *)sk);
}

#ifdef PT_REGS_KNOWN
SEC("kretprobe/inet_csk_accept")
int BPF_KRETPROBE(accept_kretprobe, const struct sock *sk)
{
	return tell_accepted(sk);
}
#endif
