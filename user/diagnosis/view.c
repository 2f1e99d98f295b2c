/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* view.c - see view.h. */
#include "diagnosis/view.h"

#include <errno.h>
#include <stdlib.h>

#include "record/decode.h"

/* ---- what the tracer tells ---- */

static void on_start(struct sink *sink)
{
	(void)sink;
}

static void on_event(struct sink *sink, const struct conn *conn, const struct conn_event *event)
{
	struct view *view = (struct view *)sink;

	view->moves[event->from][event->to]++;
	if (event->to == WIRE_CLOSE)
		view->ends[event->from][event->cause]++;
	if (view->observer)
		view->observer(view->observer_ctx, conn, event);
}

static void on_lost(struct sink *sink, const struct sink_lost *lost)
{
	((struct view *)sink)->lost[lost->kind] += lost->count;
}

/* Nobody asks it to finish, so of the rest nothing is called. */
static const struct sink_ops ops = {.start = on_start, .event = on_event, .lost = on_lost};

/* ---- the view ---- */

struct view *view_new(const struct options *options, const struct meta *meta)
{
	struct view *view = calloc(1, sizeof(*view));

	if (!view)
		return NULL;
	view->options = options;
	view->meta = meta;
	view->sink = (struct sink){.ops = &ops, .meta = meta, .options = options};
	view->tracer = tracer_new(options, meta, &view->sink);
	if (!view->tracer) {
		view_free(view);
		return NULL;
	}
	return view;
}

void view_free(struct view *view)
{
	if (!view)
		return;
	tracer_free(view->tracer);
	verdict_release(&view->verdict);
	census_release(&view->census);
	free(view);
}

/* The verdict points into the census: it goes first. */
static int feed_census(struct view *view, const union decode_record *rec)
{
	if (rec->head.kind == WIRE_CENSUS) {
		verdict_release(&view->verdict);
		view->is_judged = false;
	}
	return census_add(&view->census, rec);
}

/* A socket that was seen to enter its state is known better than by what it can prove itself. */
static void witness(void *ctx, const struct conn *conn, bool in_doubt)
{
	struct view *view = ctx;
	struct census_socket *socket;

	if (in_doubt || !conn->since)
		return;
	HASH_FIND(hh, view->census.sockets, &conn->id.cookie, sizeof(conn->id.cookie), socket);
	/* A connection in TIME-WAIT and one that its socket has begun since share their cookie. */
	if (!socket || socket->s.state != conn->state || socket->s.id.lport != conn->id.lport ||
	    socket->s.id.rport != conn->id.rport)
		return;
	socket->entered = conn->since;
	socket->entered_exact = conn->since_exact;
}

int view_feed(struct view *view, const void *record, size_t len)
{
	union decode_record rec;
	int used = decode(record, len, &rec), err;

	if (used < 0)
		return used;
	err = feed_census(view, &rec);
	if (err)
		return err;
	used = tracer_feed(view->tracer, record, len);
	if (rec.head.kind == WIRE_CENSUS && !rec.census.begins)
		conn_each(tracer_connections(view->tracer), witness, view);
	return used;
}

int view_judge(struct view *view)
{
	int err;

	if (view->is_judged)
		return 0;
	verdict_release(&view->verdict);
	err = verdict_make(&view->verdict, &view->census, view->options, view->meta->tick_ns);
	view->is_judged = !err;
	return err;
}

uint64_t view_now(const struct view *view)
{
	return tracer_now(view->tracer);
}

uint64_t view_lost(const struct view *view)
{
	return tracer_lost(view->tracer);
}

void view_each_histogram(struct view *view,
			 void (*fn)(void *ctx, const char *values, uint8_t state,
				    const struct histset_cell *cell),
			 void *ctx)
{
	tracer_each_histogram(view->tracer, fn, ctx);
}
