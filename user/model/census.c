/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* census.c - see census.h. */
#include "model/census.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "match.h"

struct census_socket *census_find(const struct census *census, uint64_t cookie, bool is_mini)
{
	const struct census_key key = {.cookie = cookie, .is_mini = is_mini};
	struct census_socket *socket;

	// NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): it has no padding
	HASH_FIND(hh, census->sockets, &key, sizeof(key), socket);
	return socket;
}

static struct census_port *find_port(const struct census *census, const struct wire_id *id)
{
	uint64_t key = (uint64_t)id->netns << 16 | id->lport;
	struct census_port *port;

	HASH_FIND(hh, census->ports, &key, sizeof(key), port);
	return port;
}

static int list_listener(struct census *census, struct census_socket *socket)
{
	struct census_port *port;

	if (socket->is_listed || socket->s.state != WIRE_LISTEN)
		return 0;
	port = find_port(census, &socket->s.id);
	if (!port) {
		port = calloc(1, sizeof(*port));
		if (!port)
			return -ENOMEM;
		port->key = (uint64_t)socket->s.id.netns << 16 | socket->s.id.lport;
		HASH_ADD(hh, census->ports, key, sizeof(port->key), port);
		if (!TABLE_HAS(port)) {
			free(port);
			return -ENOMEM;
		}
	}
	socket->is_listed = true;
	socket->next_listener = port->first;
	port->first = socket;
	return 0;
}

/* A socket that moved while the iterator walked comes twice: the later record is what it is now. */
static int add_socket(struct census *census, const struct wire_snapshot *s)
{
	bool is_mini = s->kind == WIRE_MINI;
	struct census_socket *socket = census_find(census, s->id.cookie, is_mini);

	if (socket) {
		census->states[socket->s.state]--;
		census->states[s->state]++;
		socket->s = *s;
		socket->listener = 0;
		return list_listener(census, socket);
	}
	socket = calloc(1, sizeof(*socket));
	if (!socket)
		return -ENOMEM;
	socket->s = *s;
	socket->key = (struct census_key){.cookie = s->id.cookie, .is_mini = is_mini};
	HASH_ADD(hh, census->sockets, key, sizeof(socket->key), socket);
	if (!TABLE_HAS(socket)) {
		free(socket);
		return -ENOMEM;
	}
	census->states[s->state]++;
	census->count++;
	return list_listener(census, socket);
}

/* Threads of a process may share their descriptors or not; they come one behind the other. */
static bool is_told_already(const struct census_socket *socket, const struct wire_holder *h)
{
	const struct census_holder *holder = socket->holders;

	if (!holder || socket->last_holder->pid != h->pid)
		return false;
	while (holder && (holder->pid != h->pid || holder->fd != h->fd))
		holder = holder->next;
	return holder != NULL;
}

static int add_holder(struct census *census, const struct wire_holder *h)
{
	struct census_socket *socket = census_find(census, h->cookie, false);
	struct census_holder *holder;

	census->sees_holders = true;
	if (!socket || is_told_already(socket, h))
		return 0;
	holder = calloc(1, sizeof(*holder));
	if (!holder)
		return -ENOMEM;
	holder->pid = h->pid;
	holder->fd = h->fd;
	memcpy(holder->comm, h->comm, sizeof(holder->comm));
	*(socket->holders ? &socket->last_holder->next : &socket->holders) = holder;
	socket->last_holder = holder;
	return 0;
}

static void add_queued(const struct census *census, const struct wire_queued *q)
{
	struct census_socket *socket = census_find(census, q->cookie, false);

	if (socket)
		socket->listener = q->listener;
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
		if (!TABLE_HAS(entry)) {
			free(entry);
			return -ENOMEM;
		}
		census->namespaces++;
	}
	entry->limits = *limits;
	return 0;
}

static struct census_name *find_name(const struct census *census, uint64_t of, uint64_t id)
{
	const struct wire_name key = {.of = of, .id = id};
	struct census_name *name;

	HASH_FIND(hh, census->names, &key.id, sizeof(key.id) + sizeof(key.of), name);
	return name;
}

static int add_name(struct census *census, const struct wire_name *told)
{
	struct census_name *name = find_name(census, told->of, told->id);

	census->knows_home |= told->of == WIRE_NAME_HOME;
	if (!name) {
		name = calloc(1, sizeof(*name));
		if (!name)
			return -ENOMEM;
		name->name = *told;
		HASH_ADD(hh, census->names, name.id, sizeof(told->id) + sizeof(told->of), name);
		if (!TABLE_HAS(name)) {
			free(name);
			return -ENOMEM;
		}
	}
	name->name = *told;
	return 0;
}

static void add_bounds(struct census *census, const struct wire_census *bounds)
{
	if (bounds->begins)
		census_release(census);
	if (bounds->begins) {
		census->ts = bounds->head.ts;
		census->hides_holders = bounds->begins & WIRE_C_HIDDEN;
	}
	census->is_whole = !bounds->begins;
	census->missing = bounds->missing;
}

