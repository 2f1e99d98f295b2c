/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tracer.c - decode, model, histograms, sink, in this order. See tracer.h. */
#include "model/tracer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/decode.h"
#include "model/histset.h"
#include "model/sink.h"

/* So many intervals in which nothing was told, not even that time went on, are one. */
#define STANDSTILL_INTERVALS 10

struct tracer {
	struct tracer_config config;
	struct meta *meta;
	struct sink *sink;
	struct conn_table *conns;
	struct histset *whole_run, *interval; /* interval: NULL without -i */
	struct idle_peaks *idle_peaks;        /* NULL: ESTABLISHED is not selected */
	uint64_t now, interval_begin;
	bool interval_has;    /* something was counted in it */
	uint64_t told;        /* of tracer_config.count */
	uint64_t told_missed; /* of conn_stats.missed */
	int output_err; /* the first one; a stream that failed once is not whole, whatever it says
			   later */
	struct sink_summary sum;
};

/* ---- what the model tells ---- */

static bool is_long_enough(const struct tracer *tracer, const struct conn_event *event)
{
	return !tracer->config.selection->min_ns ||
	       (conn_event_is_dwell(event) && event->dwell_known != DWELL_UNKNOWN &&
		event->dwell >= tracer->config.selection->min_ns);
}

static bool is_of_interest(const struct tracer *tracer, const struct conn_event *event)
{
	const struct selection *asked = tracer->config.selection;
	unsigned states = 1u << event->from;

	/* With --min the duration is that of the state that was left. */
	if (!asked->min_ns)
		states |= 1u << event->to;
	return (!asked->has_states || (asked->states & states)) && is_long_enough(tracer, event);
}

bool tracer_counts(const struct tracer *tracer, const struct conn_event *event)
{
	return conn_event_is_dwell(event) && tracer->config.selection->states & 1u << event->from &&
	       is_long_enough(tracer, event);
}

static void count_dwell(struct tracer *tracer, const struct conn *conn,
			const struct conn_event *event)
{
	char values[GROUP_TEXT_MAX];

	if (!tracer_counts(tracer, event))
		return;
	group_values(&tracer->config.by, conn, values);
	histset_add(tracer->whole_run, values, event);
	if (tracer->interval)
		histset_add(tracer->interval, values, event);
	tracer->interval_has = true;
}

/* Now, while errno still says why: a later write may find an empty buffer, and succeed. */
static void note_output(struct tracer *tracer)
{
	if (!tracer->output_err && ferror_unlocked(tracer->sink->out))
		tracer->output_err = -(errno ? errno : EIO);
}

bool tracer_is_over(const struct tracer *tracer)
{
	return tracer->config.count && tracer->told >= tracer->config.count;
}

static void tell(struct tracer *tracer, const struct conn *conn, const struct conn_event *event)
{
	tracer->told++;
	tracer->sink->ops->transition(tracer->sink, conn, event);
	note_output(tracer);
}

static void on_event(void *ctx, const struct conn *conn, const struct conn_event *event)
{
	struct tracer *tracer = ctx;

	/* One record may bring several events, of a connection that was held. */
	if (tracer_is_over(tracer))
		return;
	count_dwell(tracer, conn, event);
	if (tracer->idle_peaks)
		idle_peaks_add(tracer->idle_peaks, event);
	if (!tracer->config.raw)
		tracer->sum.transitions++;
	if (tracer->sink->ops->event)
		tracer->sink->ops->event(tracer->sink, conn, event);
	if (!tracer->config.tells_moves || tracer->config.raw || !is_of_interest(tracer, event))
		return;
	tell(tracer, conn, event);
}

static void on_wait(void *ctx, const struct conn *conn, const struct conn_event *event,
		    const struct conn_place *listener)
{
	struct tracer *tracer = ctx;
	const struct sink_ops *ops = tracer->sink->ops;

	if (tracer_is_over(tracer) || !is_long_enough(tracer, event))
		return;
	count_dwell(tracer, conn, event);
	if (ops->waited)
		ops->waited(tracer->sink, conn, event, listener);
	if (!ops->wait || !tracer->config.tells_moves || tracer->config.raw ||
	    !tracer_counts(tracer, event))
		return;
	tracer->told++;
	ops->wait(tracer->sink, conn, event);
	note_output(tracer);
}

