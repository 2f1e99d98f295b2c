/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* netns.c - see netns.h. */
#include "kernel/netns.h"

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

/* ---- all of them ---- */

struct found {
	uint32_t *inodes;
	size_t n, room;
};

/* False if it is there already, or there is no memory for it. */
static bool add_new(struct found *found, uint32_t inode)
{
	for (size_t i = 0; i < found->n; i++)
		if (found->inodes[i] == inode)
			return false;
	if (found->n == found->room) {
		size_t room = 2 * found->room + 64;
		uint32_t *inodes = reallocarray(found->inodes, room, sizeof(*inodes));

		if (!inodes)
			return false;
		found->inodes = inodes;
		found->room = room;
	}
	found->inodes[found->n++] = inode;
	return true;
}

struct visit {
	int (*fn)(void *ctx, uint32_t inode);
	void *ctx;
	struct found found;
	int home, failed;
};

static int enter(struct visit *visit, const char *path)
{
	struct stat st;
	int there, err;

	if (stat(path, &st) || !add_new(&visit->found, (uint32_t)st.st_ino))
		return 0;
	there = open(path, O_RDONLY | O_CLOEXEC);
	err = there < 0 || setns(there, CLONE_NEWNET);
	if (there >= 0)
		close(there);
	if (err) {
		visit->failed++;
		return 0;
	}
	err = visit->fn(visit->ctx, (uint32_t)st.st_ino);
	if (setns(visit->home, CLONE_NEWNET))
		abort();
	return err;
}

static int enter_all(struct visit *visit, const char *before, const char *after, bool numbers_only)
{
	DIR *dir = opendir(before);
	struct dirent *entry;
	char path[512];
	int err = 0;

	while (dir && !err && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' ||
		    (numbers_only && !isdigit((unsigned char)entry->d_name[0])))
			continue;
		snprintf(path, sizeof(path), "%s/%s%s", before, entry->d_name, after);
		err = enter(visit, path);
	}
	if (dir)
		closedir(dir);
	return err;
}

int netns_each(int (*fn)(void *ctx, uint32_t inode), void *ctx)
{
	struct visit visit = {.fn = fn, .ctx = ctx, .home = open(SELF, O_RDONLY | O_CLOEXEC)};
	int err;

	if (visit.home < 0)
		return -errno;
	add_new(&visit.found, netns_current());
	err = fn(ctx, netns_current());
	if (!err)
		err = enter_all(&visit, "/run/netns", "", false);
	if (!err)
		err = enter_all(&visit, "/proc", "/ns/net", true);
	close(visit.home);
	free(visit.found.inodes);
	return err < 0 ? err : visit.failed;
}
