/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* own_mount.c - see own_mount.h. */
#include "base/own_mount.h"

#include <errno.h>
#include <linux/mount.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

int own_mount(const char *file_system)
{
	int fs = (int)syscall(SYS_fsopen, file_system, FSOPEN_CLOEXEC), mount = -1, err;

	if (fs < 0)
		return -errno;
	if (!syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	err = -errno;
	close(fs);
	return mount < 0 ? err : mount;
}
