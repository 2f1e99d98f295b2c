/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * atomics.h - for kernels that do not know all instructions. Before 5.12 there is no atomic
 * operation that returns something, and the verifier refuses a program that holds one even where it
 * is never reached (bpf/core.bpf.h: with config.rings 0).
 */
#ifndef TCPDWELL_ATOMICS_H
#define TCPDWELL_ATOMICS_H

struct bpf_program;

/* Makes them do nothing. Call it between open and load. 0, or -errno. */
int atomics_leave_out(struct bpf_program *program);

#endif
