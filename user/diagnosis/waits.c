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
	histset_cell_add(&waits->all, event);
}

void waits_clear(struct waits *waits)
{
	if (waits->by_listener)
		histset_clear(waits->by_listener);
	waits->all = (struct histset_cell){0};
}

bool waits_find(const struct waits *waits, const struct conn_place *listener,
		const struct histset_cell **ret_cell)
{
	char text[WAITS_TEXT_MAX];

	*ret_cell = NULL;
	return waits->by_listener && histset_find(waits->by_listener, waits_text(listener, text),
						  TCPSTATE_ACCEPT_WAIT, ret_cell);
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

static struct conn_place place_of(const struct wire_snapshot *s)
{
	struct conn_place place = {.netns = s->id.netns, .port = s->id.lport};

	memcpy(place.addr, s->id.laddr, sizeof(place.addr));
	return place;
}

static void take_listener(struct waits *waits, const struct wire_snapshot *s)
{
	struct conn_place place = place_of(s);
	struct waits_queue *queue = need(waits, &place);

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

struct age waits_oldest(const struct waits_queue *queue)
{
	const struct histset_still *still = &queue->still;
	struct age age = {.ns = still->oldest, .known = still->oldest_known, .from = ""};

	if (age.known == DWELL_EXACT && still->count < queue->waiting)
		age.known = DWELL_AT_LEAST;
	return age;
}

struct look {
	struct waits *waits;
	const struct selection *selection;
	uint64_t now;
};

static void take_waiting(void *ctx, const struct conn *conn, const struct conn_place *listener,
			 bool in_doubt)
{
	const struct look *look = ctx;
	struct waits_queue *queue = listener ? find(look->waits, listener) : NULL;

	if (look->selection->min_ns &&
	    (!conn->since || conn->since + look->selection->min_ns > look->now))
		return;
	histset_still_add(&look->waits->all.still, conn, look->now, in_doubt);
	if (queue)
		histset_still_add(&queue->still, conn, look->now, in_doubt);
}

static void take_model(struct waits *waits, const struct selection *selection,
		       struct tracer *tracer)
{
	const struct conn_table *conns = tracer_connections(tracer);
	struct look look = {.waits = waits, .selection = selection, .now = tracer_now(tracer)};

	waits->peaks_known = conn_queues_are_sure(conns);
	if (waits->peaks_known)
		conn_each_queue(conns, take_peak, waits);
	tracer_forget_peaks(tracer);
	waits->all.still = (struct histset_still){0};
	conn_each_waiting(conns, take_waiting, &look);
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
	forget_queues(waits);
	for (const struct census_socket *socket = census_first(census); socket;
	     socket = census_next(census, socket))
		if (socket->s.state == WIRE_LISTEN && verdict_asks(selection, census, socket))
			take_listener(waits, &socket->s);
	take_model(waits, selection, tracer);
	HASH_SORT(waits->queues, in_order); // NOLINT(clang-analyzer-unix.Malloc)
}

static int busiest_first(const struct waits_queue *a, const struct waits_queue *b)
{
	if (a->waiting != b->waiting)
		return a->waiting > b->waiting ? -1 : 1;
	if (a->peak != b->peak)
		return a->peak > b->peak ? -1 : 1;
	return in_order(a, b);
}

void waits_sort_busiest(struct waits *waits)
{
	HASH_SORT(waits->queues, busiest_first); // NOLINT(clang-analyzer-unix.Malloc)
}

/* ---- for who looks ---- */

void waits_show(struct waits *waits, const struct wire_snapshot *s)
{
	struct conn_place place = place_of(s);
	struct waits_queue *queue = find(waits, &place);

	if (queue)
		queue->is_shown = true;
}

void waits_hide(struct waits *waits)
{
	for (struct waits_queue *queue = waits->queues; queue; queue = queue->hh.next)
		queue->is_shown = false;
}
