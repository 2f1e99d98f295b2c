/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* cgroup_name.h - what people call a cgroup: the container or systemd unit that its path names. */
#ifndef TCPDWELL_CGROUP_NAME_H
#define TCPDWELL_CGROUP_NAME_H

#define CGROUP_NAME_MAX 104

/*
 * Of a path below the mount point of cgroup v2: "docker:3f4e5d6c7b8a" (the first 12 digits, as
 * docker and crictl show), "lxc:NAME", "machine:NAME", "nginx.service", "session-3.scope"; what
 * names neither container nor unit is the path itself, cut at the front if it is too long.
 */
const char *cgroup_name(const char *path, char text[CGROUP_NAME_MAX]);

#endif
