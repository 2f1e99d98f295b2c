/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * netns_search.c - see netns_search.h. One pass over /proc finds all there is: what a process or a
 * thread is in, and what is mounted in the mount namespace of each.
 */
#include "kernel/netns_search.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/table.h"
#include "kernel/proc_text.h"
#include "wire.h"

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

uint32_t netns_search_current(void)
{
	struct stat st;

	if (!stat(NETNS_SELF, &st))
		return (uint32_t)st.st_ino;
	return errno == ENOENT && !access("/proc/self/ns", F_OK) ? WIRE_NETNS_ONLY : 0;
}

/* ---- who we are ---- */

/* 0: not known. */
static pid_t parent_of(pid_t pid)
{
	char path[64], line[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file || !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		fclose(file);
	return proc_text_parent(line);
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
void netns_search_from_here(void)
{
	uint32_t home = netns_search_current(), first = netns_of(1), met;

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
	const struct netns_search *search;
	bool by_descriptor;
	uint32_t better; /* the one we are in, while a better way than its own is looked for */
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

/* For who reads what we print, NETNS_SELF leads elsewhere. */
static int meet_better(struct pass *pass, const char *path)
{
	struct place *place = place_of(pass->better);
	char *copy = place && !is_of_ours(path) ? strdup(path) : NULL;

	if (!copy)
		return 0;
	pass->better = 0;
	free(place->path);
	place->path = copy;
	return pass->search->tells_better ? pass->search->fn(pass->search->ctx, place->inode, path)
					  : 0;
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
	err = pass->search->fn(pass->search->ctx, inode, path);
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

/* Seen from the root of that process. */
static int meet_mount(struct pass *pass, const char *process, const char *line)
{
	char point[PATH_MAX], path[PATH_MAX + 64];

	if (!proc_text_netns_mount(line, point))
		return 0;
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
	if (!err && (pass->search->is_thorough || begin >= next_descriptors || has_lost_one())) {
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

static int look(struct pass *pass)
{
	struct stat st;
	int err;

	if (stat(NETNS_SELF, &st))
		return -errno;
	pass->nsfs = st.st_dev;
	err = meet_netns(pass, (uint32_t)st.st_ino, NETNS_SELF);
	if (!is_at_home)
		pass->better = (uint32_t)st.st_ino;
	if (!err)
		err = meet_all(pass, NETNS_NAMED, "");
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

int netns_search(const struct netns_search *search)
{
	struct pass pass = {.search = search};
	int err;

	netns_search_from_here();
	passes++;
	err = netns_finder_is_there() ? netns_finder_each(meet_found, &pass) : look(&pass);
	if (!err) {
		forget_gone(&places);
		forget_gone(&mounts);
	}
	return err;
}

const char *netns_search_path(uint32_t inode)
{
	const struct place *place = place_of(inode);

	return place ? place->path : NULL;
}
