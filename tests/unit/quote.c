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
	check_quoted("\xc3\xa9 ~", "\"\xc3\xa9 ~\"", "\xc3\xa9 ~");
	test_end("JSON and CSV");
}

static void check_name(const char *name, const char *json, const char *csv)
{
	char *got = quoted(quote_json_name, name);

	CHECK_STR(got, json);
	free(got);
	got = quoted(quote_csv_name, name);
	CHECK_STR(got, csv);
	free(got);
}

static void test_names(void)
{
	test_begin("quote-name");
	check_name("\t\n\x7f\xc3\xa9\xe9 ~", "\"\\\\x09\\\\x0a\\\\x7f\xc3\xa9\\\\xe9 ~\"",
		   "\\x09\\x0a\\x7f\xc3\xa9\\xe9 ~");
	check_name("\\x41", "\"\\\\x5cx41\"", "\\x5cx41");
	test_end("JSON and CSV");
}

/* What a spreadsheet would run, and what a reader takes off. */
static void test_formulas(void)
{
	static const char *const formulas[] = {"=1+1",
					       "+1",
					       "-1",
					       "@sum",
					       "'=1",
					       "'",
					       "\xef\xbc\x9d"
					       "1",
					       "=a\"b"};
	static const char *const harmless[] = {"1-1", "a=b", " =1", "\\x09=1"};

	test_begin("quote-formula");
	for (size_t i = 0; i < COUNT(formulas); i++) {
		char *got = quoted(quote_csv, formulas[i]);

		CHECK(!strncmp(got, "\"'", 2) && got[strlen(got) - 1] == '"');
		free(got);
	}
	for (size_t i = 0; i < COUNT(harmless); i++) {
		char *got = quoted(quote_csv, harmless[i]);

		CHECK_STR(got, harmless[i]);
		free(got);
	}
	test_end("%zu that begin one, %zu that do not", COUNT(formulas), COUNT(harmless));
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
	test_names();
	test_formulas();
	test_long();
	return test_status();
}
