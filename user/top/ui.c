/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* top/ui.c - see top/ui.h. */
#include "top/ui.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/diag.h"
#include "top/screen.h"

#define CTRL(letter)        ((letter) - '@')
#define INTERVAL_DEFAULT_NS (2 * NS_PER_S)

static const char *const sort_names[TOP_SORTS] = {[TOP_BY_AGE] = "age",
						  [TOP_BY_COUNT] = "count",
						  [TOP_BY_STATE] = "state",
						  [TOP_BY_OWNER] = "owner"};

const char *top_ui_sort_name(enum top_sort sort)
{
	return sort_names[sort];
}

const char *top_ui_interval(const struct top_ui *ui, char text[CLOCK_TEXT_MAX])
{
	uint64_t ms = ui->interval_ns / NS_PER_MS;

	snprintf(text, CLOCK_TEXT_MAX, "%" PRIu64 "%s", ms % 1000 ? ms : ms / 1000,
		 ms % 1000 ? "ms" : "s");
	return text;
}

void top_ui_init(struct top_ui *ui, const struct options *options)
{
	*ui = (struct top_ui){.interval_ns = options->interval_ns ? options->interval_ns
								  : INTERVAL_DEFAULT_NS,
			      .asked_by = options->by};
	snprintf(ui->filter, sizeof(ui->filter), "%s", options->edit_text);
}

void top_ui_tell(struct top_ui *ui, bool is_error, const char *text)
{
	snprintf(ui->message, sizeof(ui->message), "%s", text);
	ui->is_error = is_error;
}

/* ---- the cursor ---- */

static void select_row(struct top_ui *ui, const struct top_data *data, size_t row)
{
	if (!data->n_rows)
		return;
	ui->cursor = row < data->n_rows ? row : data->n_rows - 1;
	top_row_key(&data->rows[ui->cursor], ui->selected);
}

static size_t row_of(const struct top_ui *ui, const struct top_data *data)
{
	char key[TOP_KEY_MAX];
	size_t i;

	for (i = 0; i < data->n_rows; i++)
		if (!strcmp(top_row_key(&data->rows[i], key), ui->selected))
			break;
	return i;
}

/* Whoever never moved the cursor wants to see what is first. */
void top_ui_follow(struct top_ui *ui, const struct top_data *data)
{
	size_t row = row_of(ui, data);

	if (row < data->n_rows && (ui->cursor || ui->mode == TOP_DETAILS))
		ui->cursor = row;
	else if (ui->mode != TOP_DETAILS)
		select_row(ui, data, ui->cursor);
}

const struct top_row *top_ui_row(const struct top_ui *ui, const struct top_data *data)
{
	char key[TOP_KEY_MAX];

	if (ui->cursor >= data->n_rows)
		return NULL;
	if (ui->mode == TOP_DETAILS &&
	    strcmp(top_row_key(&data->rows[ui->cursor], key), ui->selected) != 0)
		return NULL;
	return &data->rows[ui->cursor];
}

/* A move of the arrows and their like, from `at`, within 0..last. */
static bool move_by_key(int key, size_t page, size_t last, size_t *at)
{
	size_t step = page > 1 ? page - 1 : 1;

	if (key == KEY_OF_UP || key == 'k')
		*at -= *at > 0;
	else if (key == KEY_OF_DOWN || key == 'j')
		*at += 1;
	else if (key == KEY_OF_PAGE_UP)
		*at = *at > step ? *at - step : 0;
	else if (key == KEY_OF_PAGE_DOWN)
		*at += step;
	else if (key == KEY_OF_HOME)
		*at = 0;
	else if (key == KEY_OF_END)
		*at = last;
	else
		return false;
	*at = *at < last ? *at : last;
	return true;
}

/* ---- what keys of the list do ---- */

static int quit(struct top_ui *ui, struct top_data *data)
{
	(void)data;
	ui->is_over = true;
	return 0;
}

static int help(struct top_ui *ui, struct top_data *data)
{
	(void)data;
	ui->mode = TOP_HELP;
	ui->scroll = 0;
	return 0;
}

