/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* conn_census.c - see conn_census.h. */
#include "model/conn_census.h"

#include <stdlib.h>
#include <string.h>

#include "model/age.h"
#include "model/conn_handshake.h"
#include "model/conn_mini.h"
#include "model/conn_queue.h"
#include "base/clock.h"
#include "base/table.h"
#include "match.h"

/*
 * What the model leaves out: sockets that are only bound, because no event tells their end, so they
 * would stay for ever; and sockets in a state whose moves are not told. Request sockets have rules
 * of their own (conn_handshake.h).
 */
static bool is_of_the_model(const struct conn_table *table, const struct wire_snapshot *s)
{
	if (s->kind == WIRE_REQUEST || s->state == WIRE_CLOSE || !s->id.cookie)
		return false;
	if (s->kind == WIRE_MINI && !table->config.sees_timewait)
		return false;
	return !table->config.told || table->config.told & 1 << s->state;
}

/* The timer wheel is late by up to some seconds; until then the socket is still there. */
static bool is_due(const struct conn_table *table, const struct wire_snapshot *s)
{
	return s->kind == WIRE_MINI && s->timer <= s->head.ts + table->config.tick_ns;
}

static struct store_entry *find(struct conn_table *table, const struct wire_snapshot *s)
{
	struct store_entry *mini = store_find_mini(&table->store, &s->id);

	if (s->kind == WIRE_MINI && mini)
		return mini;
	/* A full socket that became a mini-socket unseen is found by its cookie. */
	return store_find_sock(&table->store, s->id.cookie);
}

/* The mini-socket's timer and its own note, as an event would tell them. */
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

	/* Exact is right to two jiffies, a bound is right. */
	if (age.known == DWELL_EXACT)
		since += 2 * table->config.tick_ns;
	/* If nobody saw it enter the state, the socket's age proves how long it has been there. */
	if (!entry->conn.since || since < entry->conn.since)
		entry->conn.since = since;
}

/* The last data: how long one has been idle when it leaves ESTABLISHED. */
static void learn_data(struct store_entry *entry, const struct wire_snapshot *s)
{
	uint64_t data = s->sent > s->received ? s->sent : s->received;
	uint64_t idle_ms = (s->head.ts - data) / NS_PER_MS;

	if (s->state != WIRE_ESTABLISHED || entry->is_mini || data > s->head.ts)
		return;
	entry->data = data;
	entry->idle_ms = idle_ms < UINT32_MAX ? (uint32_t)idle_ms : UINT32_MAX;
}

/* What a listener at one device does not take, another one may. No event tells of devices, nor of
 * setsockopt(). */
static void learn_listener(struct conn_table *table, struct store_entry *entry,
			   const struct wire_snapshot *s)
{
	if (s->state == WIRE_LISTEN)
		store_learn_listener(&table->store, entry, !(s->flags & WIRE_S_DEVICE),
				     s->flags & WIRE_S_TRANSPARENT);
}

static struct store_entry *first_sight(struct conn_table *table, const struct wire_snapshot *s)
{
	struct store_entry *entry = conn_first_sight(
		table, &s->head, &s->id, s->state, s->kind == WIRE_MINI ? STORE_MINI : STORE_SOCK);

	if (!entry)
		return NULL;
	if (s->kind == WIRE_MINI) {
		learn_mini(entry, s);
	} else {
		entry->conn.uid = s->uid;
		entry->conn.cgroup = s->cgroup;
		entry->conn.is_listener = s->state == WIRE_LISTEN;
		entry->conn.is_transparent = s->flags & WIRE_S_TRANSPARENT;
		entry->awaits_accept = !(s->flags & (WIRE_S_FILE | WIRE_S_ORPHAN));
	}
	if (table->counted)
		entry->conn.since = s->head.ts;
	learn_age(table, entry, s);
	learn_data(entry, s);
	conn_decide_wanted(table, entry);
	if (conn_update_unsettled(table, entry) && entry->is_unsettled && entry->is_mini)
		store_sample(&table->store, entry)->met = s->head.ts;
	if (s->state == WIRE_LISTEN)
		store_listen(&table->store, entry);
	learn_listener(table, entry, s);
	return entry;
}

/* ---- later censuses ---- */

static void settle(struct conn_table *table, struct store_entry *entry)
{
	entry->lost = table->lost;
	entry->doubts = table->doubts;
}

/*
 * The census found it in the state that the model has. If something was lost since, it may have
 * ended and begun another life that is in the same state now: then only what the socket shows is
 * proven.
 */
