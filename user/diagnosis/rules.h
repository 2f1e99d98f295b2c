/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * rules.h - why a socket is stuck: a table of rules, each resting on fields of the kernel's socket
 * and on nothing else. A rule that fires is a finding; no rule firing is an answer too.
 */
#ifndef TCPDWELL_RULES_H
#define TCPDWELL_RULES_H

#include <stdbool.h>
#include <stdio.h>

#include "model/age.h"
#include "model/census.h"
#include "match.h"

/* What a rule may look at. */
struct rules_case {
	const struct wire_snapshot *s;
	const struct wire_snapshot *listener; /* that it came from; NULL: none, or not known */
	bool halted;                          /* all processes that hold it are stopped or frozen */
	bool unheld;                      /* it has a file, and no process has a descriptor of it */
	const struct wire_limits *limits; /* of its namespace; NULL: not known */
	uint64_t idle_ns; /* at least so long in its state, as far as anybody knows, and without
			   * data either way */
};

/* What of a namespace there is so much of, and no more. */
enum rules_room {
	RULES_NO_ROOM,     /* the rule speaks of one socket */
	RULES_TABLE,       /* places for mini-sockets */
	RULES_ORPHANS,     /* of the whole machine: sockets that no process has */
	RULES_MEMORY,      /* the same: pages of TCP's memory */
	RULES_DESTINATION, /* local ports that connect() may choose, from an address to another */
	RULES_SOURCE,      /* local ports that bind() may choose, at an address */
};

/* Of whom one socket waits for something. */
enum rules_waits {
	RULES_NO_PROCESS, /* the way, the kernel */
	RULES_PROCESS,    /* whoever holds it is to read, or to close */
	RULES_ACCEPT,     /* whoever holds the listener is to call accept() */
	RULES_PEER,       /* whoever holds the other end is to read, to close, or to accept */
};

/* What is in a room. */
struct rules_fill {
	size_t room, count;         /* how many there can be, how many are taken */
	size_t states[WIRE_STATES]; /* of `count`: the states of those that took them */
	size_t alarm;               /* of RULES_MEMORY: more than this is too much already */
	size_t bound;               /* of `count`: ports that bind() chose */
	bool any_address;           /* of RULES_SOURCE: of all addresses together */
};

/*
 * A row of the table. Most speak of one socket that does not get on (`test`). The last ones speak
 * of a room that many sockets fill (`fills`): see fillings.h.
 */
struct rules_rule { // NOLINT(clang-analyzer-optin.performance.Padding): in the order of its table
	const char *id;
	uint16_t states; /* 1 << WIRE_* */
	bool (*test)(const struct rules_case *c);
	bool needs_age;      /* what it tests is normal for a moment */
	unsigned patience_s; /* only what has been idle for longer is meant; 0: for a moment */
	const char *says;    /* of one such socket, or of the room */
	const char *next;    /* the next command to type, {pid} {fd} {lport} ... to be filled in;
			      * {tid}: the thread that has the descriptor {fd}, the first one where
			      * that has it; {proc}: where /proc shows it;
			      * {listens}: the port of its listener, which may be another one
			      * (TPROXY); {in}: what enters its namespace; {route}, {host}: the remote
			      * address as ip-route and ping want it, with its device; {full}: what
			      * ping sends in a packet of 1500 bytes; {large}: the same, if what is
			      * not acknowledged is large, else without that command */
	enum rules_waits waits_for;
	enum rules_room fills;
	bool (*is_meant)(const struct rules_fill *fill); /* of a room that has something in it */
};

/* NULL past the last. */
const struct rules_rule *rules_rule(unsigned i);

/* Nothing younger than this is called stuck by a rule that needs an age, whatever the user asks. */
#define RULES_MIN_AGE_NS 1000000000ULL

/*
 * The first rule that fires for this socket, NULL if none does. `proven` is age_of() it. What
 * those know who have watched is in rules_case.idle_ns: what flows is not old, whenever it began.
 * `patience_ns` takes the place of rules_rule.patience_s; 0: as the table has it.
 */
const struct rules_rule *rules_judge(const struct rules_case *c, const struct age *proven,
				     uint64_t patience_ns);

/* A line each, for the tests that compare documents with this table: id, states, and the seconds
 * that a socket must have waited; tabs between. */
void rules_print_list(FILE *out);

/*
 * The next command about what is among nobody's descriptors. What rings hold is in their fdinfo. If
 * none has this one, all that have any. A unix socket tells how many descriptors are on their way
 * to it.
 */
#define RULES_NEXT_UNHELD                                                           \
	"grep -rls 'socket:.{inode}.' /proc/[0-9]*/fdinfo || grep -rls ' socket:' " \
	"/proc/[0-9]*/fdinfo; grep -rs 'scm_fds:.*[1-9]' /proc/[0-9]*/fdinfo"

#define RULES_TEXT_MAX 1024 /* a name of a namespace, twice, each byte as \xNN */

#endif
