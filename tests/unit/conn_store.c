/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_store.c - the store against a naive model of itself: an array, of which each list is those
 * with a number, sorted by it.
 */
#include "model/conn_store.h"

#include "test.h"

#define IDS 3000

/* 0: not there, not in that list. */
static struct model {
	struct store_entry *entry; /* NULL: not there */
	bool is_mini;
	int64_t active, unsettled, cancelled; /* when it was put there, by a count */
	uint64_t cancelled_ts;
	unsigned held;
} model[IDS];

static struct store store;
static struct test_random rnd;
static int64_t count; /* of all that was done */

/* Some share all but one word of their tuple, some are IPv6. */
static struct wire_id id_of(unsigned i)
{
	struct wire_id id = {.cookie = 1000 + i,
			     .laddr = {[10] = 0xff, [11] = 0xff, 10, 0, 0, 1},
			     .raddr = {[10] = 0xff, [11] = 0xff, 10, 0, (uint8_t)(i / 7 % 5), 2},
			     .lport = (uint16_t)(40000 + i),
			     .rport = (uint16_t)(i % 3 ? 443 : 80),
			     .netns = 4026531840u + i % 2};

	if (i % 4 == 3) {
		memset(id.raddr, 0xfd, sizeof(id.raddr));
		id.raddr[i % 16] = (uint8_t)i;
	}
	return id;
}

static void check_found(unsigned i)
{
	const struct model *m = &model[i];
	struct wire_id id = id_of(i);

	CHECK(store_find_sock(&store, id.cookie) == (m->is_mini ? NULL : m->entry));
	CHECK(store_find_mini(&store, &id) == (m->is_mini ? m->entry : NULL));
	if (!m->entry)
		return;
	CHECK(!memcmp(&m->entry->conn.id, &id, sizeof(id)));
	CHECK_EQ(m->entry->born, i);
	/* Aside only as long as there is something. */
	CHECK_EQ(m->entry->aside != 0, m->held || m->cancelled || m->unsettled);
	if (m->unsettled)
		CHECK_EQ(store_sample(&store, m->entry)->met, i);
	CHECK_EQ(store_cancelled(&store, m->entry) != NULL, m->cancelled != 0);
	if (m->cancelled && store_cancelled(&store, m->entry))
		CHECK_EQ(store_cancelled(&store, m->entry)->ts, m->cancelled_ts);
}

