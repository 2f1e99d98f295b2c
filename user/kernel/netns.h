/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * netns.h - calls a function from within other network namespaces: an iterator walks the one of the
 * process that opens it.
 */
#ifndef TCPDWELL_NETNS_H
#define TCPDWELL_NETNS_H

#include <stdint.h>

/* Inode number of the namespace we are in; 0 if /proc does not tell. */
uint32_t netns_current(void);

/*
 * Calls `fn` from within the namespace of this inode number, then comes back. It is looked for
 * among ours, the named ones (/run/netns) and those of all processes; nothing is held open, which
 * would keep a deleted namespace alive. Returns what `fn` returns, -ENOENT if there is no way into
 * it, or why setns() failed. If it cannot come back it aborts, or it would read the wrong
 * namespace from then on.
 */
int netns_call(uint32_t inode, int (*fn)(void *ctx), void *ctx);

/*
 * Calls `fn` from within each network namespace that can be found, as above, each once, this one
 * first. Returns how many could not be entered, or what `fn` returned when that was negative.
 */
int netns_each(int (*fn)(void *ctx, uint32_t inode), void *ctx);

#endif
