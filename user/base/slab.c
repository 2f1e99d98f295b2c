/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* slab.c - see slab.h. */
#include "base/slab.h"

#include <stdlib.h>
#include <string.h>

/* Under AddressSanitizer whoever still uses an element given back is told so, as with free(). */
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size)   ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

#define FIRST_ROOM 16

void slab_init(struct slab *slab, size_t size)
{
	*slab = (struct slab){.size = size, .fresh = 1};
}

void slab_release(struct slab *slab)
{
	for (uint32_t i = 0; i < slab->n; i++)
		free(slab->chunks[i]);
	free(slab->chunks);
	slab_init(slab, slab->size);
}

static bool make_room(struct slab *slab)
{
	uint32_t room = slab->room ? 2 * slab->room : FIRST_ROOM;
	char **chunks;

	if (slab->n < slab->room)
		return true;
	chunks = realloc(slab->chunks, room * sizeof(*chunks));
	if (!chunks)
		return false;
	slab->chunks = chunks;
	slab->room = room;
	return true;
}

static bool add_chunk(struct slab *slab)
{
	size_t size = SLAB_CHUNK * slab->size;
	char *chunk;

	/* Beyond 32 bits there is no index. */
	if (slab->n == UINT32_MAX >> SLAB_CHUNK_BITS || !make_room(slab))
		return false;
	chunk = malloc(size);
	if (!chunk)
		return false;
	ASAN_POISON_MEMORY_REGION(chunk, size);
	slab->chunks[slab->n++] = chunk;
	return true;
}

uint32_t slab_take(struct slab *slab)
{
	uint32_t i = slab->free;
	char *element;

	if (!i && slab->fresh >> SLAB_CHUNK_BITS == slab->n && !add_chunk(slab))
		return 0;
	if (!i)
		i = slab->fresh++;
	element = slab_at(slab, i);
	ASAN_UNPOISON_MEMORY_REGION(element, slab->size);
	if (i == slab->free)
		memcpy(&slab->free, element, sizeof(slab->free));
	memset(element, 0, slab->size);
	return i;
}

void slab_give(struct slab *slab, uint32_t i)
{
	char *element = slab_at(slab, i);

	memcpy(element, &slab->free, sizeof(slab->free));
	slab->free = i;
	ASAN_POISON_MEMORY_REGION(element, slab->size);
}
