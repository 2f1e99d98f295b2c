/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* empty.bpf.c - what it costs to be called at all: the yardsticks of the benchmark. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tp_btf/inet_sock_set_state")
int empty(void *ctx)
{
	(void)ctx;
	return 0;
}

SEC("tp_btf/timer_start")
int empty_timer(void *ctx)
{
	(void)ctx;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
