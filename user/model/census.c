/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* census.c - see census.h. */
#include "model/census.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "match.h"
#include "base/address.h"

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

static void free_holders(struct census_holder *holder)
{
	while (holder) {
		struct census_holder *next = holder->next;

		free(holder);
		holder = next;
	}
}

/* Who was in close() of what it was. If that lasts, it is told again. */
static void forget_closer(struct census_socket *socket)
{
	if (!socket->holders || !census_is_closing(socket->holders))
		return;
	free_holders(socket->holders);
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

	if (!former || former->is_listed || !is_same_connection(&former->s.id, &s->id) ||
	    s->state == WIRE_CLOSE || former->s.state == WIRE_CLOSE)
		return;
	HASH_DEL(census->sockets, former);
	census->states[former->s.state]--;
	census->count--;
	free_holders(former->holders);
	free(former);
}

/* A socket that moved while the iterator walked comes twice: the later record is what it is now. */
static int add_socket(struct census *census, const struct wire_snapshot *s)
{
	bool is_mini = s->kind == WIRE_MINI;
	struct census_socket *socket = census_find(census, s->id.cookie, is_mini);

	forget_former(census, s);
	if (socket) {
		census->states[socket->s.state]--;
		census->states[s->state]++;
		socket->s = *s;
		socket->outlived_holders = census->sees_holders;
		socket->listener = 0;
		forget_closer(socket);
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
	holder = calloc(1, sizeof(*holder));
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

static void mark_pollers(const struct census *census, struct census_socket *listener)
{
	uint64_t cookie = listener->s.id.cookie;

	listener->is_polled = pollers_know(&census->polling, cookie);
	for (struct census_holder *h = listener->is_polled ? listener->holders : NULL; h;
	     h = h->next)
		h->polls = pollers_has(&census->polling, cookie, h->pid);
}

static unsigned pollers_of(const struct census_socket *listener)
{
	unsigned n = 0;

	for (const struct census_holder *h = listener->holders; h; h = h->next)
		n += h->polls;
	return n;
}

/* Both are polled, each by others. All holders are listed in the same order. */
static bool share_no_poller(const struct census_socket *a, const struct census_socket *b)
{
	const struct census_holder *left = a->holders, *right = b->holders;

	for (; left && right; left = left->next, right = right->next)
		if (left->pid != right->pid || (left->polls && right->polls))
			return false;
	return !left && !right && pollers_of(a) && pollers_of(b);
}

/*
 * Those who hold all members of a group, but wait at one each, accept what comes to that one: the
 * workers of nginx. Of a single listener that proves nothing: the master of PHP-FPM waits there
 * while its children accept.
 */
static bool is_one_of_a_group(const struct census_port *port, const struct census_socket *listener)
{
	for (const struct census_socket *other = port->first; other; other = other->next_listener)
		if (other != listener && other->is_polled &&
		    !memcmp(other->s.id.laddr, listener->s.id.laddr, sizeof(other->s.id.laddr)) &&
		    other->s.device == listener->s.device && share_no_poller(listener, other))
			return true;
	return false;
}

static int list_pollers(struct census_socket *listener)
{
	struct census_holder **end = &listener->pollers;

	for (const struct census_holder *h = listener->holders; h; h = h->next) {
		if (!h->polls)
			continue;
		*end = malloc(sizeof(**end));
		if (!*end)
			return -ENOMEM;
		**end = *h;
		(*end)->next = NULL;
		end = &(*end)->next;
	}
	return 0;
}

/* Of listeners at a port, so many are compared with each other. */
#define GROUP_MAX 1024

static int find_pollers_at(const struct census *census, const struct census_port *port)
{
	unsigned n = 0;
	int err = 0;

	for (struct census_socket *s = port->first; s; s = s->next_listener, n++)
		mark_pollers(census, s);
	for (struct census_socket *s = n > 1 && n <= GROUP_MAX ? port->first : NULL; s && !err;
	     s = s->next_listener)
		if (s->is_polled && is_one_of_a_group(port, s))
			err = list_pollers(s);
	return err;
}

static int find_pollers(struct census *census)
{
	int err = 0;

	for (struct census_port *port = census->ports; port && !err; port = port->hh.next)
		err = find_pollers_at(census, port);
	return err;
}

/* ---- what was told of queues ---- */

/*
 * The kernel's programs tell of the first so many in each queue, and of no queue that only
 * processes out of sight have; but of all listeners how many wait there. QUEUED_TOLD_MAX,
 * bpf/inspect.bpf.c.
 */
#define TOLD_MAX 512

/* Of more listeners with untold connections nothing is concluded. */
#define UNTOLD_MAX 64

static bool waits(const struct census_socket *socket)
{
	return socket->s.kind == WIRE_FULL && socket->s.state != WIRE_LISTEN &&
	       census_waits_for_accept(&socket->s);
}

static void count_told(const struct census *census)
{
	for (struct census_socket *s = census->sockets; s; s = s->hh.next) {
		struct census_socket *listener = s->listener && waits(s)
							 ? census_find(census, s->listener, false)
							 : NULL;

		if (!listener || listener->s.state != WIRE_LISTEN)
			continue;
		listener->told++;
		listener->takes_others |= !census_fit(&listener->s, &s->s.id);
	}
}

/* How many in its queue nobody has told of. */
static uint32_t untold(const struct census_socket *listener)
{
	return listener->s.unread > listener->told ? listener->s.unread - listener->told : 0;
}

static void list_untold(struct census *census)
{
	for (struct census_socket *s = census->sockets; s; s = s->hh.next) {
		if (s->s.state != WIRE_LISTEN || (!untold(s) && s->told < TOLD_MAX))
			continue;
		s->next_untold = census->untold;
		census->untold = s;
		census->n_untold++;
	}
}

static void count_candidates(const struct census *census)
{
	for (const struct census_socket *s = census->sockets; s; s = s->hh.next)
		for (struct census_socket *l = !s->listener && waits(s) ? census->untold : NULL; l;
		     l = l->next_untold)
			l->candidates += census_fit(&l->s, &s->s.id) != 0;
}

static void find_untold(struct census *census)
{
	count_told(census);
	list_untold(census);
	if (census->n_untold <= UNTOLD_MAX)
		count_candidates(census);
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
	find_untold(census);
	return find_pollers(census);
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

/* ---- listeners ---- */

unsigned census_fit(const struct wire_snapshot *listener, const struct wire_id *id)
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

const struct census_holder *census_next_process(const struct census_holder *holder)
{
	uint32_t pid = holder->pid;

	while (holder && holder->pid == pid)
		holder = holder->next;
	return holder;
}

/* All holders are listed in the same order. */
static bool have_same_acceptors(const struct census_socket *a, const struct census_socket *b)
{
	const struct census_holder *left = census_acceptors(a), *right = census_acceptors(b);

	while (left && right && left->pid == right->pid) {
		left = census_next_process(left);
		right = census_next_process(right);
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
		unsigned fits = census_fit(&socket->s, id);

		if (!fits)
			continue;
		by_device |= socket->s.flags & WIRE_S_DEVICE;
		if (best && !have_same_acceptors(socket, best)) {
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

/*
 * The listener of one that was not told of. `best` is what its address and port lead to; NULL:
 * several fit. That is it, unless another one with more in its queue than was told of takes what is
 * sent to other ports (TPROXY). Of several that fit, it is the only one that has such a queue, if
 * all that were not told of have room there.
 */
static const struct census_socket *listener_of_untold(const struct census *census,
						      const struct wire_id *id,
						      const struct census_socket *best)
{
	const struct census_socket *only = NULL;
	size_t fitting = 0;

	for (const struct census_socket *l = census->untold; l; l = l->next_untold) {
		if (census_fit(&l->s, id)) {
			fitting++;
			only = l;
		} else if (l->takes_others && l->s.id.netns == id->netns) {
			return NULL;
		}
	}
	if (best)
		return best;
	/* One that was accepted meanwhile is in no queue, and one too many. */
	return fitting == 1 && census->n_untold <= UNTOLD_MAX && only->candidates <= untold(only)
		       ? only
		       : NULL;
}

const struct census_socket *census_listener(const struct census *census,
					    const struct census_socket *socket)
{
	const struct census_socket *listener;

	if (!socket->listener)
		return listener_of_untold(census, &socket->s.id,
					  look_up_listener(census, &socket->s.id));
	listener = census_find(census, socket->listener, false);
	return listener && listener->s.state == WIRE_LISTEN ? listener : NULL;
}

const struct census_socket *census_listener_towards(const struct census *census,
						    const struct wire_snapshot *s)
{
	const struct wire_id *id = &s->id;
	struct wire_id remote = {.lport = id->rport, .netns = id->netns};
	const struct census_socket *listener;

	/* By a device it may leave, or stay within a VRF, which has addresses of its own. */
	if (s->device)
		return NULL;
	if (!address_is_loopback(id->raddr) && memcmp(id->laddr, id->raddr, sizeof(id->laddr)) != 0)
		return NULL;
	memcpy(remote.laddr, id->raddr, sizeof(remote.laddr));
	listener = look_up_listener(census, &remote);
	return listener && !(listener->s.flags & WIRE_S_DEVICE) ? listener : NULL;
}

bool census_has_listener(const struct census *census, const struct wire_id *id)
{
	const struct census_port *port = find_port(census, id);
	const struct census_socket *socket = port ? port->first : NULL;

	while (socket && !census_fit(&socket->s, id))
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
	free_holders(socket->holders);
	free_holders(socket->pollers);
	free(socket);
}

void census_release(struct census *census)
{
	TABLE_RELEASE(census->sockets, free_socket);
	TABLE_RELEASE(census->limits, free);
	TABLE_RELEASE(census->ports, free);
	TABLE_RELEASE(census->names, free);
	pollers_release(&census->polling);
	*census = (struct census){0};
}