static void agree(struct conn_table *table, struct store_entry *entry,
		  const struct wire_snapshot *s)
{
	if (conn_is_in_doubt(table, entry)) {
		entry->conn.since_exact = false;
		entry->conn.since = s->head.ts;
		settle(table, entry);
	}
	if (!entry->conn.since_exact)
		learn_age(table, entry, s);
	learn_data(entry, s);
	learn_listener(table, entry, s);
	/*
	 * No event had told of it before this census, and its events are not just late: a move is
	 * missing.
	 */
	if (entry->by_census && conn_is_told(table, s->state) && !table->evicted && !table->lost)
		table->missed++;
	entry->by_census = false;
}

/* Treats it as one seen for the first time, but keeps its owner. */
static void take_over(struct conn_table *table, struct store_entry *entry,
		      const struct wire_snapshot *s)
{
	bool explained = entry->lost != table->lost;
	struct conn before = entry->conn;

	if (!explained && (conn_is_told(table, before.state) || conn_is_told(table, s->state)))
		table->missed++;
	store_remove(&table->store, entry);
	entry = first_sight(table, s);
	if (!entry)
		return;
	if (before.owner.known > entry->conn.owner.known)
		entry->conn.owner = before.owner;
	if (s->kind == WIRE_MINI) {
		entry->conn.uid = before.uid;
		entry->conn.cgroup = before.cgroup;
	}
	conn_reconsider(table, entry);
}

/* A socket that the filter in the kernel drops is not added: its end would never be told. */
static void add_unknown(struct conn_table *table, const struct wire_snapshot *s)
{
	struct store_entry *entry;

	if (table->store.count >= table->config.max)
		return;
	entry = first_sight(table, s);
	if (!entry)
		return;
	if (entry->wanted == MATCH_NO) {
		store_remove(&table->store, entry);
		return;
	}
	entry->by_census = s->kind == WIRE_FULL;
	if (entry->by_census)
		entry->born = s->head.ts;
}

static void compare(struct conn_table *table, const struct wire_snapshot *s)
{
	struct store_entry *entry = find(table, s);
	bool is_mini = s->kind == WIRE_MINI;

	/* Where only sweeps tell of mini-sockets, leave them to the sweeps. */
	if (is_mini && table->config.samples)
		return;
	if (!entry) {
		if (!is_due(table, s))
			add_unknown(table, s);
		return;
	}
	/* An event or this census has told of it already. */
	if (entry->census == table->census)
		return;
	entry->census = table->census;
	entry->unmet = 0;
	if (entry->is_mini && is_mini && conn_mini_met(table, entry, s))
		return;
	if (entry->conn.state == s->state && entry->is_mini == is_mini) {
		entry->found = 0;
		agree(table, entry, s);
	} else if (entry->found == s->state) {
		take_over(table, entry, s);
	} else {
		entry->found = s->state & 0xf;
	}
}

/* The first census. */
static void meet(struct conn_table *table, const struct wire_snapshot *s)
{
	struct store_entry *entry;

	if (is_due(table, s))
		return;
	entry = find(table, s);
	if (!entry) {
		first_sight(table, s);
	} else if (entry->conn.state == s->state) {
		if (!entry->conn.since_exact)
			learn_age(table, entry, s);
		learn_data(entry, s);
		learn_listener(table, entry, s);
	}
}

void conn_census_snapshot(struct conn_table *table, const struct wire_snapshot *s)
{
	if (s->kind == WIRE_REQUEST)
		conn_handshake_met(table, s);
	if (!is_of_the_model(table, s))
		return;
	if (table->counted)
		compare(table, s);
	else
		meet(table, s);
	conn_queue_met(table, s);
}

/* ---- whose ---- */

/* A process that holds a socket, where another process is known as its owner. */
struct claim {
	uint64_t cookie;
	uint32_t pid; /* the first process met */
	char comm[16];
	bool are_various; /* another process with another name holds it, too */
	UT_hash_handle hh;
};

static bool same_name(const char a[16], const char b[16])
{
	return strncmp(a, b, 16) == 0;
}

static void claim(struct conn_table *table, const struct wire_holder *h)
{
	struct claim *claim;

	HASH_FIND(hh, table->claims, &h->cookie, sizeof(h->cookie), claim);
	if (claim) {
		claim->are_various |= !same_name(claim->comm, h->comm);
		return;
	}
	claim = calloc(1, sizeof(*claim));
	if (!claim)
		return;
	claim->cookie = h->cookie;
	claim->pid = h->pid;
	memcpy(claim->comm, h->comm, sizeof(claim->comm));
	HASH_ADD(hh, table->claims, cookie, sizeof(claim->cookie), claim);
	if (!TABLE_HAS(claim))
		free(claim);
}