static int is_wanted(void *ctx, const struct conn *conn)
{
	return selection_wants(((struct tracer *)ctx)->config.selection, conn);
}

/*
 * --raw tells what the tracepoint says, without dwells. The model runs all the same, for the
 * histograms.
 */
static void tell_raw(struct tracer *tracer, const struct wire_transition *t)
{
	struct conn conn = {.id = t->id,
			    .uid = t->uid,
			    .cgroup = t->cgroup,
			    .state = t->to,
			    .is_listener = conn_is_of_listener(t)};
	struct conn_event event = {.ts = t->head.ts, .from = t->from, .to = t->to};

	if (t->flags & WIRE_F_OWNED) {
		conn.owner.known = OWNER_EXACT;
		conn.owner.pid = t->pid;
		memcpy(conn.owner.comm, t->comm, sizeof(conn.owner.comm));
	}
	if (selection_wants(tracer->config.selection, &conn) != MATCH_YES ||
	    !is_of_interest(tracer, &event))
		return;
	tracer->sum.transitions++;
	tell(tracer, &conn, &event);
}

/* ---- reports ---- */

struct report {
	struct tracer *tracer;
	struct histset *set;
	uint64_t begin, end;
	bool whole;
};

static void add_still(void *ctx, const struct conn *conn, bool in_doubt)
{
	struct report *report = ctx;
	const struct selection *asked = report->tracer->config.selection;
	char values[GROUP_TEXT_MAX];

	if (!(asked->states & 1u << conn->state) ||
	    (asked->min_ns && (!conn->since || conn->since + asked->min_ns > report->end)))
		return;
	group_values(&report->tracer->config.by, conn, values);
	histset_add_still(report->set, values, conn, report->end, in_doubt);
}

static void add_waiting(void *ctx, const struct conn *conn, const struct conn_place *listener,
			bool in_doubt)
{
	(void)listener;
	add_still(ctx, conn, in_doubt);
}

static void report_state(struct report *report, const char *values, const struct histset_cell *cell,
			 uint8_t state)
{
	static const struct histset_cell nothing;
	struct tracer *tracer = report->tracer;
	bool told = cell && (cell->hist.count || cell->hist.partial || cell->still.count ||
			     cell->still.in_doubt);

	/* Without groups, a state in which nothing happened is told, too. */
	if (!(tracer->config.selection->states & 1u << state) || (!told && tracer->config.by.n))
		return;
	tracer->sink->ops->histogram(tracer->sink,
				     &(struct sink_histogram){.begin = report->begin,
							      .end = report->end,
							      .state = state,
							      .whole = report->whole,
							      .by = &tracer->config.by,
							      .values = values,
							      .cell = cell ? cell : &nothing});
}

static void report_group(void *ctx, const char *values, void *group)
{
	for (size_t i = 0; i < TCPSTATE_MEASURED; i++)
		report_state(ctx, values, histset_cell(group, tcpstate_measured[i]),
			     tcpstate_measured[i]);
}

static void count_group(void *ctx, const char *values, void *group)
{
	(void)values;
	(void)group;
	++*(unsigned *)ctx;
}

static void report(struct tracer *tracer, struct histset *set, uint64_t begin, uint64_t end,
		   bool whole)
{
	struct report context = {
		.tracer = tracer, .set = set, .begin = begin, .end = end, .whole = whole};
	unsigned groups = 0;

	histset_forget_still(set);
	conn_each(tracer->conns, add_still, &context);
	conn_each_waiting(tracer->conns, add_waiting, &context);
	histset_each(set, count_group, &groups);
	if (groups)
		histset_each(set, report_group, &context);
	else
		for (size_t i = 0; i < TCPSTATE_MEASURED; i++)
			report_state(&context, "", NULL, tcpstate_measured[i]);
}

unsigned tracer_idle_peaks(const struct tracer *tracer, struct idle_peak ret[IDLE_PEAKS_MAX])
{
	return tracer->idle_peaks ? idle_peaks_find(tracer->idle_peaks, ret) : 0;
}

