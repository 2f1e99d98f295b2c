/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tcpstate.h - names: of the eleven states of RFC 9293, of the causes of an end, of what is known
 * of a dwell. States are numbered as in wire.h.
 *
 * A connection that is complete waits in its listener's queue until accept() returns it. To TCP it
 * is ESTABLISHED; here that wait has a name and a number of its own, to be asked for and measured
 * as a state is: accept-wait. No connection is "in" it where states are counted.
 */
#ifndef TCPDWELL_TCPSTATE_H
#define TCPDWELL_TCPSTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/append.h"
#include "wire.h"

/* Why a connection ended, or a listener. Names are at most 11 characters; the man page explains
 * each. */
enum tcpstate_cause {
	CAUSE_NONE, /* it did not end */
	CAUSE_NORMAL,
	CAUSE_RESET,
	CAUSE_RESET_SENT,
	CAUSE_REFUSED,
	CAUSE_TIMED_OUT,
	CAUSE_UNREACHABLE,
	CAUSE_NO_PORT,
	CAUSE_REUSED_SYN,
	CAUSE_REUSED_CONN,
	CAUSE_KILLED,
	CAUSE_TABLE_FULL,
	CAUSE_NETNS_GONE,
	CAUSE_REPAIR,
	CAUSE_QUEUE_FULL,
	CAUSE_NO_LISTENER,
	CAUSE_UNKNOWN,
	CAUSES,
};

/* What is known of a dwell, that is of the time spent in a state. */
enum tcpstate_known {
	DWELL_UNKNOWN,  /* nothing: neither printed nor counted */
	DWELL_AT_LEAST, /* its beginning was not witnessed: a proven lower bound */
	DWELL_EXACT,    /* both ends were witnessed */
	DWELL_KNOWNS,
};

/* All states in the order of RFC 9293, section 3.3.2: the order of every list. CLOSED, in which
 * nothing stays, is the last. */
#define TCPSTATE_STATES (WIRE_STATES - 1)
#define TCPSTATE_STAYS  (TCPSTATE_STATES - 1)
extern const uint8_t tcpstate_order[TCPSTATE_STATES];

#define TCPSTATE_ACCEPT_WAIT WIRE_STATES /* behind all numbers of states */
#define TCPSTATE_NUMBERS     (WIRE_STATES + 1)

/* All that can be measured, in the same order: the states in which something stays, and the wait.
 */
#define TCPSTATE_MEASURED (TCPSTATE_STAYS + 1)
extern const uint8_t tcpstate_measured[TCPSTATE_MEASURED];

/* "FIN-WAIT-2", "accept-wait"; "?" for what is neither. Never NULL. */
const char *tcpstate_name(uint8_t state);

const char *tcpstate_cause_name(uint8_t cause);
const char *tcpstate_known_name(uint8_t known);

/* SYN-SENT and SYN-RECEIVED, where a SYN or a SYN-ACK waits for an answer. */
bool tcpstate_sends_syns(uint8_t state);

/* The same with their lengths. */
const struct word *tcpstate_word(uint8_t state);
const struct word *tcpstate_cause_word(uint8_t cause);
const struct word *tcpstate_known_word(uint8_t known);

/*
 * The state of that name, or 0. Understands RFC 9293 (SYN-RECEIVED), ss (syn-recv, estab,
 * unconnected) and the kernel (TCP_FIN_WAIT2); case, hyphens and underscores do not matter.
 * TCPSTATE_ACCEPT_WAIT is accept-wait, or queued.
 */
uint8_t tcpstate_parse(const char *name);

/*
 * The states, bits 1 << WIRE_*, of that name: one state, or a set as ss has them (all, connected,
 * synchronized, bucket, big). 0: no such name.
 */
uint16_t tcpstate_parse_states(const char *name);

/* Names of those sets: NULL past the last. */
const char *tcpstate_set_name(unsigned i);

#endif
