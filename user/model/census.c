/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* census.c - see census.h. */
#include "model/census.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who was in close() of what it was. If that lasts, it is told again. */
static void forget_closer(struct census_socket *socket)
{
	if (!socket->holders || !census_is_closing(socket->holders))
		return;
	socket->holders = socket->last_holder = NULL;
	socket->by_threads = false;
}

/* Ports and addresses; they share their cookie. */
static bool is_same_connection(const struct wire_id *a, const struct wire_id *b)
{
	return a->lport == b->lport && a->rport == b->rport &&
	       !memcmp(a->laddr, b->laddr, sizeof(a->laddr)) &&
	       !memcmp(a->raddr, b->raddr, sizeof(a->raddr));
}

/* A mini-socket took over from it, or it took the ports of its own TIME-WAIT, since we met it. Only
 * a closed socket that a process still holds is there beside the mini-socket. */
static void forget_former(struct census *census, const struct wire_snapshot *s)
{
	struct census_socket *former = census_find(census, s->id.cookie, s->kind != WIRE_MINI);

	if (!former || former->listening || !is_same_connection(&former->s.id, &s->id) ||
	    s->state == WIRE_CLOSE || former->s.state == WIRE_CLOSE)
		return;
	census_take_out(census, former);
}

/* A socket that moved while the iterator walked comes twice: the later record is what it is now. */
static int add_socket(struct census *census, const struct wire_snapshot *s)
{
	struct census_socket *socket = census_find(census, s->id.cookie, s->kind == WIRE_MINI);

	forget_former(census, s);
	if (socket) {
		census->states[socket->s.state]--;
		census->states[s->state]++;
		socket->s = *s;
		socket->outlived_holders = census->sees_holders;
		socket->listener = 0;
		forget_closer(socket);
		return census_list_listener(census, socket);
	}
	socket = census_new_socket(census, s);
	if (!socket)
		return -ENOMEM;
	census->states[s->state]++;
	census->count++;
	return census_list_listener(census, socket);
}

/* The last holder of this process, or the one that has this descriptor; NULL: there is none. Where
 * threads have tables of their own, other processes may come in between. */
static struct census_holder *find_holder(const struct census_socket *socket,
					 const struct wire_holder *h)
{
	struct census_holder *holder = socket->holders, *last = NULL;

	if (!holder || (socket->last_holder->pid != h->pid && !h->tid && !socket->by_threads))
		return NULL;
	for (; holder; holder = holder->next) {
		if (holder->pid != h->pid)
			continue;
		if (holder->fd == h->fd)
			return holder;
		last = holder;
	}
	return last;
}

static void put_holder(struct census_socket *socket, struct census_holder *holder,
		       struct census_holder *behind)
{
	struct census_holder *at = behind ?: socket->last_holder;
	struct census_holder **to = at ? &at->next : &socket->holders;

	holder->next = *to;
	*to = holder;
	if (!holder->next)
		socket->last_holder = holder;
}

static int add_holder(struct census *census, const struct wire_holder *h)
{
	struct census_socket *socket = census_find(census, h->cookie, false);
	struct census_holder *holder, *before;

	census->sees_holders |= !(h->flags & WIRE_H_CLOSING);
	if (!socket)
		return 0;
	before = find_holder(socket, h);
	/* The path by the process itself is the shorter one. */
	if (before && before->fd == h->fd && !h->tid)
		before->tid = h->pid;
	if (before && before->fd == h->fd)
		return 0;
	holder = census_new_holder(census);
	if (!holder)
		return -ENOMEM;
	holder->pid = h->pid;
	holder->tid = h->tid ?: h->pid;
	holder->fd = h->fd;
	memcpy(holder->comm, h->comm, sizeof(holder->comm));
	holder->limit = h->limit;
	holder->doing = h->doing;
	holder->flags = h->flags;
	socket->by_threads |= h->tid != 0;
	put_holder(socket, holder, before);
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

static int add_bounds(struct census *census, const struct wire_census *bounds)
{
	bool is_second_end = census->is_whole && !bounds->begins;

	if (bounds->begins)
		census_release(census);
	if (bounds->begins) {
		census->ts = bounds->head.ts;
		census->hides_holders = bounds->begins & WIRE_C_HIDDEN;
		census->has_other_proc = bounds->begins & WIRE_C_PROC;
	}
	census->is_whole = !bounds->begins;
	census->missing = bounds->missing;
	if (!census->is_whole || is_second_end)
		return 0;
	return census_settle_listeners(census);
}

int census_add(struct census *census, const union decode_record *rec)
{
	if (rec->head.kind == WIRE_SNAPSHOT)
		return add_socket(census, &rec->snapshot);
	if (rec->head.kind == WIRE_HOLDER)
		return add_holder(census, &rec->holder);
	if (rec->head.kind == WIRE_QUEUED)
		add_queued(census, &rec->queued);
	if (rec->head.kind == WIRE_EPOLL)
		return pollers_add(&census->polling, &rec->epoll);
	if (rec->head.kind == WIRE_LIMITS)
		return add_limits(census, &rec->limits);
	if (rec->head.kind == WIRE_HOST)
		census->host = rec->host;
	if (rec->head.kind == WIRE_NAME)
		return add_name(census, &rec->name);
	if (rec->head.kind == WIRE_CENSUS)
		return add_bounds(census, &rec->census);
	return 0;
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

void census_release(struct census *census)
{
	census_release_listeners(census);
	census_release_sockets(census);
	TABLE_RELEASE(census->limits, free);
	TABLE_RELEASE(census->names, free);
	pollers_release(&census->polling);
	*census = (struct census){0};
}
