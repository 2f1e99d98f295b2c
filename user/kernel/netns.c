/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * netns.c - see netns.h. One pass over /proc finds all there is: what a process or a thread is in,
 * and what is mounted in the mount namespace of each. The way into each namespace is kept as a path
 * until the next pass; before it is used the inode is compared.
 */
#include "kernel/netns.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/table.h"
#include "kernel/netns_finder.h"

#define SELF  "/proc/self/ns/net"
#define NAMED "/run/netns"

/* A network namespace, or the mount namespace whose mounts have been read (`path` NULL). */
struct place {
	uint32_t inode;
	unsigned pass;      /* the one that met it last */
	bool by_descriptor; /* nothing else was found to lead there */
	char *path;
	UT_hash_handle hh;
};

static struct place *places, *mounts;
static unsigned passes;

/* The process that looks at sockets. What leads to a namespace by it, or by a child of it, leads
 * nowhere once it has ended. */
static pid_t ours;
static bool is_at_home; /* commands are typed where it is */

static void free_place(struct place *place)
{
	free(place->path);
	free(place);
}

uint32_t netns_current(void)
{
	struct stat st;

	return stat(SELF, &st) ? 0 : (uint32_t)st.st_ino;
}

/* ---- who we are ---- */

/* "PID (NAME) STATE PARENT ...", where the name may have anything in it. 0: not known. */
static pid_t parent_of(pid_t pid)
{
	char path[64], line[256] = "";
	const char *name_end;
	FILE *file;
	int parent;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file || !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		fclose(file);
	name_end = strrchr(line, ')');
	return name_end && sscanf(name_end, ") %*c %d", &parent) == 1 ? parent : 0;
}

static uint32_t netns_of(pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	return stat(path, &st) ? 0 : (uint32_t)st.st_ino;
}

/* Commands are typed where the first process is, or, if that is out of sight, the first of our
 * forefathers that is not: behind `ip netns exec` or nsenter that is elsewhere. */
static void know_ours(void)
{
	uint32_t home = netns_current(), first = netns_of(1), met;

	if (ours)
		return;
	ours = getpid();
	for (pid_t pid = ours; !first && pid; pid = parent_of(pid)) {
		met = netns_of(pid);
		if (!met)
			break;
		is_at_home = met == home;
	}
	if (first)
		is_at_home = first == home;
}

/* ---- finding ---- */

struct pass {
	netns_found_fn fn; /* -ENOENT: this is no way into it any more, another may be */
	void *ctx;
	bool tells_better; /* `fn` is called again with a better way to the one we are in */
	bool is_thorough;  /* all descriptors are looked at, however lately that was done */
	bool by_descriptor;
	uint32_t better; /* the one we are in, while a better way than SELF is looked for */
	dev_t nsfs;
};

/* NULL: it was met in this pass already, or there is no memory for it. */
static struct place *meet(struct place **table, uint32_t inode, const char *path)
{
	struct place *place;

	HASH_FIND(hh, *table, &inode, sizeof(inode), place);
	if (place && place->pass == passes)
		return NULL;
	if (!place) {
		place = calloc(1, sizeof(*place));
		if (!place)
			return NULL;
		place->inode = inode;
		HASH_ADD(hh, *table, inode, sizeof(place->inode), place);
		if (!TABLE_HAS(place)) {
			free(place);
			return NULL;
		}
	}
	free(place->path);
	place->path = path ? strdup(path) : NULL;
	place->pass = passes;
	return place;
}

static struct place *place_of(uint32_t inode)
{
	struct place *place;

	HASH_FIND(hh, places, &inode, sizeof(inode), place);
	return place;
}

/* By a process of ours: it ends with the run. */
static bool is_of_ours(const char *path)
{
	int pid;

	return sscanf(path, "/proc/%d/", &pid) == 1 && (pid == ours || parent_of(pid) == ours);
}

/* For who reads what we print, SELF leads elsewhere. */
static int meet_better(struct pass *pass, const char *path)
{
	struct place *place = place_of(pass->better);
	char *copy = place && !is_of_ours(path) ? strdup(path) : NULL;

	if (!copy)
		return 0;
	pass->better = 0;
	free(place->path);
	place->path = copy;
	return pass->tells_better ? pass->fn(pass->ctx, place->inode, path) : 0;
}

static int meet_netns(struct pass *pass, uint32_t inode, const char *path)
{
	struct place *place;
	int err;

	if (inode == pass->better)
		return meet_better(pass, path);
	place = meet(&places, inode, path);
	if (!place)
		return 0;
	place->by_descriptor = pass->by_descriptor;
	err = pass->fn(pass->ctx, inode, path);
	if (err != -ENOENT)
		return err;
	place->pass = passes - 1;
	return 0;
}

