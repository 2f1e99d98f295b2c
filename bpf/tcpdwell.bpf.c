/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tcpdwell.bpf.c - all programs as one object: one ring buffer, one configuration, one skeleton.
 */
#include "transition.bpf.c"
#include "timewait.bpf.c"
#include "handshake.bpf.c"
#include "sweep.bpf.c"
#include "inspect.bpf.c"
#include "accept.bpf.c"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
