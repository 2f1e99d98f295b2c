/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* histset.c - see histset.h. */
#include "model/histset.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"

struct group {
	char *values;
	uint64_t entries;
	struct histset_cell *cells[TCPSTATE_NUMBERS];
	UT_hash_handle hh;
};

struct histset {
	struct group *groups;
	struct group other; /* never in the hash */
	size_t max;
	bool is_starved; /* there was no memory once */
};

struct histset *histset_new(size_t max)
{
	struct histset *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->other.values = (char *)HISTSET_OTHER;
	set->max = max;
	return set;
}

static void free_cells(struct group *group)
{
	for (unsigned i = 0; i < TCPSTATE_NUMBERS; i++) {
		free(group->cells[i]);
		group->cells[i] = NULL;
	}
}

static void free_group(struct group *group)
{
	free_cells(group);
	free(group->values);
	free(group);
}

void histset_clear(struct histset *set)
{
	TABLE_RELEASE(set->groups, free_group);
	free_cells(&set->other);
	set->other.entries = 0;
	set->is_starved = false;
}

void histset_free(struct histset *set)
{
	if (!set)
		return;
	histset_clear(set);
	free(set);
}

static struct group *new_group(struct histset *set, const char *values)
{
	struct group *group = calloc(1, sizeof(*group));

	if (!group)
		return NULL;
	group->values = strdup(values);
	if (group->values)
		HASH_ADD_KEYPTR(hh, set->groups, group->values, strlen(group->values), group);
	if (TABLE_HAS(group))
		return group;
	free(group->values);
	free(group);
	return NULL;
}

/* Once there was no memory, what is new has no group any more: it would be in two. */
static struct histset_cell *make_cell(struct histset *set, struct group *group, uint8_t state)
{
	if (!group->cells[state] && (group == &set->other || !set->is_starved)) {
		group->cells[state] = calloc(1, sizeof(*group->cells[state]));
		set->is_starved |= !group->cells[state];
	}
	return group->cells[state];
}

static struct histset_cell *cell_of(struct histset *set, const char *values, uint8_t state)
{
	struct group *group;

	HASH_FIND_STR(set->groups, values, group);
	/* A process may be called "(other)" too: there is one group of that name all the same. */
	if (!group && !set->is_starved && HASH_COUNT(set->groups) < set->max &&
	    strcmp(values, HISTSET_OTHER) != 0) {
		group = new_group(set, values);
		set->is_starved |= !group;
	}
	if (!group || !make_cell(set, group, state))
		group = &set->other;
	group->entries++;
	return make_cell(set, group, state);
}

void histset_cell_add(struct histset_cell *cell, const struct conn_event *event)
{
	if (event->dwell_known == DWELL_EXACT)
		hist_add(&cell->hist, event->dwell);
	else
		cell->hist.partial++;
	cell->syns_resent += event->syns > 1;
	cell->overflowed += event->overflowed;
	if (event->from == TCPSTATE_ACCEPT_WAIT && event->to == WIRE_CLOSE &&
	    event->dwell_known != DWELL_UNKNOWN)
		cell->unaccepted++;
}

void histset_add(struct histset *set, const char *values, const struct conn_event *event)
{
	struct histset_cell *cell = cell_of(set, values, event->from);

	if (cell)
		histset_cell_add(cell, event);
}

void histset_still_add(struct histset_still *still, const struct conn *conn, uint64_t now,
		       bool in_doubt)
{
	uint64_t age;

	if (in_doubt) {
		still->in_doubt++;
		return;
	}
	still->count++;
	if (!conn->since)
		return;
	age = now > conn->since ? now - conn->since : 0;
	if (still->oldest_known != DWELL_UNKNOWN && age <= still->oldest)
		return;
	still->oldest = age;
	still->oldest_known = conn->since_exact ? DWELL_EXACT : DWELL_AT_LEAST;
}

void histset_add_still(struct histset *set, const char *values, const struct conn *conn,
		       uint64_t now, bool in_doubt)
{
	struct histset_cell *cell = cell_of(set, values, conn->state);

	if (cell)
		histset_still_add(&cell->still, conn, now, in_doubt);
}

static void forget_still(struct group *group)
{
	for (unsigned i = 0; i < TCPSTATE_NUMBERS; i++)
		if (group->cells[i])
			memset(&group->cells[i]->still, 0, sizeof(group->cells[i]->still));
}

void histset_forget_still(struct histset *set)
{
	struct group *group, *next;

	HASH_ITER (hh, set->groups, group, next)
		forget_still(group);
	forget_still(&set->other);
}

static int by_entries(const struct group *a, const struct group *b)
{
	if (a->entries != b->entries)
		return a->entries < b->entries ? 1 : -1;
	return strcmp(a->values, b->values);
}

void histset_each(struct histset *set, void (*fn)(void *ctx, const char *values, void *group),
		  void *ctx)
{
	struct group *group, *next;

	HASH_SORT(set->groups, by_entries);
	HASH_ITER (hh, set->groups, group, next)
		fn(ctx, group->values, group);
	if (set->other.entries)
		fn(ctx, set->other.values, &set->other);
}

const struct histset_cell *histset_cell(const void *group, uint8_t state)
{
	return ((const struct group *)group)->cells[state];
}

bool histset_find(const struct histset *set, const char *values, uint8_t state,
		  const struct histset_cell **ret_cell)
{
	const struct group *group;

	HASH_FIND_STR(set->groups, values, group);
	*ret_cell = group ? group->cells[state] : NULL;
	return *ret_cell || (!set->other.entries && !set->is_starved);
}
