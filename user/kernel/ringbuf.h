/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ringbuf.h - the reader of a BPF_MAP_TYPE_RINGBUF.
 *
 * Records come in the order in which room for them was taken, on whatever CPU. One that is still
 * being written holds back those behind it. Unlike libbpf's reader (before 1.3) it tells how far it
 * has come, it can wait for the bell alone (the map itself is readable whenever a record waits),
 * and it maps the buffer once, so that the memory of the process is what it is.
 */
#ifndef TCPDWELL_RINGBUF_H
#define TCPDWELL_RINGBUF_H

#include <stdbool.h>
#include <stddef.h>

#include "wire.h"

#define RINGBUF_WORDS (WIRE_MAX_SIZE / sizeof(__u64))

struct ringbuf {
	unsigned long *consumer;       /* how far it is read; positions only grow */
	const unsigned long *producer; /* how far room is taken */
	const char *data;
	void *mapped;               /* where both of these are */
	size_t size;                /* bytes, a power of two */
	int bell_fd;                /* readable once a program has asked for a wake-up */
	__u64 whole[RINGBUF_WORDS]; /* a record that goes round the end of `data`, in one piece */
};

/* 0, or -errno; ringbuf_close() is needed either way. It begins as {.bell_fd = -1}. */
int ringbuf_open(struct ringbuf *ringbuf, int map_fd, size_t size);
void ringbuf_close(struct ringbuf *ringbuf);

/* Behind the last record so far. */
unsigned long ringbuf_end(const struct ringbuf *ringbuf);

/* Is everything before `end` handed over? */
bool ringbuf_has_reached(const struct ringbuf *ringbuf, unsigned long end);

/* Bytes in it that are not handed over. */
size_t ringbuf_waiting(const struct ringbuf *ringbuf);

/* Another bell of that map, for another thread: a descriptor, or -errno. */
int ringbuf_bell(int map_fd);

/* The bell that is rung from here on is a new one. */
void ringbuf_hear(int bell_fd);

/*
 * Hands over what lies before `end`, `max` records at most. The bytes are valid during the call of
 * `fn`, which stops it by a negative errno. Number of records, or what `fn` said.
 */
int ringbuf_drain(struct ringbuf *ringbuf, unsigned long end, int max,
		  int (*fn)(void *ctx, const void *record, size_t len), void *ctx);

#endif
