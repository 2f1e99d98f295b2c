/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fillings.h - what no socket shows alone: that the sockets of a census fill what there is room for
 * (rules_rule.fills).
 *
 * Of local ports, what the kernel does decides (net/ipv4/inet_connection_sock.c,
 * inet_hashtables.c):
 *
 * - bind() to port 0 takes a port that no socket has at its address or at any address, whatever the
 *   state and the destination of that one, and whether bind() or connect() chose it. SO_REUSEADDR
 *   and SO_REUSEPORT change nothing (but see net.ipv4.ip_autobind_reuse).
 * - connect() takes a port that bind() chose for nobody, at no address, and from which no
 *   connection goes from its own address to the same destination by its own device. A TIME-WAIT
 * that it may take over (net.ipv4.tcp_tw_reuse, once it is old enough) is none.
 */
#ifndef TCPDWELL_FILLINGS_H
#define TCPDWELL_FILLINGS_H

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

/* Counts all sockets, and tells of what those fill that `match` asks for (NULL: all). 0 or
 * -ENOMEM. */
int fillings_make(struct fillings *fillings, const struct census *census,
		  const struct match_config *match);

/* All that are a quarter full or more, whether a rule means them or not; rule is NULL. */
int fillings_rooms(struct fillings *fillings, const struct census *census);
void fillings_release(struct fillings *fillings);

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
