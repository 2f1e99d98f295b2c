/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* socket.bpf.h - of a full socket, what more than one program reads. */
#ifndef TCPDWELL_SOCKET_BPF_H
#define TCPDWELL_SOCKET_BPF_H

#include "core.bpf.h"

#define COOKIE_UNIT_US   1000 /* USEC_PER_SEC / TCP_TS_HZ, include/net/tcp.h */
#define INET_TRANSPARENT 15   /* INET_FLAGS_TRANSPARENT, include/net/inet_sock.h, since 6.6 */

/* `sk` is a pointer whose type the verifier knows. */
static __always_inline __u64 cgroup_of(const struct sock *sk)
{
	const struct sock_cgroup_data___packed *packed = (void *)&sk->sk_cgrp_data;
	__u64 val;

	if (bpf_core_field_exists(sk->sk_cgrp_data.cgroup))
		return sk->sk_cgrp_data.cgroup->kn->id;
	if (!bpf_core_field_exists(packed->val))
		return 0;
	val = packed->val;
	return val & 1 ? 0 : BPF_CORE_READ((struct cgroup *)val, kn, id);
}

#define S_IFMT   0170000 /* include/uapi/linux/stat.h */
#define S_IFSOCK 0140000

/* The socket of an open file; NULL if it has none, as a file opened with O_PATH. */
static __always_inline struct sock *sock_of(const struct file *file)
{
	const struct socket *socket;

	if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	return socket ? BPF_CORE_READ(socket, sk) : NULL;
}

/* `inet` is a pointer whose type the verifier knows. A child is a copy of its listener, in this
 * too. */
static __always_inline bool is_transparent(const struct inet_sock *inet)
{
	if (bpf_core_field_exists(inet->inet_flags))
		return inet->inet_flags & 1UL << INET_TRANSPARENT;
	return bpf_core_field_exists(inet->transparent) &&
	       BPF_CORE_READ_BITFIELD(inet, transparent);
}

#endif
