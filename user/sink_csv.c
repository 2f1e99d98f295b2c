/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sink_csv.c - CSV after RFC 4180, one table: a header line, then a row an event, with a column for
 * every field of every event. What an event does not have is empty.
 */
#include "sink_fields.h"

#include <inttypes.h>
#include <string.h>

#include "line.h"
#include "quote.h"

/* "upper bound in ns:count", separated by spaces; no bound is "inf". */
static void write_buckets(FILE *out, const struct hist *hist)
{
	const char *separator = "";

	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		if (!hist->buckets[i])
			continue;
		if (hist_bound(i) == UINT64_MAX)
			fprintf(out, "%sinf:%" PRIu32, separator, hist->buckets[i]);
		else
			fprintf(out, "%s%" PRIu64 ":%" PRIu32, separator, hist_bound(i),
				hist->buckets[i]);
		separator = " ";
	}
}

/* "local-port=443 comm=nginx". */
static void write_group(FILE *out, const struct sink_histogram *histogram)
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
	quote_csv(out, text);
}

static void write_value(FILE *out, const struct fields_source *source,
			const struct fields_value *value)
{
	char number[24];

	switch (value->type) {
	case VALUE_NONE:
		break;
	case VALUE_TEXT:
		quote_csv(out, value->text);
		break;
	case VALUE_NUMBER:
		line_number(number, value->number, 1);
		fputs_unlocked(number, out);
		break;
	case VALUE_BOOL:
		fputs(value->number ? "true" : "false", out);
		break;
	case VALUE_BUCKETS:
		write_buckets(out, &source->histogram->cell->hist);
		break;
	case VALUE_GROUP:
		write_group(out, source->histogram);
		break;
	}
}

static void write_event(struct fields_source *source)
{
	FILE *out = source->sink->out;
	const struct fields_row *row;

	for (unsigned i = 0; (row = fields_row(i)); i++) {
		struct fields_value value;

		if (i)
			putc_unlocked(',', out);
		if (!(row->events & source->event))
			continue;
		value = row->get(source);
		write_value(out, source, &value);
	}
	fputs("\n", out);
}

static void begin(struct sink *sink)
{
	const struct fields_row *row;

	for (unsigned i = 0; (row = fields_row(i)); i++)
		fprintf(sink->out, "%s%s", i ? "," : "", row->name);
	fputs("\n", sink->out);
}

static const struct sink_fields_format format = {.begin = begin, .write = write_event};

const struct sink_ops sink_csv = {SINK_FIELDS_OPS, .format = &format};
