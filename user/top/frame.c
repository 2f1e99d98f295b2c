/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* top/frame.c - see top/frame.h. */
#include "top/frame.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/name.h"
#include "base/tcpstate.h"
#include "top/list.h"
#include "top/queues.h"
#include "top/texts.h"

/* What to draw on, and where that ends. */
struct frame {
	const struct top_data *data;
	const struct top_ui *ui;
	const char *host;
	struct cells *cells;
	struct top_fit *fit;
	struct top_cursor *cursor;
};

/* How many rows each part gets. */
struct layout {
	unsigned header, states, queues, list, advice, footer;
};

/* The least that a list is worth: its heading and some rows. */
#define LIST_LEAST 5

static bool is_filtered(const struct frame *f)
{
	return f->ui->filter[0] || f->data->overview->meta->filter[0];
}

/* ---- which states ---- */

/* Where there is not room for all, the last of these go first. */
static const uint8_t by_interest[] = {
	WIRE_CLOSE_WAIT, WIRE_FIN_WAIT2, WIRE_TIME_WAIT, WIRE_LAST_ACK,    WIRE_FIN_WAIT1,
	WIRE_CLOSING,    WIRE_SYN_SENT,  WIRE_SYN_RECV,  WIRE_ESTABLISHED, WIRE_LISTEN,
};

static bool has_something(const struct top_state *state)
{
	return state->now || state->ended || state->per_second > 0;
}

/* A bit for each state that is listed; at most `room`. */
static unsigned choose_states(const struct top_data *data, unsigned room, unsigned *ret_count)
{
	unsigned chosen = 0;

	*ret_count = 0;
	for (size_t i = 0; i < sizeof(by_interest) && *ret_count < room; i++)
		if (has_something(&data->states[by_interest[i]])) {
			chosen |= 1u << by_interest[i];
			++*ret_count;
		}
	return chosen;
}

/* ---- where what goes ---- */

static struct layout lay_out(const struct frame *f)
{
	unsigned rows = f->cells->rows, left = rows, states;
	bool roomy = rows >= 16;
	struct layout layout = {.footer = rows >= 2 || f->ui->mode == TOP_FILTER,
				.header = roomy ? 2 + (rows >= 20) + is_filtered(f) : rows >= 3,
				.queues = rows >= 20 && f->data->n_queues,
				.advice = roomy ? 2 + (rows >= 24) : rows >= 9};

	left -= layout.footer < left ? layout.footer : left;
	left -= layout.header < left ? layout.header : left;
	left -= layout.advice < left ? layout.advice : left;
	left -= layout.queues;
	if (roomy) {
		choose_states(f->data, left > LIST_LEAST + 1 ? left - LIST_LEAST - 1 : 0, &states);
		layout.states = states ? states + 1 : 0;
	} else {
		layout.states = rows >= 8 ? 2 : rows >= 5;
	}
	left -= layout.states < left ? layout.states : left;
	layout.list = left;
	return layout;
}

/* ---- header ---- */

static const char *time_text(const struct top_data *data, uint64_t ts, char text[CLOCK_TEXT_MAX])
{
	clock_time_of_day(ts + (uint64_t)data->overview->meta->wall_offset, text);
	text[strlen("00:00:00")] = '\0';
	return text;
}

/* Puts `text` at the right end of what is left of the row, before *right. */
static void put_before(const struct frame *f, unsigned row, unsigned *right, uint8_t look,
		       const char *text)
{
	unsigned width = cells_width(text);

	if (width + 1 > *right)
		return;
	*right -= width;
	cells_put(f->cells, row, *right, width, look, text);
	*right -= *right > 0;
}

/* What did not reach us, and what we had no room to remember: two things, with two cures. */
static void put_lacks(const struct frame *f, unsigned row, unsigned *right, bool in_full)
{
	const struct {
		const char *word, *what;
		uint64_t count;
	} lacks[] = {{"FORGOT", "connections", f->data->forgotten},
		     {"LOST", "records", f->data->lost}};
	char text[64];

	for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++) {
		if (!lacks[i].count)
			continue;
		snprintf(text, sizeof(text), "%s %" PRIu64 "%s%s", lacks[i].word, lacks[i].count,
			 in_full ? " " : "", in_full ? lacks[i].what : "");
		put_before(f, row, right, CELLS_BOLD | CELLS_RED, text);
	}
}

