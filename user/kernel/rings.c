/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* rings.c - see rings.h. */
#include "kernel/rings.h"

#include <stdlib.h>
#include <string.h>

#include "ring.h"

struct ref {
	uint64_t ts;
	const struct wire_head *record;
};

struct rings {
	char *memory;
	size_t stride;
	unsigned n, slots;
	struct {
		uint64_t end;      /* of the batch under way; tail goes there when it is done */
		uint64_t head;     /* at the beginning of this look */
		uint64_t complete; /* ns: what is older was whole at some look */
	} * each;
	struct ref *refs, *scratch; /* the batch in its order; room for merging */
	size_t n_refs, next;
};

size_t rings_stride(unsigned slots)
{
	return sizeof(struct ring) + slots * sizeof(struct ring_slot);
}

static struct ring *ring_at(const struct rings *rings, unsigned i)
{
	return (struct ring *)(void *)(rings->memory + i * rings->stride);
}

/* The record of this number, or NULL while it is being written. */
static const struct wire_head *record_at(const struct rings *rings, unsigned i, uint64_t number)
{
	struct ring_slot *slot = &ring_at(rings, i)->slots[number & (rings->slots - 1)];

	if (__atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE) != number + 1)
		return NULL;
	return (const struct wire_head *)(const void *)slot->record;
}

/*
 * Lowers `until` to what may be handed over as far as this ring is concerned. Its records may not
 * be in order of time: a program that was interrupted stamps its record after those that the
 * interrupt wrote behind it. If a record has to wait, those behind it wait too, and no record of
 * another ring may overtake them.
 */
static uint64_t limit(const struct rings *rings, unsigned i, uint64_t until)
{
	bool waits = false;

	for (uint64_t at = ring_at(rings, i)->tail; at < rings->each[i].head; at++) {
		const struct wire_head *record = record_at(rings, i, at);

		if (!record)
			return until < rings->each[i].complete ? until : rings->each[i].complete;
		if (record->ts >= until)
			waits = true;
		else if (waits)
			until = record->ts;
	}
	return until;
}

static bool is_whole(const struct rings *rings, unsigned i)
{
	for (uint64_t at = ring_at(rings, i)->tail; at < rings->each[i].head; at++)
		if (!record_at(rings, i, at))
			return false;
	return true;
}

static uint64_t limit_of_all(struct rings *rings, uint64_t now)
{
	uint64_t until = now, before;

	for (unsigned i = 0; i < rings->n; i++)
		rings->each[i].head = __atomic_load_n(&ring_at(rings, i)->head, __ATOMIC_ACQUIRE);
	for (unsigned i = 0; i < rings->n; i++)
		if (is_whole(rings, i))
			rings->each[i].complete = now;
	do {
		before = until;
		for (unsigned i = 0; i < rings->n; i++)
			until = limit(rings, i, until);
	} while (until < before);
	return until;
}

/* A ring's records are nearly in order: most are not moved at all. */
static void insert(struct ref *refs, size_t n, struct ref ref)
{
	for (; n && refs[n - 1].ts > ref.ts; n--)
		refs[n] = refs[n - 1];
	refs[n] = ref;
}

static size_t collect(struct rings *rings, unsigned i, uint64_t until, struct ref *refs)
{
	uint64_t at = ring_at(rings, i)->tail;
	size_t n = 0;

	for (; at < rings->each[i].head; at++) {
		const struct wire_head *record = record_at(rings, i, at);

		if (!record || record->ts >= until)
			break;
		insert(refs, n++, (struct ref){.ts = record->ts, .record = record});
	}
	rings->each[i].end = at;
	return n;
}

/* refs[0..a) and refs[a..a+b) become one, in order; equal times stay as they are. */
static void merge(struct rings *rings, size_t a, size_t b)
{
	struct ref *refs = rings->refs, *left = rings->scratch;
	size_t i = 0, j = a, to = 0;

	if (!a || !b || refs[a - 1].ts <= refs[a].ts)
		return;
	memcpy(left, refs, a * sizeof(*left));
	while (i < a)
		refs[to++] = j < a + b && refs[j].ts < left[i].ts ? refs[j++] : left[i++];
}

static void look(struct rings *rings, uint64_t now)
{
	uint64_t until = limit_of_all(rings, now);

	rings->next = rings->n_refs = 0;
	for (unsigned i = 0; i < rings->n; i++) {
		size_t n = collect(rings, i, until, rings->refs + rings->n_refs);

		merge(rings, rings->n_refs, n);
		rings->n_refs += n;
	}
}

static void free_slots(struct rings *rings)
{
	for (unsigned i = 0; i < rings->n; i++)
		__atomic_store_n(&ring_at(rings, i)->tail, rings->each[i].end, __ATOMIC_RELEASE);
}

bool rings_look_is_done(const struct rings *rings)
{
	return rings->next == rings->n_refs;
}

int rings_drain(struct rings *rings, uint64_t now, int max,
		int (*fn)(void *ctx, const void *record, size_t len), void *ctx)
{
	int drained = 0, err = 0;

	if (rings_look_is_done(rings))
		look(rings, now);
	while (!err && drained < max && rings->next < rings->n_refs) {
		const struct wire_head *record = rings->refs[rings->next++].record;

		err = fn(ctx, record, record->len <= RING_RECORD_MAX ? record->len : 0);
		drained++;
	}
	if (rings_look_is_done(rings))
		free_slots(rings);
	return err ? err : drained;
}

struct rings *rings_new(void *memory, unsigned n, unsigned slots)
{
	struct rings *rings = calloc(1, sizeof(*rings));
	size_t most = (size_t)n * slots;

	if (!rings)
		return NULL;
	*rings = (struct rings){
		.memory = memory, .stride = rings_stride(slots), .n = n, .slots = slots};
	rings->each = calloc(n, sizeof(*rings->each));
	rings->refs = malloc(most * sizeof(*rings->refs));
	rings->scratch = malloc(most * sizeof(*rings->scratch));
	if (rings->each && rings->refs && rings->scratch)
		return rings;
	rings_free(rings);
	return NULL;
}

void rings_free(struct rings *rings)
{
	if (!rings)
		return;
	free(rings->each);
	free(rings->refs);
	free(rings->scratch);
	free(rings);
}
