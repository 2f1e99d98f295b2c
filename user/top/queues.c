/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* top/queues.c - see top/queues.h. */
#include "top/queues.h"

#include <inttypes.h>
#include <string.h>

#include "base/append.h"
#include "base/clock.h"
#include "base/name.h"
#include "top/list.h"

#define NAME_TEXT_MAX (WAITS_TEXT_MAX + 64 + NAME_ROOM(sizeof(((struct wire_name *)0)->text)))

/* One queue, and what ended there. */
struct line {
	const struct top_data *data;
	const struct waits_queue *queue;
	const struct hist *hist; /* NULL: not known */
};

static struct line line_of(const struct top_data *data, const struct waits_queue *queue)
{
	static const struct hist nothing;
	const struct waits *waits = &data->overview->waits;
	const struct histset_cell *cell;
	bool is_known = data->overview->meta->sees_accepts &&
			waits_find(waits, &queue->listener, &cell);

	return (struct line){.data = data,
			     .queue = queue,
			     .hist = !is_known ? NULL
				     : cell    ? &cell->hist
					       : &nothing};
}

/* ---- texts ---- */

/* Of another namespace than ours, where there are several. */
static void add_netns(const struct census *census, uint32_t netns, char *text, size_t room)
{
	const char *told = census_name(census, WIRE_NAME_NETNS, netns);
	char name[NAME_ROOM(sizeof(((struct wire_name *)0)->text))];

	if (census->namespaces < 2 || census_name(census, WIRE_NAME_HOME, netns))
		return;
	if (told && told[0])
		snprintf(text, room, " %s", name_text(name, sizeof(name), told));
	else
		snprintf(text, room, " %u", netns);
}

static const char *text_listener(const struct line *line, char text[NAME_TEXT_MAX])
{
	size_t len;

	waits_text(&line->queue->listener, text);
	len = strcspn(text, "\t");
	text[len] = '\0';
	add_netns(&line->data->overview->census, line->queue->listener.netns, text + len,
		  NAME_TEXT_MAX - len);
	return text;
}

static void text_now(const struct line *line, char text[CLOCK_TEXT_MAX])
{
	top_list_number(line->queue->waiting, 5, text);
}

static void text_max(const struct line *line, char text[CLOCK_TEXT_MAX])
{
	top_list_number(line->queue->backlog, 6, text);
}

static void text_peak(const struct line *line, char text[CLOCK_TEXT_MAX])
{
	if (line->data->overview->waits.peaks_known)
		top_list_number(line->queue->peak, 6, text);
	else
		strcpy(text, "?");
}

static void text_half_open(const struct line *line, char text[CLOCK_TEXT_MAX])
{
	top_list_number(line->queue->half_open, 5, text);
}

static void text_oldest(const struct line *line, char text[CLOCK_TEXT_MAX])
{
	struct age oldest = waits_oldest(line->queue);

	*(line->queue->waiting ? age_append(text, oldest.ns, oldest.known)
			       : append_char(text, '-')) = '\0';
}

static void text_ended(const struct line *line, char text[CLOCK_TEXT_MAX])
{
	if (line->hist)
		top_list_number(line->hist->count, 7, text);
	else
		strcpy(text, "?");
}

static void text_wait(const struct line *line, double share, char text[CLOCK_TEXT_MAX])
{
	if (!line->hist)
		strcpy(text, "?");
	else if (!line->hist->count)
		strcpy(text, "-");
	else
		clock_duration(share < 1 ? hist_quantile(line->hist, share) : line->hist->max,
			       text);
}

static void text_p50(const struct line *line, char text[CLOCK_TEXT_MAX])
{
	text_wait(line, 0.50, text);
}

static void text_p90(const struct line *line, char text[CLOCK_TEXT_MAX])
{
	text_wait(line, 0.90, text);
}

static void text_p99(const struct line *line, char text[CLOCK_TEXT_MAX])
{
	text_wait(line, 0.99, text);
}

static void text_longest(const struct line *line, char text[CLOCK_TEXT_MAX])
{
	text_wait(line, 1, text);
}

/* More than the backlog: the kernel drops new ones. */
static uint8_t look_of(const struct waits_queue *queue)
{
	return queue->waiting > queue->backlog ? CELLS_BOLD | CELLS_YELLOW : 0;
}

/* ---- the line ---- */

#define KEY_OF_ALL "a: all"

