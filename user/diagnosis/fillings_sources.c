/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fillings_sources.c - see fillings_sources.h. */
#include "diagnosis/fillings_sources.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnosis/port_set.h"
#include "match.h"

/* By namespace, then by address, then by port; of one port who listens comes first. */
static int by_place(const void *left, const void *right)
{
	const struct fillings_port *a = left, *b = right;
	int order = (a->netns > b->netns) - (a->netns < b->netns);

	if (!order)
		order = memcmp(a->addr, b->addr, sizeof(a->addr));
	if (!order)
		order = a->port - b->port;
	return order ? order : (b->state == WIRE_LISTEN) - (a->state == WIRE_LISTEN);
}

void fillings_note_port(struct fillings_count *count, const struct wire_snapshot *s, bool is_asked)
{
	struct fillings_port *at = &count->ports[count->n_ports++];

	*at = (struct fillings_port){.netns = s->id.netns,
				     .port = s->id.lport,
				     .flags = s->flags,
				     .state = s->state,
				     .is_asked = is_asked};
	memcpy(at->addr, s->id.laddr, sizeof(at->addr));
}

/* One namespace. */
struct place {
	struct port_set reserved;      /* nothing chooses them */
	uint16_t shared;               /* WIRE_S_REUSE if bind() shares such a port */
	struct port_set of_any[2];     /* had at any address by sockets for IPv6, IPv4 */
	size_t states[2][WIRE_STATES]; /* of those */
	struct fillings_counted any;   /* all addresses together */
	struct port_set all, bound;
};

/* `seen` has the ports that are counted. */
static void count_port(struct fillings_counted *counted, struct port_set *seen,
		       const struct fillings_port *at)
{
	counted->is_asked |= at->is_asked;
	if (!port_set_add(seen, at->port))
		return;
	counted->fill.count++;
	counted->fill.states[at->state]++;
	counted->fill.bound += (at->flags & WIRE_S_BOUND) != 0;
}

static void add_of_any(struct place *place, const struct fillings_port *at, bool for_ipv4)
{
	if (port_set_add(&place->of_any[for_ipv4], at->port))
		place->states[for_ipv4][at->state]++;
}

static void add_wildcard(struct place *place, const struct fillings_port *at)
{
	bool is_ipv4 = match_is_ipv4(at->addr);

	add_of_any(place, at, is_ipv4);
	if (!is_ipv4 && !(at->flags & WIRE_S_V6ONLY))
		add_of_any(place, at, true);
}

static bool is_taken(const struct place *place, const struct fillings_port *at)
{
	bool is_shared = at->flags & place->shared && at->state != WIRE_LISTEN;

	return !is_shared && !port_set_has(&place->reserved, at->port);
}

/* A list such as "30000-30004,30010-30010"; NULL: none. */
static void add_reserved(struct port_set *ports, const char *list)
{
	unsigned first, last;

	while (list && sscanf(list, "%5u-%5u", &first, &last) == 2) {
		for (; first <= last && first < PORT_SET_PORTS; first++)
			port_set_add(ports, (uint16_t)first);
		list = strchr(list, ',');
		if (list)
			list++;
	}
}

/* All ports of one namespace. */
static void count_place(struct place *place, const struct fillings_port *at,
			const struct fillings_port *end, const struct census *census)
{
	const struct wire_limits *limits = census_limits_of(census, at->netns);

	memset(place, 0, sizeof(*place));
	place->any.id.netns = at->netns;
	place->any.fill.room = filling_all_ports(limits);
	place->any.fill.any_address = true;
	place->shared = limits->autobind_reuse ? WIRE_S_REUSE : 0;
	add_reserved(&place->reserved, census_name(census, WIRE_NAME_RESERVED, at->netns));
	for (; at < end; at++) {
		if (at->flags & WIRE_S_BOUND && !port_set_has(&place->reserved, at->port))
			port_set_add(&place->bound, at->port);
		if (!is_taken(place, at))
			continue;
		count_port(&place->any, &place->all, at);
		if (!match_addr_known(at->addr))
			add_wildcard(place, at);
	}
}

/* From `at` on, those of one address; what is at any address has a port at this one too.
 * Returns the first behind them. */
static const struct fillings_port *count_source(const struct place *place,
						const struct fillings_port *at,
						const struct fillings_port *end,
						struct fillings_counted *source)
{
	bool is_ipv4 = match_is_ipv4(at->addr);
	const struct port_set *of_any = &place->of_any[is_ipv4];
	const struct fillings_port *first = at;
	int counted = -1; /* the port that was counted last */

	*source = (struct fillings_counted){
		.id.netns = at->netns,
		.fill = {.room = place->any.fill.room, .count = of_any->n, .bound = of_any->n}};
	memcpy(source->id.laddr, at->addr, sizeof(source->id.laddr));
	memcpy(source->fill.states, place->states[is_ipv4], sizeof(source->fill.states));
	for (; at < end && !memcmp(at->addr, first->addr, sizeof(at->addr)); at++) {
		source->is_asked |= at->is_asked;
		if (at->port == counted || !is_taken(place, at) || port_set_has(of_any, at->port))
			continue;
		counted = at->port;
		source->fill.count++;
		source->fill.states[at->state]++;
		source->fill.bound += (at->flags & WIRE_S_BOUND) != 0;
	}
	return at;
}

/* All addresses together are told of if nothing is told of one, or if they are full and no one is.
 */
static int tell_sources(struct fillings_count *count, const struct place *place,
			const struct fillings_port *at, const struct fillings_port *end)
{
	size_t told = count->fillings->n, room = place->any.fill.room;
	bool none_connects = place->bound.n >= room, one_is_full = false;
	struct fillings_counted source;
	int err = 0;

	while (!err && at < end) {
		at = count_source(place, at, end, &source);
		if (!match_addr_known(source.id.laddr))
			continue;
		one_is_full |= source.fill.count >= room;
		err = fillings_tell(count, RULES_SOURCE, &source, none_connects);
	}
	told = count->fillings->n - told;
	if (!err && (!told || count->is_every || (!one_is_full && place->any.fill.count >= room)))
		err = fillings_tell(count, RULES_SOURCE, &place->any, none_connects);
	return err;
}

static int note_bound(struct fillings_count *count, const struct place *place)
{
	struct fillings_counted *counted;

	if (!place->bound.n)
		return 0;
	counted = fillings_need(&count->bound, &place->any.id);
	if (!counted)
		return -ENOMEM;
	counted->fill.count = place->bound.n;
	return 0;
}

int fillings_tell_sources(struct fillings_count *count)
{
	struct fillings_port *all = count->ports, *end = all + count->n_ports, *next;
	struct place *place = malloc(sizeof(*place));
	int err = place ? 0 : -ENOMEM;

	if (count->n_ports)
		qsort(all, count->n_ports, sizeof(*all), by_place);
	for (struct fillings_port *at = all; !err && at < end; at = next) {
		for (next = at; next < end && next->netns == at->netns;)
			next++;
		count_place(place, at, next, count->census);
		err = note_bound(count, place);
		if (!err)
			err = tell_sources(count, place, at, next);
	}
	free(place);
	return err;
}
