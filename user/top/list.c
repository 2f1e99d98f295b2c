/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* top/list.c - see top/list.h. */
#include "top/list.h"

#include <inttypes.h>
#include <string.h>

#include "base/address.h"
#include "base/tcpstate.h"
#include "top/texts.h"

#define TEXT_MAX GROUP_TEXT_MAX

void top_list_number(uint64_t number, unsigned width, char text[CLOCK_TEXT_MAX])
{
	static const char units[] = "kMGTPE";
	uint64_t unit = 1, rounded;
	int len = snprintf(text, CLOCK_TEXT_MAX, "%" PRIu64, number);

	for (const char *name = units; *name && len > (int)width; name++) {
		unit *= 1000;
		rounded = number / unit + (number % unit >= unit / 2);
		len = snprintf(text, CLOCK_TEXT_MAX, "%" PRIu64 "%c", rounded, *name);
	}
}

/* ---- what is in the columns ---- */

static void text_state(const struct top_list *list, const struct top_row *row, char *text)
{
	(void)list;
	strcpy(text, row->state ? tcpstate_name(row->state) : "-");
}

static void text_age(const struct top_list *list, const struct top_row *row, char *text)
{
	unsigned percent = row->filling ? fillings_percent(row->filling) : 0;
	char age[AGE_TEXT_MAX];

	(void)list;
	if (!row->filling)
		strcpy(text, age_text(&row->oldest->age, age));
	else if (percent < 100)
		snprintf(text, TEXT_MAX, "%u%% full", percent);
	else
		strcpy(text, "full");
}

static void text_count(const struct top_list *list, const struct top_row *row, char *text)
{
	(void)list;
	top_list_number(row->count, 5, text);
}

static const struct wire_id *id_of(const struct top_row *row)
{
	return row->filling ? &row->filling->id : &row->oldest->socket->s.id;
}

static uint16_t differs_of(const struct top_row *row)
{
	return row->group ? row->group->differs : 0;
}

static void put_port(uint16_t port, bool same, char *text)
{
	if (same && port)
		snprintf(text, TEXT_MAX, "%u", port);
	else
		strcpy(text, "*");
}

static void text_lport(const struct top_list *list, const struct top_row *row, char *text)
{
	(void)list;
	put_port(id_of(row)->lport, !(differs_of(row) & VERDICT_LPORT), text);
}

static void text_rport(const struct top_list *list, const struct top_row *row, char *text)
{
	(void)list;
	put_port(id_of(row)->rport, !(differs_of(row) & VERDICT_RPORT), text);
}

/* A '*' for an address that is not the same, or for the port; one for both. */
static void put_end(const struct top_list *list, const struct top_row *row, bool local, char *text)
{
	const struct wire_id *id = id_of(row);
	uint16_t differs = differs_of(row), address = local ? VERDICT_LADDR : VERDICT_RADDR;
	bool has_port = !(differs & (local ? VERDICT_LPORT : VERDICT_RPORT)) &&
			(local ? id->lport : id->rport);
	/* The table of a namespace is nobody's; ports of a local address have no remote end. */
	bool is_nobodys = row->filling && (local ? !match_addr_known(id->laddr) : !id->rport);

	if (is_nobodys || (!row->filling && differs & address && !has_port))
		strcpy(text, "*");
	else if (row->filling)
		address_end_text(local ? id->laddr : id->raddr,
				 local && row->filling->device[0] ? row->filling->device : NULL,
				 has_port ? (local ? id->lport : id->rport) : 0, text);
	else
		verdict_end(list->verdict->census, row->oldest, local, differs, text);
}

static void text_local(const struct top_list *list, const struct top_row *row, char *text)
{
	put_end(list, row, true, text);
}

static void text_remote(const struct top_list *list, const struct top_row *row, char *text)
{
	put_end(list, row, false, text);
}

static void text_owner(const struct top_list *list, const struct top_row *row, char *text)
{
	char owner[VERDICT_OWNER_MAX];

	(void)list;
	if (row->filling)
		strcpy(text, "-");
	else
		strcpy(text, verdict_owners(row->oldest, row->group->differs, owner));
}