static size_t count_busy(const struct top_data *data)
{
	size_t busy = 0;

	while (busy < data->n_queues && waits_is_busy(&data->queues[busy]))
		busy++;
	return busy;
}

/* What is not known is left out here. */
static char *add_what_is_known(const struct line *line, char *to)
{
	char text[CLOCK_TEXT_MAX];

	if (waits_oldest(line->queue).known != DWELL_UNKNOWN && line->queue->waiting) {
		text_oldest(line, text);
		to += sprintf(to, ", oldest %s", text);
	}
	if (line->data->overview->waits.peaks_known)
		to += sprintf(to, ", peak %" PRIu64, line->queue->peak);
	if (line->hist && line->hist->count) {
		text_p50(line, text);
		to += sprintf(to, ", p50 %s", text);
	}
	return to;
}

void top_queues_line(const struct top_data *data, struct cells *cells, unsigned row)
{
	size_t busy = count_busy(data), n = data->n_queues;
	struct line line = line_of(data, &data->queues[0]);
	char text[NAME_TEXT_MAX + 256], name[NAME_TEXT_MAX], *to;
	unsigned cols = cells->cols, key = cells_width(KEY_OF_ALL);

	if (cols > 2 * key) {
		cells_put_right(cells, row, 0, cols, 0, KEY_OF_ALL);
		cols -= key + 1;
	}

	if (!busy) {
		snprintf(text, sizeof(text), "accept queues: empty, %zu listener%s", n,
			 n == 1 ? "" : "s");
		cells_put(cells, row, 0, cols, 0, text);
		return;
	}
	to = text + sprintf(text, "accept queues: %s %" PRIu64 " of %" PRIu64,
			    text_listener(&line, name), line.queue->waiting, line.queue->backlog);
	to = add_what_is_known(&line, to);
	if (busy > 1)
		sprintf(to, "; %zu more", busy - 1);
	cells_put(cells, row, 0, cols, look_of(line.queue), text);
}

/* ---- the table ---- */

static const struct {
	const char *title;
	unsigned width, from; /* from: columns of the screen, where it is worth its room */
	void (*text)(const struct line *line, char text[CLOCK_TEXT_MAX]);
} columns[] = {
	{"NOW", 6, 0, text_now},       {"MAX", 7, 0, text_max},
	{"PEAK", 7, 56, text_peak},    {"HALF", 6, 88, text_half_open},
	{"OLDEST", 9, 0, text_oldest}, {"ENDED", 8, 96, text_ended},
	{"p50", 7, 48, text_p50},      {"p90", 7, 104, text_p90},
	{"p99", 7, 72, text_p99},      {"max", 7, 64, text_longest},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* What the numbers leave to the name. */
static unsigned name_width(const struct cells *cells)
{
	unsigned taken = 0;

	for (size_t i = 0; i < COLUMNS; i++)
		taken += cells->cols >= columns[i].from ? columns[i].width : 0;
	return cells->cols > taken ? cells->cols - taken : 0;
}

/* `queue` NULL: the titles. */
static void put(const struct top_data *data, struct cells *cells, unsigned row,
		const struct waits_queue *queue)
{
	struct line line = {0};
	unsigned col = name_width(cells);
	char text[CLOCK_TEXT_MAX], name[NAME_TEXT_MAX] = "LISTENER";

	if (queue) {
		line = line_of(data, queue);
		text_listener(&line, name);
	}
	cells_put(cells, row, 0, col, 0, name);
	for (size_t i = 0; i < COLUMNS; i++) {
		if (cells->cols < columns[i].from)
			continue;
		snprintf(text, sizeof(text), "%s", columns[i].title);
		if (queue)
			columns[i].text(&line, text);
		cells_put_right(cells, row, col + 1, columns[i].width - 1, 0, text);
		col += columns[i].width;
	}
	cells_look(cells, row, 0, cells->cols, queue ? look_of(queue) : CELLS_REVERSE);
}

void top_queues_table(const struct top_data *data, struct cells *cells, unsigned row, unsigned rows,
		      size_t first)
{
	if (!rows)
		return;
	put(data, cells, row, NULL);
	if (!data->n_queues && rows > 1)
		cells_put(cells, row + 1, 0, cells->cols, 0,
			  data->refreshed ? "no listener is shown" : "looking ...");
	for (size_t i = 0; i + 1 < rows && first + i < data->n_queues; i++)
		put(data, cells, row + 1 + (unsigned)i, &data->queues[first + i]);
}
