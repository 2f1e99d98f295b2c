/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* peers.c - see peers.h. */
#include "diagnosis/peers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct tuple {
	uint8_t laddr[16], raddr[16];
	uint16_t lport, rport;
};

/* Those that have the same ends, in several namespaces. */
struct wanted {
	struct tuple tuple; /* of the peer */
	struct peers_end *end;
	struct wanted *next;
	UT_hash_handle hh;
};

static struct tuple tuple_of(const struct wire_id *id)
{
	struct tuple tuple = {.lport = id->lport, .rport = id->rport};

	memcpy(tuple.laddr, id->laddr, sizeof(tuple.laddr));
	memcpy(tuple.raddr, id->raddr, sizeof(tuple.raddr));
	return tuple;
}

static struct tuple reversed(const struct wire_id *id)
{
	struct tuple tuple = {.lport = id->rport, .rport = id->lport};

	memcpy(tuple.laddr, id->raddr, sizeof(tuple.laddr));
	memcpy(tuple.raddr, id->laddr, sizeof(tuple.raddr));
	return tuple;
}

/*
 * Does `by` expect what `from` sends next? Where data goes on between the looks at the two, that
 * cannot be seen. Nothing less will do: the first numbers of two connections of the same addresses
 * and ports differ by no more than the time between them, in 64 ns (secure_tcp_seq()).
 */
static bool is_heard(const struct wire_snapshot *from, const struct wire_snapshot *by)
{
	return by->state == WIRE_SYN_SENT || by->rcv_nxt - from->snd_una <= from->unacked;
}

static bool are_ends_of_one(const struct wire_snapshot *a, const struct wire_snapshot *b)
{
	return a->id.cookie != b->id.cookie && is_heard(a, b) && is_heard(b, a);
}

static bool has_other_end(const struct wire_snapshot *s)
{
	return s->id.rport && s->state != WIRE_LISTEN && s->state != WIRE_CLOSE;
}

static struct wanted *find(struct wanted *all, const struct tuple *tuple)
{
	struct wanted *it;

	HASH_FIND(hh, all, tuple, sizeof(*tuple), it);
	return it;
}

/* Takes `it`, which lies in an array. */
static int add(struct wanted **all, struct wanted *it)
{
	struct wanted *first = find(*all, &it->tuple);

	if (first) {
		it->next = first->next;
		first->next = it;
		return 0;
	}
	HASH_ADD(hh, *all, tuple, sizeof(it->tuple), it);
	return TABLE_HAS(it) ? 0 : -ENOMEM;
}

static void offer(struct wanted *all, const struct census_socket *socket)
{
	struct tuple tuple = tuple_of(&socket->s.id);

	for (struct wanted *it = find(all, &tuple); it; it = it->next)
		if (are_ends_of_one(&it->end->socket->s, &socket->s)) {
			it->end->candidates++;
			it->end->peer = it->end->candidates == 1 ? socket : NULL;
		}
}

/* A SYN that its listener drops leaves no other end. */
static void find_listener(const struct census *census, struct peers_end *end)
{
	const struct wire_snapshot *s = &end->socket->s;

	if (s->state == WIRE_SYN_SENT && !end->candidates)
		end->peer = census_listener_towards(census, s);
}

int peers_find(const struct census *census, struct peers_end *ends, size_t n)
{
	struct wanted *wanted = calloc(n + 1, sizeof(*wanted)), *all = NULL;
	int err = wanted ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < n; i++) {
		if (!has_other_end(&ends[i].socket->s))
			continue;
		wanted[i].tuple = reversed(&ends[i].socket->s.id);
		wanted[i].end = &ends[i];
		err = add(&all, &wanted[i]);
	}
	for (const struct census_socket *s = census_first(census); !err && all && s;
	     s = census_next(census, s))
		if (has_other_end(&s->s))
			offer(all, s);
	for (size_t i = 0; !err && i < n; i++)
		find_listener(census, &ends[i]);
	HASH_CLEAR(hh, all);
	free(wanted);
	return err;
}