static void put_title(const struct frame *f)
{
	char text[2 * META_TEXT_MAX], name[NAME_ROOM(sizeof(text))], when[CLOCK_TEXT_MAX];
	unsigned right = f->cells->cols;
	bool roomy = f->cells->cols >= 64;

	put_before(f, 0, &right, CELLS_BOLD, time_text(f->data, f->data->refreshed, when));
	if (roomy) {
		snprintf(text, sizeof(text), "every %s", top_ui_interval(f->ui, when));
		put_before(f, 0, &right, 0, text);
	}
	if (f->ui->is_paused)
		put_before(f, 0, &right, CELLS_BOLD | CELLS_REVERSE, "PAUSED");
	if (f->cells->rows < 16)
		put_lacks(f, 0, &right, false);
	snprintf(text, sizeof(text), "%s%.200s%s%s", roomy ? "tcpdwell top  " : "", f->host,
		 roomy ? "  Linux " : "", roomy ? f->data->overview->meta->kernel : "");
	cells_put(f->cells, 0, 0, right, CELLS_BOLD, name_text(name, sizeof(name), text));
}

static void put_totals(const struct frame *f, unsigned row)
{
	const struct census *census = &f->data->overview->census;
	char text[256], when[CLOCK_TEXT_MAX];
	unsigned right = f->cells->cols;
	size_t shown = 0;
	int len;

	for (unsigned i = 0; i < WIRE_STATES; i++)
		shown += f->data->states[i].now;
	put_lacks(f, row, &right, true);
	if (!f->data->lost && f->data->skipped) {
		snprintf(text, sizeof(text), "up to %" PRIu64 " skipped", f->data->skipped);
		put_before(f, row, &right, 0, text);
	} else if (!f->data->lost && !f->data->forgotten) {
		put_before(f, row, &right, 0, "nothing lost");
	}
	if (census->missing) {
		snprintf(text, sizeof(text), "%u namespace%s NOT SEEN", census->missing,
			 census->missing == 1 ? "" : "s");
		put_before(f, row, &right, CELLS_BOLD | CELLS_RED, text);
	}
	len = snprintf(
		text, sizeof(text), "%zu socket%s in %zu network namespace%s, dwells since %s",
		shown, shown == 1 ? "" : "s", census->namespaces,
		census->namespaces == 1 ? "" : "s", time_text(f->data, f->data->since, when));
	/* Whole, or without its last words. */
	if (len > (int)right)
		text[strcspn(text, ",")] = '\0';
	cells_put(f->cells, row, 0, right, 0, text);
}

static void put_header(const struct frame *f, unsigned rows)
{
	const char *kernel = f->data->overview->meta->filter;
	unsigned cols = f->cells->cols, row = 2;
	char text[OPTIONS_EDIT_MAX + META_TEXT_MAX + 64], name[NAME_ROOM(sizeof(text))];
	bool is_said = strstr(f->ui->filter, kernel) != NULL;

	if (rows >= 1)
		put_title(f);
	if (rows >= 2)
		put_totals(f, 1);
	if (is_filtered(f) && rows >= 3) {
		snprintf(text, sizeof(text), "filter: %s%s%s", f->ui->filter,
			 is_said ? "" : "; of what the kernel was asked for: ",
			 is_said ? "" : kernel);
		cells_put(f->cells, row++, 0, cols, CELLS_BOLD,
			  name_text(name, sizeof(name), text));
	}
	if (row < rows) {
		snprintf(text, sizeof(text), "time-wait: %s",
			 f->data->overview->meta->timewait_way);
		cells_put(f->cells, row, 0, cols,
			  f->data->overview->meta->sees_timewait ? 0 : CELLS_YELLOW,
			  name_text(name, sizeof(name), text));
	}
}

/* ---- states ---- */

static void text_now(const struct top_state *state, char text[CLOCK_TEXT_MAX])
{
	top_list_number(state->now, 5, text);
}

static void text_rate(const struct top_state *state, char text[CLOCK_TEXT_MAX])
{
	double rate = state->per_second;

	if (!state->visible)
		strcpy(text, "?");
	else if (rate < 0)
		strcpy(text, "-");
	else if (rate >= 100)
		top_list_number((uint64_t)(rate + 0.5), 6, text);
	else
		snprintf(text, CLOCK_TEXT_MAX, "%.*f", rate >= 10 || rate <= 0 ? rate > 0 : 2,
			 rate);
}

