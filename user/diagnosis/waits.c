/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* waits.c - see waits.h. */
#include "diagnosis/waits.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/append.h"
#include "diagnosis/verdict.h"

bool waits_init(struct waits *waits, size_t max)
{
	*waits = (struct waits){.by_listener = histset_new(max)};
	return waits->by_listener;
}

static void forget_queues(struct waits *waits)
{
	TABLE_RELEASE(waits->queues, free);
	waits->is_short_of_memory = false;
}

void waits_release(struct waits *waits)
{
	histset_free(waits->by_listener);
	forget_queues(waits);
}

const char *waits_text(const struct conn_place *listener, char text[WAITS_TEXT_MAX])
{
	char *to = address_append_end(text, listener->addr, NULL, (uint16_t)listener->port);

	*append_number(append_char(to, '\t'), listener->netns) = '\0';
	return text;
}

void waits_add(struct waits *waits, const struct conn_event *event,
	       const struct conn_place *listener)
{
	char text[WAITS_TEXT_MAX];

	histset_add(waits->by_listener, waits_text(listener, text), event);
}

/* ---- queues ---- */

static struct waits_queue *find(const struct waits *waits, const struct conn_place *place)
{
	struct waits_queue *queue;

	HASH_FIND(hh, waits->queues, place, sizeof(*place), queue);
	return queue;
}

static struct waits_queue *need(struct waits *waits, const struct conn_place *place)
{
	struct waits_queue *queue = find(waits, place);

	if (queue)
		return queue;
	queue = calloc(1, sizeof(*queue));
	if (queue) {
		queue->listener = *place;
		HASH_ADD(hh, waits->queues, listener, sizeof(queue->listener), queue);
		if (TABLE_HAS(queue))
			return queue;
		free(queue);
	}
	waits->is_short_of_memory = true;
	return NULL;
}

static void take_listener(struct waits *waits, const struct wire_snapshot *s)
{
	struct conn_place place = {.netns = s->id.netns, .port = s->id.lport};
	struct waits_queue *queue;

	memcpy(place.addr, s->id.laddr, sizeof(place.addr));
	queue = need(waits, &place);
	if (!queue)
		return;
	queue->waiting += s->unread;
	queue->backlog += s->room;
	queue->half_open += s->half_open;
	queue->peak = queue->waiting;
}

static void take_peak(void *ctx, const struct conn_queue *of)
{
	struct waits_queue *queue = find(ctx, &of->listener);

	if (queue && of->peak > queue->peak)
		queue->peak = of->peak;
}

static int in_order(const struct waits_queue *a, const struct waits_queue *b)
{
	if (a->listener.netns != b->listener.netns)
		return a->listener.netns < b->listener.netns ? -1 : 1;
	if (a->listener.port != b->listener.port)
		return a->listener.port < b->listener.port ? -1 : 1;
	return memcmp(a->listener.addr, b->listener.addr, sizeof(a->listener.addr));
}

void waits_look(struct waits *waits, const struct census *census, const struct selection *selection,
		struct tracer *tracer)
{
	const struct conn_table *conns = tracer_connections(tracer);

	forget_queues(waits);
	for (const struct census_socket *socket = census_first(census); socket;
	     socket = census_next(census, socket))
		if (socket->s.state == WIRE_LISTEN && verdict_asks(selection, census, socket))
			take_listener(waits, &socket->s);
	waits->peaks_known = conn_queues_are_sure(conns);
	if (waits->peaks_known)
		conn_each_queue(conns, take_peak, waits);
	tracer_forget_peaks(tracer);
	HASH_SORT(waits->queues, in_order); // NOLINT(clang-analyzer-unix.Malloc)
}
