/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* slab.c - elements by index: none is handed out twice, none moves, lists keep their order. */
#include "base/slab.h"

#include "test.h"

#define N (3 * SLAB_CHUNK + 7)

struct element {
	uint64_t number;
	struct slab_link link;
	uint32_t more[3];
};

static struct slab slab;
static uint32_t taken[N];

static struct element *at(uint32_t i)
{
	return slab_at(&slab, i);
}

static bool is_zero(const struct element *element)
{
	static const struct element zero;

	return !memcmp(element, &zero, sizeof(zero));
}

static void take(unsigned i)
{
	taken[i] = slab_take(&slab);
	CHECK(taken[i] != 0);
	CHECK(is_zero(at(taken[i])));
	memset(at(taken[i]), 0xff, sizeof(struct element));
	at(taken[i])->number = i;
}

static void check_numbers(void)
{
	for (unsigned i = 0; i < N; i++)
		CHECK_EQ(at(taken[i])->number, i);
}

static void test_take(void)
{
	const struct element *first;

	test_begin("slab-take");
	slab_init(&slab, sizeof(struct element));
	take(0);
	first = at(taken[0]);
	for (unsigned i = 1; i < N; i++)
		take(i);
	check_numbers();
	CHECK(first == at(taken[0]));
	CHECK_EQ(slab.n, 4);
	slab_release(&slab);
	CHECK_EQ(slab.n, 0);
	test_end("%u elements, each its own, zero at first, and none moved", N);
}

static void test_give(void)
{
	uint32_t last;

	test_begin("slab-give");
	slab_init(&slab, sizeof(struct element));
	for (unsigned i = 0; i < N; i++)
		take(i);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < N; i += 2)
			slab_give(&slab, taken[i]);
		for (unsigned i = 0; i < N; i += 2)
			take(i);
		check_numbers();
	}
	CHECK_EQ(slab.n, 4);
	last = taken[100];
	slab_give(&slab, last);
	CHECK_EQ(slab_take(&slab), last);
	slab_release(&slab);
	test_end("what is given back is taken again, the last one first, and memory does not grow");
}

static void check_list(const struct slab_list *list, const unsigned *numbers, unsigned n)
{
	uint32_t i = list->first, prev = 0;
	unsigned k;

	for (k = 0; k < n && i; k++) {
		CHECK_EQ(at(i)->number, numbers[k]);
		CHECK_EQ(at(i)->link.prev, prev);
		prev = i;
		i = at(i)->link.next;
	}
	CHECK_EQ(k, n);
	CHECK_EQ(i, 0);
	CHECK_EQ(list->last, prev);
}

#define LIST_IS(...)                                       \
	check_list(&list, (const unsigned[]){__VA_ARGS__}, \
		   sizeof((const unsigned[]){__VA_ARGS__}) / sizeof(unsigned))

static void test_list(void)
{
	struct slab_list list = {.slab = &slab, .link = offsetof(struct element, link)};

	test_begin("slab-list");
	slab_init(&slab, sizeof(struct element));
	for (unsigned i = 0; i < 5; i++)
		take(i);
	for (unsigned i = 0; i < 4; i++)
		slab_append(&list, taken[i]);
	LIST_IS(0, 1, 2, 3);
	slab_unlink(&list, taken[1]);
	LIST_IS(0, 2, 3);
	slab_unlink(&list, taken[0]);
	LIST_IS(2, 3);
	slab_unlink(&list, taken[3]);
	LIST_IS(2);
	slab_prepend(&list, taken[4]);
	LIST_IS(4, 2);
	slab_unlink(&list, taken[2]);
	slab_unlink(&list, taken[4]);
	CHECK_EQ(list.first, 0);
	CHECK_EQ(list.last, 0);
	slab_prepend(&list, taken[1]);
	slab_append(&list, taken[0]);
	LIST_IS(1, 0);
	slab_release(&slab);
	test_end("first, last, between and only");
}

int main(void)
{
	test_take();
	test_give();
	test_list();
	return test_status();
}
