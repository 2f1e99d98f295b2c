/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sink_json.c - JSON, one object a line.
 *
 * Written by hand against the rule to take a library, because of a measurement: building and
 * dumping such an object with jansson 2.14 takes 8 to 10 us, printing it 0.6 us
 * (tests/bench/json.c). At 250,000 transitions a second that is two cores or a seventh of one, and
 * the reader that falls behind loses events. Text that is not ours (process names) goes through
 * quote_json(); the tests read every line back with jansson.
 */
#include "sink_fields.h"

#include <inttypes.h>
#include <string.h>

#include "line.h"
#include "quote.h"

static void write_number(FILE *out, uint64_t number)
{
	char text[24];

	fwrite_unlocked(text, 1, (size_t)(line_number(text, number, 1) - text), out);
}

static void write_buckets(FILE *out, const struct hist *hist)
{
	const char *separator = "[";

	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		if (!hist->buckets[i])
			continue;
		if (hist_bound(i) == UINT64_MAX)
			fprintf(out, "%s[null,%" PRIu32 "]", separator, hist->buckets[i]);
		else
			fprintf(out, "%s[%" PRIu64 ",%" PRIu32 "]", separator, hist_bound(i),
				hist->buckets[i]);
		separator = ",";
	}
	putc_unlocked(']', out);
}

/* {"local-port":"443","comm":"nginx"}; the group of all others has its one value for every key. */
static void write_group(FILE *out, const struct sink_histogram *histogram)
{
	char values[GROUP_TEXT_MAX], *rest = values, *value;

	snprintf(values, sizeof(values), "%s", histogram->values);
	putc_unlocked('{', out);
	for (unsigned i = 0; i < histogram->by->n; i++) {
		value = strsep(&rest, "\t");
		fprintf(out, "%s\"%s\":", i ? "," : "", group_key_name(histogram->by->keys[i]));
		quote_json(out, value ? value : HISTSET_OTHER);
	}
	putc_unlocked('}', out);
}

static void write_value(FILE *out, const struct fields_source *source,
			const struct fields_value *value)
{
	switch (value->type) {
	case VALUE_NONE:
		fputs_unlocked("null", out);
		break;
	case VALUE_TEXT:
		quote_json(out, value->text);
		break;
	case VALUE_NUMBER:
		write_number(out, value->number);
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
	char separator = '{';

	for (unsigned i = 0; (row = fields_row(i)); i++) {
		struct fields_value value;

		if (!(row->events & source->event))
			continue;
		value = row->get(source);
		putc_unlocked(separator, out);
		putc_unlocked('"', out);
		fputs_unlocked(row->name, out);
		fputs_unlocked("\":", out);
		write_value(out, source, &value);
		separator = ',';
	}
	fputs_unlocked("}\n", out);
}

static const struct sink_fields_format format = {.write = write_event};

const struct sink_ops sink_json = {SINK_FIELDS_OPS, .format = &format};
