/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * atomics.h - for kernels before 5.12, which have no atomic operation that returns a value. Their
 * verifier refuses a program that has one, even where it is never reached, as with config.rings 0
 * (bpf/core.bpf.h).
 */
#ifndef TCPDWELL_ATOMICS_H
#define TCPDWELL_ATOMICS_H

struct bpf_program;

/* Replaces them by instructions that do nothing. Call it between open and load. 0, or -errno. */
int atomics_leave_out(struct bpf_program *program);

#endif
