/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* atomics.c - see atomics.h. */
#include "kernel/atomics.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* An atomic addition that returns nothing, imm 0, is older. */
static bool is_new(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_STX && BPF_MODE(insn->code) == BPF_ATOMIC && insn->imm;
}

int atomics_leave_out(struct bpf_program *program)
{
	static const struct bpf_insn nothing = {.code = BPF_ALU64 | BPF_MOV | BPF_X};
	size_t n = bpf_program__insn_cnt(program);
	struct bpf_insn *insns = malloc(n * sizeof(*insns));
	int err;

	if (!insns)
		return -ENOMEM;
	memcpy(insns, bpf_program__insns(program), n * sizeof(*insns));
	for (size_t i = 0; i < n; i++)
		if (is_new(&insns[i]))
			insns[i] = nothing;
	err = bpf_program__set_insns(program, insns, n);
	free(insns);
	return err;
}