/* What is no namespace (a file that an unclean end left in /run/netns) is none. */
static int meet_path(struct pass *pass, const char *path)
{
	struct stat st;

	if (stat(path, &st) || st.st_dev != pass->nsfs)
		return 0;
	return meet_netns(pass, (uint32_t)st.st_ino, path);
}

/* `before/NAME/after` of each NAME in `before` that is a number, or of each. */
static int meet_all(struct pass *pass, const char *before, const char *after)
{
	DIR *dir = opendir(before);
	struct dirent *entry;
	char path[PATH_MAX];
	int err = 0;

	while (dir && !err && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' ||
		    (*after && !isdigit((unsigned char)entry->d_name[0])))
			continue;
		snprintf(path, sizeof(path), "%s/%s%s", before, entry->d_name, after);
		err = meet_path(pass, path);
	}
	if (dir)
		closedir(dir);
	return err;
}

/* /proc/PID/mountinfo writes what separates its fields as \ooo. */
static void unescape(char *text)
{
	char *to = text;
	unsigned byte;

	for (; *text; text++) {
		if (text[0] == '\\' && sscanf(text + 1, "%3o", &byte) == 1) {
			*to++ = (char)byte;
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* "ID PARENT MAJOR:MINOR net:[INODE] MOUNTPOINT ...", seen from the root of that process. */
static int meet_mount(struct pass *pass, const char *process, const char *line)
{
	char point[PATH_MAX], path[PATH_MAX + 64];
	uint32_t inode;

	if (sscanf(line, "%*s %*s %*s net:[%" SCNu32 "] %4095s", &inode, point) != 2)
		return 0;
	unescape(point);
	snprintf(path, sizeof(path), "%s/root%s", process, point);
	return meet_path(pass, path);
}

/* Once for each mount namespace. */
static int meet_mounts(struct pass *pass, const char *process)
{
	char path[64], *line = NULL;
	size_t room = 0;
	struct stat st;
	FILE *file;
	int err = 0;

	snprintf(path, sizeof(path), "%s/ns/mnt", process);
	if (stat(path, &st) || !meet(&mounts, (uint32_t)st.st_ino, NULL))
		return 0;
	snprintf(path, sizeof(path), "%s/mountinfo", process);
	file = fopen(path, "re");
	while (file && !err && getline(&line, &room, file) > 0)
		if (strstr(line, " net:["))
			err = meet_mount(pass, process, line);
	free(line);
	if (file)
		fclose(file);
	return err;
}

/* Links of its folder of threads: one for each, and two. */
static bool has_threads(const char *tasks)
{
	struct stat st;

	return !stat(tasks, &st) && st.st_nlink > 3;
}

static int meet_process(struct pass *pass, const char *process)
{
	char path[64];
	int err;

	snprintf(path, sizeof(path), "%s/ns/net", process);
	err = meet_path(pass, path);
	snprintf(path, sizeof(path), "%s/task", process);
	if (!err && has_threads(path))
		err = meet_all(pass, path, "/ns/net");
	return err ? err : meet_mounts(pass, process);
}

/* Calls `fn` with each "/proc/PID". */
static int each_process(struct pass *pass, int (*fn)(struct pass *pass, const char *process))
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char path[32];
	int err = 0;

	while (dir && !err && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%.16s", entry->d_name);
		err = fn(pass, path);
	}
	if (dir)
		closedir(dir);
	return err;
}

/* ---- finding those that only a descriptor keeps ---- */

/* Of the time, looks at the descriptors of all processes take at most this part. */
#define DESCRIPTORS_SHARE 20

/* Of one process the lowest so many are looked at: one takes 3 us, and what has many has sockets.
 */
#define DESCRIPTORS_MAX 4096

static uint64_t next_descriptors; /* ns */

/* As /proc says of a descriptor without touching what it is of, which may be a dead file server's:
 * one of a mount that is no longer mounted is called as its root is. */
static bool may_be_netns(const char *what)
{
	return !strncmp(what, "net:[", 5) || !strcmp(what, "/");
}

static int meet_descriptors(struct pass *pass, const char *process)
{
	char path[PATH_MAX], what[32];
	struct dirent *entry;
	int err = 0, left = DESCRIPTORS_MAX;
	ssize_t len;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/fd", process);
	dir = opendir(path);
	while (dir && !err && left-- && (entry = readdir(dir))) {
		len = readlinkat(dirfd(dir), entry->d_name, what, sizeof(what) - 1);
		if (len < 0)
			continue;
		what[len] = '\0';
		snprintf(path, sizeof(path), "%s/fd/%.16s", process, entry->d_name);
		if (may_be_netns(what) && !is_of_ours(path))
			err = meet_path(pass, path);
	}
	if (dir)
		closedir(dir);
	return err;
}

/* Those that are known by a descriptor are looked for there at every pass. */
static int meet_known_descriptors(struct pass *pass)
{
	struct place *place = NULL, *next;
	char path[PATH_MAX];
	int err = 0;

	HASH_ITER (hh, places, place, next) {
		if (err || !place->by_descriptor || place->pass == passes || !place->path)
			continue;
		snprintf(path, sizeof(path), "%s", place->path);
		err = meet_path(pass, path);
	}
	return err;
}

/* What the last pass met is nowhere any more, unless a descriptor is left of it. */
static bool has_lost_one(void)
{
	const struct place *place = places;

	while (place && place->pass == passes)
		place = place->hh.next;
	return place;
}

static int meet_all_descriptors(struct pass *pass)
{
	uint64_t begin = clock_now();
	int err;

	pass->by_descriptor = true;
	err = meet_known_descriptors(pass);
	if (!err && (pass->is_thorough || begin >= next_descriptors || has_lost_one())) {
		err = each_process(pass, meet_descriptors);
		next_descriptors = clock_now() + DESCRIPTORS_SHARE * (clock_now() - begin);
	}
	pass->by_descriptor = false;
	return err;
}

/* ---- a pass ---- */

/* Those that a pass did not meet are gone. */
static void forget_gone(struct place **table)
{
	struct place *place = NULL, *next;

	HASH_ITER (hh, *table, place, next) {
		if (place->pass == passes)
			continue;
		HASH_DEL(*table, place); // NOLINT(clang-analyzer-unix.Malloc): unlinks
		free_place(place);
	}
}

static int search(struct pass *pass)
{
	struct stat st;
	int err;

	if (stat(SELF, &st))
		return -errno;
	pass->nsfs = st.st_dev;
	err = meet_netns(pass, (uint32_t)st.st_ino, SELF);
	if (!is_at_home)
		pass->better = (uint32_t)st.st_ino;
	if (!err)
		err = meet_all(pass, NAMED, "");
	if (!err)
		err = each_process(pass, meet_process);
	return err ? err : meet_all_descriptors(pass);
}

/* The one we are in is told again where there is a better way. */
static int meet_found(void *ctx, uint32_t inode, const char *path)
{
	struct place *place = place_of(inode);
	char *copy;

	if (!place || place->pass != passes)
		return meet_netns(ctx, inode, path);
	copy = strdup(path);
	if (copy) {
		free(place->path);
		place->path = copy;
	}
	return 0;
}

/* Calls `fn` for each once, ours first. */
static int find_all(struct pass *pass)
{
	int err;

	know_ours();
	passes++;
	err = netns_finder_is_there() ? netns_finder_each(meet_found, pass) : search(pass);
	if (!err) {
		forget_gone(&places);
		forget_gone(&mounts);
	}
	return err;
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
	const struct place *place = place_of(inode);

	return place && place->path ? open_if(place->path, inode) : -ENOENT;
}

/* Passes that found nothing take a twentieth of the time at most. */
#define VAIN_SHARE 20

static uint64_t next_search; /* ns */

static int open_after_pass(uint32_t inode)
{
	struct pass pass = {.fn = is_wanted, .ctx = &inode, .is_thorough = true};
	uint64_t begin = clock_now();

	if (begin < next_search)
		return -EAGAIN;
	if (find_all(&pass) > 0)
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
	home = open(SELF, O_RDONLY | O_CLOEXEC);
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
			      .home = open(SELF, O_RDONLY | O_CLOEXEC)};
	struct pass pass = {.fn = visit_one, .ctx = &visit};
	int err;

	if (visit.home < 0)
		return -errno;
	err = find_all(&pass);
	close(visit.home);
	return err < 0 ? err : visit.failed;
}

/* ---- names ---- */

static int each_named(netns_found_fn fn, void *ctx)
{
	DIR *dir = opendir(NAMED);
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
	struct pass pass = {.fn = fn, .ctx = ctx, .tells_better = true};

	return find_all(&pass);
}

int netns_delegate(int (*confine)(void *ctx), void *ctx)
{
	static const struct netns_finder_work work = {
		.each = find_for_another, .each_named = each_named, .open = open_wherever};

	know_ours();
	return netns_finder_start(&work, confine, ctx);
}

void netns_end(void)
{
	netns_finder_stop();
}

/* ---- what is known of them ---- */

bool netns_is_known(uint32_t inode)
{
	return place_of(inode) != NULL;
}

bool netns_way(uint32_t inode, char *text, size_t room)
{
	const struct place *place = place_of(inode);
	unsigned pid;
	int end = 0;

	if (!place || !place->path || !strcmp(place->path, SELF))
		return false;
	if (sscanf(place->path, "/proc/%u/ns/net%n", &pid, &end) == 1 && end && !place->path[end])
		return (size_t)snprintf(text, room, "-t %u -n", pid) < room;
	return (size_t)snprintf(text, room, "--net=%s", place->path) < room;
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