static int turn_pause(struct top_ui *ui, struct top_data *data)
{
	(void)data;
	ui->is_paused = !ui->is_paused;
	return 0;
}

static int next_sort(struct top_ui *ui, struct top_data *data)
{
	top_data_sort(data, (data->sort + 1) % TOP_SORTS);
	select_row(ui, data, 0);
	return 0;
}

/* What the command line asked for, by itself ("", what is alike in all), then each key. */
static int next_group(struct top_ui *ui, struct top_data *data)
{
	struct group_by by = ui->asked_by;
	unsigned first = by.n ? 1 : 0;
	int err;

	ui->by++;
	if (ui->by > first)
		by = (struct group_by){.n = 1, .keys = {(uint8_t)(ui->by - first)}};
	else if (ui->by == first && first)
		by = (struct group_by){0};
	if (by.n && !group_key_name(by.keys[0])) {
		ui->by = 0;
		by = ui->asked_by;
	}
	err = top_data_group(data, &by);
	select_row(ui, data, 0);
	return err;
}

static int edit_filter(struct top_ui *ui, struct top_data *data)
{
	(void)data;
	ui->mode = TOP_FILTER;
	strcpy(ui->line.text, ui->filter);
	ui->line.len = ui->line.at = strlen(ui->line.text);
	return 0;
}

static int show_details(struct top_ui *ui, struct top_data *data)
{
	if (!data->n_rows)
		return 0;
	select_row(ui, data, ui->cursor);
	ui->mode = TOP_DETAILS;
	ui->scroll = 0;
	return 0;
}

static int show_queues(struct top_ui *ui, struct top_data *data)
{
	(void)data;
	ui->mode = TOP_QUEUES;
	ui->scroll = 0;
	return 0;
}

static int reset(struct top_ui *ui, struct top_data *data)
{
	top_data_reset(data);
	top_ui_tell(ui, false, "dwells are counted anew");
	return 0;
}

static void set_interval(struct top_ui *ui, int step)
{
	static const unsigned ms[] = {100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000, 300000};
	size_t n = sizeof(ms) / sizeof(ms[0]), i = 0;
	char text[TOP_MESSAGE_MAX], duration[CLOCK_TEXT_MAX];

	if (step > 0) {
		while (i < n - 1 && ms[i] * NS_PER_MS <= ui->interval_ns)
			i++;
	} else {
		for (i = n - 1; i && ms[i] * NS_PER_MS >= ui->interval_ns;)
			i--;
	}
	ui->interval_ns = ms[i] * NS_PER_MS;
	snprintf(text, sizeof(text), "looks every %s", top_ui_interval(ui, duration));
	top_ui_tell(ui, false, text);
}

static int rarer(struct top_ui *ui, struct top_data *data)
{
	(void)data;
	set_interval(ui, 1);
	return 0;
}

static int more_often(struct top_ui *ui, struct top_data *data)
{
	(void)data;
	set_interval(ui, -1);
	return 0;
}

static int list_key(struct top_ui *ui, struct top_data *data, int key, const struct top_fit *fit)
{
	static const struct {
		int key;
		int (*does)(struct top_ui *ui, struct top_data *data);
	} keys[] = {
		{'q', quit},
		{'Q', quit},
		{'?', help},
		{'h', help},
		{'p', turn_pause},
		{' ', turn_pause},
		{'s', next_sort},
		{'g', next_group},
		{'f', edit_filter},
		{'/', edit_filter},
		{'a', show_queues},
		{'r', reset},
		{'+', rarer},
		{'=', rarer},
		{'-', more_often},
		{KEY_OF_ENTER, show_details},
		{KEY_OF_RIGHT, show_details},
	};
	size_t row = ui->cursor;

	if (data->n_rows && move_by_key(key, fit->page, data->n_rows - 1, &row)) {
		select_row(ui, data, row);
		return 0;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].key == key)
			return keys[i].does(ui, data);
	return 0;
}

