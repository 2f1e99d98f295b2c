/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* names.c - see names.h. */
#include "kernel/names.h"

#include <dirent.h>
#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel/cgroup_name.h"
#include "base/cgroup_tree.h"
#include "base/clock.h"
#include "kernel/netns.h"
#include "wire.h"

_Static_assert(CGROUP_NAME_MAX == sizeof(((struct wire_name *)NULL)->text), "a name fits");

static struct wire_name name_of(uint64_t of, uint64_t id, const char *text)
{
	struct wire_name name = {
		.head = {.ts = clock_now(), .kind = WIRE_NAME, .len = sizeof(name)},
		.id = id,
		.of = of};

	snprintf(name.text, sizeof(name.text), "%s", text);
	return name;
}

static int tell(uint64_t of, uint64_t id, const char *text, iter_record_fn fn, void *ctx)
{
	struct wire_name name = name_of(of, id, text);

	return fn(ctx, &name, sizeof(name));
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static bool is_asked(const uint64_t *ids, size_t n, uint64_t id)
{
	return n && bsearch(&id, ids, n, sizeof(id), compare);
}

static int tell_namespaces(const struct names_asked *asked, iter_record_fn fn, void *ctx)
{
	DIR *dir = opendir("/run/netns");
	struct dirent *entry;
	int err = 0;

	while (dir && !err && (entry = readdir(dir))) {
		struct stat st;

		if (entry->d_name[0] == '.' || fstatat(dirfd(dir), entry->d_name, &st, 0) ||
		    !is_asked(asked->netns, asked->n_netns, st.st_ino))
			continue;
		err = tell(WIRE_NAME_NETNS, st.st_ino, entry->d_name, fn, ctx);
	}
	if (dir)
		closedir(dir);
	return err;
}

static int tell_ways(const struct names_asked *asked, iter_record_fn fn, void *ctx)
{
	char way[CGROUP_NAME_MAX];
	int err = 0;

	for (size_t i = 0; !err && i < asked->n_netns; i++)
		if (netns_way((uint32_t)asked->netns[i], way, sizeof(way)))
			err = tell(WIRE_NAME_WAY, asked->netns[i], way, fn, ctx);
	return err;
}

/* An id is the directory's inode. */
static int tell_cgroups(const struct names_asked *asked, iter_record_fn fn, void *ctx)
{
	char *paths[] = {(char *)cgroup_tree(), NULL}, text[CGROUP_NAME_MAX];
	size_t left = asked->n_cgroups;
	FTS *tree = left && paths[0] ? fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
	unsigned walked = 0;
	FTSENT *entry;
	int err = 0;

	while (tree && left && !err && walked < NAMES_WALK_MAX && (entry = fts_read(tree))) {
		const char *path = entry->fts_path + strlen(paths[0]);

		if (entry->fts_info != FTS_D)
			continue;
		walked++;
		if (!is_asked(asked->cgroups, asked->n_cgroups, entry->fts_statp->st_ino))
			continue;
		left--;
		err = tell(WIRE_NAME_CGROUP, entry->fts_statp->st_ino,
			   cgroup_name(*path ? path : "/", text), fn, ctx);
	}
	if (tree)
		fts_close(tree);
	return err;
}

int names_tell(const struct names_asked *asked, iter_record_fn fn, void *ctx)
{
	int err = tell(WIRE_NAME_HOME, netns_current(), "", fn, ctx);

	if (!err)
		err = tell_namespaces(asked, fn, ctx);
	if (!err)
		err = tell_ways(asked, fn, ctx);
	return err ? err : tell_cgroups(asked, fn, ctx);
}
