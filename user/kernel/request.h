/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* request.h - what a command asks of the kernel. What it points to must outlive whoever has it. */
#ifndef TCPDWELL_REQUEST_H
#define TCPDWELL_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "match.h"

struct kernel_request {
	bool only_looks;    /* at the sockets that there are; events are not asked for */
	bool wants_cgroups; /* of the sockets that events tell of */
	const struct match_config *match; /* which connections; NULL: all */
	uint16_t told_states;     /* bits 1 << WIRE_*: only moves from or to these; 0: all moves */
	uint64_t buffer_bytes;    /* 0: by the number of CPUs */
	const char *timewait_way; /* see mini-sockets, and requests, by no other; NULL: the best */
	const char *accept_way;   /* see who accepts by no other; NULL: the best without a price */
};

#endif