int census_add(struct census *census, const union decode_record *rec)
{
	if (rec->head.kind == WIRE_SNAPSHOT)
		return add_socket(census, &rec->snapshot);
	if (rec->head.kind == WIRE_HOLDER)
		return add_holder(census, &rec->holder);
	if (rec->head.kind == WIRE_QUEUED)
		add_queued(census, &rec->queued);
	if (rec->head.kind == WIRE_LIMITS)
		return add_limits(census, &rec->limits);
	if (rec->head.kind == WIRE_NAME)
		return add_name(census, &rec->name);
	if (rec->head.kind == WIRE_CENSUS)
		add_bounds(census, &rec->census);
	return 0;
}

/* ---- listeners ---- */

/* How well this listener fits, as inet_lookup_listener() has it; 0: not at all. */
static unsigned fit(const struct wire_snapshot *listener, const struct wire_id *id)
{
	bool is_ipv4 = match_is_ipv4(id->laddr);

	/* It may be another socket by now, or closed. */
	if (listener->state != WIRE_LISTEN || listener->id.netns != id->netns ||
	    listener->id.lport != id->lport)
		return 0;
	if (!memcmp(listener->id.laddr, id->laddr, sizeof(id->laddr)))
		return 3;
	if (match_addr_known(listener->id.laddr))
		return 0;
	if (match_is_ipv4(listener->id.laddr) == is_ipv4)
		return 2;
	return is_ipv4 && !(listener->flags & WIRE_S_V6ONLY);
}

/* The next holder of another process. */
static const struct census_holder *next_process(const struct census_holder *holder)
{
	uint32_t pid = holder->pid;

	while (holder && holder->pid == pid)
		holder = holder->next;
	return holder;
}

/* All holders are listed in the same order. */
static bool have_same_holders(const struct census_socket *a, const struct census_socket *b)
{
	const struct census_holder *left = a->holders, *right = b->holders;

	while (left && right && left->pid == right->pid) {
		left = next_process(left);
		right = next_process(right);
	}
	return !left && !right;
}

static const struct census_socket *look_up_listener(const struct census *census,
						    const struct wire_id *id)
{
	const struct census_port *port = find_port(census, id);
	const struct census_socket *best = NULL;
	unsigned best_fit = 0;
	bool by_device = false, is_alone = true, is_best = true;

	for (const struct census_socket *socket = port ? port->first : NULL; socket;
	     socket = socket->next_listener) {
		unsigned fits = fit(&socket->s, id);

		if (!fits)
			continue;
		by_device |= socket->s.flags & WIRE_S_DEVICE;
		if (best && !have_same_holders(socket, best)) {
			is_alone = false;
			is_best = fits != best_fit && (is_best || fits > best_fit);
		}
		if (fits > best_fit) {
			best = socket;
			best_fit = fits;
		}
	}
	return is_alone || (is_best && !by_device) ? best : NULL;
}

const struct census_socket *census_listener(const struct census *census,
					    const struct census_socket *socket)
{
	const struct census_socket *listener;

	if (!socket->listener)
		return look_up_listener(census, &socket->s.id);
	listener = census_find(census, socket->listener, false);
	return listener && listener->s.state == WIRE_LISTEN ? listener : NULL;
}

bool census_has_listener(const struct census *census, const struct wire_id *id)
{
	const struct census_port *port = find_port(census, id);
	const struct census_socket *socket = port ? port->first : NULL;

	while (socket && !fit(&socket->s, id))
		socket = socket->next_listener;
	return socket != NULL;
}

const struct wire_limits *census_limits_of(const struct census *census, uint32_t netns)
{
	const struct census_limits *entry;

	HASH_FIND(hh, census->limits, &netns, sizeof(netns), entry);
	return entry ? &entry->limits : NULL;
}

const char *census_name(const struct census *census, uint64_t of, uint64_t id)
{
	const struct census_name *name = find_name(census, of, id);

	return name ? name->name.text : NULL;
}

const char *census_device(const struct census *census, const struct wire_snapshot *s,
			  char text[CENSUS_DEVICE_MAX])
{
	const char *name = census_name(census, WIRE_NAME_DEVICE,
				       WIRE_DEVICE_ID(s->id.netns, s->device));

	if (!s->device)
		return NULL;
	if (!name)
		snprintf(text, CENSUS_DEVICE_MAX, "%" PRIu32, s->device);
	else
		name_text(text, CENSUS_DEVICE_MAX, name);
	return text;
}

static void free_socket(struct census_socket *socket)
{
	while (socket->holders) {
		struct census_holder *holder = socket->holders;

		socket->holders = holder->next;
		free(holder);
	}
	free(socket);
}

void census_release(struct census *census)
{
	TABLE_RELEASE(census->sockets, free_socket);
	TABLE_RELEASE(census->limits, free);
	TABLE_RELEASE(census->ports, free);
	TABLE_RELEASE(census->names, free);
	*census = (struct census){0};
}
