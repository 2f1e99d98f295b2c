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

void store_remove(struct store *store, struct store_entry *entry)
{
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

static struct store_listener *find_listener(struct store *store, uint32_t netns, uint16_t port)
{
	struct store_listener *listener, wanted;

	/* A key is compared as bytes. */
	memset(&wanted.key, 0, sizeof(wanted.key));
	wanted.key.netns = netns;
	wanted.key.port = port;
	HASH_FIND(hh, store->listeners, &wanted.key, sizeof(wanted.key), listener);
	return listener;
}

void store_listen(struct store *store, const struct conn *conn)
{
	struct store_listener *listener = find_listener(store, conn->id.netns, conn->id.lport);

	if (listener) {
		listener->sockets++;
		if (listener->owner.pid != conn->owner.pid)
			listener->owner = (struct conn_owner){.known = OWNER_UNKNOWN};
		return;
	}
	listener = calloc(1, sizeof(*listener));
	if (!listener)
		return; /* children then have no owner until they are held: less known, nothing
			   wrong */
	listener->key.netns = conn->id.netns;
	listener->key.port = conn->id.lport;
	listener->owner = conn->owner;
	listener->sockets = 1;
	HASH_ADD(hh, store->listeners, key, sizeof(listener->key), listener);
	if (!listener->hh.tbl)
		free(listener);
}

void store_unlisten(struct store *store, const struct conn *conn)
{
	struct store_listener *listener = find_listener(store, conn->id.netns, conn->id.lport);

	if (!listener || --listener->sockets)
		return;
	HASH_DEL(store->listeners, listener);
	free(listener);
}

struct conn_owner store_listener_owner(struct store *store, uint32_t netns, uint16_t port)
{
	struct store_listener *listener = find_listener(store, netns, port);

	return listener ? listener->owner : (struct conn_owner){.known = OWNER_UNKNOWN};
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
