/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * metrics.c - what scrapers rely on: exact bounds, labels that are UTF-8 and stay apart, the format
 * that was asked for.
 */
#include "serve/metrics.h"

#include "model/hist.h"
#include "test.h"

static void test_bounds(void)
{
	char text[METRICS_BOUND_MAX], *end;
	uint64_t before = 0;

	test_begin("metrics-bounds");
	for (unsigned i = 0; i < METRICS_BOUNDS - 1; i++) {
		uint64_t bound = metrics_bound_ns(i);

		test_context("bound %u", i);
		CHECK_EQ(hist_bound(hist_bucket(bound)), bound);
		CHECK(bound > before && (!before || 3 * bound <= 4 * before));
		CHECK_EQ(strtod(metrics_bound(bound, text), &end) * 1e9 + 0.5, bound);
		CHECK(!*end && strpbrk(text, ".e"));
		before = bound;
	}
	CHECK_EQ(metrics_bound_ns(0), 10000);
	CHECK_EQ(before, 1000000000000000);
	CHECK_EQ(metrics_bound_ns(METRICS_BOUNDS - 1), UINT64_MAX);
	CHECK_STR(metrics_bound(10000, text), "1e-05");
	CHECK_STR(metrics_bound(60000000000, text), "60.0");
	test_end("%d, each one of the histogram's own", METRICS_BOUNDS);
}

static const struct {
	const char *value, *text;
} labels[] = {
	{"", "x=\"\""},
	{"nginx", "x=\"nginx\""},
	{"a\"b", "x=\"a\\\"b\""},
	{"a\\b", "x=\"a\\\\b\""},
	{"a\\", "x=\"a\\\\\""},
	{"a\\x", "x=\"a\\\\x5cx\""},
	{"a\nb", "x=\"a\\\\x0ab\""},
	{"\x7f", "x=\"\\\\x7f\""},
	{"utf\xc3\xa9", "x=\"utf\xc3\xa9\""},
	{"\xe2\x82\xac", "x=\"\xe2\x82\xac\""},
	{"\xf0\x9f\x98\x80", "x=\"\xf0\x9f\x98\x80\""},
	{"latin\xe9", "x=\"latin\\\\xe9\""},
	{"\xc0\xaf", "x=\"\\\\xc0\\\\xaf\""},                       /* overlong */
	{"\xed\xa0\x80", "x=\"\\\\xed\\\\xa0\\\\x80\""},            /* a surrogate */
	{"\xf4\x90\x80\x80", "x=\"\\\\xf4\\\\x90\\\\x80\\\\x80\""}, /* beyond the last */
	{"cut\xe2\x82", "x=\"cut\\\\xe2\\\\x82\""},
};

static void test_labels(void)
{
	static char longest[METRICS_LABELS_MAX];
	struct metrics_labels made = {0};

	test_begin("metrics-labels");
	for (size_t i = 0; i < COUNT(labels); i++) {
		made.len = 0;
		metrics_label_name(&made, "x", labels[i].value);
		CHECK_STR(made.text, labels[i].text);
	}
	made.len = 0;
	metrics_label(&made, "a", "1", 1);
	metrics_label(&made, "b", "23", 1);
	CHECK_STR(made.text, "a=\"1\",b=\"2\"");
	memset(longest, '"', sizeof(longest));
	metrics_label(&made, "c", longest, sizeof(longest));
	CHECK_STR(made.text, "a=\"1\",b=\"2\"");
	metrics_label(&made, "c", longest, 4000);
	CHECK_EQ(made.len, strlen(made.text));
	CHECK_EQ(made.len, strlen("a=\"1\",b=\"2\",c=\"\"") + 2 * 4000);
	test_end("%zu values, one that does not fit", COUNT(labels));
}

/* What is sent today by Prometheus 2 and 3, by browsers and by curl is among them. */
static const struct {
	const char *accept;
	bool open;
} accepts[] = {
	{NULL, false},
	{"", false},
	{"*/*", false},
	{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false},
	{"application/openmetrics-text", true},
	{"application/openmetrics-text; version=1.0.0; charset=utf-8", true},
	{"APPLICATION/OpenMetrics-Text;Version=\"1.0.0\"", true},
	{"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q="
	 "0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
	 true},
	{"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/"
	 "openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
	 "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
	 true},
	{"text/plain;version=0.0.4;q=0.9,application/openmetrics-text;q=0.8", true},
	{"text/plain, application/openmetrics-text", true},
	{"application/openmetrics-text;q=0,*/*", false},
	{"application/openmetrics-text;q=0", false},
	{"application/openmetrics-text; q=0.000", false},
	{"application/openmetrics-text;q=0.001", true},
	{"application/openmetrics-text;q=0,application/openmetrics-text;version=1.0.0;Q=1", true},
	{"application/openmetrics-text;q=abc, text/plain;q=0.1", false},
	{"application/openmetrics-text;q=, text/plain;q=0.001", false},
	{"application/openmetrics-text,text/plain;q=0", true},
	{"application/*", false},
	{"application/json", false},
	{",,;;,=,q,/,*,text,application/openmetrics-text;;", true},
	{"application/openmetrics-textual", false},
	{"\"", false},
	{"application/openmetrics-text;\"", true},
};

static void test_accepts(void)
{
	test_begin("metrics-negotiation");
	for (size_t i = 0; i < COUNT(accepts); i++) {
		test_context("'%.60s'", accepts[i].accept ? accepts[i].accept : "(none)");
		CHECK_EQ(metrics_accepted(accepts[i].accept) == METRICS_OPENMETRICS,
			 accepts[i].open);
	}
	test_end("%zu headers", COUNT(accepts));
}

int main(void)
{
	test_bounds();
	test_labels();
	test_accepts();
	return test_status();
}
