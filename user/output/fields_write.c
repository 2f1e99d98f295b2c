/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fields_write.c - an event in JSON and in CSV, by the tables of fields.h. */
#include "output/fields.h"

/* ---- JSON ---- */

static void put_json(struct jsonl *json, const struct fields_source *source,
		     const struct fields_row *row)
{
	struct fields_value value = row->get(source);

	jsonl_key(json, &row->key);
	if (!value.is_known) {
		jsonl_null(json);
		return;
	}
	switch (row->type) {
	case FIELD_TEXT:
		jsonl_text(json, value.text);
		break;
	case FIELD_NAME:
		jsonl_name(json, value.text);
		break;
	case FIELD_WORD:
		jsonl_word(json, value.word);
		break;
	case FIELD_NUMBER:
	case FIELD_NS:
		jsonl_number(json, value.number);
		break;
	case FIELD_ID:
		jsonl_id(json, value.number);
		break;
	case FIELD_BOOL:
		jsonl_bool(json, value.number);
		break;
	case FIELD_TIME:
		jsonl_time(json, value.number);
		break;
	case FIELD_ADDRESS:
		jsonl_address(json, value.address);
		break;
	case FIELD_LIST:
		row->list->json(json, source);
		break;
	}
}

void fields_json(const struct fields_source *source, FILE *out)
{
	struct jsonl json;

	jsonl_begin(&json, out);
	for (const uint8_t *field = fields_events[source->event].fields; *field; field++)
		put_json(&json, source, &fields[*field]);
	jsonl_end(&json);
}

/* ---- CSV ---- */

#define COLUMNS_MAX 64

/* A cell of an event: how many of its row before it are empty, and its field; 0: the end. */
struct cell {
	uint8_t empty, field;
};

/* The fields of its events, each once, in the order in which they come up first. */
struct table {
	enum fields_event first, last;
	uint8_t columns[COLUMNS_MAX]; /* fields; filled when it is needed first */
	unsigned n;
};

static struct cell cells[EVENTS][COLUMNS_MAX + 1];

/* The first from here on that CSV has, or the end. */
static const uint8_t *next_column(const uint8_t *field)
{
	while (*field && fields[*field].list && !fields[*field].list->csv)
		field++;
	return field;
}

static void add_column(struct table *table, uint8_t field)
{
	for (unsigned i = 0; i < table->n; i++)
		if (table->columns[i] == field)
			return;
	table->columns[table->n++] = field;
}

/* The fields of an event are in the order of the columns. */
static void place_cells(const struct table *table, unsigned event)
{
	const uint8_t *field = next_column(fields_events[event].fields);
	struct cell *cell = cells[event];

	for (unsigned i = 0; i < table->n; i++) {
		if (table->columns[i] != *field) {
			cell->empty++;
			continue;
		}
		cell++->field = *field;
		field = next_column(field + 1);
	}
}

static void fill_table(struct table *table)
{
	for (unsigned event = table->first; event <= table->last; event++)
		for (const uint8_t *field = next_column(fields_events[event].fields); *field;
		     field = next_column(field + 1))
			add_column(table, *field);
	for (unsigned event = table->first; event <= table->last; event++)
		place_cells(table, event);
}

static const struct table *table_of(enum fields_event event)
{
	static struct table tables[] = {{.first = EVENT_START, .last = EVENT_IDLE_PEAK},
					{.first = EVENT_STUCK, .last = EVENT_STUCK}};
	struct table *table = &tables[event > EVENT_IDLE_PEAK];

	if (!table->n)
		fill_table(table);
	return table;
}

void fields_csv_heading(enum fields_event event, FILE *out)
{
	const struct table *table = table_of(event);

	for (unsigned i = 0; i < table->n; i++)
		fprintf(out, "%s%s", i ? "," : "", fields[table->columns[i]].name);
	fputs("\n", out);
}

static void put_csv(struct csv *csv, const struct fields_source *source,
		    const struct fields_row *row)
{
	struct fields_value value = row->get(source);

	if (!value.is_known) {
		csv_skip(csv, 1);
		return;
	}
	switch (row->type) {
	case FIELD_TEXT:
		csv_text(csv, value.text);
		break;
	case FIELD_NAME:
		csv_name(csv, value.text);
		break;
	case FIELD_WORD:
		csv_word(csv, value.word);
		break;
	case FIELD_NUMBER:
	case FIELD_NS:
	case FIELD_ID:
		csv_number(csv, value.number);
		break;
	case FIELD_BOOL:
		csv_bool(csv, value.number);
		break;
	case FIELD_TIME:
		csv_time(csv, value.number);
		break;
	case FIELD_ADDRESS:
		csv_address(csv, value.address);
		break;
	case FIELD_LIST:
		row->list->csv(csv, source);
		break;
	}
}

void fields_csv(const struct fields_source *source, FILE *out)
{
	const struct cell *cell = cells[source->event];
	struct csv csv;

	table_of(source->event);
	csv_begin(&csv, out);
	for (; cell->field; cell++) {
		csv_skip(&csv, cell->empty);
		put_csv(&csv, source, &fields[cell->field]);
	}
	csv_skip(&csv, cell->empty);
	csv_end(&csv);
}
