/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * own_mount.h - a file system of the kernel's own, for this process alone.
 */
#ifndef TCPDWELL_OWN_MOUNT_H
#define TCPDWELL_OWN_MOUNT_H

/* Mounts it on no path, so nobody else sees it, and it goes with its descriptor. That one, or
 * -errno: it takes CAP_SYS_ADMIN. */
int own_mount(const char *file_system);

#endif