/* ---- help, details, accept queues ---- */

static int text_key(struct top_ui *ui, struct top_data *data, int key, const struct top_fit *fit)
{
	if (move_by_key(key, fit->page, fit->scroll_max, &ui->scroll))
		return 0;
	if (key == 'p' || (key == ' ' && ui->mode != TOP_HELP)) {
		ui->is_paused = !ui->is_paused;
		return 0;
	}
	if (key == '?' && ui->mode != TOP_HELP)
		return help(ui, data);
	ui->mode = TOP_LIST;
	top_ui_follow(ui, data);
	return 0;
}

/* ---- the filter line ---- */

static void cut_out(struct top_line *line, size_t from, size_t to)
{
	memmove(line->text + from, line->text + to, line->len - to + 1);
	line->len -= to - from;
	line->at = from;
}

static size_t word_before(const struct top_line *line)
{
	size_t at = line->at;

	while (at && line->text[at - 1] == ' ')
		at--;
	while (at && line->text[at - 1] != ' ')
		at--;
	return at;
}

static void insert(struct top_line *line, int key)
{
	if (key < ' ' || key >= 127 || line->len + 1 >= sizeof(line->text))
		return;
	memmove(line->text + line->at + 1, line->text + line->at, line->len - line->at + 1);
	line->text[line->at++] = (char)key;
	line->len++;
}

static void edit(struct top_line *line, int key)
{
	switch (key) {
	case KEY_OF_LEFT:
		line->at -= line->at > 0;
		break;
	case KEY_OF_RIGHT:
		line->at += line->at < line->len;
		break;
	case KEY_OF_HOME:
	case CTRL('A'):
		line->at = 0;
		break;
	case KEY_OF_END:
	case CTRL('E'):
		line->at = line->len;
		break;
	case KEY_OF_BACKSPACE:
		if (line->at)
			cut_out(line, line->at - 1, line->at);
		break;
	case KEY_OF_DELETE:
		if (line->at < line->len)
			cut_out(line, line->at, line->at + 1);
		break;
	case CTRL('U'):
		cut_out(line, 0, line->at);
		break;
	case CTRL('K'):
		cut_out(line, line->at, line->len);
		break;
	case CTRL('W'):
		cut_out(line, word_before(line), line->at);
		break;
	default:
		insert(line, key);
	}
}

/* The error comes first, then what is told about it. */
static void take_error(void *ctx, const char *line)
{
	struct top_ui *ui = ctx;

	if (!strncmp(line, "error: ", 7) && !ui->message[0])
		top_ui_tell(ui, true, line);
}

static int apply_filter(struct top_ui *ui, struct top_data *data)
{
	struct diag_taker before = diag_divert((struct diag_taker){take_error, ui});
	int err = top_data_filter(data, ui->line.text);

	diag_divert(before);
	if (err == -EINVAL)
		return 0;
	if (!err)
		strcpy(ui->filter, ui->line.text);
	ui->mode = TOP_LIST;
	select_row(ui, data, 0);
	return err;
}

static int filter_key(struct top_ui *ui, struct top_data *data, int key, const struct top_fit *fit)
{
	(void)fit;
	if (key == KEY_OF_ENTER)
		return apply_filter(ui, data);
	if (key == KEY_OF_ESCAPE || key == CTRL('G'))
		ui->mode = TOP_LIST;
	else
		edit(&ui->line, key);
	return 0;
}

int top_ui_key(struct top_ui *ui, struct top_data *data, int key, const struct top_fit *fit)
{
	static int (*const keys_of[])(struct top_ui *, struct top_data *, int,
				      const struct top_fit *) = {[TOP_LIST] = list_key,
								 [TOP_HELP] = text_key,
								 [TOP_DETAILS] = text_key,
								 [TOP_QUEUES] = text_key,
								 [TOP_FILTER] = filter_key};

	if (key == KEY_OF_NONE || key == KEY_OF_RESIZED)
		return 0;
	ui->message[0] = '\0';
	return keys_of[ui->mode](ui, data, key, fit);
}
