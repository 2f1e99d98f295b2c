/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* netns.c - see netns.h. */
#include "netns.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SELF "/proc/self/ns/net"

uint32_t netns_current(void)
{
	struct stat st;

	return stat(SELF, &st) ? 0 : (uint32_t)st.st_ino;
}

static int open_if(const char *path, uint32_t inode)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && (uint32_t)st.st_ino == inode)
		return fd;
	close(fd);
	return -1;
}

/* The first entry of the directory whose `before/NAME/after` is that namespace. */
static int search(const char *before, const char *after, bool numbers_only, uint32_t inode)
{
	DIR *dir = opendir(before);
	struct dirent *entry;
	char path[512];
	int fd = -1;

	while (dir && fd < 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' ||
		    (numbers_only && !isdigit((unsigned char)entry->d_name[0])))
			continue;
		snprintf(path, sizeof(path), "%s/%s%s", before, entry->d_name, after);
		fd = open_if(path, inode);
	}
	if (dir)
		closedir(dir);
	return fd;
}

static int open_netns(uint32_t inode)
{
	int fd = search("/run/netns", "", false, inode);

	return fd >= 0 ? fd : search("/proc", "/ns/net", true, inode);
}

int netns_call(uint32_t inode, int (*fn)(void *ctx), void *ctx)
{
	int home, there, err;

	if (inode == netns_current())
		return fn(ctx);
	home = open(SELF, O_RDONLY | O_CLOEXEC);
	if (home < 0)
		return -errno;
	there = open_netns(inode);
	if (there < 0) {
		close(home);
		return -ENOENT;
	}
	err = setns(there, CLONE_NEWNET) ? -errno : 0;
	close(there);
	if (!err) {
		err = fn(ctx);
		if (setns(home, CLONE_NEWNET))
			abort();
	}
	close(home);
	return err;
}
