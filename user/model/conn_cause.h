/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_cause.h - why did it end? Pure functions from what the kernel said to a cause, each rule
 * with the place in the kernel that makes it true.
 */
#ifndef TCPDWELL_CONN_CAUSE_H
#define TCPDWELL_CONN_CAUSE_H

#include "base/tcpstate.h"
#include "wire.h"

/* The cause of a full socket's `from -> CLOSE`, with no mini-socket taking over. */
enum tcpstate_cause conn_cause_of_close(const struct wire_transition *t);

/* The cause of a mini-socket's early end, or of its expiry. */
enum tcpstate_cause conn_cause_of_timewait(const struct wire_timewait *t);

#endif
