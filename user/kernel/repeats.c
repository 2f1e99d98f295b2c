/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* repeats.c - see repeats.h. */
#include "kernel/repeats.h"

/* Cookies count up from 1 (net/core/sock_diag.c), and hashed addresses differ in all their bits. */
static uint64_t number_of(const struct wire_transition *t)
{
	return t->id.cookie << 8 ^ (uint64_t)(t->from << 4 | t->to);
}

static bool is_same_socket(uint64_t a, uint64_t b)
{
	return a >> 8 == b >> 8;
}

bool repeats_note(struct repeats *twice, const struct wire_transition *t)
{
	uint64_t number = number_of(t);

	/* From the latest back: the first of this socket decides. */
	for (unsigned back = 1; t->flags & WIRE_F_SECOND && back <= REPEATS_SLOTS; back++) {
		uint64_t told = twice->told[(twice->next - back) % REPEATS_SLOTS];

		if (told && is_same_socket(told, number)) {
			if (told == number)
				return true;
			break;
		}
	}
	twice->told[twice->next++ % REPEATS_SLOTS] = number;
	return false;
}
