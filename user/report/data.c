/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* report/data.c - see report/data.h. */
#include "report/data.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "diagnosis/ends.h"
#include "report/grid.h"
#include "report/queues.h"
#include "report/stuck.h"
#include "report/values.h"
#include "base/tcpstate.h"

struct report_data {
	struct overview *overview;
	struct report_grid grid;
	struct hist edges[WIRE_STATES][WIRE_STATES]; /* dwells in the state left, by the next one */
};

/* ---- gathering ---- */

static void on_event(void *ctx, const struct conn *conn, const struct conn_event *event)
{
	struct report_data *data = ctx;

	(void)conn;
	if (!conn_event_is_dwell(event))
		return;
	if (event->dwell_known != DWELL_EXACT) {
		data->edges[event->from][event->to].partial++;
		return;
	}
	hist_add(&data->edges[event->from][event->to], event->dwell);
	if (tracer_counts(data->overview->tracer, event))
		report_grid_add(&data->grid, event->from, event->ts, event->dwell);
}

struct report_data *report_data_new(struct overview *overview)
{
	struct report_data *data = calloc(1, sizeof(*data));

	if (!data)
		return NULL;
	data->overview = overview;
	report_grid_init(&data->grid, overview->meta->attached);
	overview->observer = on_event;
	overview->observer_ctx = data;
	return data;
}

void report_data_free(struct report_data *data)
{
	free(data);
}

/* ---- values ---- */

static json_t *wall_ms(const struct meta *meta, uint64_t ts)
{
	return json_integer((json_int_t)ts / (json_int_t)NS_PER_MS +
			    meta->wall_offset / (int64_t)NS_PER_MS);
}

/* ---- head ---- */

static void add_word(json_t *all, const char *name, const char *value)
{
	char text[META_TEXT_MAX];

	snprintf(text, sizeof(text), "%s %s", name, value);
	json_array_append_new(all, values_name(text));
}

static void add_numbers(json_t *all, const char *name, const uint32_t *list, unsigned n)
{
	char text[32];

	for (unsigned i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%u", list[i]);
		add_word(all, name, text);
	}
}

/* All that keeps something from this page, as typed. */
static json_t *filters_json(const struct overview *overview)
{
	const struct selection *o = overview->config.selection;
	json_t *all = json_array();
	char text[CLOCK_TEXT_MAX];

	if (overview->meta->filter[0])
		json_array_append_new(all, values_name(overview->meta->filter));
	if (o->filter_text[0] && strcmp(o->filter_text, overview->meta->filter) != 0)
		json_array_append_new(all, values_name(o->filter_text));
	add_numbers(all, "--pid", o->pids, o->n_pids);
	add_numbers(all, "--uid", o->uids, o->n_uids);
	for (unsigned i = 0; i < o->n_comms; i++)
		add_word(all, "--comm", o->comms[i]);
	for (unsigned i = 0; i < o->n_cgroups; i++) {
		snprintf(text, sizeof(text), "%llu", (unsigned long long)o->cgroups[i]);
		add_word(all, "--cgroup", text);
	}
	for (uint8_t state = 1; o->has_states && state < TCPSTATE_NUMBERS; state++)
		if (o->states & 1u << state)
			add_word(all, "--state", tcpstate_name(state));
	if (o->min_ns)
		add_word(all, "--min", clock_duration(o->min_ns, text));
	return all;
}

static json_t *lost_json(const struct overview *overview)
{
	json_t *lost = json_object();
	uint64_t told = 0;

	for (uint16_t kind = 0; kind < WIRE_KINDS; kind++) {
		if (!overview->lost[kind])
			continue;
		json_object_set_new(lost, decode_kind_name(kind),
				    values_number(overview->lost[kind]));
		told += overview->lost[kind];
	}
	/* The rest of the sum are connections that had to be forgotten. */
	if (overview_lost(overview) > told)
		json_object_set_new(lost, "forgotten",
				    values_number(overview_lost(overview) - told));
	return lost;
}

static json_t *head_json(const struct overview *overview, const struct report_source *source)
{
	const struct meta *meta = overview->meta;
	json_t *head = json_object();

	json_object_set_new(head, "tcpdwell", json_string(TCPDWELL_VERSION));
	json_object_set_new(head, "recorded_by", values_name(meta->version));
	json_object_set_new(head, "host", values_name(source->host));
	json_object_set_new(head, "recording", values_name(source->recording));
	json_object_set_new(head, "broken", values_name(source->broken));
	json_object_set_new(head, "kernel", values_name(meta->kernel));
	json_object_set_new(head, "begin_ms", wall_ms(meta, meta->attached));
	json_object_set_new(head, "end_ms", wall_ms(meta, overview_now(overview)));
	json_object_set_new(head, "duration_ns",
			    values_number(overview_now(overview) - meta->attached));
	json_object_set_new(head, "transitions_by", values_name(meta->transition_way));
	json_object_set_new(head, "timewait_by", values_name(meta->timewait_way));
	json_object_set_new(head, "timewait_visible", json_boolean(meta->sees_timewait));
	json_object_set_new(head, "timewait_sampled", json_boolean(meta->samples_timewait));
	json_object_set_new(head, "filters", filters_json(overview));
	json_object_set_new(head, "lost", lost_json(overview));
	return head;
}

