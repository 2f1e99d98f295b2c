/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * names.h - what people call network namespaces and cgroups: `ip netns` names, containers, systemd
 * units. As records, so that they come along in a recording.
 */
#ifndef TCPDWELL_NAMES_H
#define TCPDWELL_NAMES_H

#include <stdint.h>

#include "kernel/iter.h"

/* The ids whose names are asked for, in ascending order, each once: inode numbers of network
 * namespaces, ids of cgroups. */
struct names_asked {
	const uint64_t *netns, *cgroups;
	size_t n_netns, n_cgroups;
};

#define NAMES_WALK_MAX 50000

/*
 * Hands over a WIRE_NAME for each that has one, for the way into each network namespace that
 * netns_each() found, and for the namespace that we are in. Reads
 * /run/netns, and walks cgroup_tree() once, at most NAMES_WALK_MAX directories of it. 0, or what
 * `fn` returned; what cannot be read has no name.
 */
int names_tell(const struct names_asked *asked, iter_record_fn fn, void *ctx);

#endif