static void text_why(const struct top_list *list, const struct top_row *row, char *text)
{
	const char *rule = top_text_rule(row);

	(void)list;
	strcpy(text, rule[0] ? rule : "-");
}

static void text_by(const struct top_list *list, const struct top_row *row, char *text)
{
	(void)list;
	snprintf(text, TEXT_MAX, "%s", row->group ? row->group->by : "-");
}

/* ---- which columns ---- */

struct column {
	const char *title;
	unsigned width;    /* 0: what is left */
	unsigned from, to; /* columns of the screen: from..to-1 */
	char by;           /* 'y' only with --by, 'n' only without, 0 either */
	bool right;
	uint8_t look;
	void (*text)(const struct top_list *list, const struct top_row *row, char *text);
};

#define BASE   68 /* columns from which ends fit */
#define MIDDLE 96
#define WIDE   124
#define ANY    (~0u)

static const struct column columns[] = {
	{"STATE", 12, 0, ANY, 0, false, 0, text_state},
	{"AGE", 8, 24, ANY, 0, true, 0, text_age},
	{"COUNT", 5, 30, ANY, 0, true, 0, text_count},
	{"BY", 15, BASE, MIDDLE, 'y', false, 0, text_by},
	{"BY", 20, MIDDLE, ANY, 'y', false, 0, text_by},
	{"LPORT", 5, BASE, MIDDLE, 'n', true, 0, text_lport},
	{"RPORT", 5, BASE, MIDDLE, 'n', true, 0, text_rport},
	{"LPORT", 5, MIDDLE, WIDE, 'n', true, 0, text_lport},
	{"LOCAL", 21, WIDE, ANY, 'n', false, 0, text_local},
	{"LOCAL", 21, WIDE + 22, ANY, 'y', false, 0, text_local},
	{"REMOTE", 21, MIDDLE, ANY, 'n', false, 0, text_remote},
	{"REMOTE", 21, WIDE, ANY, 'y', false, 0, text_remote},
	{"OWNER", 0, 36, ANY, 0, false, 0, text_owner},
	{"WHY", 17, BASE, MIDDLE, 0, false, CELLS_YELLOW, text_why},
	{"WHY", 23, MIDDLE, ANY, 0, false, CELLS_YELLOW, text_why},
};

static bool is_taken(const struct top_list *list, const struct column *column)
{
	return list->cells->cols >= column->from && list->cells->cols < column->to &&
	       (!column->by || (column->by == 'y') == (list->by->n > 0));
}

/* Of the one column that takes what the others leave. */
static unsigned rest(const struct top_list *list)
{
	unsigned taken = 1, cols = list->cells->cols;

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (is_taken(list, &columns[i]))
			taken += columns[i].width + 1;
	/* Nothing stands behind the last. */
	return cols + 1 > taken ? cols + 1 - taken : 1;
}

static const char *title_of(const struct top_list *list, const struct column *column)
{
	const struct group_by *by = list->by;

	if (column->text != text_by)
		return column->title;
	return by->n == 1 ? group_key_name(by->keys[0]) : column->title;
}

/* `row` NULL: their titles. */
static void put(const struct top_list *list, unsigned at, const struct top_row *row)
{
	unsigned col = 1; /* behind the mark of the selected one */
	char text[TEXT_MAX];

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		const struct column *column = &columns[i];
		unsigned width = column->width ? column->width : rest(list);

		if (!is_taken(list, column))
			continue;
		if (row)
			column->text(list, row, text);
		else
			snprintf(text, sizeof(text), "%s", title_of(list, column));
		(column->right ? cells_put_right : cells_put)(list->cells, at, col, width,
							      row ? column->look : 0, text);
		col += width + 1;
	}
}

void top_list_heading(const struct top_list *list, unsigned row)
{
	put(list, row, NULL);
	cells_look(list->cells, row, 0, list->cells->cols, CELLS_REVERSE);
}

void top_list_row(const struct top_list *list, unsigned at, const struct top_row *row,
		  bool is_selected)
{
	put(list, at, row);
	if (!is_selected)
		return;
	cells_put(list->cells, at, 0, 1, CELLS_BOLD, ">");
	cells_look(list->cells, at, 0, list->cells->cols, CELLS_BOLD);
}