static void own(struct conn_table *table, struct store_entry *entry, uint32_t pid,
		const char comm[16])
{
	entry->awaits_accept = false;
	entry->is_shared = false;
	entry->confirmed = table->census & 7;
	conn_own(&entry->conn, pid, comm);
	if (entry->conn.is_listener)
		store_listen(&table->store, entry);
	conn_reconsider(table, entry);
}

void conn_census_holder(struct conn_table *table, const struct wire_holder *h)
{
	struct store_entry *entry = store_find_sock(&table->store, h->cookie);
	const struct conn_owner *owner = entry ? &entry->conn.owner : NULL;

	if (!entry)
		return;
	/* If several hold it, the first one met owns it. The process may have a new name by now. */
	if (owner->known != OWNER_EXACT || owner->pid == h->pid) {
		own(table, entry, h->pid, h->comm);
		return;
	}
	claim(table, h);
}

/* If this census did not meet the owner as a holder, the owner has closed the socket or is gone. */
static void settle_claims(struct conn_table *table)
{
	for (const struct claim *claim = table->claims; claim; claim = claim->hh.next) {
		struct store_entry *entry = store_find_sock(&table->store, claim->cookie);

		if (!entry)
			continue;
		if (entry->confirmed != (table->census & 7))
			own(table, entry, claim->pid, claim->comm);
		entry->is_shared = claim->are_various ||
				   !same_name(entry->conn.owner.comm, claim->comm);
		if (entry->conn.is_listener)
			store_listen(&table->store, entry);
	}
	TABLE_RELEASE(table->claims, free);
}

/* The kernel knows the listener even where several fit the address. */
void conn_census_queued(struct conn_table *table, const struct wire_queued *q)
{
	struct store_entry *entry = store_find_sock(&table->store, q->cookie);
	const struct store_entry *listener = store_find_sock(&table->store, q->listener);

	if (!entry || !listener || entry->conn.owner.known == OWNER_EXACT)
		return;
	entry->conn.owner = (struct conn_owner){.known = OWNER_UNKNOWN};
	if (listener->conn.owner.known != OWNER_UNKNOWN && !listener->is_shared) {
		entry->conn.owner = listener->conn.owner;
		entry->conn.owner.known = OWNER_INHERITED;
	}
	entry->awaits_accept = false;
	conn_reconsider(table, entry);
}

/* ---- where it has been ---- */

struct covered {
	uint32_t netns;
	uint8_t census;
	UT_hash_handle hh;
};

void conn_census_swept(struct conn_table *table, const struct wire_swept *s)
{
	struct covered *covered;

	if (s->blind)
		return;
	HASH_FIND(hh, table->covered, &s->netns, sizeof(s->netns), covered);
	if (!covered) {
		covered = calloc(1, sizeof(*covered));
		if (!covered)
			return;
		covered->netns = s->netns;
		HASH_ADD(hh, table->covered, netns, sizeof(covered->netns), covered);
		if (!TABLE_HAS(covered)) {
			free(covered);
			return;
		}
	}
	covered->census = table->census;
}

bool conn_census_covers(const struct conn_table *table, uint32_t netns)
{
	const struct covered *covered;

	HASH_FIND(hh, table->covered, &netns, sizeof(netns), covered);
	return covered && covered->census == table->census;
}

/* Without this the table would keep every namespace that ever was. */
static void forget_uncovered(struct conn_table *table)
{
	struct covered *covered, *next;

	HASH_ITER (hh, table->covered, covered, next)
		if (covered->census != table->census) {
			// NOLINTNEXTLINE(clang-analyzer-unix.Malloc): unlinks
			HASH_DEL(table->covered, covered);
			free(covered);
		}
}

void conn_census_release(struct conn_table *table)
{
	TABLE_RELEASE(table->covered, free);
	TABLE_RELEASE(table->claims, free);
}

/* ---- bounds ---- */

#define UNMET_MAX 2

/* ns: when it was there for the last time, as an event or a census proved. */
static uint64_t last_met(const struct conn_table *table, const struct store_entry *entry)
{
	uint8_t ago = (uint8_t)(table->census - entry->census) % STORE_CENSUSES;
	uint64_t met = ago < 4 ? table->census_ts[entry->census % 4] : 0;

	return met > entry->conn.since ? met : entry->conn.since;
}

/* Two censuses did not find it. */
static void end_unseen(struct conn_table *table, struct store_entry *entry, uint64_t ts)
{
	struct conn_step end = {.ts = ts,
				.lost = entry->lost,
				.cause = CAUSE_UNKNOWN,
				.met = last_met(table, entry)};

	if (entry->lost == table->lost && conn_is_told(table, entry->conn.state))
		table->missed++;
	conn_end(table, entry, end);
}

