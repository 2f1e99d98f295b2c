/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fillings.c - see fillings.h. Function names are the kernel's, net/ipv4. */
#include "diagnosis/fillings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diagnosis/fillings_sources.h"
#include "diagnosis/port_set.h"

/* ---- destinations, and tables ---- */

static int count_one(struct fillings_counted **table, const struct wire_id *key, uint8_t state,
		     bool is_asked)
{
	struct fillings_counted *counted = fillings_need(table, key);

	if (!counted)
		return -ENOMEM;
	counted->is_asked |= is_asked;
	counted->fill.count++;
	counted->fill.states[state]++;
	return 0;
}

static int count_socket(struct fillings_count *count, const struct wire_snapshot *s,
			const struct wire_limits *limits)
{
	bool has_one = filling_has_port(s, limits), asked = fillings_asks(count, &s->id);
	const struct wire_id netns = {.netns = s->id.netns};
	struct wire_id destination = s->id;
	int err = 0;

	/* By the device that it is bound to: another one is another hash. */
	destination.cookie = s->device;
	destination.lport = 0;
	/* inet_twsk_alloc() counts those in FIN-WAIT-2 too. */
	if (s->kind == WIRE_MINI)
		err = count_one(&count->tables, &netns, s->state, asked);
	if (!err && has_one && filling_takes_one(s, limits))
		err = count_one(&count->destinations, &destination, s->state, asked);
	if (!err && has_one)
		fillings_note_port(count, s, asked);
	return err;
}

/* Neighbours are mostly of one namespace. */
static int count_all(struct fillings_count *count)
{
	const struct wire_limits *limits = NULL;
	int err = 0;

	count->ports = calloc(count->census->count + 1, sizeof(*count->ports));
	if (!count->ports)
		return -ENOMEM;
	for (const struct census_socket *socket = census_first(count->census); !err && socket;
	     socket = census_next(count->census, socket)) {
		if (!limits || limits->netns != socket->s.id.netns)
			limits = census_limits_of(count->census, socket->s.id.netns);
		if (limits)
			err = count_socket(count, &socket->s, limits);
	}
	return err;
}

/* inet_bound_dev_eq(): what is bound to no device has its port towards a destination by each of
 * them, but what is bound to one has it by that one only; so two may have the same port. */
static int count_by_device(const struct fillings_count *count, const struct wire_limits *limits,
			   struct fillings_counted *all)
{
	struct port_set *ports = calloc(1, sizeof(*ports));

	if (!ports)
		return -ENOMEM;
	all->fill = (struct rules_fill){.room = all->fill.room};
	for (const struct census_socket *it = census_first(count->census); it;
	     it = census_next(count->census, it)) {
		const struct wire_snapshot *s = &it->s;

		if (!filling_is_towards(s, &all->id) || !filling_has_port(s, limits) ||
		    !filling_takes_one(s, limits) || !port_set_add(ports, s->id.lport))
			continue;
		all->fill.count++;
		all->fill.states[s->state]++;
	}
	free(ports);
	return 0;
}

static size_t unbound(const struct fillings_count *count, const struct fillings_counted *counted)
{
	struct wire_id id = counted->id;
	const struct fillings_counted *all;

	id.cookie = 0;
	all = fillings_find(count->destinations, &id);
	return all ? all->fill.count : 0;
}

static int tell_destination(struct fillings_count *count, const struct fillings_counted *counted)
{
	const struct wire_id netns = {.netns = counted->id.netns};
	const struct wire_limits *limits = census_limits_of(count->census, netns.netns);
	const struct fillings_counted *bound = fillings_find(count->bound, &netns);
	struct fillings_counted all = *counted;
	size_t room = filling_all_ports(limits);
	int err = 0;

	all.fill.room = room;
	if (bound)
		all.fill.room -= bound->fill.count < room ? bound->fill.count : room;
	if (counted->id.cookie) {
		/* What is mostly not bound to it is told of by itself. */
		if ((counted->fill.count < unbound(count, counted) &&
		     counted->fill.count + unbound(count, counted) < all.fill.room) ||
		    (counted->fill.count + unbound(count, counted)) * 4 < all.fill.room)
			return 0;
		err = count_by_device(count, limits, &all);
	}
	return err ? err : fillings_tell(count, RULES_DESTINATION, &all, false);
}

static int tell_destinations_and_tables(struct fillings_count *count)
{
	int err = 0;

	for (struct fillings_counted *it = count->destinations; !err && it; it = it->hh.next)
		err = tell_destination(count, it);
	for (struct fillings_counted *it = count->tables; !err && it; it = it->hh.next) {
		it->fill.room = census_limits_of(count->census, it->id.netns)->max_tw_buckets;
		err = fillings_tell(count, RULES_TABLE, it, false);
	}
	return err;
}

/* ---- the machine ---- */

