/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* cgroup_tree.c - see cgroup_tree.h. */
#include "base/cgroup_tree.h"

#include <linux/magic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/vfs.h>

#include "base/own_mount.h"

static bool is_there(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && (long)fs.f_type == CGROUP2_SUPER_MAGIC;
}

static const char *path_for_us(void)
{
	static char path[64];
	static bool tried;
	int mount;

	if (tried)
		return path[0] ? path : NULL;
	tried = true;
	mount = own_mount("cgroup2");
	if (mount < 0)
		return NULL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d/.", mount);
	return path;
}

/* On a hybrid host version 2 is in a directory of its own. */
const char *cgroup_tree(void)
{
	static const char *const paths[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (is_there(paths[i]))
			return paths[i];
	return path_for_us();
}
