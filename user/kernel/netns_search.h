/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * netns_search.h - finds the network namespaces, and a path into each. The path is kept until the
 * next search; who uses it compares the inode first. Included by netns.c only.
 */
#ifndef TCPDWELL_NETNS_SEARCH_H
#define TCPDWELL_NETNS_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/netns_finder.h"

#define NETNS_SELF  "/proc/self/ns/net"
#define NETNS_NAMED "/run/netns"

struct netns_search {
	netns_found_fn fn; /* -ENOENT: this is no way into it any more, another may be */
	void *ctx;
	bool tells_better; /* `fn` is called again with a better way to the one we are in */
	bool is_thorough;  /* all descriptors are looked at, however lately that was done */
};

/* Calls `fn` for each once, the one we are in first, until it returns non-zero, which is returned.
 * Or -errno. */
int netns_search(const struct netns_search *search);

/* The path that the last search found; NULL: none. */
const char *netns_search_path(uint32_t inode);

/* As netns_current(). */
uint32_t netns_search_current(void);

/* This process, and no child of it, is the one whose namespace needs no way. The first search calls
 * it, if nobody has. */
void netns_search_from_here(void);

#endif
