/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* overview.c - see overview.h. */
#include "diagnosis/overview.h"

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
	struct overview *overview = (struct overview *)sink;

	overview->moves[event->from][event->to]++;
	if (event->to == WIRE_CLOSE)
		overview->ends[event->from][event->cause]++;
	if (overview->observer)
		overview->observer(overview->observer_ctx, conn, event);
}

static void on_wait(struct sink *sink, const struct conn *conn, const struct conn_event *event,
		    const struct conn_place *listener)
{
	(void)conn;
	waits_add(&((struct overview *)sink)->waits, event, listener);
}

static void on_lost(struct sink *sink, const struct sink_lost *lost)
{
	((struct overview *)sink)->lost[lost->kind] += lost->count;
}

/* Nobody asks it to finish, so of the rest nothing is called. */
static const struct sink_ops ops = {
	.start = on_start, .event = on_event, .waited = on_wait, .lost = on_lost};

/* ---- the overview ---- */

struct overview *overview_new(const struct tracer_config *config, struct meta *meta)
{
	struct overview *overview = calloc(1, sizeof(*overview));

	if (!overview)
		return NULL;
	overview->config = *config;
	/* Who draws it knows when. */
	overview->config.interval_ns = 0;
	overview->meta = meta;
	overview->sink = (struct sink){.ops = &ops, .meta = meta};
	overview->tracer = tracer_new(&overview->config, meta, &overview->sink);
	if (!overview->tracer ||
	    (config->wants_waits && !waits_init(&overview->waits, config->max_groups))) {
		overview_free(overview);
		return NULL;
	}
	return overview;
}

void overview_free(struct overview *overview)
{
	if (!overview)
		return;
	tracer_free(overview->tracer);
	waits_release(&overview->waits);
	verdict_release(&overview->verdict);
	forecast_release(&overview->forecast);
	overflows_release(&overview->overflows);
	census_release(&overview->census);
	free(overview);
}

/* The verdict points into the census: it goes first. */
static int feed_census(struct overview *overview, const union decode_record *rec)
{
	int err;

	if (rec->head.kind == WIRE_CENSUS) {
		verdict_release(&overview->verdict);
		overview->is_judged = false;
		if (rec->census.begins)
			overview->census_began = rec->head.ts;
	}
	err = overflows_note(&overview->overflows, rec);
	return err ? err : census_add(&overview->census, rec);
}

static bool is_of(const struct census_socket *socket, const struct conn *conn)
{
	return socket && socket->s.state == conn->state && socket->s.id.lport == conn->id.lport &&
	       socket->s.id.rport == conn->id.rport;
}

/*
 * A socket that was seen to enter its state, or was there before this census, is known better than
 * by what it can prove itself.
 */
static void witness(void *ctx, const struct conn *conn, bool in_doubt)
{
	struct overview *overview = ctx;
	struct census_socket *socket;

	if (in_doubt || !conn->since ||
	    (!conn->since_exact && conn->since >= overview->census_began))
		return;
	socket = census_find(&overview->census, conn->id.cookie, true);
	if (!is_of(socket, conn))
		socket = census_find(&overview->census, conn->id.cookie, false);
	if (!is_of(socket, conn))
		return;
	socket->entered = conn->since;
	socket->entered_exact = conn->since_exact;
}

int overview_feed(struct overview *overview, const void *record, size_t len)
{
	union decode_record rec;
	int used = decode(record, len, &rec), err;

	if (used < 0)
		return used;
	err = feed_census(overview, &rec);
	if (err)
		return err;
	if (overview->is_one_look)
		return used;
	used = tracer_feed(overview->tracer, record, len);
	if (rec.head.kind != WIRE_CENSUS || rec.census.begins)
		return used;
	conn_each(tracer_connections(overview->tracer), witness, overview);
	err = forecast_note(&overview->forecast, &overview->census);
	return err ? err : used;
}

int overview_judge(struct overview *overview)
{
	int err;

	if (overview->is_judged)
		return 0;
	verdict_release(&overview->verdict);
	err = verdict_make(&overview->verdict, &overview->census, overview->config.selection,
			   &overview->config.by, overview->meta->tick_ns);
	if (!err) {
		forecast_tell(&overview->forecast, &overview->census, &overview->verdict.fillings);
		verdict_tell_overflows(&overview->verdict, &overview->overflows);
	}
	overview->is_judged = !err;
	return err;
}

void overview_look_at_queues(struct overview *overview)
{
	waits_look(&overview->waits, &overview->census, overview->config.selection,
		   overview->tracer);
}

uint64_t overview_now(const struct overview *overview)
{
	return tracer_now(overview->tracer);
}

uint64_t overview_lost(const struct overview *overview)
{
	return tracer_lost(overview->tracer);
}

uint64_t overview_forgotten(const struct overview *overview)
{
	return conn_stats(tracer_connections(overview->tracer)).evicted;
}

void overview_each_histogram(struct overview *overview,
			     void (*fn)(void *ctx, const char *values, uint8_t state,
					const struct histset_cell *cell),
			     void *ctx)
{
	tracer_each_histogram(overview->tracer, fn, ctx);
}
