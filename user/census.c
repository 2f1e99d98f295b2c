/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* census.c - see census.h. */
#include "census.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "match.h"

static struct census_socket *find(const struct census *census, uint64_t cookie)
{
	struct census_socket *socket;

	HASH_FIND(hh, census->sockets, &cookie, sizeof(cookie), socket);
	return socket;
}

static void list_listener(struct census *census, struct census_socket *socket)
{
	if (socket->is_listed || socket->s.state != WIRE_LISTEN)
		return;
	socket->is_listed = true;
	socket->next_listener = census->listeners;
	census->listeners = socket;
}

/* A socket that moved while the iterator walked comes twice: the later record is what it is now. */
static int add_socket(struct census *census, const struct wire_snapshot *s)
{
	struct census_socket *socket = find(census, s->id.cookie);

	if (socket) {
		census->states[socket->s.state]--;
		census->states[s->state]++;
		socket->s = *s;
		list_listener(census, socket);
		return 0;
	}
	socket = calloc(1, sizeof(*socket));
	if (!socket)
		return -ENOMEM;
	socket->s = *s;
	HASH_ADD(hh, census->sockets, s.id.cookie, sizeof(s->id.cookie), socket);
	list_listener(census, socket);
	census->states[s->state]++;
	census->count++;
	return 0;
}

/* Threads that share their descriptors are one process. */
static int add_holder(struct census *census, const struct wire_holder *h)
{
	struct census_socket *socket = find(census, h->cookie);
	struct census_holder **end, *holder;

	if (!socket)
		return 0;
	for (end = &socket->holders; *end; end = &(*end)->next)
		if ((*end)->pid == h->pid && (*end)->fd == h->fd)
			return 0;
	holder = calloc(1, sizeof(*holder));
	if (!holder)
		return -ENOMEM;
	holder->pid = h->pid;
	holder->fd = h->fd;
	memcpy(holder->comm, h->comm, sizeof(holder->comm));
	*end = holder;
	return 0;
}

static int add_limits(struct census *census, const struct wire_limits *limits)
{
	struct census_limits *entry;

	HASH_FIND(hh, census->limits, &limits->netns, sizeof(limits->netns), entry);
	if (!entry) {
		entry = calloc(1, sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		entry->limits.netns = limits->netns;
		HASH_ADD(hh, census->limits, limits.netns, sizeof(limits->netns), entry);
		census->namespaces++;
	}
	entry->limits = *limits;
	return 0;
}

static void add_bounds(struct census *census, const struct wire_census *bounds)
{
	if (bounds->begins)
		census_release(census);
	if (bounds->begins)
		census->ts = bounds->head.ts;
	census->is_whole = !bounds->begins;
	census->missing = bounds->missing;
}

int census_add(struct census *census, const union decode_record *rec)
{
	if (rec->head.kind == WIRE_SNAPSHOT)
		return add_socket(census, &rec->snapshot);
	if (rec->head.kind == WIRE_HOLDER)
		return add_holder(census, &rec->holder);
	if (rec->head.kind == WIRE_LIMITS)
		return add_limits(census, &rec->limits);
	if (rec->head.kind == WIRE_CENSUS)
		add_bounds(census, &rec->census);
	return 0;
}

/* As the kernel looks one up: the address itself rather than one that stands for any. */
const struct census_socket *census_listener(const struct census *census, const struct wire_id *id)
{
	const struct census_socket *any = NULL;

	for (const struct census_socket *socket = census->listeners; socket;
	     socket = socket->next_listener) {
		if (socket->s.state != WIRE_LISTEN || socket->s.id.netns != id->netns ||
		    socket->s.id.lport != id->lport)
			continue;
		if (!memcmp(socket->s.id.laddr, id->laddr, sizeof(id->laddr)))
			return socket;
		if (!match_addr_known(socket->s.id.laddr))
			any = socket;
	}
	return any;
}

const struct wire_limits *census_limits_of(const struct census *census, uint32_t netns)
{
	const struct census_limits *entry;

	HASH_FIND(hh, census->limits, &netns, sizeof(netns), entry);
	return entry ? &entry->limits : NULL;
}

void census_release(struct census *census)
{
	struct census_socket *socket, *next_socket;
	struct census_limits *limits, *next_limits;

	for (socket = census->sockets; socket; socket = next_socket) {
		next_socket = socket->hh.next;
		while (socket->holders) {
			struct census_holder *holder = socket->holders;

			socket->holders = holder->next;
			free(holder);
		}
		HASH_DEL(census->sockets, socket); // NOLINT(clang-analyzer-unix.Malloc): unlinks
		free(socket);
	}
	for (limits = census->limits; limits; limits = next_limits) {
		next_limits = limits->hh.next;
		HASH_DEL(census->limits, limits); // NOLINT(clang-analyzer-unix.Malloc): unlinks
		free(limits);
	}
	*census = (struct census){0};
}
