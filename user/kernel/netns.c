/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* netns.c - see netns.h. */
#include "kernel/netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "kernel/netns_search.h"
#include "wire.h"

uint32_t netns_current(void)
{
	return netns_search_current();
}

/* ---- going there ---- */

/* A descriptor of it, or -errno. ENOENT: the path leads elsewhere by now, or nowhere; what is there
 * may be anything, a device that rewinds when it is opened say. */
static int open_if(const char *path, uint32_t inode)
{
	struct stat st;
	int fd, err;

	if (!stat(path, &st) && (uint32_t)st.st_ino != inode)
		return -ENOENT;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	err = errno;

	if (fd >= 0 && !fstat(fd, &st) && (uint32_t)st.st_ino == inode)
		return fd;
	if (fd >= 0)
		close(fd);
	return fd >= 0 || err == ESRCH ? -ENOENT : -err;
}

static int is_wanted(void *ctx, uint32_t inode, const char *path)
{
	(void)path;
	return inode == *(const uint32_t *)ctx;
}

static int open_known(uint32_t inode)
{
	const char *path = netns_search_path(inode);

	return path ? open_if(path, inode) : -ENOENT;
}

/* Passes that found nothing take a twentieth of the time at most. */
#define VAIN_SHARE 20

static uint64_t next_search; /* ns */

static int open_after_pass(uint32_t inode)
{
	struct netns_search search = {.fn = is_wanted, .ctx = &inode, .is_thorough = true};
	uint64_t begin = clock_now();

	if (begin < next_search)
		return -EAGAIN;
	if (netns_search(&search) > 0)
		return open_known(inode);
	next_search = clock_now() + VAIN_SHARE * (clock_now() - begin);
	return -ENOENT;
}

static int open_wherever(uint32_t inode)
{
	int fd;

	if (netns_finder_is_there())
		return netns_finder_open(inode);
	fd = open_known(inode);
	return fd == -ENOENT ? open_after_pass(inode) : fd;
}

/* By a descriptor, which is closed, or -errno, which is returned. 0: we are there. */
static int enter(int there)
{
	int err;

	if (there < 0)
		return there;
	err = setns(there, CLONE_NEWNET) ? -errno : 0;
	close(there);
	return err;
}

int netns_call(uint32_t inode, int (*fn)(void *ctx), void *ctx)
{
	int home, err;

	if (inode == netns_current())
		return fn(ctx);
	home = open(NETNS_SELF, O_RDONLY | O_CLOEXEC);
	if (home < 0)
		return -errno;
	err = enter(open_wherever(inode));
	if (!err) {
		err = fn(ctx);
		if (setns(home, CLONE_NEWNET))
			abort();
	}
	close(home);
	return err;
}

struct visit {
	bool (*wants)(void *ctx, uint32_t inode);
	int (*fn)(void *ctx, uint32_t inode);
	void *ctx;
	uint32_t current;
	int home, failed;
};

static int visit_one(void *ctx, uint32_t inode, const char *path)
{
	struct visit *visit = ctx;
	int err;

	if (!visit->wants(visit->ctx, inode))
		return 0;
	if (inode == visit->current)
		err = 0;
	else
		err = enter(netns_finder_is_there() ? netns_finder_open(inode)
						    : open_if(path, inode));
	if (err == -ENOENT)
		return err;
	/* A mount in /run/netns may be a namespace of another kind. */
	if (err == -EINVAL)
		return 0;
	if (err) {
		visit->failed++;
		return 0;
	}
	err = visit->fn(visit->ctx, inode);
	if (inode != visit->current && setns(visit->home, CLONE_NEWNET))
		abort();
	return err;
}

int netns_each(bool (*wants)(void *ctx, uint32_t inode), int (*fn)(void *ctx, uint32_t inode),
	       void *ctx)
{
	struct visit visit = {.wants = wants,
			      .fn = fn,
			      .ctx = ctx,
			      .current = netns_current(),
			      .home = open(NETNS_SELF, O_RDONLY | O_CLOEXEC)};
	struct netns_search search = {.fn = visit_one, .ctx = &visit};
	int err;

	if (visit.current == WIRE_NETNS_ONLY) {
		err = wants(ctx, WIRE_NETNS_ONLY) ? fn(ctx, WIRE_NETNS_ONLY) : 0;
		return err < 0 ? err : 0;
	}
	if (visit.home < 0)
		return -errno;
	err = netns_search(&search);
	close(visit.home);
	return err < 0 ? err : visit.failed;
}

/* ---- names ---- */

static int each_named(netns_found_fn fn, void *ctx)
{
	DIR *dir = opendir(NETNS_NAMED);
	struct dirent *entry;
	int err = 0;

	while (dir && !err && (entry = readdir(dir))) {
		struct stat st;

		if (entry->d_name[0] != '.' && !fstatat(dirfd(dir), entry->d_name, &st, 0))
			err = fn(ctx, (uint32_t)st.st_ino, entry->d_name);
	}
	if (dir)
		closedir(dir);
	return err;
}

int netns_each_named(netns_found_fn fn, void *ctx)
{
	return netns_finder_is_there() ? netns_finder_each_named(fn, ctx) : each_named(fn, ctx);
}

/* ---- by another process ---- */

static int find_for_another(netns_found_fn fn, void *ctx)
{
	struct netns_search search = {.fn = fn, .ctx = ctx, .tells_better = true};

	return netns_search(&search);
}

int netns_delegate(int (*confine)(void *ctx), void *ctx)
{
	static const struct netns_finder_work work = {
		.each = find_for_another, .each_named = each_named, .open = open_wherever};

	netns_search_from_here();
	return netns_finder_start(&work, confine, ctx);
}

void netns_end(void)
{
	netns_finder_stop();
}

/* ---- what is known of them ---- */

bool netns_is_known(uint32_t inode)
{
	return inode == WIRE_NETNS_ONLY || netns_search_path(inode);
}

bool netns_way(uint32_t inode, char *text, size_t room)
{
	const char *path = netns_search_path(inode);
	unsigned pid;
	int end = 0;

	if (!path || !strcmp(path, NETNS_SELF))
		return false;
	if (sscanf(path, "/proc/%u/ns/net%n", &pid, &end) == 1 && end && !path[end])
		return (size_t)snprintf(text, room, "-t %u -n", pid) < room;
	return (size_t)snprintf(text, room, "--net=%s", path) < room;
}

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

static int ask_cookie(void *ctx)
{
	socklen_t len = sizeof(uint64_t);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	err = getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, ctx, &len) ? -errno : 0;
	close(fd);
	return err;
}

uint64_t netns_cookie(uint32_t inode)
{
	uint64_t cookie = 0;

	return netns_call(inode, ask_cookie, &cookie) ? 0 : cookie;
}
