/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* names.c - see names.h. */
#include "kernel/names.h"

#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel/cgroup_name.h"
#include "base/cgroup_tree.h"
#include "base/clock.h"
#include "base/table.h"
#include "kernel/netns.h"
#include "wire.h"

_Static_assert(CGROUP_NAME_MAX == sizeof(((struct wire_name *)NULL)->text), "a name fits");

struct names_entry {
	uint64_t id;
	bool is_met;                /* since the last names_tell() */
	bool is_new;                /* nobody has looked for it yet */
	char name[CGROUP_NAME_MAX]; /* of a cgroup; "": none */
	UT_hash_handle hh;
};

/* ---- what is met ---- */

static struct names_entry *find(struct names_entry *table, uint64_t id)
{
	struct names_entry *entry;

	HASH_FIND(hh, table, &id, sizeof(id), entry);
	return entry;
}

static void meet(struct names_entry **table, uint64_t id)
{
	struct names_entry *entry = find(*table, id);

	if (entry) {
		entry->is_met = true;
		return;
	}
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return;
	*entry = (struct names_entry){.id = id, .is_met = true, .is_new = true};
	HASH_ADD(hh, *table, id, sizeof(id), entry);
	if (!TABLE_HAS(entry))
		free(entry);
}

void names_meet(struct names *names, const void *record)
{
	const struct wire_snapshot *snapshot = record;

	if (snapshot->head.kind != WIRE_SNAPSHOT)
		return;
	meet(&names->netns, snapshot->id.netns);
	if (snapshot->cgroup)
		meet(&names->cgroups, snapshot->cgroup);
}

/* ---- what it is called ---- */

static struct wire_name name_of(uint64_t of, uint64_t id, const char *text)
{
	struct wire_name name = {
		.head = {.ts = clock_now(), .kind = WIRE_NAME, .len = sizeof(name)},
		.id = id,
		.of = of};

	snprintf(name.text, sizeof(name.text), "%s", text);
	return name;
}

static int tell(uint64_t of, uint64_t id, const char *text, record_fn fn, void *ctx)
{
	struct wire_name name = name_of(of, id, text);

	return fn(ctx, &name, sizeof(name));
}

struct teller {
	const struct names *names;
	record_fn fn;
	void *ctx;
};

static int tell_if_met(void *ctx, uint32_t netns, const char *name)
{
	const struct teller *teller = ctx;

	/* A name that was cut would be that of another one, or of none. */
	return find(teller->names->netns, netns) &&
			       strlen(name) < sizeof(((struct wire_name *)0)->text)
		       ? tell(WIRE_NAME_NETNS, netns, name, teller->fn, teller->ctx)
		       : 0;
}

static int tell_namespaces(const struct names *names, record_fn fn, void *ctx)
{
	struct teller teller = {.names = names, .fn = fn, .ctx = ctx};

	return netns_each_named(tell_if_met, &teller);
}

static int tell_ways(const struct names *names, record_fn fn, void *ctx)
{
	char way[CGROUP_NAME_MAX];
	int err = 0;

	for (const struct names_entry *it = names->netns; !err && it; it = it->hh.next)
		if (netns_way((uint32_t)it->id, way, sizeof(way)))
			err = tell(WIRE_NAME_WAY, it->id, way, fn, ctx);
	return err;
}

static size_t count_new(const struct names *names)
{
	size_t n = 0;

	for (const struct names_entry *it = names->cgroups; it; it = it->hh.next)
		n += it->is_new;
	return n;
}

/* An id is the directory's inode. */
static void look_for_new(struct names *names)
{
	char *paths[] = {(char *)cgroup_tree(), NULL};
	size_t left = count_new(names);
	FTS *tree = left && paths[0] ? fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
	unsigned walked = 0;
	FTSENT *entry;

	while (tree && left && walked < NAMES_WALK_MAX && (entry = fts_read(tree))) {
		const char *path = entry->fts_path + strlen(paths[0]);
		struct names_entry *cgroup;

		if (entry->fts_info != FTS_D)
			continue;
		walked++;
		cgroup = find(names->cgroups, entry->fts_statp->st_ino);
		if (!cgroup || !cgroup->is_new)
			continue;
		cgroup_name(*path ? path : "/", cgroup->name);
		cgroup->is_new = false;
		left--;
	}
	if (tree)
		fts_close(tree);
}

static int tell_cgroups(const struct names *names, record_fn fn, void *ctx)
{
	int err = 0;

	for (const struct names_entry *it = names->cgroups; !err && it; it = it->hh.next)
		if (it->is_met && *it->name)
			err = tell(WIRE_NAME_CGROUP, it->id, it->name, fn, ctx);
	return err;
}

/* What is named is kept while sockets are of it; that it has no name, too. */
static void forget_the_past(struct names *names)
{
	struct names_entry *cgroup, *next;

	TABLE_RELEASE(names->netns, free);
	for (cgroup = names->cgroups; cgroup; cgroup = next) {
		next = cgroup->hh.next;
		if (!cgroup->is_met) {
			HASH_DEL(names->cgroups, cgroup); /* NOLINT(clang-analyzer-unix.Malloc) */
			free(cgroup);
			continue;
		}
		cgroup->is_met = cgroup->is_new = false;
	}
}

int names_tell(struct names *names, record_fn fn, void *ctx)
{
	int err = tell(WIRE_NAME_HOME, netns_current(), "", fn, ctx);

	look_for_new(names);
	if (!err)
		err = tell_namespaces(names, fn, ctx);
	if (!err)
		err = tell_ways(names, fn, ctx);
	if (!err)
		err = tell_cgroups(names, fn, ctx);
	forget_the_past(names);
	return err;
}

void names_release(struct names *names)
{
	TABLE_RELEASE(names->netns, free);
	TABLE_RELEASE(names->cgroups, free);
}
