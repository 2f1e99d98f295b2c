/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * names.h - what people call the network namespaces and cgroups that a census met: `ip netns`
 * names, containers, systemd units. As records, so that they come along in a recording.
 */
#ifndef TCPDWELL_NAMES_H
#define TCPDWELL_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/records.h"

#define NAMES_WALK_MAX 50000

/* Begins cleared; names_release() frees. It lives as long as censuses are taken: a cgroup is looked
 * for once, since the kernel never uses its id again. */
struct names {
	struct names_entry *netns, *cgroups; /* by id */
};

/* Notes the ids of a WIRE_SNAPSHOT; of other kinds nothing. Without memory they have no name. */
void names_meet(struct names *names, const void *record);

/*
 * Hands over a WIRE_NAME for each id that was met since the last call and has a name, for the way
 * into each network namespace that netns_each() found, and for the namespace that we are in. Reads
 * /run/netns; where a cgroup is met for the first time, walks cgroup_tree(), at most NAMES_WALK_MAX
 * directories of it. 0, or what `fn` returned; what cannot be read has no name.
 */
int names_tell(struct names *names, record_fn fn, void *ctx);

void names_release(struct names *names);

#endif
