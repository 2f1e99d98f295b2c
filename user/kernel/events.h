/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * events.h - what the programs tell of events, in order and each once (repeats.h), out of the
 * kernel's ring buffer.
 *
 * The kernel has no room for what comes while we look at a million sockets, draw a page, or are
 * kept from running. So a second thread takes what waits into our own memory whenever the buffer
 * has passed its half and nobody has come for it. It sleeps at all other times.
 */
#ifndef TCPDWELL_EVENTS_H
#define TCPDWELL_EVENTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/records.h"
#include "kernel/repeats.h"
#include "kernel/ringbuf.h"

/* bytes: so much waits in our memory at most. What comes then stays in the kernel's buffer, and is
 * lost and counted there if that is full. */
#define EVENTS_SPILL_MAX (64UL << 20)

struct events {
	struct ringbuf ringbuf;
	struct repeats repeats;
	uint64_t by_second;   /* transitions that only the second program told */
	pthread_mutex_t lock; /* of what follows, and of the ring buffer's reading end */
	struct records spilled;
	size_t told; /* bytes of `spilled` */
	pthread_t spiller;
	bool has_spiller;
	int spill_bell_fd, stop_fd;
};

/* 0, or -errno; events_close() is needed either way, and does nothing to what is all zero. `size`
 * in bytes, of the map. */
int events_open(struct events *events, int map_fd, size_t size);
void events_close(struct events *events);

/*
 * Starts the thread, with the privileges that we have, or stops it. Where a thread cannot be had
 * (RLIMIT_NPROC, a limit of tasks), what does not fit into the buffer is lost, as it is counted.
 */
void events_spill_begin(struct events *events);
void events_spill_end(struct events *events);

/* Readable as soon as the buffer is half full. */
int events_bell(const struct events *events);

/* Hands over what was told until now, `max` at most. Number of records, or what `fn` said. */
int events_drain(struct events *events, int max, record_fn fn, void *ctx);

/*
 * Hands over all that was submitted until now. A record that is still being written is waited for,
 * 20 ms at most. 0; 1 if it still holds back others; or what `fn` said.
 */
int events_drain_all(struct events *events, record_fn fn, void *ctx);

/* As events_drain_all(), and `found` with them in the order of time; without `found` if it returns
 * 1. */
int events_merge(struct events *events, const struct records *found, record_fn fn, void *ctx);

#endif