/* Its port decides whether it is wanted, and is not known yet: the filter in the kernel dropped the
 * events after it was. */
static bool is_connect(const struct store_entry *entry)
{
	return !entry->is_request && !entry->is_mini && entry->is_unsettled;
}

/* Or it is a request, and nobody knows whether a child took its place. */
static bool is_unheard_of(const struct store_entry *entry)
{
	return entry->is_request || is_connect(entry);
}

/* False if the next census has something left to decide. */
static bool end_unmet(struct conn_table *table)
{
	uint64_t ts = table->census_ts[table->census % 4];
	struct store_entry *entry, *next;
	bool decided = true;

	table->owes_connects = true;
	for (entry = store_first(&table->store); entry; entry = next) {
		next = store_next(&table->store, entry);
		if (entry->found || entry->by_census)
			decided = table->owes_connects = false;
		if (entry->census == table->census || entry->is_held ||
		    (!entry->conn.id.cookie && !entry->is_request) ||
		    (entry->is_mini && table->config.samples) ||
		    !conn_census_covers(table, entry->conn.id.netns))
			continue;
		if (++entry->unmet < UNMET_MAX) {
			decided = false;
			table->owes_connects &= is_connect(entry);
		} else if (is_unheard_of(entry)) {
			store_remove(&table->store, entry);
		} else {
			end_unseen(table, entry, ts);
		}
	}
	return decided;
}

/* The timer wheel is late by up to an eighth of a long timer's time: 7.5 s of 60. */
#define OVERDUE_NS       (10 * NS_PER_S)
#define OVERDUE_LOOKS_NS (5 * NS_PER_S)
#define RESTARTED_NS     (OVERDUE_NS + 2 * WIRE_TIMEWAIT_LEN_NS)

void conn_census_overdue(struct conn_table *table, uint64_t now)
{
	struct store_entry *entry, *next;
	bool found = false;

	if (now < table->next_overdue || table->config.samples)
		return;
	table->next_overdue = now + OVERDUE_LOOKS_NS;
	for (entry = store_first(&table->store); entry; entry = next) {
		next = store_next(&table->store, entry);
		if (!entry->is_mini || !entry->expires || entry->expires + OVERDUE_NS > now)
			continue;
		if (entry->expires + RESTARTED_NS < now) {
			end_unseen(table, entry, now);
			continue;
		}
		entry->doubts = table->doubts - 1;
		found = true;
	}
	if (found && conn_census_owed(table) < UNMET_MAX)
		table->owed = UNMET_MAX;
}

static void inherit_all(struct conn_table *table)
{
	struct store_entry *entry, *next;

	for (entry = store_first(&table->store); entry; entry = next) {
		next = store_next(&table->store, entry); /* entry may be removed */
		if (!entry->awaits_accept || entry->conn.owner.known != OWNER_UNKNOWN)
			continue;
		conn_inherit(table, &entry->conn);
		conn_reconsider(table, entry);
	}
}

/* How many doubts came up so far; wraps. */
static uint32_t all_doubts(const struct conn_table *table)
{
	return table->lost + table->doubts;
}

unsigned conn_census_owed(const struct conn_table *table)
{
	return table->owed_for == all_doubts(table) ? table->owed : UNMET_MAX;
}

bool conn_census_knows_queues(const struct conn_table *table)
{
	unsigned owed = conn_census_owed(table);

	return !owed || (owed == 1 && table->owes_connects);
}

static void begin(struct conn_table *table, const struct wire_census *c)
{
	table->owed = conn_census_owed(table);
	table->owed_for = all_doubts(table);
	table->lost_before = table->lost;
	table->census = (table->census + 1) % STORE_CENSUSES;
	table->census_ts[table->census % 4] = c->head.ts;
	table->in_census = true;
}

static void end(struct conn_table *table)
{
	bool decided = true;

	table->in_census = false;
	settle_claims(table);
	if (table->counted)
		decided = end_unmet(table);
	if (decided)
		table->listeners = table->lost_before;
	if (!table->counted)
		inherit_all(table);
	conn_queue_census_ends(table);
	table->counted_twice = table->counted;
	table->counted = true;
	forget_uncovered(table);
	if (table->owed)
		table->owed--;
	table->owes_connects &= !table->owed;
	if (!decided && !table->owed)
		table->owed = 1;
}

void conn_census_bounds(struct conn_table *table, const struct wire_census *c)
{
	if (c->begins)
		begin(table, c);
	else if (table->in_census)
		end(table);
}
