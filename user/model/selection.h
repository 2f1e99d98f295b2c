/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * selection.h - which connections the user asks for, and which of their dwells. Ports, addresses,
 * family and namespaces (`match`) are asked in the kernel too; owner, user and cgroup only here.
 */
#ifndef TCPDWELL_SELECTION_H
#define TCPDWELL_SELECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "match.h"
#include "model/connection.h"

#define SELECTION_LIST_MAX 16

/* All zero, but for `states`, selects everything. A list with n_... 0 has no say. */
struct selection {
	struct match_config match;
	bool filtered;         /* `match` has a condition */
	char filter_text[256]; /* the options and the expression that made `match`, as typed */

	uint16_t states;       /* bit 1 << WIRE_*, or TCPSTATE_ACCEPT_WAIT; whose dwells are asked
				* for */
	uint16_t stuck_states; /* those that nothing should stay in */
	bool has_states;       /* the user named them */
	uint16_t ends_by; /* bit 1 << ENDS_* (diagnosis/ends.h): what will end it; 0: whatever */
	uint64_t min_ns;  /* shorter dwells are not asked for */
	uint64_t patience_ns; /* what is idle for less is no leak; 0: as each rule has it */

	uint32_t pids[SELECTION_LIST_MAX], uids[SELECTION_LIST_MAX];
	uint64_t cgroups[SELECTION_LIST_MAX];
	char comms[SELECTION_LIST_MAX][16];
	unsigned n_pids, n_uids, n_cgroups, n_comms;
};

/* MATCH_NO, MATCH_YES, or MATCH_UNDECIDED while too little is known of this connection. */
int selection_wants(const struct selection *selection, const struct conn *conn);

#endif
