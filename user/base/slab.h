/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * slab.h - many elements of one size, each known by a 32-bit index, and lists through them.
 *
 * An index is half a pointer, and an element has none of an allocator's own bytes: that is what it
 * is for. Elements lie in chunks and never move, so a pointer to one stays good until it is given
 * back. Index 0 is none, as NULL is. Memory grows by chunks, of which untouched pages cost nothing,
 * and stays until slab_release(): what is given back is taken again first, the last one first.
 *
 * An element's first four bytes are the slab's own while it is not taken.
 */
#ifndef TCPDWELL_SLAB_H
#define TCPDWELL_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLAB_CHUNK_BITS 12
#define SLAB_CHUNK      (1U << SLAB_CHUNK_BITS) /* elements */

struct slab {
	size_t size;          /* bytes of an element */
	char **chunks;        /* of SLAB_CHUNK elements each */
	uint32_t n, room;     /* chunks; and how many the array has room for */
	uint32_t fresh, free; /* the first index never taken; the first given back */
};

/* `size`, in bytes, keeps elements aligned: a multiple of what the strictest of its fields needs.
 */
void slab_init(struct slab *slab, size_t size);

/* All elements are gone. */
void slab_release(struct slab *slab);

/* An element, all zero; 0 if out of memory. */
uint32_t slab_take(struct slab *slab);
void slab_give(struct slab *slab, uint32_t i);

/* `i` is that of an element, not 0. */
static inline void *slab_at(const struct slab *slab, uint32_t i)
{
	return slab->chunks[i >> SLAB_CHUNK_BITS] + (i & (SLAB_CHUNK - 1)) * slab->size;
}

/* ---- lists through elements, in the order of appending ---- */

struct slab_link {
	uint32_t prev, next;
};

struct slab_list {
	const struct slab *slab;
	size_t link; /* offset of the struct slab_link in an element */
	uint32_t first, last;
};

static inline struct slab_link *slab_link(const struct slab_list *list, uint32_t i)
{
	return (struct slab_link *)(void *)((char *)slab_at(list->slab, i) + list->link);
}

static inline void slab_append(struct slab_list *list, uint32_t i)
{
	*slab_link(list, i) = (struct slab_link){.prev = list->last};
	if (list->last)
		slab_link(list, list->last)->next = i;
	else
		list->first = i;
	list->last = i;
}

static inline void slab_prepend(struct slab_list *list, uint32_t i)
{
	*slab_link(list, i) = (struct slab_link){.next = list->first};
	if (list->first)
		slab_link(list, list->first)->prev = i;
	else
		list->last = i;
	list->first = i;
}

/* Its own link still says where it was. */
static inline void slab_unlink(struct slab_list *list, uint32_t i)
{
	struct slab_link link = *slab_link(list, i);

	if (link.prev)
		slab_link(list, link.prev)->next = link.next;
	else
		list->first = link.next;
	if (link.next)
		slab_link(list, link.next)->prev = link.prev;
	else
		list->last = link.prev;
}

#endif
