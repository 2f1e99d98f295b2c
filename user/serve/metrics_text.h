/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * metrics_text.h - the two texts that scrapers read, Prometheus' 0.0.4 and OpenMetrics' 1.0.0,
 * which differ in how a family is introduced and in how the text ends. Knows nothing of TCP.
 */
#ifndef TCPDWELL_METRICS_TEXT_H
#define TCPDWELL_METRICS_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum metrics_format {
	METRICS_PROMETHEUS,
	METRICS_OPENMETRICS,
	METRICS_FORMATS,
};

enum metrics_type {
	METRICS_COUNTER,   /* samples are called NAME_total */
	METRICS_GAUGE,     /* NAME */
	METRICS_HISTOGRAM, /* NAME_bucket, NAME_count, NAME_sum */
	METRICS_INFO,      /* NAME_info, a gauge of 1 to those who do not know the type */
};

/* "application/openmetrics-text; version=1.0.0; charset=utf-8". */
const char *metrics_content_type(enum metrics_format format);

/*
 * The format for a request with this Accept header (NULL: none): OpenMetrics if the header names it
 * with a q that is not 0, as Prometheus does; else Prometheus' text, which people can read too.
 */
enum metrics_format metrics_accepted(const char *accept);

/* "counter", "_total". */
const char *metrics_type_name(enum metrics_type type);
const char *metrics_suffix(enum metrics_type type);

/* `name` without its suffix; `unit` is its end, or "". */
void metrics_family(FILE *out, enum metrics_format format, const char *name, enum metrics_type type,
		    const char *unit, const char *help);
void metrics_end(FILE *out, enum metrics_format format);

/* Eight labels of any value fit; what does not is left out whole. */
#define METRICS_LABELS_MAX 8192

struct metrics_labels {
	size_t len;
	char text[METRICS_LABELS_MAX]; /* `a="x",b="y"` */
};

/* `value` is text: valid UTF-8 without a line end. */
void metrics_label(struct metrics_labels *labels, const char *name, const char *value, size_t len);

/* `value` is a name, and is written by the rule of name.h. What is longer is cut. */
#define METRICS_NAME_MAX 256
void metrics_label_name(struct metrics_labels *labels, const char *name, const char *value);

/* `labels` may be NULL. */
void metrics_count(FILE *out, const char *name, const char *suffix,
		   const struct metrics_labels *labels, uint64_t value);
void metrics_value(FILE *out, const char *name, const char *suffix,
		   const struct metrics_labels *labels, double value);

/* A bucket; `le` as metrics_bound() writes it. */
void metrics_bucket(FILE *out, const char *name, const struct metrics_labels *labels,
		    const char *le, uint64_t value);

/* A bound in the spelling that OpenMetrics calls canonical: "1e-05", "0.0025", "60.0". */
#define METRICS_BOUND_MAX 32
const char *metrics_bound(uint64_t ns, char text[METRICS_BOUND_MAX]);

#endif
