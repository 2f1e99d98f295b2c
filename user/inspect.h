/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * inspect.h - the sockets of the host as they stand, and who holds them: one pass of the iterators
 * over every network namespace, as records. Like session.c it knows libbpf; nobody above does.
 */
#ifndef TCPDWELL_INSPECT_H
#define TCPDWELL_INSPECT_H

#include "iter.h"
#include "meta.h"
#include "options.h"

struct inspect;

/* Loads the iterators. `options` must outlive it. NULL after the error was told. */
struct inspect *inspect_open(const struct options *options, struct meta *ret_meta);

/*
 * Hands over, for each namespace that is asked for, a WIRE_LIMITS and a WIRE_SNAPSHOT for each
 * socket, then a WIRE_HOLDER for each descriptor. What could not be looked into is warned of. 0, or
 * -errno after it was told, or what `fn` returned.
 */
int inspect_run(struct inspect *inspect, iter_record_fn fn, void *ctx);

void inspect_close(struct inspect *inspect);

#endif
