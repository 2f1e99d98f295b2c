/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* conn_store.c - entries, indexes and lists. See conn_store.h. */
#include "conn_store.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Identity without the cookie, as it lies in struct wire_id. */
#define TUPLE_OFFSET offsetof(struct wire_id, laddr)
#define TUPLE_SIZE   (sizeof(struct wire_id) - TUPLE_OFFSET)

struct store_entry *store_find_sock(struct store *store, uint64_t cookie)
{
	struct store_entry *entry = NULL;

	if (cookie)
		HASH_FIND(hh, store->socks, &cookie, sizeof(cookie), entry);
	return entry;
}

struct store_entry *store_find_mini(struct store *store, const struct wire_id *id)
{
	struct store_entry *entry;

	HASH_FIND(hh, store->minis, (const char *)id + TUPLE_OFFSET, TUPLE_SIZE, entry);
	return entry;
}

static bool add_to_index(struct store *store, struct store_entry *entry)
{
	if (entry->is_mini)
		HASH_ADD_KEYPTR(hh, store->minis, (char *)&entry->conn.id + TUPLE_OFFSET,
				TUPLE_SIZE, entry);
	else
		HASH_ADD(hh, store->socks, conn.id.cookie, sizeof(entry->conn.id.cookie), entry);
	return entry->hh.tbl != NULL;
}

static void remove_from_index(struct store *store, struct store_entry *entry)
{
	if (!entry->hh.tbl)
		return;
	if (entry->is_mini)
		HASH_DEL(store->minis, entry);
	else
		HASH_DEL(store->socks, entry);
	memset(&entry->hh, 0, sizeof(entry->hh));
}

struct store_entry *store_add(struct store *store, const struct wire_id *id, bool is_mini)
{
	struct store_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->conn.id = *id;
	entry->is_mini = is_mini;
	if (!add_to_index(store, entry)) {
		free(entry);
		return NULL;
	}
	DL_APPEND(store->all, entry);
	store->count++;
	return entry;
}

static struct store_listener *find_listener(struct store *store,
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
		HASH_ADD(hh, store->listeners, key, sizeof(listener->key), listener);
		if (!listener->hh.tbl) {
			free(listener);
			return;
		}
	}
	if (listener->owner.pid != entry->conn.owner.pid)
		listener->owner = (struct conn_owner){.known = OWNER_UNKNOWN};
	listener->sockets++;
	entry->is_listening = true;
}

struct conn_owner store_listener_owner(struct store *store, const struct wire_id *child)
{
	static const uint8_t any_v4[16] = {[10] = 0xff, [11] = 0xff}, any_v6[16];
	const uint8_t *const addrs[] = {child->laddr, any_v4, any_v6};
	struct store_listener_key key = listener_key(child);

	/* As the kernel looks one up: the address itself, then those that stand for any. */
	for (size_t i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++) {
		const struct store_listener *listener;

		memcpy(key.addr, addrs[i], sizeof(key.addr));
		listener = find_listener(store, &key);
		if (listener)
			return listener->owner;
	}
	return (struct conn_owner){.known = OWNER_UNKNOWN};
}

void store_remove(struct store *store, struct store_entry *entry)
{
	unlisten(store, entry);
	remove_from_index(store, entry);
	store_set_unsettled(store, entry, false);
	store_set_cancelled(store, entry, 0);
	DL_DELETE(store->all, entry);
	store->count--;
	free(entry->held);
	free(entry);
}

bool store_become_mini(struct store *store, struct store_entry *entry, const struct wire_id *id)
{
	remove_from_index(store, entry);
	entry->is_mini = true;
	entry->conn.id = *id;
	if (add_to_index(store, entry))
		return true;
	store_remove(store, entry);
	return false;
}

void store_touch(struct store *store, struct store_entry *entry)
{
	DL_DELETE(store->all, entry);
	DL_APPEND(store->all, entry);
}

void store_set_unsettled(struct store *store, struct store_entry *entry, bool is_unsettled)
{
	if (entry->is_unsettled == is_unsettled)
		return;
	entry->is_unsettled = is_unsettled;
	if (is_unsettled) {
		DL_APPEND2(store->unsettled, entry, unsettled_prev, unsettled_next);
		store->unsettled_count++;
	} else {
		DL_DELETE2(store->unsettled, entry, unsettled_prev, unsettled_next);
		store->unsettled_count--;
	}
}

void store_set_cancelled(struct store *store, struct store_entry *entry, uint64_t ts)
{
	if (!entry->cancelled == !ts)
		return;
	entry->cancelled = ts;
	if (ts)
		DL_APPEND2(store->cancelled, entry, cancelled_prev, cancelled_next);
	else
		DL_DELETE2(store->cancelled, entry, cancelled_prev, cancelled_next);
}

void store_release(struct store *store)
{
	struct store_listener *listener;

	while (store->all)
		store_remove(store, store->all);
	while ((listener = store->listeners)) {
		HASH_DEL(store->listeners, listener); // NOLINT(clang-analyzer-unix.Malloc): unlinks
		free(listener);
	}
}
