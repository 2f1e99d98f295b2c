/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * netns_finder.h - a second process that finds network namespaces, for netns.c alone. To read
 * /proc/PID/ns takes privileges, and Landlock forbids it whatever one holds; so those privileges
 * are the finder's, which takes no input but the questions below, and the process that does the
 * rest has neither.
 *
 * It answers one question at a time, has no file open but its end of the socket, and ends with us.
 */
#ifndef TCPDWELL_NETNS_FINDER_H
#define TCPDWELL_NETNS_FINDER_H

#include <stdbool.h>
#include <stdint.h>

/* Non-zero ends the list. */
typedef int (*netns_found_fn)(void *ctx, uint32_t inode, const char *text);

/* What the finder does when it is asked. */
struct netns_finder_work {
	int (*each)(netns_found_fn fn, void *ctx);       /* the ways to all: `text` is a path */
	int (*each_named)(netns_found_fn fn, void *ctx); /* names: `text` is one */
	int (*open)(uint32_t inode);                     /* a descriptor, or -errno */
};

/* Starts it. There it first calls `confine`, and ends if that fails. 0, or -errno. */
int netns_finder_start(const struct netns_finder_work *work, int (*confine)(void *ctx), void *ctx);

/* Ends it, if there is one. */
void netns_finder_stop(void);

/* Has it been started? The rest is to be called only then. */
bool netns_finder_is_there(void);

/* The same as the work above, done there. When `fn` is called the finder can be asked again. What
 * `fn` returned, or -errno: the work's, or EIO, after it was told, if the finder is gone. */
int netns_finder_each(netns_found_fn fn, void *ctx);
int netns_finder_each_named(netns_found_fn fn, void *ctx);
int netns_finder_open(uint32_t inode);

#endif
