/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* options.c - see options.h. */
#include "cli/options.h"

#define STREAMS (COMMAND_TRACE | COMMAND_HIST)

bool options_want_owners(const struct options *o)
{
	return o->selection.n_pids || o->selection.n_comms || group_has(&o->by, GROUP_PID) ||
	       group_has(&o->by, GROUP_COMM);
}

bool options_want_half_open(const struct options *o)
{
	return o->selection.has_states && o->selection.states & 1 << WIRE_SYN_RECV;
}

uint16_t options_told_states(const struct options *o)
{
	const uint16_t waits = 1 << WIRE_FIN_WAIT2 | 1 << WIRE_TIME_WAIT;
	/* In these a connection may wait for accept(), and its listener is. */
	const uint16_t queued = 1 << WIRE_LISTEN | 1 << WIRE_SYN_RECV | 1 << WIRE_ESTABLISHED |
				1 << WIRE_CLOSE_WAIT;
	uint16_t states = o->selection.states;

	if (o->command != COMMAND_HIST || o->raw || o->write_path || o->read_path ||
	    options_want_owners(o))
		return 0;
	if (states & 1 << TCPSTATE_ACCEPT_WAIT)
		states = (states & ~(1 << TCPSTATE_ACCEPT_WAIT)) | queued;
	/* Where a mini-socket comes from is told by what its full socket said last. */
	return states & waits ? states | 1 << WIRE_FIN_WAIT2 | 1 << WIRE_CLOSING : states;
}

bool options_want_waits(const struct options *o)
{
	const unsigned by_themselves = COMMAND_SERVE | COMMAND_REPORT;

	if (o->command == COMMAND_TOP || (o->command & by_themselves && !o->selection.has_states))
		return true;
	return o->selection.states & 1 << TCPSTATE_ACCEPT_WAIT;
}

bool options_want_cgroups(const struct options *o)
{
	if (o->selection.n_cgroups || group_has(&o->by, GROUP_CGROUP) || o->write_path ||
	    !(o->command & STREAMS))
		return true;
	return o->command == COMMAND_TRACE && o->format != FORMAT_TEXT;
}