struct place {
	int64_t at;
	struct store_entry *entry;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* What the model has in a list, sorted. */
static size_t sorted(size_t offset, struct place places[IDS])
{
	size_t n = 0;

	for (unsigned i = 0; i < IDS; i++) {
		int64_t at;

		memcpy(&at, (const char *)&model[i] + offset, sizeof(at));
		if (model[i].entry && at)
			places[n++] = (struct place){at, model[i].entry};
	}
	qsort(places, n, sizeof(*places), by_place);
	return n;
}

static void check_all(void)
{
	static struct place places[IDS];
	const struct store_entry *entry = store_first(&store);
	size_t n = sorted(offsetof(struct model, active), places), k;

	for (k = 0; k < n; k++, entry = store_next(&store, entry))
		if (!CHECK(entry == places[k].entry))
			return;
	CHECK(!entry);
	CHECK_EQ(store.count, n);
	n = sorted(offsetof(struct model, unsettled), places);
	entry = store_first_unsettled(&store);
	for (k = 0; k < n; k++, entry = store_next_unsettled(&store, entry))
		if (!CHECK(entry == places[k].entry))
			return;
	CHECK(!entry);
	CHECK_EQ(store.unsettled_count, n);
	n = sorted(offsetof(struct model, cancelled), places);
	CHECK(store_first_cancelled(&store) == (n ? places[0].entry : NULL));
	for (unsigned i = 0; i < IDS; i++)
		check_found(i);
}

static void add(unsigned i, bool is_mini)
{
	struct wire_id id = id_of(i);
	struct store_entry *entry = store_add(&store, &id, is_mini);

	if (!entry)
		abort();
	entry->born = i;
	model[i] = (struct model){.entry = entry, .is_mini = is_mini, .active = ++count};
}

static void remove_one(unsigned i)
{
	store_remove(&store, model[i].entry);
	model[i] = (struct model){0};
}

static void cancel(unsigned i)
{
	struct store_cancel record = {.ts = (uint64_t)++count, .in = WIRE_TIME_WAIT};

	if (!store_set_cancelled(&store, model[i].entry, &record))
		abort();
	if (model[i].cancelled)
		return;
	model[i].cancelled = count;
	model[i].cancelled_ts = (uint64_t)count;
}

static void hold(unsigned i)
{
	struct store_held *held = store_hold(&store, model[i].entry);

	CHECK_EQ(held->n, model[i].held);
	held->n = ++model[i].held;
}

static void take_held(unsigned i)
{
	struct store_held *held = store_take_held(&store, model[i].entry);

	CHECK_EQ(held ? held->n : 0, model[i].held);
	model[i].held = 0;
	free(held);
}

static void unsettle(unsigned i, bool is_unsettled)
{
	if (!store_set_unsettled(&store, model[i].entry, is_unsettled))
		abort();
	if (!is_unsettled)
		model[i].unsettled = 0;
	else if (!model[i].unsettled)
		model[i].unsettled = ++count;
	if (is_unsettled)
		store_sample(&store, model[i].entry)->met = i;
}

static void become_mini(unsigned i)
{
	struct wire_id id = id_of(i);

	CHECK(store_become_mini(&store, model[i].entry, &id));
	model[i].is_mini = true;
}

/* One thing that may be done to one that is there. */
static void do_to(unsigned i, uint64_t what)
{
	struct store_entry *entry = model[i].entry;

	if (what == 0) {
		remove_one(i);
	} else if (what == 1 && !model[i].is_mini) {
		become_mini(i);
	} else if (what == 2) {
		store_touch(&store, entry);
		model[i].active = ++count;
	} else if (what == 3 || what == 4) {
		unsettle(i, what == 3);
	} else if (what == 5 && model[i].unsettled) {
		store_defer(&store, entry);
		model[i].unsettled = ++count;
	} else if (what == 6) {
		cancel(i);
	} else if (what == 7) {
		store_clear_cancelled(&store, entry);
		model[i].cancelled = 0;
	} else if (what == 8) {
		hold(i);
	} else if (what == 9) {
		take_held(i);
	}
}

static void test_random_operations(void)
{
	unsigned steps = 200000;

	test_begin("store-random");
	memset(model, 0, sizeof(model));
	store_init(&store);
	for (unsigned step = 0; step < steps; step++) {
		unsigned i = (unsigned)test_below(&rnd, IDS);

		test_context("step %u", step);
		if (!model[i].entry)
			add(i, test_below(&rnd, 2));
		else
			do_to(i, test_below(&rnd, 10));
		check_found(i);
		if (step % 1000 == 0)
			check_all();
	}
	check_all();
	store_release(&store);
	test_end("%u steps, as the model has it", steps);
}

/* The hash spreads them: at a load of one, Poisson's, 20 in a bucket are past belief. */
static void check_spread(const struct chains *chains)
{
	for (uint32_t bucket = 0; bucket < chains->n; bucket++) {
		unsigned n = 0;

		for (uint32_t i = chains->heads[bucket]; i; i = chains_next(chains, i))
			n++;
		CHECK(n < 20);
	}
}

/* From nothing through several doublings, the order that eviction follows, and down to nothing. */
static void test_growth(void)
{
	test_begin("store-growth");
	memset(model, 0, sizeof(model));
	store_init(&store);
	CHECK(!store_first(&store));
	CHECK(!store_first_unsettled(&store));
	CHECK(!store_first_cancelled(&store));
	check_found(0);
	for (unsigned i = 0; i < IDS; i++) {
		add(i, i % 2);
		if ((i & (i - 1)) == 0)
			check_all();
	}
	check_all();
	check_spread(&store.socks);
	check_spread(&store.minis);
	for (unsigned i = 0; i < IDS; i += 2) {
		store_touch(&store, model[i].entry);
		model[i].active = ++count;
	}
	check_all();
	for (unsigned n = 0; n < IDS; n++) {
		unsigned i = 2 * n < IDS ? 2 * n + 1 : 2 * n - IDS;

		if (!CHECK(store_first(&store) == model[i].entry))
			break;
		remove_one(i);
	}
	check_all();
	store_release(&store);
	test_end("%u connections, the least recently active one first out", IDS);
}

/* Whatever keys it has drawn: cookies follow each other, or skip what other processors keep. */
static void test_spread(void)
{
	static const unsigned steps[] = {1, 2, 4096};
	unsigned stores = 500, all = 1000;

	test_begin("store-spread");
	for (unsigned n = 0; n < stores; n++) {
		store_init(&store);
		for (unsigned i = 0; i < all; i++) {
			struct wire_id id = {.cookie = 1000 + i * steps[n % 3]};

			store_add(&store, &id, false);
		}
		check_spread(&store.socks);
		store_release(&store);
	}
	test_end("%u sets of keys", stores);
}

static void test_given_up(void)
{
	test_begin("store-given-up");
	memset(model, 0, sizeof(model));
	store_init(&store);
	for (unsigned i = 0; i < 4; i++)
		add(i, false);
	CHECK(!store_first_given_up(&store));
	store_give_up(&store, model[2].entry);
	store_give_up(&store, model[3].entry);
	store_give_up(&store, model[2].entry);
	CHECK(store_first_given_up(&store) == model[2].entry);
	store_touch(&store, model[2].entry);
	store_keep(&store, model[2].entry);
	CHECK(store_first_given_up(&store) == model[3].entry);
	remove_one(3);
	CHECK(!store_first_given_up(&store));
	CHECK(store_first(&store) == model[0].entry);
	store_release(&store);
	test_end("they are first until removed, or kept after all");
}

/* No cookie: never found, and many of them cost no chain. */
static void test_no_cookie(void)
{
	struct wire_id id = id_of(0);

	test_begin("store-no-cookie");
	store_init(&store);
	id.cookie = 0;
	for (unsigned i = 0; i < 1000; i++)
		store_add(&store, &id, false);
	CHECK(!store_find_sock(&store, 0));
	CHECK_EQ(store.socks.count, 0);
	while (store_first(&store))
		store_remove(&store, store_first(&store));
	CHECK_EQ(store.count, 0);
	store_release(&store);
	test_end("1000 full sockets without one");
}

/* Two runs do not hash alike: whoever connects cannot know which collide. */
static void test_keys(void)
{
	struct store other;

	test_begin("store-keys");
	store_init(&store);
	store_init(&other);
	for (unsigned i = 0; i < COUNT(store.keys); i++)
		CHECK(store.keys[i] != other.keys[i]);
	store_release(&store);
	store_release(&other);
	test_end("of each store its own");
}

int main(void)
{
	rnd.state = 20240229;
	test_growth();
	test_spread();
	test_random_operations();
	test_given_up();
	test_no_cookie();
	test_keys();
	return test_status();
}
