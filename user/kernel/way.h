/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * way.h - why a socket gets no answer, as far as this host knows it: is its local address still
 * ours, is there a route to the peer, does the next hop answer? What `ip addr`, `ip route get` and
 * `ip neigh` show, asked of the kernel in the same words (rtnetlink), without privileges.
 */
#ifndef TCPDWELL_WAY_H
#define TCPDWELL_WAY_H

#include "kernel/records.h"

/* So many questions in one look at a namespace, some microseconds each; of the rest nothing is
 * said. */
#define WAY_QUESTIONS_MAX 8192

/* The first so many are asked for by their ports. Of the rest one answer serves all sockets of two
 * addresses: a rule that refuses one port is not found. */
#define WAY_BY_PORTS_MAX 2048

/* Who asks, in one look at the namespace that we are in. */
struct asker;

/* NULL if out of memory. way_end() frees it. */
struct asker *way_begin(void);

/*
 * Fills in `way` and `way_error` of those WIRE_SNAPSHOTs among these records that wait for an
 * answer. Where the kernel does not say, nothing is.
 */
void way_tell(struct asker *asker, struct records *found);

/* 0, or -errno of the first question that could not be put, or got no answer. */
int way_end(struct asker *asker);

#endif
