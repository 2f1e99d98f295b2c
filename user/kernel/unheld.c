/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* unheld.c - see unheld.h. */
#include "kernel/unheld.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

#define LEAST_ROOM 256

/* Room for one more; NULL, and all is as before, if there is none. */
static void *grow(void *all, size_t n, size_t *room, size_t size)
{
	size_t wanted = *room ? 2 * *room : LEAST_ROOM;
	void *grown;

	if (n < *room)
		return all;
	grown = reallocarray(all, wanted, size);
	if (grown)
		*room = wanted;
	return grown;
}

static int note_socket(struct unheld *unheld, const struct wire_snapshot *s)
{
	struct unheld_socket *sockets;

	if (s->kind != WIRE_FULL || !(s->flags & WIRE_S_FILE) ||
	    s->flags & (WIRE_S_KERNEL | WIRE_S_ORPHAN))
		return 0;
	sockets = grow(unheld->sockets, unheld->n, &unheld->room, sizeof(*sockets));
	if (!sockets)
		return -ENOMEM;
	unheld->sockets = sockets;
	sockets[unheld->n++] = (struct unheld_socket){.cookie = s->id.cookie, .netns = s->id.netns};
	return 0;
}

static int note_holder(struct unheld *unheld, const struct wire_holder *h)
{
	uint64_t *held = grow(unheld->held, unheld->n_held, &unheld->room_held, sizeof(*held));

	if (!held)
		return -ENOMEM;
	unheld->held = held;
	held[unheld->n_held++] = h->cookie;
	return 0;
}

int unheld_note(struct unheld *unheld, const void *record)
{
	struct wire_snapshot s;
	struct wire_holder h;

	memcpy(&s.head, record, sizeof(s.head));
	if (s.head.kind == WIRE_SNAPSHOT) {
		memcpy(&s, record, sizeof(s));
		return note_socket(unheld, &s);
	}
	if (s.head.kind != WIRE_HOLDER)
		return 0;
	memcpy(&h, record, sizeof(h));
	return note_holder(unheld, &h);
}

/* Cookies are the first, or the only, member. */
static int by_cookie(const void *a, const void *b)
{
	uint64_t one, other;

	memcpy(&one, a, sizeof(one));
	memcpy(&other, b, sizeof(other));
	return (one > other) - (one < other);
}

void unheld_settle(struct unheld *unheld)
{
	size_t kept = 0, h = 0;

	if (unheld->n)
		qsort(unheld->sockets, unheld->n, sizeof(*unheld->sockets), by_cookie);
	if (unheld->n_held)
		qsort(unheld->held, unheld->n_held, sizeof(*unheld->held), by_cookie);
	for (size_t i = 0; i < unheld->n; i++) {
		struct unheld_socket socket = unheld->sockets[i];

		while (h < unheld->n_held && unheld->held[h] < socket.cookie)
			h++;
		if (h < unheld->n_held && unheld->held[h] == socket.cookie)
			continue;
		if (!kept || unheld->sockets[kept - 1].cookie != socket.cookie)
			unheld->sockets[kept++] = socket;
	}
	unheld->n = kept;
}

bool unheld_has(const struct unheld *unheld, uint64_t cookie)
{
	return unheld->n &&
	       bsearch(&cookie, unheld->sockets, unheld->n, sizeof(*unheld->sockets), by_cookie);
}

void unheld_release(struct unheld *unheld)
{
	free(unheld->sockets);
	free(unheld->held);
	*unheld = (struct unheld){0};
}
