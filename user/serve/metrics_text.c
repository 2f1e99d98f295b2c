/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* metrics_text.c - see metrics_text.h. */
#include "serve/metrics_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/name.h"

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

void metrics_label(struct metrics_labels *labels, const char *name, const char *value, size_t len)
{
	char *to = labels->text + labels->len;

	/* No byte takes more than two. */
	if (labels->len + strlen(name) + 2 * len + 8 > METRICS_LABELS_MAX)
		return;
	to += sprintf(to, "%s%s=\"", labels->len ? "," : "", name);
	for (; len; len--, value++) {
		if (*value == '\\' || *value == '"')
			*to++ = '\\';
		*to++ = *value;
	}
	*to++ = '"';
	*to = '\0';
	labels->len = (size_t)(to - labels->text);
}

void metrics_label_name(struct metrics_labels *labels, const char *name, const char *value)
{
	char text[NAME_ROOM(METRICS_NAME_MAX)];

	name_text(text, sizeof(text), value);
	metrics_label(labels, name, text, strlen(text));
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
