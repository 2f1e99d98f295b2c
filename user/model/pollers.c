/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* pollers.c - see pollers.h. */
#include "model/pollers.h"

#include <errno.h>
#include <stdlib.h>

static struct pollers_listener *find_listener(const struct pollers *pollers, uint64_t listener)
{
	struct pollers_listener *entry;

	HASH_FIND(hh, pollers->listeners, &listener, sizeof(listener), entry);
	return entry;
}

static const struct pollers_member *find_member(const struct pollers *pollers, uint64_t epoll,
						uint32_t pid)
{
	const struct pollers_key key = {.epoll = epoll, .pid = pid};
	struct pollers_member *entry;

	// NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): it has no padding
	HASH_FIND(hh, pollers->members, &key, sizeof(key), entry);
	return entry;
}

static int add_to_listener(struct pollers *pollers, const struct wire_epoll *rec)
{
	struct pollers_listener *entry = find_listener(pollers, rec->listener);

	if (!entry) {
		entry = calloc(1, sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		entry->listener = rec->listener;
		HASH_ADD(hh, pollers->listeners, listener, sizeof(entry->listener), entry);
		if (!TABLE_HAS(entry)) {
			free(entry);
			return -ENOMEM;
		}
	}
	if (rec->epoll && entry->n < WIRE_POLLERS_MAX)
		entry->epolls[entry->n++] = rec->epoll;
	else
		entry->has_others = true;
	return 0;
}

static int add_member(struct pollers *pollers, const struct wire_epoll *rec)
{
	struct pollers_member *entry;

	if (find_member(pollers, rec->epoll, rec->pid))
		return 0;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->key = (struct pollers_key){.epoll = rec->epoll, .pid = rec->pid};
	HASH_ADD(hh, pollers->members, key, sizeof(entry->key), entry);
	if (TABLE_HAS(entry))
		return 0;
	free(entry);
	return -ENOMEM;
}

int pollers_add(struct pollers *pollers, const struct wire_epoll *rec)
{
	return rec->listener ? add_to_listener(pollers, rec) : add_member(pollers, rec);
}

bool pollers_know(const struct pollers *pollers, uint64_t listener)
{
	const struct pollers_listener *entry = find_listener(pollers, listener);

	return entry && !entry->has_others;
}

bool pollers_has(const struct pollers *pollers, uint64_t listener, uint32_t pid)
{
	const struct pollers_listener *entry = find_listener(pollers, listener);

	for (unsigned i = 0; entry && !entry->has_others && i < entry->n; i++)
		if (find_member(pollers, entry->epolls[i], pid))
			return true;
	return false;
}

void pollers_release(struct pollers *pollers)
{
	TABLE_RELEASE(pollers->members, free);
	TABLE_RELEASE(pollers->listeners, free);
	*pollers = (struct pollers){0};
}