static void text_ended(const struct top_state *state, char text[CLOCK_TEXT_MAX])
{
	if (state->visible)
		top_list_number(state->ended, 7, text);
	else
		strcpy(text, "?");
}

/* Of nothing there is no percentile; of what cannot be seen none is known. */
static void text_dwell(const struct top_state *state, uint64_t ns, char text[CLOCK_TEXT_MAX])
{
	if (!state->visible)
		strcpy(text, "?");
	else if (!state->ended)
		strcpy(text, "-");
	else
		clock_duration(ns, text);
}

static void text_p50(const struct top_state *state, char text[CLOCK_TEXT_MAX])
{
	text_dwell(state, state->p50, text);
}

static void text_p90(const struct top_state *state, char text[CLOCK_TEXT_MAX])
{
	text_dwell(state, state->p90, text);
}

static void text_p99(const struct top_state *state, char text[CLOCK_TEXT_MAX])
{
	text_dwell(state, state->p99, text);
}

static void text_max(const struct top_state *state, char text[CLOCK_TEXT_MAX])
{
	text_dwell(state, state->max, text);
}

static void text_oldest(const struct top_state *state, char text[CLOCK_TEXT_MAX])
{
	*(state->now ? age_append(text, state->oldest, state->oldest_known)
		     : append_char(text, '-')) = '\0';
}

static const struct {
	const char *title;
	unsigned width, from; /* from: columns of the screen, where it is worth its room */
	void (*text)(const struct top_state *state, char text[CLOCK_TEXT_MAX]);
} columns[] = {
	{"NOW", 6, 0, text_now},  {"IN/s", 7, 60, text_rate},     {"ENDED", 8, 70, text_ended},
	{"p50", 7, 30, text_p50}, {"p90", 7, 56, text_p90},       {"p99", 7, 48, text_p99},
	{"max", 7, 64, text_max}, {"OLDEST", 9, 40, text_oldest},
};

#define STATE_WIDTH 12

static void put_state(const struct frame *f, unsigned row, uint8_t state)
{
	unsigned col = STATE_WIDTH;
	char text[CLOCK_TEXT_MAX];

	cells_put(f->cells, row, 0, STATE_WIDTH, 0, tcpstate_name(state));
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		if (f->cells->cols < columns[i].from)
			continue;
		columns[i].text(&f->data->states[state], text);
		cells_put_right(f->cells, row, col + 1, columns[i].width - 1, 0, text);
		col += columns[i].width;
	}
}

static void put_states_heading(const struct frame *f, unsigned row)
{
	unsigned col = STATE_WIDTH;

	cells_put(f->cells, row, 0, STATE_WIDTH, 0, "STATE");
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		if (f->cells->cols < columns[i].from)
			continue;
		cells_put_right(f->cells, row, col + 1, columns[i].width - 1, 0, columns[i].title);
		col += columns[i].width;
	}
	cells_look(f->cells, row, 0, f->cells->cols, CELLS_REVERSE);
}

/* Little room: words, in as many rows as there are. */
static void put_census_words(const struct frame *f, unsigned row, unsigned rows)
{
	char text[256] = "", *at = text;

	for (size_t i = 0; i < sizeof(by_interest); i++) {
		size_t now = f->data->states[by_interest[i]].now;

		if (now)
			at += sprintf(at, "%s%s %zu", at == text ? "" : "  ",
				      tcpstate_name(by_interest[i]), now);
	}
	at = text;
	for (unsigned i = 0; i < rows && *at; i++) {
		/* The last row is cut, and says so. */
		unsigned len = i + 1 < rows ? cells_line(at, f->cells->cols) : (unsigned)strlen(at);
		char line[256];

		snprintf(line, sizeof(line), "%.*s", (int)len, at);
		cells_put(f->cells, row + i, 0, f->cells->cols, 0, line);
		at += len;
		at += strspn(at, " ");
	}
}

static void put_states(const struct frame *f, unsigned row, unsigned rows)
{
	unsigned chosen, count;

	if (f->cells->rows < 16) {
		put_census_words(f, row, rows);
		return;
	}
	if (!rows)
		return;
	chosen = choose_states(f->data, rows - 1, &count);
	put_states_heading(f, row++);
	for (size_t i = 0; i < TCPSTATE_STAYS; i++)
		if (chosen & 1u << tcpstate_order[i])
			put_state(f, row++, tcpstate_order[i]);
}

