/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* report/queues.c - see report/queues.h. */
#include "report/queues.h"

#include <string.h>

#include "report/stuck.h"
#include "report/values.h"

static json_t *listener_json(const struct conn_place *listener)
{
	char text[WAITS_TEXT_MAX];

	waits_text(listener, text);
	text[strcspn(text, "\t")] = '\0';
	return values_text(text);
}

/* What ended there, but where that is not known. */
static void set_ended(json_t *row, const struct overview *overview, const struct waits_queue *queue)
{
	static const struct histset_cell nothing;
	const struct histset_cell *cell;
	bool is_known = waits_find(&overview->waits, &queue->listener, &cell) &&
			overview->meta->sees_accepts;
	const struct hist *hist = cell ? &cell->hist : &nothing.hist;

	json_object_set_new(row, "count", values_number_if(is_known, hist->count));
	json_object_set_new(row, "partial", values_number_if(is_known, hist->partial));
	json_object_set_new(row, "p50_ns",
			    values_number_if(hist->count > 0, hist_quantile(hist, 0.5)));
	json_object_set_new(row, "max_ns", values_number_if(hist->count > 0, hist->max));
}

static json_t *queue_json(const struct overview *overview, const struct waits_queue *queue)
{
	struct age oldest = waits_oldest(queue);
	json_t *row = json_object();

	json_object_set_new(row, "listener", listener_json(&queue->listener));
	json_object_set_new(row, "netns",
			    report_netns_json(&overview->census, queue->listener.netns));
	json_object_set_new(row, "waiting", values_number(queue->waiting));
	json_object_set_new(row, "backlog", values_number(queue->backlog));
	json_object_set_new(row, "half_open", values_number(queue->half_open));
	json_object_set_new(row, "peak",
			    values_number_if(overview->waits.peaks_known, queue->peak));
	json_object_set_new(row, "oldest_ns",
			    values_number_if(oldest.known != DWELL_UNKNOWN, oldest.ns));
	json_object_set_new(row, "oldest_exact", json_boolean(oldest.known == DWELL_EXACT));
	set_ended(row, overview, queue);
	return row;
}

json_t *report_queues_json(const struct overview *overview)
{
	const struct waits *waits = &overview->waits;
	bool has_census = overview->census.ts || overview->census.count;
	bool is_visible = overview->meta->sees_accepts;
	json_t *json = json_object(), *rows = json_array();
	uint64_t waiting = 0;

	for (const struct waits_queue *queue = waits->queues; queue; queue = queue->hh.next) {
		waiting += queue->waiting;
		if (json_array_size(rows) < REPORT_QUEUES_ROWS)
			json_array_append_new(rows, queue_json(overview, queue));
	}
	json_object_set_new(json, "why",
			    is_visible ? json_null()
				       : values_name(meta_why_no_waits(overview->meta)));
	json_object_set_new(json, "unaccepted", values_number(waits->all.unaccepted));
	json_object_set_new(json, "waiting", values_number_if(has_census, waiting));
	json_object_set_new(json, "listeners", values_number(HASH_COUNT(waits->queues)));
	json_object_set_new(json, "rows", rows);
	return json;
}
