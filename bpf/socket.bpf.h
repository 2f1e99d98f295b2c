/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* socket.bpf.h - reading full sockets, through BTF pointers or through any. */
#ifndef TCPDWELL_SOCKET_BPF_H
#define TCPDWELL_SOCKET_BPF_H

#include "core.bpf.h"

static __always_inline __u64 cgroup_of(const struct sock *sk, bool typed)
{
	const struct sock_cgroup_data___packed *packed = (void *)&sk->sk_cgrp_data;
	const struct cgroup *cgroup;
	const struct kernfs_node *kn;
	__u64 val;

	if (bpf_core_field_exists(sk->sk_cgrp_data.cgroup)) {
		cgroup = GET(typed, sk, sk_cgrp_data.cgroup);
		kn = GET(typed, cgroup, kn);
		return GET(typed, kn, id);
	}
	if (!bpf_core_field_exists(packed->val))
		return 0;
	val = GET(typed, packed, val);
	return val & 1 ? 0 : BPF_CORE_READ((struct cgroup *)val, kn, id);
}

#endif
