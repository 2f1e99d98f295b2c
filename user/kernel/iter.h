/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* iter.h - reads a BPF iterator, piece by piece: what it tells of a million sockets is never in
 * memory at once. */
#ifndef TCPDWELL_ITER_H
#define TCPDWELL_ITER_H

#include "kernel/records.h"

struct bpf_link;

/* Takes whole records, which it may change and shorten. 0, or what ends the reading. */
typedef int (*iter_fn)(void *ctx, struct records *found);

/* Goes through the iterator once. 0, -errno (EBADMSG: it ended within a
 * record), or what `fn` said. */
int iter_each(const struct bpf_link *link, iter_fn fn, void *ctx);

#endif