static void report_idle_peaks(struct tracer *tracer)
{
	struct idle_peak peaks[IDLE_PEAKS_MAX];
	unsigned n = tracer_idle_peaks(tracer, peaks);

	for (unsigned i = 0; i < n; i++)
		tracer->sink->ops->idle_peak(tracer->sink,
					     &(struct sink_idle_peak){.begin = tracer->sum.begin,
								      .end = tracer->now,
								      .peak = &peaks[i]},
					     i);
}

/* ---- for who looks on ---- */

struct looking {
	const struct tracer *tracer;
	void (*fn)(void *ctx, const char *values, uint8_t state, const struct histset_cell *cell);
	void *ctx;
};

static void look_at_group(void *ctx, const char *values, void *group)
{
	const struct looking *looking = ctx;

	for (size_t i = 0; i < TCPSTATE_STAYS; i++) {
		const struct histset_cell *cell = histset_cell(group, tcpstate_order[i]);

		if (cell && looking->tracer->config.selection->states & 1u << tcpstate_order[i])
			looking->fn(looking->ctx, values, tcpstate_order[i], cell);
	}
}

void tracer_each_histogram(struct tracer *tracer,
			   void (*fn)(void *ctx, const char *values, uint8_t state,
				      const struct histset_cell *cell),
			   void *ctx)
{
	struct report still = {
		.tracer = tracer, .set = tracer->whole_run, .end = tracer->now, .whole = true};
	struct looking looking = {.tracer = tracer, .fn = fn, .ctx = ctx};

	histset_forget_still(tracer->whole_run);
	conn_each(tracer->conns, add_still, &still);
	histset_each(tracer->whole_run, look_at_group, &looking);
}

/* ---- intervals ---- */

static void report_interval(struct tracer *tracer, uint64_t end)
{
	tracer->sink->ops->interval(tracer->sink, tracer->interval_begin, end, false);
	report(tracer, tracer->interval, tracer->interval_begin, end, false);
	histset_clear(tracer->interval);
	tracer->interval_begin = end;
	tracer->interval_has = false;
	tracer->told += !tracer->config.tells_moves;
}

/* Time goes on to `now`: intervals that ended before it are told first. */
static void advance(struct tracer *tracer, uint64_t now)
{
	uint64_t length = tracer->config.interval_ns;

	while (tracer->interval && now > tracer->interval_begin &&
	       now - tracer->interval_begin >= length && !tracer_is_over(tracer)) {
		uint64_t end = tracer->interval_begin + length;

		/* After a standstill (the tracer was stopped, or a time stamp is far off) one long
		 * interval, not millions; what was counted before it is told by itself. */
		if (!tracer->interval_has && (now - end) / length >= STANDSTILL_INTERVALS)
			end += (now - end) / length * length;

		report_interval(tracer, end);
	}
	if (tracer_is_over(tracer))
		now = tracer->interval_begin;
	if (now > tracer->now)
		tracer->now = now;
}

/* ---- the stream ---- */

static void on_lost(struct tracer *tracer, const struct wire_lost *lost)
{
	struct sink_lost told = {
		.ts = lost->head.ts, .kind = lost->lost_kind, .count = lost->count};

	tracer->sum.lost[lost->lost_kind] += lost->count;
	tracer->sink->ops->lost(tracer->sink, &told);
}

/* Tells what the model found missing, as a loss. Ten times a second is often enough. */
static void tell_missed(struct tracer *tracer)
{
	uint64_t missed = conn_stats(tracer->conns).missed;
	struct wire_lost lost = {.head = {.ts = tracer->now},
				 .lost_kind = WIRE_TRANSITION,
				 .count = missed - tracer->told_missed};

	tracer->told_missed = missed;
	if (lost.count)
		on_lost(tracer, &lost);
}

