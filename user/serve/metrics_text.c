/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* metrics_text.c - see metrics_text.h. */
#include "serve/metrics_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

static const struct {
	const char *name, *suffix;
	const char *prometheus; /* the type's name there */
} types[] = {
	[METRICS_COUNTER] = {"counter", "_total", "counter"},
	[METRICS_GAUGE] = {"gauge", "", "gauge"},
	[METRICS_HISTOGRAM] = {"histogram", "", "histogram"},
	[METRICS_INFO] = {"info", "_info", "gauge"},
};

const char *metrics_content_type(enum metrics_format format)
{
	return format == METRICS_OPENMETRICS
		       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}

/* Is what begins here, up to the next comma, refused by "q=0", "q=0.000"? */
static bool is_refused(const char *range)
{
	const char *end = strchrnul(range, ','), *q = strcasestr(range, "q=");

	return q && q < end && !isdigit((unsigned char)q[2 + strspn(q + 2, "0.")]);
}

enum metrics_format metrics_accepted(const char *accept)
{
	static const char name[] = "application/openmetrics-text";
	const char *at = accept ? accept : "";

	while ((at = strcasestr(at, name))) {
		at += strlen(name);
		if (!isalnum((unsigned char)*at) && !is_refused(at))
			return METRICS_OPENMETRICS;
	}
	return METRICS_PROMETHEUS;
}

const char *metrics_type_name(enum metrics_type type)
{
	return types[type].name;
}

const char *metrics_suffix(enum metrics_type type)
{
	return types[type].suffix;
}

void metrics_family(FILE *out, enum metrics_format format, const char *name, enum metrics_type type,
		    const char *unit, const char *help)
{
	if (format == METRICS_PROMETHEUS) {
		fprintf(out, "# HELP %s%s %s\n", name, types[type].suffix, help);
		fprintf(out, "# TYPE %s%s %s\n", name, types[type].suffix, types[type].prometheus);
		return;
	}
	fprintf(out, "# TYPE %s %s\n", name, types[type].name);
	if (*unit)
		fprintf(out, "# UNIT %s %s\n", name, unit);
	fprintf(out, "# HELP %s %s\n", name, help);
}

void metrics_end(FILE *out, enum metrics_format format)
{
	if (format == METRICS_OPENMETRICS)
		fputs("# EOF\n", out);
}

/* ---- labels ---- */

/* Bytes of the UTF-8 character at `text`, 0 if it is none: overlong forms and surrogates are not.
 * The `len` bytes that remain are at least 1. */
static size_t utf8_length(const unsigned char *text, size_t len)
{
	size_t n = *text < 0x80 ? 1 : *text < 0xc2 ? 0 : *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : 4;

	if (!n || n > len || *text > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	if ((*text == 0xe0 && text[1] < 0xa0) || (*text == 0xed && text[1] > 0x9f) ||
	    (*text == 0xf0 && text[1] < 0x90) || (*text == 0xf4 && text[1] > 0x8f))
		return 0;
	return n;
}

/* In the text a backslash is written twice, and a quote behind one. */
static size_t write_character(char *to, const unsigned char *from, size_t len, size_t *ret_used)
{
	size_t n = utf8_length(from, len);

	*ret_used = n ? n : 1;
	if (!n || *from < ' ' || *from == 0x7f || (*from == '\\' && len > 1 && from[1] == 'x'))
		return (size_t)sprintf(to, "\\\\x%02x", *from);
	if (*from == '\\' || *from == '"')
		return (size_t)sprintf(to, "\\%c", *from);
	memcpy(to, from, n);
	return n;
}

void metrics_label(struct metrics_labels *labels, const char *name, const char *value, size_t len)
{
	const unsigned char *from = (const unsigned char *)value;
	size_t used;
	char *to = labels->text + labels->len;

	/* No byte takes more than five. */
	if (labels->len + strlen(name) + 5 * len + 8 > METRICS_LABELS_MAX)
		return;
	to += sprintf(to, "%s%s=\"", labels->len ? "," : "", name);
	for (; len; from += used, len -= used)
		to += write_character(to, from, len, &used);
	*to++ = '"';
	*to = '\0';
	labels->len = (size_t)(to - labels->text);
}

/* ---- samples ---- */

static void begin(FILE *out, const char *name, const char *suffix,
		  const struct metrics_labels *labels)
{
	fputs(name, out);
	fputs(suffix, out);
	if (labels && labels->len)
		fprintf(out, "{%s}", labels->text);
}

void metrics_count(FILE *out, const char *name, const char *suffix,
		   const struct metrics_labels *labels, uint64_t value)
{
	begin(out, name, suffix, labels);
	fprintf(out, " %" PRIu64 "\n", value);
}

void metrics_value(FILE *out, const char *name, const char *suffix,
		   const struct metrics_labels *labels, double value)
{
	begin(out, name, suffix, labels);
	fprintf(out, " %.9f\n", value);
}

void metrics_bucket(FILE *out, const char *name, const struct metrics_labels *labels,
		    const char *le, uint64_t value)
{
	fprintf(out, "%s_bucket{%s,le=\"%s\"} %" PRIu64 "\n", name, labels->text, le, value);
}

const char *metrics_bound(uint64_t ns, char text[METRICS_BOUND_MAX])
{
	snprintf(text, METRICS_BOUND_MAX, "%g", (double)ns / 1e9);
	if (!strpbrk(text, ".e"))
		strcat(text, ".0");
	return text;
}
