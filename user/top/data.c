/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* top/data.c - see top/data.h. */
#include "top/data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "match.h"
#include "base/tcpstate.h"
#include "diagnosis/fillings_text.h"
#include "cli/command_line.h"

/* ---- as events come ---- */

static void on_event(void *ctx, const struct conn *conn, const struct conn_event *event)
{
	struct top_data *data = ctx;

	if (selection_wants(&data->shown, conn) != MATCH_YES)
		return;
	data->entered[event->to]++;
	if (event->dwell_known == DWELL_EXACT && event->dwell >= data->shown.min_ns &&
	    conn_event_is_dwell(event))
		hist_add(&data->dwells[event->from], event->dwell);
}

static void count_from_now(struct top_data *data)
{
	memset(data->entered, 0, sizeof(data->entered));
	data->entered_since = overview_now(data->overview);
}

void top_data_reset(struct top_data *data)
{
	memset(data->dwells, 0, sizeof(data->dwells));
	waits_clear(&data->overview->waits);
	data->since = overview_now(data->overview);
}

struct top_data *top_data_new(struct overview *overview, const struct selection *shown,
			      const struct group_by *by)
{
	struct top_data *data = calloc(1, sizeof(*data));

	if (!data)
		return NULL;
	data->overview = overview;
	data->shown = *shown;
	data->by = *by;
	data->since = data->entered_since = overview->meta->attached;
	overview->observer = on_event;
	overview->observer_ctx = data;
	return data;
}

void top_data_free(struct top_data *data)
{
	if (!data)
		return;
	data->overview->observer = NULL;
	top_data_forget(data);
	free(data->queues);
	free(data);
}

/* ---- the states ---- */

static void take_older(struct top_state *state, uint64_t ns, uint8_t known)
{
	if (known == DWELL_UNKNOWN || (state->oldest_known != DWELL_UNKNOWN && ns <= state->oldest))
		return;
	state->oldest = ns;
	state->oldest_known = known;
}

static bool is_shown(const struct top_data *data, uint8_t state)
{
	return !data->shown.has_states || data->shown.states & 1u << state;
}

static void count_sockets(struct top_data *data)
{
	const struct census *census = &data->overview->census;
	uint64_t tick_ns = data->overview->meta->tick_ns;

	for (const struct census_socket *socket = census_first(census); socket;
	     socket = census_next(census, socket)) {
		struct top_state *state = &data->states[socket->s.state];
		struct age age = verdict_age(socket, tick_ns);

		if (!is_shown(data, socket->s.state) || age.ns < data->shown.min_ns ||
		    !verdict_asks(&data->shown, census, socket))
			continue;
		state->now++;
		take_older(state, age.ns, age.known);
	}
}

static void take_dwells(struct top_data *data, uint64_t span)
{
	bool sees_timewait = data->overview->meta->sees_timewait;

	for (uint8_t i = 0; i < WIRE_STATES; i++) {
		struct top_state *state = &data->states[i];
		const struct hist *hist = &data->dwells[i];

		*state = (struct top_state){.per_second = span ? (double)data->entered[i] *
									  NS_PER_S / (double)span
							       : -1,
					    .ended = hist->count,
					    .p50 = hist_quantile(hist, 0.50),
					    .p90 = hist_quantile(hist, 0.90),
					    .p99 = hist_quantile(hist, 0.99),
					    .max = hist->max,
					    .visible = i != WIRE_TIME_WAIT || sees_timewait};
	}
	count_from_now(data);
}

/* ---- the list ---- */

static int list_rows(struct top_data *data)
{
	const struct verdict *verdict = &data->verdict;
	struct top_row *row;
	size_t n_groups = HASH_COUNT(verdict->groups);

	data->rows = calloc(n_groups + verdict->fillings.n + 1, sizeof(*data->rows));
	if (!data->rows)
		return -ENOMEM;
	for (const struct verdict_group *group = verdict->groups; group; group = group->hh.next) {
		row = &data->rows[data->n_rows++];
		*row = (struct top_row){.group = group,
					.oldest = &verdict->sockets[group->first],
					.state = verdict->sockets[group->first].socket->s.state,
					.count = group->count};
	}
	for (size_t i = 0; i < verdict->fillings.n; i++)
		data->rows[data->n_rows++] =
			(struct top_row){.filling = &verdict->fillings.all[i],
					 .state = fillings_state(&verdict->fillings.all[i]),
					 .count = verdict->fillings.all[i].fill.count};
	top_data_sort(data, data->sort);
	return 0;
}

void top_data_forget(struct top_data *data)
{
	verdict_release(&data->verdict);
	free(data->rows);
	data->rows = NULL;
	data->n_rows = 0;
}

/* ---- accept queues ---- */

static bool is_listener_shown(const struct top_data *data, const struct census_socket *socket)
{
	return socket->s.state == WIRE_LISTEN && is_shown(data, WIRE_LISTEN) &&
	       verdict_asks(&data->shown, &data->overview->census, socket);
}

