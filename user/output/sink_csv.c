/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sink_csv.c - CSV after RFC 4180, one table: a header line, then a row an event, with a column for
 * every field of every event. What an event does not have is empty.
 */
#include "output/sink_fields.h"

#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/line_buffer.h"
#include "base/append.h"
#include "output/quote.h"

static const struct word endless = WORD("inf"), yes = WORD("true"), no = WORD("false");

/* "upper bound in ns:count", separated by spaces; no bound is "inf". */
static char *put_buckets(struct line_buffer *line, char *to, const struct hist *hist)
{
	bool is_first = true;

	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		if (!hist->buckets[i])
			continue;
		to = line_buffer_room(line, to, 2 * APPEND_ROOM);
		if (!is_first)
			*to++ = ' ';
		if (hist_bound(i) == UINT64_MAX)
			to = append_word(to, &endless);
		else
			to = append_number(to, hist_bound(i));
		to = append_number(append_char(to, ':'), hist->buckets[i]);
		is_first = false;
	}
	return to;
}

/* "local-port=443 comm=nginx". */
static char *put_group(struct line_buffer *line, char *to, const struct sink_histogram *histogram)
{
	char values[GROUP_TEXT_MAX], text[2 * GROUP_TEXT_MAX] = "", *rest = values, *value;
	size_t len = 0;

	snprintf(values, sizeof(values), "%s", histogram->values);
	for (unsigned i = 0; i < histogram->by->n && len < sizeof(text); i++) {
		value = strsep(&rest, "\t");
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s=%s", i ? " " : "",
					group_key_name(histogram->by->keys[i]),
					value ? value : HISTSET_OTHER);
	}
	return quote_csv(line, to, text);
}

static char *put_value(struct line_buffer *line, char *to, const struct fields_source *source,
		       struct fields_value value)
{
	switch (value.type) {
	case VALUE_NONE:
		return to;
	case VALUE_NAME:
		return quote_csv_name(line, to, value.text);
	case VALUE_TEXT:
		return quote_csv(line, to, value.text);
	case VALUE_WORD:
		return append_word(to, value.word);
	case VALUE_NUMBER:
		return append_number(to, value.number);
	case VALUE_BOOL:
		return append_word(to, value.number ? &yes : &no);
	case VALUE_TIME:
		return clock_append_iso8601(to, value.number);
	case VALUE_ADDRESS:
		return address_append(to, value.address);
	case VALUE_BUCKETS:
		return put_buckets(line, to, &source->histogram->cell->hist);
	case VALUE_GROUP:
		return put_group(line, to, source->histogram);
	}
	return to;
}

static char *put_commas(char *to, ptrdiff_t n)
{
	memset(to, ',', FIELDS);
	return to + n;
}

static void write_event(const struct fields_source *source)
{
	const struct fields_row *const *row = fields_of(source->event), *column = fields;
	struct line_buffer line;
	char *to = line_buffer_begin(&line, source->sink->out);

	for (; *row; column = *row++) {
		to = put_commas(line_buffer_room(&line, to, 3 * APPEND_ROOM), *row - column);
		to = put_value(&line, to, source, (*row)->get(source));
	}
	to = put_commas(line_buffer_room(&line, to, 2 * APPEND_ROOM), fields + FIELDS - 1 - column);
	line_buffer_send(&line, append_char(to, '\n'));
}

static void begin(struct sink *sink)
{
	for (const struct fields_row *row = fields; row < fields + FIELDS; row++)
		fprintf(sink->out, "%s%s", row != fields ? "," : "", row->name);
	fputs("\n", sink->out);
}

static const struct sink_fields_format format = {.begin = begin, .write = write_event};

const struct sink_ops sink_csv = {SINK_FIELDS_OPS, .format = &format};
