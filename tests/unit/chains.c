/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* chains.c - the hash index: all that is in is found, whatever the hash, at any size. */
#include "base/chains.h"

#include "test.h"

#define N 50000

struct element {
	uint64_t key;
	uint32_t link;
};

static struct slab slab;
static uint32_t all[N];

static uint64_t good_hash(const void *ctx, const void *element)
{
	(void)ctx;
	return ((const struct element *)element)->key * 0x9e3779b97f4a7c15ULL >> 20;
}

static uint64_t worst_hash(const void *ctx, const void *element)
{
	(void)ctx;
	(void)element;
	return 42;
}

static uint32_t find(const struct chains *chains, uint64_t key, unsigned *ret_steps)
{
	struct element looked_for = {.key = key};
	uint32_t i = chains_first(chains, chains->hash_of(chains->ctx, &looked_for));

	for (*ret_steps = 0; i; i = chains_next(chains, i), ++*ret_steps)
		if (((struct element *)slab_at(&slab, i))->key == key)
			break;
	return i;
}

/* Adds keys up to n, by and by, takes every third out, puts it in again. */
static void exercise(const char *name, chains_hash_fn hash, unsigned n, unsigned most_steps)
{
	struct chains chains = {
		.slab = &slab, .link = offsetof(struct element, link), .hash_of = hash};
	unsigned steps, most = 0;

	test_begin(name);
	slab_init(&slab, sizeof(struct element));
	CHECK_EQ(find(&chains, 1, &steps), 0);
	for (unsigned i = 0; i < n; i++) {
		all[i] = slab_take(&slab);
		((struct element *)slab_at(&slab, all[i]))->key = i;
		CHECK(chains_add(&chains, all[i]));
		CHECK_EQ(find(&chains, i / 2, &steps), all[i / 2]);
	}
	for (unsigned i = 0; i < n; i += 3)
		chains_remove(&chains, all[i]);
	for (unsigned i = 0; i < n; i++) {
		CHECK_EQ(find(&chains, i, &steps), i % 3 ? all[i] : 0);
		most = steps > most ? steps : most;
	}
	for (unsigned i = 0; i < n; i += 3)
		CHECK(chains_add(&chains, all[i]));
	for (unsigned i = 0; i < n; i++)
		CHECK_EQ(find(&chains, i, &steps), all[i]);
	CHECK_EQ(chains.count, n);
	CHECK(most <= most_steps);
	for (unsigned i = 0; i < n; i++)
		chains_remove(&chains, all[i]);
	CHECK_EQ(chains.count, 0);
	CHECK_EQ(find(&chains, n / 2, &steps), 0);
	chains_release(&chains);
	slab_release(&slab);
	test_end("%u elements, at most %u of a chain passed over", n, most);
}

/* The one added last is found first, and a split does not change that. */
static void test_same_key(void)
{
	struct chains chains = {
		.slab = &slab, .link = offsetof(struct element, link), .hash_of = good_hash};
	unsigned steps;

	test_begin("chains-same-key");
	slab_init(&slab, sizeof(struct element));
	for (unsigned i = 0; i < 1000; i++) {
		all[i] = slab_take(&slab);
		((struct element *)slab_at(&slab, all[i]))->key = i < 2 ? 7 : 1000 + i;
		CHECK(chains_add(&chains, all[i]));
		if (i)
			CHECK_EQ(find(&chains, 7, &steps), all[1]);
	}
	chains_remove(&chains, all[1]);
	CHECK_EQ(find(&chains, 7, &steps), all[0]);
	chains_release(&chains);
	slab_release(&slab);
	test_end("the one added last is found first, through %u splits", 1000 - 64);
}

int main(void)
{
	exercise("chains-few", good_hash, 3, 3);
	exercise("chains-many", good_hash, N, 20);
	exercise("chains-worst", worst_hash, 1000, 1000);
	test_same_key();
	return test_status();
}
