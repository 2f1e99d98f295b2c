/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * repeats.h - leaves out what both programs on the tracepoint have told (WIRE_F_SECOND; see
 * transition.bpf.c). While a socket makes a move nothing else happens to it, so of the transitions
 * of one socket such a pair are neighbours.
 */
#ifndef TCPDWELL_REPEATS_H
#define TCPDWELL_REPEATS_H

#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

/* As many of all sockets as may come between the two of a pair: a task's time slice of them. */
#define REPEATS_SLOTS 8192

struct repeats {
	uint64_t told[REPEATS_SLOTS]; /* the latest transitions, each as one number */
	unsigned next;
};

/* Was the same just told? Remembers this one. `twice` begins cleared. */
bool repeats_note(struct repeats *twice, const struct wire_transition *t);

#endif
