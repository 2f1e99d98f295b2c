/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fillings.c - see fillings.h. Function names are the kernel's, net/ipv4. */
#include "diagnosis/fillings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/table.h"
#include "base/tcpstate.h"

#define PORTS 65536

/* One bit a port. */
struct ports {
	uint64_t words[PORTS / 64];
	size_t n;
};

/* False if it was there. */
static bool ports_add(struct ports *ports, uint16_t port)
{
	uint64_t bit = 1ULL << port % 64, *word = &ports->words[port / 64];
	bool is_new = !(*word & bit);

	*word |= bit;
	ports->n += is_new;
	return is_new;
}

static bool ports_has(const struct ports *ports, uint16_t port)
{
	return ports->words[port / 64] >> port % 64 & 1;
}

struct counted {
	struct wire_id id; /* the key, as filling.id */
	struct rules_fill fill;
	bool is_asked;
	UT_hash_handle hh;
};

/* What is at work while a census is counted. */
struct count {
	struct fillings *fillings;
	const struct census *census;
	const struct match_config *match;
	bool is_every;         /* each that is a quarter full, by no rule */
	struct counted *bound; /* by namespace: ports that connect() never chooses */
	struct counted *tables, *destinations;
	struct at_port *ports;
	size_t n_ports;
};

static bool is_asked(const struct count *count, const struct wire_id *id)
{
	return !count->match || match_identity(count->match, id, true) == MATCH_YES;
}

static size_t all_ports(const struct wire_limits *limits)
{
	size_t range = (size_t)limits->port_high - limits->port_low + 1;

	return range > limits->ports_reserved ? range - limits->ports_reserved : 0;
}

static struct counted *find(struct counted *table, const struct wire_id *key)
{
	struct counted *counted;

	// NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): it has no padding
	HASH_FIND(hh, table, key, sizeof(*key), counted);
	return counted;
}

/* NULL if out of memory. */
static struct counted *find_or_add(struct counted **table, const struct wire_id *key)
{
	struct counted *counted = find(*table, key);

	if (counted)
		return counted;
	counted = calloc(1, sizeof(*counted));
	if (!counted)
		return NULL;
	counted->id = *key;
	HASH_ADD(hh, *table, id, sizeof(counted->id), counted);
	if (TABLE_HAS(counted))
		return counted;
	free(counted);
	return NULL;
}