/* ---- moves ---- */

static json_t *causes_json(const uint64_t ends[CAUSES])
{
	json_t *causes = json_object();

	for (unsigned cause = 1; cause < CAUSES; cause++)
		if (ends[cause])
			json_object_set_new(causes, tcpstate_cause_name((uint8_t)cause),
					    values_number(ends[cause]));
	return causes;
}

static json_t *move_json(const struct report_data *data, uint8_t from, uint8_t to)
{
	const struct hist *hist = &data->edges[from][to];
	bool any = hist->count > 0;
	json_t *move = json_object();

	json_object_set_new(move, "from", json_string(tcpstate_name(from)));
	json_object_set_new(move, "to", json_string(tcpstate_name(to)));
	json_object_set_new(move, "count", values_number(data->overview->moves[from][to]));
	json_object_set_new(move, "partial",
			    values_number_if(conn_is_dwell(from, to), hist->partial));
	json_object_set_new(move, "p50_ns", values_number_if(any, hist_quantile(hist, 0.5)));
	json_object_set_new(move, "p99_ns", values_number_if(any, hist_quantile(hist, 0.99)));
	json_object_set_new(move, "max_ns", values_number_if(any, hist->max));
	if (to == WIRE_CLOSE)
		json_object_set_new(move, "causes", causes_json(data->overview->ends[from]));
	return move;
}

static json_t *moves_json(const struct report_data *data)
{
	json_t *all = json_array();

	for (uint8_t from = 1; from < WIRE_STATES; from++)
		for (uint8_t to = 1; to < WIRE_STATES; to++)
			if (data->overview->moves[from][to])
				json_array_append_new(all, move_json(data, from, to));
	return all;
}

/* ---- histograms ---- */

static json_t *buckets_json(const struct hist *hist)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		if (!hist->buckets[i])
			continue;
		json_array_append_new(all,
				      values_number_if(hist_bound(i) != UINT64_MAX, hist_bound(i)));
		json_array_append_new(all, values_number(hist->buckets[i]));
	}
	return all;
}

static bool is_visible(const struct meta *meta, uint8_t state)
{
	if (state == TCPSTATE_ACCEPT_WAIT)
		return meta->sees_accepts;
	return state != WIRE_TIME_WAIT || meta->sees_timewait;
}

static bool is_wanted(const struct overview *overview, uint8_t state)
{
	if (state == TCPSTATE_ACCEPT_WAIT)
		return overview->config.wants_waits;
	return overview->config.selection->states & 1u << state;
}

static json_t *state_json(const struct overview *overview, uint8_t state,
			  const struct histset_cell *cell)
{
	const struct hist *hist = &cell->hist;
	const struct histset_still *still = &cell->still;
	bool any = hist->count > 0;
	json_t *json = json_object();

	json_object_set_new(json, "visible", json_boolean(is_visible(overview->meta, state)));
	json_object_set_new(json, "wanted", json_boolean(is_wanted(overview, state)));
	json_object_set_new(json, "count", values_number(hist->count));
	json_object_set_new(json, "partial", values_number(hist->partial));
	json_object_set_new(json, "min_ns", values_number_if(any, hist->min));
	json_object_set_new(json, "p50_ns", values_number_if(any, hist_quantile(hist, 0.5)));
	json_object_set_new(json, "p90_ns", values_number_if(any, hist_quantile(hist, 0.9)));
	json_object_set_new(json, "p99_ns", values_number_if(any, hist_quantile(hist, 0.99)));
	json_object_set_new(json, "max_ns", values_number_if(any, hist->max));
	json_object_set_new(json, "mean_ns", values_number_if(any, hist_mean(hist)));
	json_object_set_new(json, "still", values_number(still->count));
	json_object_set_new(json, "still_in_doubt", values_number(still->in_doubt));
	json_object_set_new(json, "oldest_ns",
			    values_number_if(still->oldest_known != DWELL_UNKNOWN, still->oldest));
	json_object_set_new(json, "oldest_exact", json_boolean(still->oldest_known == DWELL_EXACT));
	json_object_set_new(json, "buckets", buckets_json(hist));
	return json;
}