/* ---- the list, and what it comes to ---- */

static void put_nothing(const struct frame *f, unsigned row, unsigned rows)
{
	const char *text = is_filtered(f) ? "nothing that the filter shows is stuck"
					  : "nothing is found to be wrong";

	if (rows)
		cells_put(f->cells, row, 0, f->cells->cols, 0,
			  f->data->refreshed ? text : "looking ...");
}

static void put_list(const struct frame *f, unsigned row, unsigned rows)
{
	struct top_list list = {
		.by = &f->data->by, .cells = f->cells, .verdict = &f->data->verdict};
	size_t first, n = f->data->n_rows, page;

	if (rows > 1) {
		top_list_heading(&list, row++);
		rows--;
	}
	page = rows;
	f->fit->page = page;
	if (!n) {
		put_nothing(f, row, rows);
		return;
	}
	/* The cursor in the middle, but for both ends. */
	first = f->ui->cursor > page / 2 ? f->ui->cursor - page / 2 : 0;
	if (n > page && first > n - page)
		first = n - page;
	if (n <= page)
		first = 0;
	for (size_t i = first; i < n && i - first < page; i++)
		top_list_row(&list, row + (unsigned)(i - first), &f->data->rows[i],
			     i == f->ui->cursor);
}

/* One row of why, and what is left for the command: to be typed, so it matters that it is whole. */
static void put_advice(const struct frame *f, unsigned row, unsigned rows)
{
	const struct top_row *selected = top_ui_row(f->ui, f->data);
	unsigned cols = f->cells->cols, begin;
	char text[RULES_TEXT_MAX], line[RULES_TEXT_MAX];
	const char *next;

	if (!selected || !top_text_rule(selected)[0] || !rows)
		return;
	if (rows > 1) {
		begin = cells_put(f->cells, row, 0, cols, CELLS_BOLD, "why:  ");
		cells_put(f->cells, row++, begin, cols, CELLS_YELLOW, top_text_why(selected));
		rows--;
	}
	next = top_text_next(f->data, selected, text);
	if (!next[0])
		return;
	begin = cells_put(f->cells, row, 0, cols, CELLS_BOLD, "next: ");
	for (; rows && *next; rows--) {
		unsigned len = rows > 1 ? cells_line(next, cols - begin) : (unsigned)strlen(next);

		snprintf(line, sizeof(line), "%.*s", (int)len, next);
		cells_put(f->cells, row++, begin, cols, 0, line);
		next += len;
		next += strspn(next, " ");
	}
}

/* ---- the last row ---- */

/* What of the line is shown: so that the cursor is. */
static void put_filter_line(const struct frame *f, unsigned row)
{
	const struct top_line *line = &f->ui->line;
	unsigned begin = cells_put(f->cells, row, 0, f->cells->cols, CELLS_BOLD, "filter: ");
	unsigned room = f->cells->cols > begin ? f->cells->cols - begin : 0;
	size_t from = room && line->at >= room ? line->at - room + 1 : 0;
	char text[OPTIONS_EDIT_MAX];

	snprintf(text, sizeof(text), "%.*s", (int)room, line->text + from);
	cells_put(f->cells, row, begin, room, 0, text);
	if (room)
		*f->cursor = (struct top_cursor){.row = (int)row,
						 .col = (int)(begin + line->at - from)};
}

static void put_keys(const struct frame *f, unsigned row)
{
	char sort[32], by[64];
	const char *words[] = {"? help",
			       "q quit",
			       f->ui->is_paused ? "p go on" : "p pause",
			       "f filter",
			       sort,
			       by,
			       "Enter details",
			       "a accept queues"};
	const struct group_by *keys = &f->data->by;
	unsigned col = 0;

	snprintf(sort, sizeof(sort), "s sort: %s", top_ui_sort_name(f->data->sort));
	snprintf(by, sizeof(by), "g group: %s%s", keys->n ? group_key_name(keys->keys[0]) : "alike",
		 keys->n > 1 ? ",..." : "");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		unsigned width = cells_width(words[i]);

		if (col + width > f->cells->cols)
			break;
		cells_put(f->cells, row, col, width, 0, words[i]);
		col += width + 2;
	}
}