/* tcp_too_many_orphans(), tcp_out_of_memory(). The states are of those that we see. */
static int tell_host(struct fillings_count *count)
{
	const struct wire_host *host = &count->census->host;
	struct fillings_counted orphans = {
		.fill = {.room = host->max_orphans, .count = host->orphans}, .is_asked = true};
	const struct fillings_counted memory = {.fill = {.room = host->memory_max,
							 .count = host->memory,
							 .alarm = host->memory_pressure},
						.is_asked = true};
	int err;

	for (const struct census_socket *socket = census_first(count->census); socket;
	     socket = census_next(count->census, socket))
		if (socket->s.kind == WIRE_FULL && socket->s.flags & WIRE_S_ORPHAN)
			orphans.fill.states[socket->s.state]++;
	err = fillings_tell(count, RULES_ORPHANS, &orphans, false);
	return err ? err : fillings_tell(count, RULES_MEMORY, &memory, false);
}

/* ---- who has most ---- */

static int by_pid(const void *left, const void *right)
{
	const struct census_holder *const *a = left, *const *b = right;

	return ((*a)->pid > (*b)->pid) - ((*a)->pid < (*b)->pid);
}

/* One more with `count`; what is too many for the list is added up. */
static void rank(struct filling *filling, const struct census_holder *who, size_t count)
{
	struct fillings_holder *most = filling->most;
	size_t at = FILLINGS_HOLDERS;

	while (at && most[at - 1].count < count)
		at--;
	if (at == FILLINGS_HOLDERS) {
		filling->held_by_others += count;
		return;
	}
	filling->held_by_others += most[FILLINGS_HOLDERS - 1].count;
	memmove(most + at + 1, most + at, (FILLINGS_HOLDERS - 1 - at) * sizeof(*most));
	most[at] = (struct fillings_holder){.who = who, .count = count};
}

/* `room` has a place for each socket of the census. */
static void find_most(struct filling *filling, const struct census *census,
		      const struct census_holder **room)
{
	size_t n = 0, end;

	for (const struct census_socket *socket = census_first(census); socket;
	     socket = census_next(census, socket))
		if (socket->holders && fillings_has(filling, census, &socket->s))
			room[n++] = socket->holders;
	if (n)
		qsort(room, n, sizeof(const struct census_holder *), by_pid);
	for (size_t first = 0; first < n; first = end) {
		for (end = first; end < n && room[end]->pid == room[first]->pid;)
			end++;
		rank(filling, room[first], end - first);
	}
}

static int find_holders(struct fillings *fillings, const struct census *census)
{
	const struct census_holder **room;

	if (!fillings->n)
		return 0;
	room = calloc(census->count + 1, sizeof(const struct census_holder *));
	if (!room)
		return -ENOMEM;
	for (size_t i = 0; i < fillings->n; i++)
		find_most(&fillings->all[i], census, room);
	free(room);
	return 0;
}

/* ---- all ---- */

static int by_rule(const void *left, const void *right)
{
	const struct filling *a = left, *b = right;
	size_t a_full = a->fill.count * b->fill.room, b_full = b->fill.count * a->fill.room;

	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	if (a_full != b_full)
		return a_full > b_full ? -1 : 1;
	return memcmp(&a->id, &b->id, sizeof(a->id));
}

static int count_fillings(struct fillings_count *count)
{
	int err = count_all(count);

	if (!err)
		err = fillings_tell_sources(count);
	if (!err)
		err = tell_destinations_and_tables(count);
	if (!err && !count->is_every)
		err = tell_host(count);
	free(count->ports);
	TABLE_RELEASE(count->bound, free);
	TABLE_RELEASE(count->destinations, free);
	TABLE_RELEASE(count->tables, free);
	return err;
}

int fillings_make(struct fillings *fillings, const struct census *census,
		  const struct match_config *match)
{
	struct fillings_count count = {.fillings = fillings, .census = census, .match = match};
	int err;

	*fillings = (struct fillings){0};
	err = count_fillings(&count);
	if (!err)
		err = find_holders(fillings, census);
	if (err)
		fillings_release(fillings);
	else if (fillings->n)
		qsort(fillings->all, fillings->n, sizeof(*fillings->all), by_rule);
	return err;
}

/* Mostly there are far less sockets than there is room for. */
static bool fills_a_quarter(const struct census *census)
{
	for (const struct census_limits *it = census->limits; it; it = it->hh.next)
		if (census->count * 4 >= filling_all_ports(&it->limits) ||
		    census->count * 4 >= it->limits.max_tw_buckets)
			return true;
	return false;
}

int fillings_rooms(struct fillings *fillings, const struct census *census)
{
	struct fillings_count count = {.fillings = fillings, .census = census, .is_every = true};
	int err;

	*fillings = (struct fillings){0};
	err = fills_a_quarter(census) ? count_fillings(&count) : 0;
	if (err)
		fillings_release(fillings);
	return err;
}

void fillings_release(struct fillings *fillings)
{
	free(fillings->all);
	*fillings = (struct fillings){0};
}
