/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* census_store.c - see census_store.h. */
#include "model/census_store.h"

/* Most cookies count up: those that were made one after the other are neighbours. */
static uint64_t hash_cookie(uint64_t cookie)
{
	return cookie ^ cookie >> 32;
}

static uint64_t hash_socket(const void *ctx, const void *element)
{
	const struct census_socket *socket = element;

	(void)ctx;
	return hash_cookie(socket->s.id.cookie);
}

static struct census_socket *socket_at(const struct census *census, uint32_t number)
{
	return slab_at(&census->sockets, number);
}

static struct census_socket *first_from(const struct census *census, uint32_t number)
{
	while (number < census->sockets.fresh && socket_at(census, number)->is_gone)
		number++;
	return number < census->sockets.fresh ? socket_at(census, number) : NULL;
}

struct census_socket *census_first(const struct census *census)
{
	return first_from(census, 1);
}

struct census_socket *census_next(const struct census *census, const struct census_socket *socket)
{
	return first_from(census, socket->number + 1);
}

struct census_socket *census_find(const struct census *census, uint64_t cookie, bool is_mini)
{
	uint32_t i = chains_first(&census->by_cookie, hash_cookie(cookie));

	for (; i; i = chains_next(&census->by_cookie, i)) {
		struct census_socket *socket = socket_at(census, i);

		if (socket->s.id.cookie == cookie && (socket->s.kind == WIRE_MINI) == is_mini)
			return socket;
	}
	return NULL;
}

struct census_socket *census_new_socket(struct census *census, const struct wire_snapshot *s)
{
	struct census_socket *socket;
	uint32_t number;

	if (!census->sockets.size) {
		slab_init(&census->sockets, sizeof(struct census_socket));
		slab_init(&census->holders, sizeof(struct census_holder));
		census->by_cookie = (struct chains){.slab = &census->sockets,
						    .link = offsetof(struct census_socket, chain),
						    .hash_of = hash_socket};
	}
	number = slab_take(&census->sockets);
	if (!number)
		return NULL;
	socket = socket_at(census, number);
	socket->s = *s;
	socket->number = number;
	socket->is_gone = !chains_add(&census->by_cookie, number);
	return socket->is_gone ? NULL : socket;
}

void census_take_out(struct census *census, struct census_socket *socket)
{
	chains_remove(&census->by_cookie, socket->number);
	socket->is_gone = true;
	census->states[socket->s.state]--;
	census->count--;
}

struct census_holder *census_new_holder(struct census *census)
{
	uint32_t number = slab_take(&census->holders);

	return number ? slab_at(&census->holders, number) : NULL;
}

const struct census_holder *census_next_process(const struct census_holder *holder)
{
	uint32_t pid = holder->pid;

	while (holder && holder->pid == pid)
		holder = holder->next;
	return holder;
}

void census_release_sockets(struct census *census)
{
	chains_release(&census->by_cookie);
	slab_release(&census->sockets);
	slab_release(&census->holders);
}
