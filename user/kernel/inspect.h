/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * inspect.h - a census: the sockets of the host as they stand, and who holds them, by one pass of
 * the iterators over every network namespace, as records. The session owns the iterators.
 */
#ifndef TCPDWELL_INSPECT_H
#define TCPDWELL_INSPECT_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/records.h"
#include "kernel/names.h"
#include "match.h"

/* What was warned of, so that repeated censuses warn once. Begins cleared. */
struct inspect_told {
	int here, elsewhere, holders, ways; /* errnos */
	uint32_t missing;                   /* namespaces that could not be looked into, at most */
	int gone;                           /* namespaces that were asked for and are gone */
	bool hidden;                        /* that processes are out of sight */
};

struct inspect {
	const struct match_config *match; /* NULL: all */
	const __u64 *netns_cookies;       /* of match->netns, 0: not known; NULL with it */
	const struct bpf_link *socks;
	const struct bpf_link *holders; /* NULL: who holds a socket is not to be seen here */

	/* events_merge() of `source`; NULL: nothing tells events. */
	int (*merge)(void *source, const struct records *found, record_fn fn, void *ctx);
	void *source;
	struct inspect_told *told;
	struct names *names;
};

/*
 * Hands over a WIRE_CENSUS that begins; a WIRE_HOST; for each namespace that is asked for a
 * WIRE_LIMITS and a WIRE_SNAPSHOT for each socket; a WIRE_HOLDER for each descriptor; another
 * WIRE_SNAPSHOT for each socket that has a file and, in two looks, no descriptor; a WIRE_NAME for
 * what has one; a WIRE_CENSUS that ends. Events come between them, in the order of time, so that no
 * socket is seen in a state that it has left; where they are late, what is found from then on is
 * left out and the namespace is missing. It warns of what it could not look into. 0, or -errno
 * after it was told, or what `fn` returned.
 */
int inspect_run(const struct inspect *inspect, record_fn fn, void *ctx);

#endif
