/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* quote.c - text that is not ours in JSON and CSV, of any length. */
#include "output/quote.h"

#include "test.h"

/* A text quoted, as the stream gets it. The caller frees it. */
static char *quoted(char *(*quote)(struct line_buffer *line, char *to, const char *text),
		    const char *text)
{
	char *got = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&got, &len);
	struct line_buffer line;

	line_buffer_send(&line, quote(&line, line_buffer_begin(&line, out), text));
	fclose(out);
	return got;
}

static void check_quoted(const char *text, const char *json, const char *csv)
{
	char *got = quoted(quote_json, text);

	CHECK_STR(got, json);
	free(got);
	got = quoted(quote_csv, text);
	CHECK_STR(got, csv);
	free(got);
}

static void test_quotes(void)
{
	test_begin("quote");
	check_quoted("", "\"\"", "");
	check_quoted("nginx", "\"nginx\"", "nginx");
	check_quoted("a,b", "\"a,b\"", "\"a,b\"");
	check_quoted("say \"hi\"", "\"say \\\"hi\\\"\"", "\"say \"\"hi\"\"\"");
	check_quoted("back\\slash", "\"back\\\\slash\"", "back\\slash");
	check_quoted("\t\n\x7f\xc3\xa9 ~", "\"\\u0009\\u000a\\u007f\\u00c3\\u00a9 ~\"",
		     "\"\t\n\x7f\xc3\xa9 ~\"");
	test_end("JSON and CSV");
}

/* Longer than a line holds: sent in parts, of which none is missing. */
static void test_long(void)
{
	static char text[5 * LINE_BUFFER_BYTES];
	char *json, *csv;

	test_begin("quote-long");
	for (size_t len = LINE_BUFFER_BYTES - 100; len < sizeof(text); len += 997) {
		memset(text, '"', len);
		text[len] = '\0';
		json = quoted(quote_json, text);
		csv = quoted(quote_csv, text);
		test_context("%zu bytes", len);
		CHECK_EQ(strlen(json), 2 * len + 2);
		CHECK_EQ(strspn(json + 1, "\\\""), 2 * len + 1);
		CHECK_EQ(strspn(csv, "\""), 2 * len + 2);
		free(json);
		free(csv);
	}
	test_end("up to %zu bytes", sizeof(text));
}

int main(void)
{
	test_quotes();
	test_long();
	return test_status();
}
