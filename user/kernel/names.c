/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* names.c - see names.h. */
#include "kernel/names.h"

#include <dirent.h>
#include <fts.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "kernel/cgroup_name.h"
#include "base/clock.h"
#include "kernel/netns.h"

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

/* ---- network namespaces ---- */

static int tell_namespaces(const struct census *census, iter_record_fn fn, void *ctx)
{
	DIR *dir = opendir("/run/netns");
	struct dirent *entry;
	int err = 0;

	while (dir && !err && (entry = readdir(dir))) {
		struct stat st;

		if (entry->d_name[0] == '.' || fstatat(dirfd(dir), entry->d_name, &st, 0) ||
		    !census_limits_of(census, (uint32_t)st.st_ino))
			continue;
		err = tell(WIRE_NAME_NETNS, st.st_ino, entry->d_name, fn, ctx);
	}
	if (dir)
		closedir(dir);
	return err;
}

/* ---- cgroups ---- */

struct wanted_id {
	uint64_t id;
	UT_hash_handle hh;
};

/* The ids that are met, each once. */
static struct wanted_id *wanted_ids(const struct census *census)
{
	struct wanted_id *ids = NULL, *known;

	for (const struct census_socket *socket = census->sockets; socket;
	     socket = socket->hh.next) {
		uint64_t id = socket->s.cgroup;

		if (!id)
			continue;
		HASH_FIND(hh, ids, &id, sizeof(id), known);
		if (known)
			continue;
		known = calloc(1, sizeof(*known));
		if (!known)
			break;
		known->id = id;
		HASH_ADD(hh, ids, id, sizeof(known->id), known);
	}
	return ids;
}

/* On a hybrid host cgroup v2 is in a directory of its own. An id is the directory's inode. */
static char *mount_point(void)
{
	static char unified[] = "/sys/fs/cgroup/unified", all[] = "/sys/fs/cgroup";
	struct statfs fs;

	if (!statfs(all, &fs) && (long)fs.f_type == CGROUP2_SUPER_MAGIC)
		return all;
	return !statfs(unified, &fs) && (long)fs.f_type == CGROUP2_SUPER_MAGIC ? unified : NULL;
}

static int tell_cgroups(struct wanted_id **ids, iter_record_fn fn, void *ctx)
{
	char *paths[] = {mount_point(), NULL}, text[CGROUP_NAME_MAX];
	FTS *tree = *ids && paths[0] ? fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
	struct wanted_id *known;
	unsigned walked = 0;
	FTSENT *entry;
	int err = 0;

	while (tree && *ids && !err && walked < NAMES_WALK_MAX && (entry = fts_read(tree))) {
		uint64_t id = entry->fts_info == FTS_D ? entry->fts_statp->st_ino : 0;
		const char *path = entry->fts_path + strlen(paths[0]);

		HASH_FIND(hh, *ids, &id, sizeof(id), known);
		walked += id != 0;
		if (!id || !known)
			continue;
		err = tell(WIRE_NAME_CGROUP, id, cgroup_name(*path ? path : "/", text), fn, ctx);
		HASH_DEL(*ids, known); // NOLINT(clang-analyzer-unix.Malloc): unlinks
		free(known);
	}
	if (tree)
		fts_close(tree);
	return err;
}

int names_tell(const struct census *census, iter_record_fn fn, void *ctx)
{
	struct wanted_id *ids = wanted_ids(census), *id, *next;
	int err = tell(WIRE_NAME_HOME, netns_current(), "", fn, ctx);

	if (!err)
		err = tell_namespaces(census, fn, ctx);
	if (!err)
		err = tell_cgroups(&ids, fn, ctx);
	for (id = ids; id; id = next) {
		next = id->hh.next;
		HASH_DEL(ids, id); // NOLINT(clang-analyzer-unix.Malloc): unlinks
		free(id);
	}
	return err;
}