struct gathering {
	const struct overview *overview;
	json_t *states;
};

/* Without groups there is one cell a state. */
static void take_cell(void *ctx, const char *values, uint8_t state, const struct histset_cell *cell)
{
	const struct gathering *gathering = ctx;

	(void)values;
	json_object_set_new(gathering->states, tcpstate_name(state),
			    state_json(gathering->overview, state, cell));
}

static json_t *states_json(struct overview *overview)
{
	static const struct histset_cell nothing;
	struct gathering gathering = {.overview = overview, .states = json_object()};

	for (uint8_t state = 1; state < WIRE_STATES; state++)
		if (state != WIRE_CLOSE)
			take_cell(&gathering, "", state, &nothing);
	overview_each_histogram(overview, take_cell, &gathering);
	take_cell(&gathering, "", TCPSTATE_ACCEPT_WAIT, &overview->waits.all);
	return gathering.states;
}

/* ---- over time ---- */

/* Column, row, number; column, row, number; ... of what is not empty. */
static json_t *cells_json(const struct report_grid *grid, uint8_t state)
{
	json_t *all = json_array();

	for (unsigned column = 0; column < grid->columns; column++)
		for (unsigned row = 0; row < REPORT_GRID_ROWS; row++) {
			uint32_t count = grid->cells[state][column][row];

			if (!count)
				continue;
			json_array_append_new(all, values_number(column));
			json_array_append_new(all, values_number(row));
			json_array_append_new(all, values_number(count));
		}
	return all;
}

static json_t *grid_json(const struct report_grid *grid)
{
	json_t *states = json_object(), *bounds = json_array();

	for (unsigned row = 0; row < REPORT_GRID_ROWS; row++)
		json_array_append_new(bounds, values_number_if(row < REPORT_GRID_ROWS - 1,
							       report_grid_bound(row)));
	for (uint8_t state = 1; state < WIRE_STATES; state++) {
		json_t *cells = cells_json(grid, state);

		if (json_array_size(cells))
			json_object_set(states, tcpstate_name(state), cells);
		json_decref(cells);
	}
	return json_pack("{so sI so so}", "step_ns", values_number(grid->step), "columns",
			 (json_int_t)grid->columns, "bounds_ns", bounds, "states", states);
}

/* ---- idle peaks ---- */

/* Those that whatever ends idle connections after so long may end next. */
static uint64_t count_that_may_idle(const struct overview *overview, uint64_t ns)
{
	const struct census *census = &overview->census;
	uint64_t n = 0;

	for (const struct census_socket *socket = census_first(census); socket;
	     socket = census_next(census, socket))
		n += !address_is_loopback(socket->s.id.raddr) &&
		     ends_may_idle(&socket->s, census_limits_of(census, socket->s.id.netns), ns) &&
		     verdict_asks(overview->config.selection, census, socket);
	return n;
}

static json_t *idle_peak_json(const struct overview *overview, const struct idle_peak *peak)
{
	bool is_known = overview->census.is_whole;
	json_t *json = json_object();

	json_object_set_new(json, "at_ns", values_number(peak->at));
	json_object_set_new(json, "by", json_string(idle_peaks_by_name(peak->by)));
	json_object_set_new(json, "count", values_number(peak->count));
	json_object_set_new(json, "reached", values_number(peak->reached));
	json_object_set_new(
		json, "may_idle",
		values_number_if(is_known, is_known ? count_that_may_idle(overview, peak->at) : 0));
	return json;
}

static json_t *idle_peaks_json(const struct overview *overview)
{
	struct idle_peak peaks[IDLE_PEAKS_MAX];
	unsigned n = tracer_idle_peaks(overview->tracer, peaks);
	json_t *all = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(all, idle_peak_json(overview, &peaks[i]));
	return all;
}

json_t *report_data_json(struct report_data *data, const struct report_source *source)
{
	struct overview *overview = data->overview;
	json_t *json;

	overview_look_at_queues(overview);
	waits_sort_busiest(&overview->waits);
	if (overview->waits.is_short_of_memory || overview_judge(overview))
		return NULL;
	values_begin();
	json = json_object();
	json_object_set_new(json, "head", head_json(overview, source));
	json_object_set_new(json, "moves", moves_json(data));
	json_object_set_new(json, "states", states_json(overview));
	json_object_set_new(json, "idle_peaks", idle_peaks_json(overview));
	json_object_set_new(json, "grid", grid_json(&data->grid));
	json_object_set_new(json, "census", report_stuck_json(overview));
	json_object_set_new(json, "queues", report_queues_json(overview));
	if (values_are_whole())
		return json;
	json_decref(json);
	return NULL;
}
