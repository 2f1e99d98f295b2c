/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * chains.h - a hash index over elements of a slab: buckets of 4 bytes, each the first of a chain
 * that goes on through the elements themselves, by a link of 4 bytes.
 *
 * It grows by linear hashing: whenever there are more elements than buckets, one bucket is split in
 * two. So no element waits for a rehash of all, and there are as many buckets as there were
 * elements at most, not up to twice that. Without memory for more, chains only get longer.
 *
 * Why not uthash: its handle is 56 bytes an element, more than half of what a connection is; its
 * hash is not seeded, and whoever connects chooses what is hashed; and finding connections was a
 * quarter of the time of a replay.
 */
#ifndef TCPDWELL_CHAINS_H
#define TCPDWELL_CHAINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slab.h"

/* Of an element in it: the same as long as it is in. */
typedef uint64_t (*chains_hash_fn)(const void *ctx, const void *element);

struct chains {
	const struct slab *slab;
	size_t link; /* offset of the uint32_t in an element */
	chains_hash_fn hash_of;
	const void *ctx;
	uint32_t *heads;
	uint32_t n, room; /* buckets; and how many `heads` has room for, a power of two */
	uint32_t count;   /* elements */
};

/* One with `slab`, `link`, `hash_of` and `ctx` set, and all else zero, is empty and ready. */
void chains_release(struct chains *chains);

/* False if out of memory, which only the first one can be. It is found before those of its hash. */
bool chains_add(struct chains *chains, uint32_t i);

/* It is in. */
void chains_remove(struct chains *chains, uint32_t i);

/* The bucket of this hash. n > room / 2, so what would be in a bucket not split off yet is in the
 * one that will be split. */
static inline uint32_t chains_bucket(const struct chains *chains, uint64_t hash)
{
	uint32_t bucket = (uint32_t)hash & (chains->room - 1);

	return bucket < chains->n ? bucket : bucket & ((chains->room >> 1) - 1);
}

/* Those that may have this hash, until 0. Whether one is what was looked for, who asks can tell. */
static inline uint32_t chains_first(const struct chains *chains, uint64_t hash)
{
	return chains->n ? chains->heads[chains_bucket(chains, hash)] : 0;
}

static inline uint32_t *chains_link(const struct chains *chains, uint32_t i)
{
	return (uint32_t *)(void *)((char *)slab_at(chains->slab, i) + chains->link);
}

static inline uint32_t chains_next(const struct chains *chains, uint32_t i)
{
	return *chains_link(chains, i);
}

#endif
