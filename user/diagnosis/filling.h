/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* filling.h - what sockets fill: local ports, a table, a limit of the machine; and which of them
 * do.
 */
#ifndef TCPDWELL_FILLING_H
#define TCPDWELL_FILLING_H

#include "diagnosis/rules.h"

/* Processes with most, that are told; the others are added up. */
#define FILLINGS_HOLDERS 3

struct fillings_holder {
	const struct census_holder *who; /* NULL: no more */
	size_t count;
};

struct filling {
	const struct rules_rule *rule;
	enum rules_room kind;
	struct wire_id id; /* the namespace, 0 of the whole machine; of a source also its address,
			    * which is none if all are meant; of a destination also its address and
			    * port, and ours */
	char device[CENSUS_DEVICE_MAX]; /* of a destination: that the sockets are bound to; "": none
					 * (id.cookie has its number) */
	struct rules_fill fill;
	bool none_connects; /* of a source: all ports are bound, so connect() has none to choose */
	struct fillings_holder most[FILLINGS_HOLDERS]; /* of those that processes hold */
	size_t held_by_others;
	uint64_t gone_in_ns; /* nothing is left then, if it goes on as it has been seen to; 0: it
			      * does not grow, or that is not known. By forecast.h */
};

struct fillings {
	struct filling *all; /* in the order of the rules, the fullest first */
	size_t n;
};

/* How many ports connect() and bind() choose from. */
size_t filling_all_ports(const struct wire_limits *limits);

/*
 * Has it one of these? What waits at a listener has its port. A connection that is over gave the
 * port back, unless bind() was called with its number.
 */
bool filling_has_port(const struct wire_snapshot *s, const struct wire_limits *limits);

/* Is its port, which it has, taken towards its destination and towards no other? */
bool filling_takes_one(const struct wire_snapshot *s, const struct wire_limits *limits);

/* Is it one towards this destination, as filling.id has it? */
bool filling_is_towards(const struct wire_snapshot *s, const struct wire_id *id);

/* Is this socket one of those that fill it? */
bool fillings_has(const struct filling *filling, const struct census *census,
		  const struct wire_snapshot *s);

/* ns: when a timer ends that, if it is one of them; 0: none does. */
uint64_t fillings_leaves(const struct filling *filling, const struct census *census,
			 const struct wire_snapshot *s);

/* That most of it is in; of equals the first; 0: it is in none. */
uint8_t fillings_state(const struct filling *filling);

/* In %, rounded down. */
unsigned fillings_percent(const struct filling *filling);

#endif
