/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * netns.h - calls a function from within other network namespaces: an iterator walks the one of the
 * process that opens it.
 */
#ifndef TCPDWELL_NETNS_H
#define TCPDWELL_NETNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/netns_finder.h"

/* Inode number of the namespace we are in, WIRE_NETNS_ONLY where the kernel has no others; 0 if
 * /proc does not tell. */
uint32_t netns_current(void);

/*
 * Calls `fn` from within the namespace of this inode number, then comes back. It is looked for
 * among ours, the named ones (/run/netns), those of all threads, those that are mounted in the
 * mount namespace of any process, and those that any process has a descriptor of; nothing is held
 * open, which would keep a deleted namespace alive. Returns what `fn` returns, -ENOENT if there is
 * no way into it, -EAGAIN if others were looked for in vain so lately that it was not looked for,
 * or why setns() failed. If it cannot come back it aborts, or it would read the wrong namespace
 * from then on.
 */
int netns_call(uint32_t inode, int (*fn)(void *ctx), void *ctx);

/* The namespace's cookie, which no other one ever gets (SO_NETNS_COOKIE, Linux 5.14); 0: not known.
 */
uint64_t netns_cookie(uint32_t inode);

/*
 * Calls `fn` from within each network namespace that can be found, as above, and that it `wants`,
 * each once, this one first. All descriptors are looked at now and then only, and when one is gone
 * that was there before: that takes time. Returns how many of those could not be entered, or what
 * `fn` returned when that was negative.
 */
int netns_each(bool (*wants)(void *ctx, uint32_t inode), int (*fn)(void *ctx, uint32_t inode),
	       void *ctx);

/* Calls `fn` with the inode number and the name of each that has one, until it returns non-zero,
 * which is returned. What is no namespace may be among them. */
int netns_each_named(netns_found_fn fn, void *ctx);

/*
 * From here on another process looks for them, with the privileges that we have now; there
 * `confine` is called first, and must return 0. We need CAP_SYS_ADMIN alone then. 0, or -errno.
 */
int netns_delegate(int (*confine)(void *ctx), void *ctx);

/* Ends that process, if there is one. */
void netns_end(void);

/* Was there a way to it at the last netns_each()? */
bool netns_is_known(uint32_t inode);

/* The options of nsenter(1) that lead there, of a process that is in it or else of a file: "-t 4711
 * -n". False if none is known, if `room` bytes do not hold it, or if it is where commands are typed
 * anyway: we are in it, and so is the first process. */
bool netns_way(uint32_t inode, char *text, size_t room);

#endif