static int list_queues(struct top_data *data)
{
	struct waits *waits = &data->overview->waits;
	const struct census *census = &data->overview->census;

	free(data->queues);
	data->n_queues = 0;
	data->queues = calloc(HASH_COUNT(waits->queues) + 1, sizeof(*data->queues));
	if (!data->queues || waits->is_short_of_memory)
		return -ENOMEM;
	waits_hide(waits);
	for (const struct census_socket *socket = census_first(census); socket;
	     socket = census_next(census, socket))
		if (is_listener_shown(data, socket))
			waits_show(waits, &socket->s);
	for (const struct waits_queue *queue = waits->queues; queue; queue = queue->hh.next)
		if (queue->is_shown)
			data->queues[data->n_queues++] = *queue;
	return 0;
}

static int judge(struct top_data *data)
{
	int err;

	top_data_forget(data);
	err = verdict_make(&data->verdict, &data->overview->census, &data->shown, &data->by,
			   data->overview->meta->tick_ns);
	if (!err) {
		forecast_tell(&data->overview->forecast, &data->overview->census,
			      &data->verdict.fillings);
		verdict_tell_overflows(&data->verdict, &data->overview->overflows);
	}
	return err ? err : list_rows(data);
}

/* ---- all ---- */

/* The same moment, seen another way: no time has passed, so rates stay. */
static int look_again(struct top_data *data, uint64_t span)
{
	double rates[WIRE_STATES];
	int err;

	for (unsigned i = 0; i < WIRE_STATES; i++)
		rates[i] = data->refreshed ? data->states[i].per_second : -1;
	take_dwells(data, span);
	for (unsigned i = 0; !span && i < WIRE_STATES; i++)
		data->states[i].per_second = rates[i];
	count_sockets(data);
	data->skipped = data->overview->lost[WIRE_SKIPPED];
	data->forgotten = overview_forgotten(data->overview);
	data->lost = overview_lost(data->overview) - data->skipped - data->forgotten;
	err = list_queues(data);
	return err ? err : judge(data);
}

int top_data_refresh(struct top_data *data)
{
	uint64_t now = overview_now(data->overview);
	int err;

	overview_look_at_queues(data->overview);
	waits_sort_busiest(&data->overview->waits);
	err = look_again(data, now - data->entered_since);
	data->refreshed = now;
	return err;
}

int top_data_filter(struct top_data *data, const char *text)
{
	struct options *options = malloc(sizeof(*options));
	int err;

	if (!options)
		return -ENOMEM;
	err = command_line_parse_filter(options, text);
	if (!err) {
		data->shown = options->selection;
		top_data_reset(data);
		count_from_now(data);
		for (unsigned i = 0; i < WIRE_STATES; i++)
			data->states[i].per_second = -1;
		err = look_again(data, 0);
	}
	free(options);
	return err;
}

int top_data_group(struct top_data *data, const struct group_by *by)
{
	data->by = *by;
	return judge(data);
}

/* ---- order ---- */

static const char *owner_of(const struct top_row *row, char text[VERDICT_OWNER_MAX])
{
	return row->group ? verdict_owners(row->oldest, row->group->differs, text) : "";
}

static unsigned place_of(uint8_t state)
{
	unsigned i = 0;

	while (i < TCPSTATE_STATES && tcpstate_order[i] != state)
		i++;
	return i;
}

/* What fills up comes first; then the order of the verdict, oldest first. */
static int by_age(const struct top_row *a, const struct top_row *b)
{
	if (!a->group || !b->group)
		return !a->group && !b->group
			       ? (a->filling > b->filling) - (a->filling < b->filling)
			       : (a->group != NULL) - (b->group != NULL);
	return (a->group->first > b->group->first) - (a->group->first < b->group->first);
}

static int by_count(const struct top_row *a, const struct top_row *b)
{
	return (a->count < b->count) - (a->count > b->count);
}

static int by_state(const struct top_row *a, const struct top_row *b)
{
	return (int)place_of(a->state) - (int)place_of(b->state);
}

static int by_owner(const struct top_row *a, const struct top_row *b)
{
	char left[VERDICT_OWNER_MAX], right[VERDICT_OWNER_MAX];

	return strcmp(owner_of(a, left), owner_of(b, right));
}

static int compare_rows(const void *left, const void *right, void *ctx)
{
	static int (*const orders[TOP_SORTS])(const struct top_row *,
					      const struct top_row *) = {[TOP_BY_AGE] = by_age,
									 [TOP_BY_COUNT] = by_count,
									 [TOP_BY_STATE] = by_state,
									 [TOP_BY_OWNER] = by_owner};
	int order = orders[*(const enum top_sort *)ctx](left, right);

	return order ? order : by_age(left, right);
}

void top_data_sort(struct top_data *data, enum top_sort sort)
{
	data->sort = sort;
	if (data->n_rows)
		qsort_r(data->rows, data->n_rows, sizeof(*data->rows), compare_rows, &data->sort);
}

const char *top_row_key(const struct top_row *row, char text[TOP_KEY_MAX])
{
	char ends[FILLINGS_ENDS_MAX];

	if (row->group)
		snprintf(text, TOP_KEY_MAX, "%s", row->group->key);
	else
		snprintf(text, TOP_KEY_MAX, "%s\t%u\t%s", row->filling->rule->id,
			 row->filling->id.netns, fillings_ends(row->filling, ends));
	return text;
}
