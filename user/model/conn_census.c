/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* conn_census.c - see conn_census.h. */
#include "model/conn_census.h"

#include <string.h>

#include "model/age.h"
#include "base/clock.h"
#include "match.h"

/*
 * Request sockets are not connections of the model: no event tells how one ends. Nor is a socket
 * that is bound and no more. A mini-socket whose timer is due is ending this moment, and whether
 * that was told already nobody knows. Where no end of one is told, it would be there for ever;
 * so would be what is in a state of which nothing is told.
 */
static bool is_of_the_model(const struct conn_table *table, const struct wire_snapshot *s)
{
	if (s->kind == WIRE_REQUEST || s->state == WIRE_CLOSE || !s->id.cookie)
		return false;
	if (s->kind == WIRE_MINI && !table->config.sees_timewait)
		return false;
	if (table->config.told && !(table->config.told & 1 << s->state))
		return false;
	return s->kind != WIRE_MINI || s->timer > s->head.ts + table->config.tick_ns;
}

static struct store_entry *find(struct conn_table *table, const struct wire_snapshot *s)
{
	struct store_entry *mini = store_find_mini(&table->store, &s->id);

	if (s->kind == WIRE_MINI)
		return mini;
	return store_find_sock(&table->store, s->id.cookie);
}

/* A mini-socket's timer and note, as an event would have told them. */
static void learn_mini(struct store_entry *entry, const struct wire_snapshot *s)
{
	entry->expires = s->timer;
	entry->entered = (uint32_t)(s->began / NS_PER_MS);
}

static void learn_age(struct conn_table *table, struct store_entry *entry,
		      const struct wire_snapshot *s)
{
	struct age age = age_of(s, table->config.tick_ns);
	uint64_t since = s->head.ts - age.ns;

	/* Where the state may have been entered unseen it is proven now, and by its age. */
	if (!entry->conn.since || since < entry->conn.since)
		entry->conn.since = since;
}

static void first_sight(struct conn_table *table, const struct wire_snapshot *s)
{
	struct store_entry *entry = conn_first_sight(table, &s->head, &s->id, s->state,
						     s->kind == WIRE_MINI);

	if (!entry)
		return;
	if (s->kind == WIRE_MINI) {
		learn_mini(entry, s);
	} else {
		entry->conn.uid = s->uid;
		entry->conn.cgroup = s->cgroup;
		entry->conn.is_listener = s->state == WIRE_LISTEN;
		entry->awaits_accept = !(s->flags & (WIRE_S_FILE | WIRE_S_ORPHAN));
	}
	learn_age(table, entry, s);
	conn_decide_wanted(table, entry);
	if (conn_update_unsettled(table, entry) && entry->is_unsettled && entry->is_mini)
		store_sample(&table->store, entry)->met = s->head.ts;
	if (s->state == WIRE_LISTEN)
		store_listen(&table->store, entry);
}

void conn_census_snapshot(struct conn_table *table, const struct wire_snapshot *s)
{
	struct store_entry *entry;

	if (table->counted || !is_of_the_model(table, s))
		return;
	entry = find(table, s);
	if (!entry)
		first_sight(table, s);
	else if (!entry->conn.since_exact && entry->conn.state == s->state)
		learn_age(table, entry, s);
}

void conn_census_holder(struct conn_table *table, const struct wire_holder *h)
{
	struct store_entry *entry = store_find_sock(&table->store, h->cookie);

	/* The first one, where several hold it. */
	if (!entry || entry->conn.owner.known == OWNER_EXACT)
		return;
	entry->awaits_accept = false;
	conn_own(&entry->conn, h->pid, h->comm);
	if (entry->conn.is_listener)
		store_listen(&table->store, entry);
	conn_reconsider(table, entry);
}

void conn_census_bounds(struct conn_table *table, const struct wire_census *c)
{
	struct store_entry *entry, *next;

	if (c->begins || table->counted)
		return;
	table->counted = true;
	for (entry = store_first(&table->store); entry; entry = next) {
		next = store_next(&table->store, entry); /* as it may be given up */
		if (!entry->awaits_accept || entry->conn.owner.known != OWNER_UNKNOWN)
			continue;
		conn_inherit(table, &entry->conn);
		conn_reconsider(table, entry);
	}
}
