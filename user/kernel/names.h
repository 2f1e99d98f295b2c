/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * names.h - what people call the network namespaces and cgroups that a census met: `ip netns`
 * names, containers, systemd units. As records, so that they come along in a recording.
 */
#ifndef TCPDWELL_NAMES_H
#define TCPDWELL_NAMES_H

#include "model/census.h"
#include "kernel/iter.h"

/*
 * Hands over a WIRE_NAME for each that has one, and for the namespace that we are in. Reads
 * /run/netns, and walks /sys/fs/cgroup once, at most NAMES_WALK_MAX directories of it. 0, or what
 * `fn` returned; what cannot be read has no name.
 */
#define NAMES_WALK_MAX 50000

int names_tell(const struct census *census, iter_record_fn fn, void *ctx);

#endif
