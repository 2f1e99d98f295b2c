/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * cgroup_tree.h - where the version 2 cgroup hierarchy is.
 */
#ifndef TCPDWELL_CGROUP_TREE_H
#define TCPDWELL_CGROUP_TREE_H

/*
 * Its path, without a slash at the end. Where it is not mounted (behind `ip netns exec`, which
 * mounts a new /sys) it is mounted for this process alone, at the first call, which takes
 * CAP_SYS_ADMIN. NULL: no way to it.
 */
const char *cgroup_tree(void);

#endif