static void put_message(const struct frame *f, unsigned row)
{
	cells_put(f->cells, row, 0, f->cells->cols,
		  f->ui->is_error ? CELLS_BOLD | CELLS_RED : CELLS_BOLD, f->ui->message);
}

static void put_footer(const struct frame *f)
{
	unsigned row = f->cells->rows - 1;

	if (f->ui->mode == TOP_FILTER) {
		put_filter_line(f, row);
		if (f->ui->message[0] && row) {
			cells_put(f->cells, row - 1, 0, f->cells->cols, 0, "");
			for (unsigned i = 0; i < f->cells->cols; i++)
				cells_put(f->cells, row - 1, i, 1, 0, " ");
			put_message(f, row - 1);
		}
	} else if (f->ui->message[0]) {
		put_message(f, row);
	} else if (f->ui->mode == TOP_LIST) {
		put_keys(f, row);
	} else {
		cells_put(f->cells, row, 0, f->cells->cols, 0,
			  f->ui->mode == TOP_HELP ? "any other key: back"
						  : "p pause  ? help  any other key: back");
	}
}

/* ---- texts ---- */

struct flow {
	const struct frame *f;
	size_t line; /* of the text */
};

static void put_paragraph(void *ctx, const char *paragraph, unsigned indent)
{
	struct flow *flow = ctx;
	const struct frame *f = flow->f;
	unsigned cols = f->cells->cols, col = 0;

	if (indent > cols / 2)
		indent = 0;
	do {
		unsigned len = cells_line(paragraph, cols > col ? cols - col : 1);
		char line[1024];

		snprintf(line, sizeof(line), "%.*s", (int)len, paragraph);
		if (flow->line >= f->ui->scroll && flow->line - f->ui->scroll < f->fit->page)
			cells_put(f->cells, 1 + (unsigned)(flow->line - f->ui->scroll), col, cols,
				  0, line);
		flow->line++;
		paragraph += len;
		paragraph += strspn(paragraph, " ");
		col = indent;
	} while (*paragraph);
}

static void put_text(const struct frame *f, bool footer)
{
	struct flow flow = {.f = f};
	unsigned rows = f->cells->rows;

	put_header(f, 1);
	f->fit->page = rows > 1u + footer ? rows - 1 - footer : 0;
	if (f->ui->mode == TOP_HELP)
		top_text_help(put_paragraph, &flow);
	else
		top_text_details(f->data, top_ui_row(f->ui, f->data), put_paragraph, &flow);
	f->fit->scroll_max = flow.line > f->fit->page ? flow.line - f->fit->page : 0;
}

static void put_queues(const struct frame *f, bool footer)
{
	unsigned rows = f->cells->rows, taken = 2u + footer;
	size_t n = f->data->n_queues;

	put_header(f, 1);
	f->fit->page = rows > taken ? rows - taken : 0;
	f->fit->scroll_max = n > f->fit->page ? n - f->fit->page : 0;
	top_queues_table(f->data, f->cells, 1, rows > 1u + footer ? rows - 1 - footer : 0,
			 f->ui->scroll < f->fit->scroll_max ? f->ui->scroll : f->fit->scroll_max);
}

void top_frame(const struct top_data *data, const struct top_ui *ui, const char *host,
	       struct cells *cells, struct top_fit *ret_fit, struct top_cursor *ret_cursor)
{
	const struct frame f = {data, ui, host, cells, ret_fit, ret_cursor};
	struct layout layout = lay_out(&f);
	unsigned row = 0;

	*ret_fit = (struct top_fit){0};
	*ret_cursor = (struct top_cursor){.row = -1};
	if (!cells->rows)
		return;
	if (ui->mode == TOP_HELP || ui->mode == TOP_DETAILS) {
		put_text(&f, layout.footer);
	} else if (ui->mode == TOP_QUEUES) {
		put_queues(&f, layout.footer);
	} else {
		put_header(&f, layout.header);
		put_states(&f, row += layout.header, layout.states);
		row += layout.states;
		if (layout.queues)
			top_queues_line(data, cells, row);
		put_list(&f, row += layout.queues, layout.list);
		put_advice(&f, row + layout.list, layout.advice);
	}
	if (layout.footer)
		put_footer(&f);
}
