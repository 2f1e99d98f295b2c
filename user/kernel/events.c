/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* events.c - see events.h. */
#include "kernel/events.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/diag.h"

/*
 * A record that is being written holds back those behind it: for microseconds, unless its program
 * is preempted, which some kernels do. So long we wait for it.
 */
#define WAIT_WRITER_MS 20

/* After the bell: whoever reads is called by it as well, and needs no copy. */
#define SPILL_AFTER_MS 5

static void nap_1ms(void)
{
	poll(NULL, 0, 1);
}

/* ---- both threads, under the lock ---- */

/* The oldest first, and as few as fit. */
static int tell_spilled(struct events *events, int max, record_fn fn, void *ctx)
{
	int told = 0, err = 0;

	while (!err && told < max && events->told < events->spilled.len) {
		const unsigned char *record = events->spilled.bytes + events->told;
		struct wire_head head;

		memcpy(&head, record, sizeof(head));
		err = fn(ctx, record, head.len);
		events->told += head.len;
		told++;
	}
	if (events->told == events->spilled.len) {
		records_release(&events->spilled);
		events->told = 0;
	}
	return err ? err : told;
}

static int spill_one(void *ctx, const void *record, size_t len)
{
	struct events *events = ctx;

	return records_keep(&events->spilled, record, len);
}

static bool has_room(const struct events *events)
{
	return events->spilled.len < EVENTS_SPILL_MAX;
}

/* Is so much in it that nobody can have come for it? */
static bool is_filling(const struct events *events)
{
	return ringbuf_waiting(&events->ringbuf) > events->ringbuf.size / 4;
}

/* What memory does not suffice for stays where it is. True if there is more to be taken soon. */
static bool spill(struct events *events)
{
	const struct ringbuf *ringbuf = &events->ringbuf;
	bool is_left;

	pthread_mutex_lock(&events->lock);
	if (is_filling(events) && has_room(events) &&
	    !records_make_room(&events->spilled, ringbuf_waiting(ringbuf)))
		ringbuf_drain(&events->ringbuf, ringbuf_end(ringbuf), INT_MAX, spill_one, events);
	is_left = is_filling(events);
	pthread_mutex_unlock(&events->lock);
	return is_left;
}

/* ---- the second thread ---- */

static void *spill_when_full(void *ctx)
{
	struct events *events = ctx;
	struct pollfd waits[] = {{.fd = events->stop_fd, .events = POLLIN},
				 {.fd = events->spill_bell_fd, .events = POLLIN}};

	int wait_ms = -1;

	while (poll(waits, 2, wait_ms) >= 0 && !waits[0].revents) {
		ringbuf_hear(events->spill_bell_fd);
		if (poll(waits, 1, SPILL_AFTER_MS))
			break;
		wait_ms = spill(events) ? SPILL_AFTER_MS : -1;
	}
	return NULL;
}

/* Signals are for the first thread, which waits for them. */
static int start(struct events *events)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&events->spiller, NULL, spill_when_full, events);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

void events_spill_begin(struct events *events)
{
	int err;

	if (events->has_spiller || events->stop_fd < 0)
		return;
	err = start(events);
	events->has_spiller = !err;
	if (err)
		diag_detail("no second thread for events: %s", strerror(err));
}

void events_spill_end(struct events *events)
{
	eventfd_t ignored;

	if (!events->has_spiller)
		return;
	eventfd_write(events->stop_fd, 1);
	pthread_join(events->spiller, NULL);
	eventfd_read(events->stop_fd, &ignored);
	events->has_spiller = false;
}

/* ---- the first one ---- */

int events_open(struct events *events, int map_fd, size_t size)
{
	int err;

	pthread_mutex_init(&events->lock, NULL);
	events->spill_bell_fd = events->stop_fd = -1;
	err = ringbuf_open(&events->ringbuf, map_fd, size);
	if (err)
		return err;
	events->spill_bell_fd = ringbuf_bell(map_fd);
	if (events->spill_bell_fd < 0)
		return events->spill_bell_fd;
	events->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return events->stop_fd < 0 ? -errno : 0;
}

static void close_one(int fd)
{
	if (fd >= 0)
		close(fd);
}

void events_close(struct events *events)
{
	if (!events->ringbuf.consumer)
		return;
	events_spill_end(events);
	close_one(events->spill_bell_fd);
	close_one(events->stop_fd);
	ringbuf_close(&events->ringbuf);
	records_release(&events->spilled);
	pthread_mutex_destroy(&events->lock);
}

int events_bell(const struct events *events)
{
	return events->ringbuf.bell_fd;
}

struct receiver {
	struct events *events;
	record_fn fn;
	void *ctx;
};

static int hand_over(void *ctx, const void *record, size_t len)
{
	const struct receiver *to = ctx;
	const struct wire_transition *t = record;

	if (t->head.kind == WIRE_TRANSITION) {
		if (repeats_note(&to->events->repeats, t))
			return 0;
		if (t->flags & WIRE_F_SECOND)
			to->events->by_second++;
	}
	return to->fn(to->ctx, record, len);
}

/* What spilled is older than what is in the buffer. */
static int drain_to(struct events *events, unsigned long end, int max, record_fn fn, void *ctx)
{
	struct receiver to = {.events = events, .fn = fn, .ctx = ctx};
	int told, drained = 0;

	pthread_mutex_lock(&events->lock);
	told = tell_spilled(events, max, hand_over, &to);
	if (told >= 0 && told < max)
		drained = ringbuf_drain(&events->ringbuf, end, max - told, hand_over, &to);
	pthread_mutex_unlock(&events->lock);
	return told < 0 ? told : drained < 0 ? drained : told + drained;
}

int events_drain(struct events *events, int max, record_fn fn, void *ctx)
{
	ringbuf_hear(events->ringbuf.bell_fd);
	return drain_to(events, ringbuf_end(&events->ringbuf), max, fn, ctx);
}

static bool has_told(struct events *events, unsigned long end)
{
	bool has_told;

	pthread_mutex_lock(&events->lock);
	has_told = !events->spilled.len && ringbuf_has_reached(&events->ringbuf, end);
	pthread_mutex_unlock(&events->lock);
	return has_told;
}

int events_drain_all(struct events *events, record_fn fn, void *ctx)
{
	unsigned long end = ringbuf_end(&events->ringbuf);

	for (int naps = 0; naps <= WAIT_WRITER_MS; naps++) {
		int drained = drain_to(events, end, INT_MAX, fn, ctx);

		if (drained < 0)
			return drained;
		if (has_told(events, end))
			return 0;
		nap_1ms();
	}
	return 1;
}

int events_merge(struct events *events, const struct records *found, record_fn fn, void *ctx)
{
	static const struct records none;
	struct records told = {0};
	int late = events_drain_all(events, records_keep, &told);
	int err = late < 0 ? late : records_merge(&told, late ? &none : found, fn, ctx);

	records_release(&told);
	return err ? err : late;
}
