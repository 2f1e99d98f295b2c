/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* census_listener.c - see census_listener.h. */
#include "model/census_listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "match.h"
#include "base/address.h"

/* ---- by port ---- */

static struct census_port *find_port(const struct census *census, const struct wire_id *id)
{
	uint64_t key = (uint64_t)id->netns << 16 | id->lport;
	struct census_port *port;

	HASH_FIND(hh, census->ports, &key, sizeof(key), port);
	return port;
}

int census_list_listener(struct census *census, struct census_socket *socket)
{
	struct census_port *port;

	if (socket->listening || socket->s.state != WIRE_LISTEN)
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
	socket->listening = calloc(1, sizeof(*socket->listening));
	if (!socket->listening)
		return -ENOMEM;
	socket->listening->next = port->first;
	port->first = socket;
	return 0;
}

/* ---- who of a group accepts ---- */

static void mark_pollers(const struct census *census, struct census_socket *listener)
{
	uint64_t cookie = listener->s.id.cookie;

	listener->listening->is_polled = pollers_know(&census->polling, cookie);
	for (struct census_holder *h = listener->listening->is_polled ? listener->holders : NULL; h;
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
	for (const struct census_socket *other = port->first; other; other = other->listening->next)
		if (other != listener && other->listening->is_polled &&
		    !memcmp(other->s.id.laddr, listener->s.id.laddr, sizeof(other->s.id.laddr)) &&
		    other->s.device == listener->s.device && share_no_poller(listener, other))
			return true;
	return false;
}

static int list_pollers(struct census_socket *listener)
{
	struct census_holder **end = &listener->listening->pollers;

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

	for (struct census_socket *s = port->first; s; s = s->listening->next, n++)
		mark_pollers(census, s);
	for (struct census_socket *s = n > 1 && n <= GROUP_MAX ? port->first : NULL; s && !err;
	     s = s->listening->next)
		if (s->listening->is_polled && is_one_of_a_group(port, s))
			err = list_pollers(s);
	return err;
}

static int find_pollers(const struct census *census)
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
	for (struct census_socket *s = census_first(census); s; s = census_next(census, s)) {
		struct census_socket *listener = s->listener && waits(s)
							 ? census_find(census, s->listener, false)
							 : NULL;

		if (!listener || listener->s.state != WIRE_LISTEN)
			continue;
		listener->listening->told++;
		listener->listening->takes_others |= !census_fit(&listener->s, &s->s.id);
	}
}

/* How many in its queue nobody has told of. */
static uint32_t untold(const struct census_socket *listener)
{
	uint32_t told = listener->listening->told;

	return listener->s.unread > told ? listener->s.unread - told : 0;
}

static void list_untold(struct census *census)
{
	for (struct census_socket *s = census_first(census); s; s = census_next(census, s)) {
		if (s->s.state != WIRE_LISTEN || (!untold(s) && s->listening->told < TOLD_MAX))
			continue;
		s->listening->next_untold = census->untold;
		census->untold = s;
		census->n_untold++;
	}
}

static void count_candidates(const struct census *census)
{
	for (const struct census_socket *s = census_first(census); s; s = census_next(census, s))
		for (struct census_socket *l = !s->listener && waits(s) ? census->untold : NULL; l;
		     l = l->listening->next_untold)
			l->listening->candidates += census_fit(&l->s, &s->s.id) != 0;
}

static void find_untold(struct census *census)
{
	count_told(census);
	list_untold(census);
	if (census->n_untold <= UNTOLD_MAX)
		count_candidates(census);
}

int census_settle_listeners(struct census *census)
{
	find_untold(census);
	return find_pollers(census);
}

static void free_port(struct census_port *port)
{
	struct census_socket *socket = port->first;

	while (socket) {
		struct census_listening *listening = socket->listening;

		socket = listening->next;
		while (listening->pollers) {
			struct census_holder *poller = listening->pollers;

			listening->pollers = poller->next;
			free(poller);
		}
		free(listening);
	}
	free(port);
}

void census_release_listeners(struct census *census)
{
	TABLE_RELEASE(census->ports, free_port);
}

/* ---- looking up ---- */

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
	     socket = socket->listening->next) {
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

	for (const struct census_socket *l = census->untold; l; l = l->listening->next_untold) {
		if (census_fit(&l->s, id)) {
			fitting++;
			only = l;
		} else if (l->listening->takes_others && l->s.id.netns == id->netns) {
			return NULL;
		}
	}
	if (best)
		return best;
	/* One that was accepted meanwhile is in no queue, and one too many. */
	return fitting == 1 && census->n_untold <= UNTOLD_MAX &&
			       only->listening->candidates <= untold(only)
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
		socket = socket->listening->next;
	return socket != NULL;
}