static int add_filling(struct fillings *fillings, struct filling filling)
{
	struct filling *all = reallocarray(fillings->all, fillings->n + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	fillings->all = all;
	all[fillings->n++] = filling;
	return 0;
}

static const struct rules_rule *rule_for(enum rules_room room, const struct rules_fill *fill)
{
	const struct rules_rule *rule;
	unsigned i = 0;

	while ((rule = rules_rule(i)) && (rule->fills != room || !rule->is_meant(fill)))
		i++;
	return rule;
}

/* A filling, if there is a rule that means it. */
static int tell(struct count *count, enum rules_room room, const struct counted *counted,
		bool none_connects)
{
	const struct rules_fill *fill = &counted->fill;
	const struct wire_snapshot one = {.id = counted->id,
					  .device = (uint32_t)counted->id.cookie};
	struct filling filling = {
		.id = counted->id, .kind = room, .fill = *fill, .none_connects = none_connects};

	if (!fill->room || (count->is_every ? fill->count * 4 < fill->room : !counted->is_asked))
		return 0;
	filling.rule = count->is_every ? NULL : rule_for(room, fill);
	if (!filling.rule && !count->is_every)
		return 0;
	census_device(count->census, &one, filling.device);
	return add_filling(count->fillings, filling);
}

/* ---- sources ---- */

/* A port of the range that a socket has at its address. */
struct at_port {
	uint32_t netns;
	uint8_t addr[16];
	uint16_t port;
	uint16_t flags; /* WIRE_S_* */
	uint8_t state;
	bool is_asked;
};

/* By namespace, then by address, then by port; of one port who listens comes first. */
static int by_place(const void *left, const void *right)
{
	const struct at_port *a = left, *b = right;
	int order = (a->netns > b->netns) - (a->netns < b->netns);

	if (!order)
		order = memcmp(a->addr, b->addr, sizeof(a->addr));
	if (!order)
		order = a->port - b->port;
	return order ? order : (b->state == WIRE_LISTEN) - (a->state == WIRE_LISTEN);
}

/*
 * Has it one of the range? What waits at a listener has its port. A connection that is over gave
 * the port back, unless bind() was called with its number.
 */
static bool has_port(const struct wire_snapshot *s, const struct wire_limits *limits)
{
	return s->id.lport >= limits->port_low && s->id.lport <= limits->port_high &&
	       s->kind != WIRE_REQUEST && (s->state != WIRE_CLOSE || s->flags & WIRE_S_BOUND);
}

static void note_port(struct count *count, const struct wire_snapshot *s, bool is_asked)
{
	struct at_port *at = &count->ports[count->n_ports++];

	*at = (struct at_port){.netns = s->id.netns,
			       .port = s->id.lport,
			       .flags = s->flags,
			       .state = s->state,
			       .is_asked = is_asked};
	memcpy(at->addr, s->id.laddr, sizeof(at->addr));
}

/* One namespace. */
struct place {
	struct ports reserved;         /* nothing chooses them */
	uint16_t shared;               /* WIRE_S_REUSE if bind() shares such a port */
	struct ports of_any[2];        /* had at any address by sockets for IPv6, IPv4 */
	size_t states[2][WIRE_STATES]; /* of those */
	struct counted any;            /* all addresses together */
	struct ports all, bound;
};

/* `seen` has the ports that are counted. */
static void count_port(struct counted *counted, struct ports *seen, const struct at_port *at)
{
	counted->is_asked |= at->is_asked;
	if (!ports_add(seen, at->port))
		return;
	counted->fill.count++;
	counted->fill.states[at->state]++;
	counted->fill.bound += (at->flags & WIRE_S_BOUND) != 0;
}

static void add_of_any(struct place *place, const struct at_port *at, bool for_ipv4)
{
	if (ports_add(&place->of_any[for_ipv4], at->port))
		place->states[for_ipv4][at->state]++;
}

static void add_wildcard(struct place *place, const struct at_port *at)
{
	bool is_ipv4 = match_is_ipv4(at->addr);

	add_of_any(place, at, is_ipv4);
	if (!is_ipv4 && !(at->flags & WIRE_S_V6ONLY))
		add_of_any(place, at, true);
}

static bool is_taken(const struct place *place, const struct at_port *at)
{
	bool is_shared = at->flags & place->shared && at->state != WIRE_LISTEN;

	return !is_shared && !ports_has(&place->reserved, at->port);
}

/* A list such as "30000-30004,30010-30010"; NULL: none. */
static void add_reserved(struct ports *ports, const char *list)
{
	unsigned first, last;

	while (list && sscanf(list, "%5u-%5u", &first, &last) == 2) {
		for (; first <= last && first < PORTS; first++)
			ports_add(ports, (uint16_t)first);
		list = strchr(list, ',');
		if (list)
			list++;
	}
}

/* All ports of one namespace. */
static void count_place(struct place *place, const struct at_port *at, const struct at_port *end,
			const struct census *census)
{
	const struct wire_limits *limits = census_limits_of(census, at->netns);

	memset(place, 0, sizeof(*place));
	place->any.id.netns = at->netns;
	place->any.fill.room = all_ports(limits);
	place->any.fill.any_address = true;
	place->shared = limits->autobind_reuse ? WIRE_S_REUSE : 0;
	add_reserved(&place->reserved, census_name(census, WIRE_NAME_RESERVED, at->netns));
	for (; at < end; at++) {
		if (at->flags & WIRE_S_BOUND && !ports_has(&place->reserved, at->port))
			ports_add(&place->bound, at->port);
		if (!is_taken(place, at))
			continue;
		count_port(&place->any, &place->all, at);
		if (!match_addr_known(at->addr))
			add_wildcard(place, at);
	}
}

/* From `at` on, those of one address; what is at any address has a port at this one too.
 * Returns the first behind them. */
static const struct at_port *count_source(const struct place *place, const struct at_port *at,
					  const struct at_port *end, struct counted *source)
{
	bool is_ipv4 = match_is_ipv4(at->addr);
	const struct ports *of_any = &place->of_any[is_ipv4];
	const struct at_port *first = at;
	int counted = -1; /* the port that was counted last */

	*source = (struct counted){
		.id.netns = at->netns,
		.fill = {.room = place->any.fill.room, .count = of_any->n, .bound = of_any->n}};
	memcpy(source->id.laddr, at->addr, sizeof(source->id.laddr));
	memcpy(source->fill.states, place->states[is_ipv4], sizeof(source->fill.states));
	for (; at < end && !memcmp(at->addr, first->addr, sizeof(at->addr)); at++) {
		source->is_asked |= at->is_asked;
		if (at->port == counted || !is_taken(place, at) || ports_has(of_any, at->port))
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
static int tell_sources(struct count *count, const struct place *place, const struct at_port *at,
			const struct at_port *end)
{
	size_t told = count->fillings->n, room = place->any.fill.room;
	bool none_connects = place->bound.n >= room, one_is_full = false;
	struct counted source;
	int err = 0;

	while (!err && at < end) {
		at = count_source(place, at, end, &source);
		if (!match_addr_known(source.id.laddr))
			continue;
		one_is_full |= source.fill.count >= room;
		err = tell(count, RULES_SOURCE, &source, none_connects);
	}
	told = count->fillings->n - told;
	if (!err && (!told || count->is_every || (!one_is_full && place->any.fill.count >= room)))
		err = tell(count, RULES_SOURCE, &place->any, none_connects);
	return err;
}

static int note_bound(struct count *count, const struct place *place)
{
	struct counted *counted;

	if (!place->bound.n)
		return 0;
	counted = find_or_add(&count->bound, &place->any.id);
	if (!counted)
		return -ENOMEM;
	counted->fill.count = place->bound.n;
	return 0;
}

static int tell_all_sources(struct count *count)
{
	struct at_port *all = count->ports, *end = all + count->n_ports, *next;
	struct place *place = malloc(sizeof(*place));
	int err = place ? 0 : -ENOMEM;

	if (count->n_ports)
		qsort(all, count->n_ports, sizeof(*all), by_place);
	for (struct at_port *at = all; !err && at < end; at = next) {
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

/* ---- destinations, and tables ---- */

/* The kernel's number of the loopback device, in each namespace. */
#define LOOPBACK_IFINDEX 1

/* tcp_twsk_unique(): ns from when on connect() takes over such a port; 0: never. */
static uint64_t reusable_from(const struct wire_snapshot *s, const struct wire_limits *limits)
{
	bool local = s->device == LOOPBACK_IFINDEX || address_is_loopback(s->id.laddr) ||
		     address_is_loopback(s->id.raddr);
	uint64_t entered = s->began ? s->began : s->timer - WIRE_TIMEWAIT_LEN_NS;

	return s->state == WIRE_TIME_WAIT && s->flags & WIRE_S_TIMESTAMPS &&
			       (limits->tw_reuse == 1 || (limits->tw_reuse == 2 && local))
		       ? entered + limits->tw_reuse_delay_ms * NS_PER_MS
		       : 0;
}

static bool is_reusable(const struct wire_snapshot *s, const struct wire_limits *limits)
{
	uint64_t from = reusable_from(s, limits);

	return from && from < s->head.ts;
}

/* Is its port, which it has, taken towards its destination and towards no other? */
static bool takes_one(const struct wire_snapshot *s, const struct wire_limits *limits)
{
	return s->state != WIRE_LISTEN && !(s->flags & WIRE_S_BOUND) && !is_reusable(s, limits);
}

static int count_one(struct counted **table, const struct wire_id *key, uint8_t state,
		     bool is_asked)
{
	struct counted *counted = find_or_add(table, key);

	if (!counted)
		return -ENOMEM;
	counted->is_asked |= is_asked;
	counted->fill.count++;
	counted->fill.states[state]++;
	return 0;
}

static int count_socket(struct count *count, const struct wire_snapshot *s,
			const struct wire_limits *limits)
{
	bool has_one = has_port(s, limits), asked = is_asked(count, &s->id);
	const struct wire_id netns = {.netns = s->id.netns};
	struct wire_id destination = s->id;
	int err = 0;

	/* By the device that it is bound to: another one is another hash. */
	destination.cookie = s->device;
	destination.lport = 0;
	/* inet_twsk_alloc() counts those in FIN-WAIT-2 too. */
	if (s->kind == WIRE_MINI)
		err = count_one(&count->tables, &netns, s->state, asked);
	if (!err && has_one && takes_one(s, limits))
		err = count_one(&count->destinations, &destination, s->state, asked);
	if (!err && has_one)
		note_port(count, s, asked);
	return err;
}

/* Neighbours are mostly of one namespace. */
static int count_all(struct count *count)
{
	const struct wire_limits *limits = NULL;
	int err = 0;

	count->ports = calloc(count->census->count + 1, sizeof(*count->ports));
	if (!count->ports)
		return -ENOMEM;
	for (const struct census_socket *socket = count->census->sockets; !err && socket;
	     socket = socket->hh.next) {
		if (!limits || limits->netns != socket->s.id.netns)
			limits = census_limits_of(count->census, socket->s.id.netns);
		if (limits)
			err = count_socket(count, &socket->s, limits);
	}
	return err;
}

static bool is_towards(const struct wire_snapshot *s, const struct wire_id *id)
{
	return s->id.netns == id->netns && s->id.rport == id->rport &&
	       !memcmp(s->id.laddr, id->laddr, sizeof(id->laddr)) &&
	       !memcmp(s->id.raddr, id->raddr, sizeof(id->raddr)) &&
	       (!s->device || s->device == id->cookie);
}

/* inet_bound_dev_eq(): what is bound to no device has its port towards a destination by each of
 * them, but what is bound to one has it by that one only; so two may have the same port. */
static int count_by_device(const struct count *count, const struct wire_limits *limits,
			   struct counted *all)
{
	struct ports *ports = calloc(1, sizeof(*ports));

	if (!ports)
		return -ENOMEM;
	all->fill = (struct rules_fill){.room = all->fill.room};
	for (const struct census_socket *it = count->census->sockets; it; it = it->hh.next) {
		const struct wire_snapshot *s = &it->s;

		if (!is_towards(s, &all->id) || !has_port(s, limits) || !takes_one(s, limits) ||
		    !ports_add(ports, s->id.lport))
			continue;
		all->fill.count++;
		all->fill.states[s->state]++;
	}
	free(ports);
	return 0;
}

static size_t unbound(const struct count *count, const struct counted *counted)
{
	struct wire_id id = counted->id;
	const struct counted *all;

	id.cookie = 0;
	all = find(count->destinations, &id);
	return all ? all->fill.count : 0;
}

static int tell_destination(struct count *count, const struct counted *counted)
{
	const struct wire_id netns = {.netns = counted->id.netns};
	const struct wire_limits *limits = census_limits_of(count->census, netns.netns);
	const struct counted *bound = find(count->bound, &netns);
	struct counted all = *counted;
	size_t room = all_ports(limits);
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
	return err ? err : tell(count, RULES_DESTINATION, &all, false);
}

static int tell_destinations_and_tables(struct count *count)
{
	int err = 0;

	for (struct counted *it = count->destinations; !err && it; it = it->hh.next)
		err = tell_destination(count, it);
	for (struct counted *it = count->tables; !err && it; it = it->hh.next) {
		it->fill.room = census_limits_of(count->census, it->id.netns)->max_tw_buckets;
		err = tell(count, RULES_TABLE, it, false);
	}
	return err;
}

/* ---- the machine ---- */

/* tcp_too_many_orphans(), tcp_out_of_memory(). The states are of those that we see. */
static int tell_host(struct count *count)
{
	const struct wire_host *host = &count->census->host;
	struct counted orphans = {.fill = {.room = host->max_orphans, .count = host->orphans},
				  .is_asked = true};
	const struct counted memory = {.fill = {.room = host->memory_max,
						.count = host->memory,
						.alarm = host->memory_pressure},
				       .is_asked = true};
	int err;

	for (const struct census_socket *socket = count->census->sockets; socket;
	     socket = socket->hh.next)
		if (socket->s.kind == WIRE_FULL && socket->s.flags & WIRE_S_ORPHAN)
			orphans.fill.states[socket->s.state]++;
	err = tell(count, RULES_ORPHANS, &orphans, false);
	return err ? err : tell(count, RULES_MEMORY, &memory, false);
}

/* ---- who has most ---- */

bool fillings_has(const struct filling *filling, const struct census *census,
		  const struct wire_snapshot *s)
{
	const struct wire_id *id = &filling->id;
	const struct wire_limits *limits = census_limits_of(census, id->netns);

	if (s->id.netns != id->netns || !limits)
		return false;
	if (filling->kind == RULES_TABLE)
		return s->kind == WIRE_MINI;
	if (!has_port(s, limits))
		return false;
	if (filling->kind == RULES_DESTINATION)
		return takes_one(s, limits) && is_towards(s, id);
	/* A server's connections have one port, which is its listener's. */
	return (filling->fill.any_address || !memcmp(s->id.laddr, id->laddr, sizeof(id->laddr))) &&
	       (s->state == WIRE_LISTEN || !census_has_listener(census, &s->id));
}

uint64_t fillings_leaves(const struct filling *filling, const struct census *census,
			 const struct wire_snapshot *s)
{
	const struct wire_limits *limits = census_limits_of(census, filling->id.netns);
	uint64_t reusable = filling->kind == RULES_DESTINATION ? reusable_from(s, limits) : 0;

	return reusable ? reusable : s->kind == WIRE_MINI ? s->timer : 0;
}

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

	for (const struct census_socket *socket = census->sockets; socket; socket = socket->hh.next)
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

static int count_fillings(struct count *count)
{
	int err = count_all(count);

	if (!err)
		err = tell_all_sources(count);
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
	struct count count = {.fillings = fillings, .census = census, .match = match};
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
		if (census->count * 4 >= all_ports(&it->limits) ||
		    census->count * 4 >= it->limits.max_tw_buckets)
			return true;
	return false;
}

int fillings_rooms(struct fillings *fillings, const struct census *census)
{
	struct count count = {.fillings = fillings, .census = census, .is_every = true};
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

/* ---- what it comes to ---- */

uint8_t fillings_state(const struct filling *filling)
{
	const size_t *states = filling->fill.states;
	uint8_t most = tcpstate_order[0];

	for (unsigned i = 1; i < TCPSTATE_STATES; i++)
		if (states[tcpstate_order[i]] > states[most])
			most = tcpstate_order[i];
	return states[most] ? most : 0;
}

unsigned fillings_percent(const struct filling *filling)
{
	return (unsigned)(filling->fill.count * 100 / filling->fill.room);
}