int tracer_feed(struct tracer *tracer, const void *record, size_t len)
{
	union decode_record rec;
	int used = decode(record, len, &rec);

	if (used < 0 || tracer_is_over(tracer))
		return used;
	advance(tracer, rec.head.ts);
	if (tracer_is_over(tracer))
		return used;
	if (rec.head.kind == WIRE_LOST)
		on_lost(tracer, &rec.lost);
	if (rec.head.kind == WIRE_TICK)
		tell_missed(tracer);
	if (rec.head.kind == WIRE_CLOCK)
		tracer->meta->wall_offset = rec.clock.wall_offset;
	conn_feed(tracer->conns, &rec);
	/* Whoever draws what a census found does it now, and not at the next tick. */
	if (rec.head.kind == WIRE_CENSUS && !rec.census.begins)
		tell_missed(tracer);
	if (rec.head.kind == WIRE_TRANSITION && tracer->config.raw)
		tell_raw(tracer, &rec.transition);
	return used;
}

int tracer_flush(struct tracer *tracer)
{
	note_output(tracer);
	if (tracer->output_err)
		return tracer->output_err;
	errno = 0;
	if (fflush(tracer->sink->out))
		tracer->output_err = -(errno ? errno : EIO);
	return tracer->output_err;
}

int tracer_finish(struct tracer *tracer)
{
	struct conn_stats stats = conn_stats(tracer->conns);

	tell_missed(tracer);
	tracer->sum.end = tracer->now;
	tracer->sum.connections = stats.count;
	tracer->sum.evicted = stats.evicted;
	if (tracer->interval) {
		if (tracer->now > tracer->interval_begin)
			report_interval(tracer, tracer->now);
		tracer->sink->ops->interval(tracer->sink, tracer->sum.begin, tracer->now, true);
	}
	report(tracer, tracer->whole_run, tracer->sum.begin, tracer->now, true);
	report_idle_peaks(tracer);
	tracer->sink->ops->summary(tracer->sink, &tracer->sum);
	return tracer_flush(tracer);
}

uint64_t tracer_lost(const struct tracer *tracer)
{
	uint64_t sum = conn_stats(tracer->conns).evicted;

	for (unsigned kind = 0; kind < WIRE_KINDS; kind++)
		sum += tracer->sum.lost[kind];
	return sum;
}

uint64_t tracer_now(const struct tracer *tracer)
{
	return tracer->now;
}

void tracer_forget_peaks(struct tracer *tracer)
{
	conn_queues_forget_peaks(tracer->conns);
}

const struct conn_table *tracer_connections(const struct tracer *tracer)
{
	return tracer->conns;
}

struct tracer *tracer_new(const struct tracer_config *config, struct meta *meta, struct sink *sink)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	struct conn_config conns = {.attached = meta_has_events(meta) ? meta->attached : UINT64_MAX,
				    .tick_ns = meta->tick_ns,
				    .max = config->max_connections,
				    .told = config->told_states,
				    .sees_timewait = meta->sees_timewait,
				    .samples = meta->samples_timewait,
				    .sees_handshakes = meta->sees_handshakes,
				    .sees_accepts = meta->sees_accepts,
				    .waited = config->wants_waits ? on_wait : NULL,
				    .wanted = is_wanted,
				    .event = on_event,
				    .ctx = tracer};
	bool asks_established = config->selection->states & 1 << WIRE_ESTABLISHED;

	if (!tracer)
		return NULL;
	tracer->config = *config;
	tracer->meta = meta;
	tracer->sink = sink;
	tracer->now = tracer->interval_begin = tracer->sum.begin = meta->attached;
	tracer->conns = conn_table_new(&conns);
	tracer->whole_run = histset_new(config->max_groups);
	tracer->interval = config->interval_ns ? histset_new(config->max_groups) : NULL;
	tracer->idle_peaks = asks_established ? idle_peaks_new() : NULL;
	if (!tracer->conns || !tracer->whole_run || (config->interval_ns && !tracer->interval) ||
	    (asks_established && !tracer->idle_peaks)) {
		tracer_free(tracer);
		return NULL;
	}
	tracer->sink->ops->start(tracer->sink);
	return tracer;
}

void tracer_free(struct tracer *tracer)
{
	if (!tracer)
		return;
	conn_table_free(tracer->conns);
	histset_free(tracer->whole_run);
	histset_free(tracer->interval);
	idle_peaks_free(tracer->idle_peaks);
	free(tracer);
}
