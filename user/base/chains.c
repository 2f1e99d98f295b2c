/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* chains.c - see chains.h. */
#include "base/chains.h"

#include <stdlib.h>

#define FIRST_BUCKETS 1024

void chains_release(struct chains *chains)
{
	free(chains->heads);
	chains->heads = NULL;
	chains->n = chains->room = chains->count = 0;
}

static uint32_t bucket_of(const struct chains *chains, uint32_t i)
{
	return chains_bucket(chains, chains->hash_of(chains->ctx, slab_at(chains->slab, i)));
}

static bool begin(struct chains *chains)
{
	chains->heads = calloc(FIRST_BUCKETS, sizeof(*chains->heads));
	if (!chains->heads)
		return false;
	chains->n = chains->room = FIRST_BUCKETS;
	return true;
}

static bool make_room(struct chains *chains)
{
	uint32_t *heads, room = 2 * chains->room;

	if (chains->n < chains->room)
		return true;
	heads = room ? realloc(chains->heads, room * sizeof(*heads)) : NULL;
	if (!heads)
		return false;
	chains->heads = heads;
	chains->room = room;
	return true;
}

/* One more bucket, with its share of the only one that can have had elements of it. */
static void split(struct chains *chains)
{
	uint32_t from, i, *low, *high;

	if (!make_room(chains))
		return;
	from = chains->n - chains->room / 2;
	low = &chains->heads[from];
	high = &chains->heads[chains->n++];
	for (i = *low; i; i = chains_next(chains, i)) {
		uint32_t **end = bucket_of(chains, i) == from ? &low : &high;

		**end = i;
		*end = chains_link(chains, i);
	}
	*low = *high = 0;
}

bool chains_add(struct chains *chains, uint32_t i)
{
	uint32_t *head;

	if (!chains->n && !begin(chains))
		return false;
	if (++chains->count > chains->n)
		split(chains);
	head = &chains->heads[bucket_of(chains, i)];
	*chains_link(chains, i) = *head;
	*head = i;
	return true;
}

void chains_remove(struct chains *chains, uint32_t i)
{
	uint32_t *link = &chains->heads[bucket_of(chains, i)];

	while (*link != i)
		link = chains_link(chains, *link);
	*link = chains_next(chains, i);
	chains->count--;
}
