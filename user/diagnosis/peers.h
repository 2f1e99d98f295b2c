/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * peers.h - the other end of a connection, where that is a socket of the same census, in whatever
 * network namespace. It has the same addresses and ports the other way round, and each of the two
 * expects the number that the other one sends next; so hosts that use the same addresses in
 * several namespaces do not mislead. Of one in SYN-SENT that has no such end it is the listener
 * that should answer, within a network namespace. What goes through NAT or a proxy is not
 * recognized, nor what sends between the looks at its two ends.
 */
#ifndef TCPDWELL_PEERS_H
#define TCPDWELL_PEERS_H

#include <stddef.h>

#include "model/census.h"

struct peers_end {
	const struct census_socket *socket;
	const struct census_socket *peer; /* found; NULL: none, or several that it may be */
	size_t candidates;
};

/* Of all `ends`. 0 or -ENOMEM. */
int peers_find(const struct census *census, struct peers_end *ends, size_t n);

#endif
