/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* conn_store.c - entries, indexes and lists. See conn_store.h. */
#include "model/conn_store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* ---- identities and their hashes ---- */

/* Identity without the cookie, as it lies in struct wire_id. */
struct tuple {
	uint64_t words[5];
};

_Static_assert(sizeof(struct tuple) == sizeof(struct wire_id) - offsetof(struct wire_id, laddr),
	       "a tuple is all but the cookie");

static struct tuple tuple_of(const struct wire_id *id)
{
	struct tuple tuple;

	memcpy(&tuple, id->laddr, sizeof(tuple));
	return tuple;
}

static bool is_same_tuple(const struct tuple *a, const struct tuple *b)
{
	const uint64_t *v = a->words, *w = b->words;

	return !((v[0] ^ w[0]) | (v[1] ^ w[1]) | (v[2] ^ w[2]) | (v[3] ^ w[3]) | (v[4] ^ w[4]));
}

typedef unsigned __int128 uint128;

static uint64_t fold(uint64_t a, uint64_t b)
{
	uint128 product = (uint128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * Cookies follow each other. One fold leaves them in steps that some keys (one of 150) throw into
 * few buckets, chains of a hundred and more.
 */
static uint64_t hash_cookie(const uint64_t *keys, uint64_t cookie)
{
	return fold(fold(cookie ^ keys[6], keys[7]) ^ keys[5], keys[4] | 1);
}

/*
 * Who connects chooses what is hashed here. NH (of UMAC): nobody can choose two tuples that collide
 * without knowing the keys.
 */
static uint64_t hash_tuple(const uint64_t *keys, const struct tuple *tuple)
{
	const uint64_t *w = tuple->words;
	uint128 sum = (uint128)(w[0] + keys[0]) * (w[1] + keys[1]) +
		      (uint128)(w[2] + keys[2]) * (w[3] + keys[3]) +
		      (uint128)(w[4] + keys[4]) * keys[5];

	return fold((uint64_t)sum ^ keys[6], (uint64_t)(sum >> 64) ^ keys[7]);
}

static uint64_t hash_sock(const void *ctx, const void *element)
{
	return hash_cookie(ctx, ((const struct store_entry *)element)->conn.id.cookie);
}

static uint64_t hash_by_tuple(const void *ctx, const void *element)
{
	struct tuple tuple = tuple_of(&((const struct store_entry *)element)->conn.id);

	return hash_tuple(ctx, &tuple);
}

/* If the kernel has no randomness yet, takes that of this process's place and time. */
static void choose_keys(struct store *store)
{
	struct timespec now;

	if (getrandom(store->keys, sizeof(store->keys), GRND_NONBLOCK) ==
	    (ssize_t)sizeof(store->keys))
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	for (size_t i = 0; i < sizeof(store->keys) / sizeof(store->keys[0]); i++)
		store->keys[i] = fold((uint64_t)(uintptr_t)store + (uint64_t)now.tv_nsec,
				      0x9e3779b97f4a7c15ULL * (2 * i + 1));
}

/* ---- listeners ---- */

static struct store_listener *find_listener(const struct store *store,
					    const struct store_listener_key *key)
{
	struct store_listener *listener;

	HASH_FIND(hh, store->listeners, key, sizeof(*key), listener);
	return listener;
}

/* A key is compared as bytes; it has no padding. */
static struct store_listener_key listener_key(const struct wire_id *id)
{
	struct store_listener_key key = {.netns = id->netns, .port = id->lport};

	memcpy(key.addr, id->laddr, sizeof(key.addr));
	return key;
}

static void unlisten(struct store *store, struct store_entry *entry)
{
	struct store_listener_key key = listener_key(&entry->conn.id);
	struct store_listener *listener = entry->is_listening ? find_listener(store, &key) : NULL;

	if (listener) {
		listener->everywhere -= entry->conn.is_everywhere;
		listener->transparent -= entry->conn.is_transparent;
	}
	entry->is_listening = false;
	if (!listener || --listener->sockets)
		return;
	HASH_DEL(store->listeners, listener); // NOLINT(clang-analyzer-unix.Malloc): unlinks
	free(listener);
}

void store_listen(struct store *store, struct store_entry *entry)
{
	struct store_listener_key key = listener_key(&entry->conn.id);
	struct store_listener *listener;

	unlisten(store, entry);
	if (!key.port)
		return;
	listener = find_listener(store, &key);
	if (!listener) {
		listener = calloc(1, sizeof(*listener));
		if (!listener)
			return;
		listener->key = key;
		listener->owner = entry->conn.owner;
		listener->uid = entry->conn.uid;
		listener->cgroup = entry->conn.cgroup;
		HASH_ADD(hh, store->listeners, key, sizeof(listener->key), listener);
		if (!TABLE_HAS(listener)) {
			free(listener);
			return;
		}
	}
	if (entry->is_shared || listener->owner.pid != entry->conn.owner.pid)
		listener->owner = (struct conn_owner){.known = OWNER_UNKNOWN};
	if (listener->uid != entry->conn.uid)
		listener->uid = CONN_NO_UID;
	if (listener->cgroup != entry->conn.cgroup)
		listener->cgroup = 0;
	listener->sockets++;
	listener->everywhere += entry->conn.is_everywhere;
	listener->transparent += entry->conn.is_transparent;
	entry->is_listening = true;
}

void store_learn_listener(struct store *store, struct store_entry *entry, bool is_everywhere,
			  bool is_transparent)
{
	if (entry->conn.is_everywhere == is_everywhere &&
	    entry->conn.is_transparent == is_transparent)
		return;
	unlisten(store, entry);
	entry->conn.is_everywhere = is_everywhere;
	entry->conn.is_transparent = is_transparent;
	store_listen(store, entry);
}

#define PARENTS_MAX 3

static bool may_be_child(const struct store_listener *listener, const struct conn *child)
{
	bool other_user = listener->uid != CONN_NO_UID && child->uid != CONN_NO_UID &&
			  listener->uid != child->uid;

	/* Of several at one port (SO_REUSEPORT), whose it is shows later. */
	bool other_way = child->is_transparent ? !listener->transparent
					       : listener->transparent == listener->sockets;

	return !other_user && !other_way &&
	       (!listener->cgroup || !child->cgroup || listener->cgroup == child->cgroup);
}

/*
 * As the kernel does: the address itself first, then the wildcards; and what is bound to a device
 * only for what comes by that one. Writes those that the child may come from, returns how many.
 */
static unsigned find_parents(const struct store *store, const struct conn *child,
			     const struct store_listener *ret_parents[PARENTS_MAX])
{
	static const uint8_t any_v4[16] = {[10] = 0xff, [11] = 0xff}, any_v6[16];
	const uint8_t *const addrs[PARENTS_MAX] = {child->id.laddr, any_v4, any_v6};
	struct store_listener_key key = listener_key(&child->id);
	unsigned n = 0;

	for (size_t i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++) {
		const struct store_listener *listener;

		memcpy(key.addr, addrs[i], sizeof(key.addr));
		listener = find_listener(store, &key);
		if (!listener || !may_be_child(listener, child))
			continue;
		ret_parents[n++] = listener;
		if (listener->everywhere)
			break;
	}
	return n;
}

struct conn_owner store_listener_owner(const struct store *store, const struct conn *child)
{
	const struct store_listener *parents[PARENTS_MAX];
	unsigned n = find_parents(store, child, parents);

	for (unsigned i = 1; i < n; i++)
		if (parents[i]->owner.pid != parents[0]->owner.pid)
			return (struct conn_owner){.known = OWNER_UNKNOWN};
	return n ? parents[n - 1]->owner : (struct conn_owner){.known = OWNER_UNKNOWN};
}

const struct store_listener *store_listener_of(const struct store *store, const struct conn *child)
{
	const struct store_listener *parents[PARENTS_MAX];

	return find_parents(store, child, parents) == 1 ? parents[0] : NULL;
}

bool store_is_listened(const struct store *store, const struct conn_place *place)
{
	struct store_listener_key key = {.netns = place->netns, .port = place->port};

	memcpy(key.addr, place->addr, sizeof(key.addr));
	return find_listener(store, &key);
}

/* ---- the store ---- */

#define LIST(of, type, member) ((struct slab_list){.slab = (of), .link = offsetof(type, member)})

void store_init(struct store *store)
{
	struct chains index = {.slab = &store->entries,
			       .link = offsetof(struct store_entry, chain),
			       .ctx = store->keys};

	memset(store, 0, sizeof(*store));
	choose_keys(store);
	slab_init(&store->entries, sizeof(struct store_entry));
	slab_init(&store->asides, sizeof(struct store_aside));
	store->socks = store->minis = store->requests = index;
	store->socks.hash_of = hash_sock;
	store->minis.hash_of = store->requests.hash_of = hash_by_tuple;
	store->all = LIST(&store->entries, struct store_entry, all);
	store->unsettled = LIST(&store->asides, struct store_aside, unsettled);
	store->cancelled = LIST(&store->asides, struct store_aside, cancelled);
}

void store_release(struct store *store)
{
	struct store_entry *entry;

	for (entry = store_first(store); entry; entry = store_next(store, entry))
		free(store_take_held(store, entry));
	TABLE_RELEASE(store->listeners, free);
	TABLE_RELEASE(store->queues, free);
	chains_release(&store->socks);
	chains_release(&store->minis);
	chains_release(&store->requests);
	slab_release(&store->entries);
	slab_release(&store->asides);
}

/* Neighbours name it by its index. */
static uint32_t index_of(const struct store *store, const struct store_entry *entry)
{
	const struct store_entry *prev = store_entry_at(store, entry->all.prev);

	return prev ? prev->all.next : store->all.first;
}

struct store_entry *store_find_sock(const struct store *store, uint64_t cookie)
{
	uint32_t i = cookie ? chains_first(&store->socks, hash_cookie(store->keys, cookie)) : 0;

	for (; i; i = store_entry_at(store, i)->chain)
		if (store_entry_at(store, i)->conn.id.cookie == cookie)
			break;
	return store_entry_at(store, i);
}

static struct store_entry *find_by_tuple(const struct store *store, const struct chains *chains,
					 const struct wire_id *id)
{
	struct tuple wanted = tuple_of(id);
	uint32_t i = chains_first(chains, hash_tuple(store->keys, &wanted));

	for (; i; i = store_entry_at(store, i)->chain) {
		struct tuple tuple = tuple_of(&store_entry_at(store, i)->conn.id);

		if (is_same_tuple(&tuple, &wanted))
			break;
	}
	return store_entry_at(store, i);
}

struct store_entry *store_find_mini(const struct store *store, const struct wire_id *id)
{
	return find_by_tuple(store, &store->minis, id);
}

struct store_entry *store_find_request(const struct store *store, const struct wire_id *id)
{
	return store->requests.count ? find_by_tuple(store, &store->requests, id) : NULL;
}

/* NULL: in none. A full socket without a cookie is never looked for. */
static struct chains *index_for(struct store *store, const struct store_entry *entry)
{
	if (entry->is_mini)
		return &store->minis;
	if (entry->is_request)
		return &store->requests;
	return entry->conn.id.cookie ? &store->socks : NULL;
}

static bool add_to_index(struct store *store, struct store_entry *entry, uint32_t i)
{
	struct chains *chains = index_for(store, entry);

	return !chains || chains_add(chains, i);
}

static void remove_from_index(struct store *store, struct store_entry *entry, uint32_t i)
{
	struct chains *chains = index_for(store, entry);

	if (chains)
		chains_remove(chains, i);
}

struct store_entry *store_add(struct store *store, const struct wire_id *id, enum store_kind kind)
{
	uint32_t i = slab_take(&store->entries);
	struct store_entry *entry = store_entry_at(store, i);

	if (!entry)
		return NULL;
	entry->conn.id = *id;
	entry->is_mini = kind == STORE_MINI;
	entry->is_request = kind == STORE_REQUEST;
	if (!add_to_index(store, entry, i)) {
		slab_give(&store->entries, i);
		return NULL;
	}
	slab_append(&store->all, i);
	store->count++;
	return entry;
}

/* All but the index. */
static void forget(struct store *store, struct store_entry *entry, uint32_t i)
{
	unlisten(store, entry);
	store_keep(store, entry);
	store_set_unsettled(store, entry, false);
	store_expect_husk(store, entry, false);
	store_clear_cancelled(store, entry);
	store_end_wait(store, entry);
	free(store_take_held(store, entry));
	slab_unlink(&store->all, i);
	store->count--;
	slab_give(&store->entries, i);
}

void store_remove(struct store *store, struct store_entry *entry)
{
	uint32_t i = index_of(store, entry);

	remove_from_index(store, entry, i);
	forget(store, entry, i);
}

bool store_become_mini(struct store *store, struct store_entry *entry, const struct wire_id *id)
{
	uint32_t i = index_of(store, entry);

	entry->data = entry->idle_ms = 0;
	remove_from_index(store, entry, i);
	entry->is_mini = true;
	entry->conn.id = *id;
	if (add_to_index(store, entry, i))
		return true;
	forget(store, entry, i);
	return false;
}

void store_touch(struct store *store, struct store_entry *entry)
{
	uint32_t i = index_of(store, entry);

	slab_unlink(&store->all, i);
	slab_append(&store->all, i);
}

void store_give_up(struct store *store, struct store_entry *entry)
{
	uint32_t i = index_of(store, entry);

	slab_unlink(&store->all, i);
	slab_prepend(&store->all, i);
	store->given_up_count += !entry->is_given_up;
	entry->is_given_up = true;
}

void store_keep(struct store *store, struct store_entry *entry)
{
	store->given_up_count -= entry->is_given_up;
	entry->is_given_up = false;
}

/* ---- aside ---- */

/* That of the entry, or a new one; NULL if out of memory. */
static struct store_aside *need_aside(struct store *store, struct store_entry *entry)
{
	if (!entry->aside) {
		entry->aside = slab_take(&store->asides);
		if (entry->aside)
			store_aside(store, entry)->entry = index_of(store, entry);
	}
	return store_aside(store, entry);
}

/* Gives it back if nothing in it is needed any more. */
static void tidy_aside(struct store *store, struct store_entry *entry)
{
	const struct store_aside *aside = store_aside(store, entry);

	if (aside->held || aside->cancel.ts || aside->wait.since || entry->is_unsettled)
		return;
	slab_give(&store->asides, entry->aside);
	entry->aside = 0;
}

struct store_held *store_hold(struct store *store, struct store_entry *entry)
{
	struct store_aside *aside = need_aside(store, entry);

	if (!aside)
		return NULL;
	if (!aside->held)
		aside->held = calloc(1, sizeof(*aside->held));
	if (aside->held)
		return aside->held;
	tidy_aside(store, entry);
	return NULL;
}

struct store_held *store_take_held(struct store *store, struct store_entry *entry)
{
	struct store_aside *aside = store_aside(store, entry);
	struct store_held *held;

	if (!aside || !aside->held)
		return NULL;
	held = aside->held;
	aside->held = NULL;
	tidy_aside(store, entry);
	return held;
}

void store_expect_husk(struct store *store, struct store_entry *entry, bool expects)
{
	store->husks_expected += (size_t)expects - (size_t)entry->expects_husk;
	entry->expects_husk = expects;
}

bool store_set_unsettled(struct store *store, struct store_entry *entry, bool is_unsettled)
{
	if (entry->is_unsettled == is_unsettled)
		return true;
	if (is_unsettled && !need_aside(store, entry))
		return false;
	entry->is_unsettled = is_unsettled;
	if (is_unsettled) {
		slab_append(&store->unsettled, entry->aside);
		store->unsettled_count++;
	} else {
		slab_unlink(&store->unsettled, entry->aside);
		store->unsettled_count--;
		tidy_aside(store, entry);
	}
	return true;
}

void store_defer(struct store *store, struct store_entry *entry)
{
	slab_unlink(&store->unsettled, entry->aside);
	slab_append(&store->unsettled, entry->aside);
}

static struct store_entry *entry_of_aside(const struct store *store, uint32_t i)
{
	return i ? store_entry_at(store, store_aside_at(store, i)->entry) : NULL;
}

struct store_entry *store_first_unsettled(const struct store *store)
{
	return entry_of_aside(store, store->unsettled.first);
}

struct store_entry *store_next_unsettled(const struct store *store, const struct store_entry *entry)
{
	return entry_of_aside(store, store_aside(store, entry)->unsettled.next);
}

bool store_set_cancelled(struct store *store, struct store_entry *entry,
			 const struct store_cancel *cancel)
{
	struct store_aside *aside;
	uint64_t first;

	if (!cancel->ts)
		return true;
	aside = need_aside(store, entry);
	if (!aside)
		return false;
	first = aside->cancel.ts;
	aside->cancel = *cancel;
	if (first)
		aside->cancel.ts = first;
	else
		slab_append(&store->cancelled, entry->aside);
	return true;
}

void store_clear_cancelled(struct store *store, struct store_entry *entry)
{
	if (!store_cancelled(store, entry))
		return;
	store_aside(store, entry)->cancel.ts = 0;
	slab_unlink(&store->cancelled, entry->aside);
	tidy_aside(store, entry);
}

/* ---- waiting for accept() ---- */

struct store_wait *store_begin_wait(struct store *store, struct store_entry *entry, uint64_t since)
{
	struct store_aside *aside = need_aside(store, entry);

	if (!aside)
		return NULL;
	store->waiting_count += !aside->wait.since;
	aside->wait.since = since;
	return &aside->wait;
}

void store_end_wait(struct store *store, struct store_entry *entry)
{
	struct store_wait *wait = store_wait(store, entry);

	if (!wait)
		return;
	if (wait->at)
		wait->at->waiting--;
	*wait = (struct store_wait){0};
	store->waiting_count--;
	tidy_aside(store, entry);
}
