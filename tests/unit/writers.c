/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* writers.c - JSON and CSV, value by value: what separates, what is quoted, lines of any length. */
#include <jansson.h>

#include "output/csv.h"
#include "output/fields.h"
#include "output/jsonl.h"
#include "test.h"

#define KEY(name) (&(const struct word)WORD("\"" name "\":"))

/* What was written since begin_*(); valid until the next. */
static char *got;
static size_t got_len;
static FILE *out;

static void open_stream(void)
{
	free(got);
	got = NULL;
	out = open_memstream(&got, &got_len);
}

static const char *jsonl_done(struct jsonl *json)
{
	jsonl_end(json);
	fclose(out);
	return got;
}

static const char *csv_done(struct csv *csv)
{
	csv_end(csv);
	fclose(out);
	return got;
}

static const char *jsonl_of(void (*put)(struct jsonl *json, const char *text), const char *text)
{
	struct jsonl json;

	open_stream();
	jsonl_begin(&json, out);
	jsonl_key(&json, KEY("a"));
	put(&json, text);
	return jsonl_done(&json);
}

static const char *csv_of(void (*put)(struct csv *csv, const char *text), const char *text)
{
	struct csv csv;

	open_stream();
	csv_begin(&csv, out);
	put(&csv, text);
	return csv_done(&csv);
}

static void test_json(void)
{
	static const struct {
		uint64_t value, written;
	} numbers[] = {{0, 0},
		       {(1ULL << 53) - 1, (1ULL << 53) - 1},
		       {(1ULL << 53) + 1, 1ULL << 53},
		       {(1ULL << 54) + 7, (1ULL << 54) + 4},
		       {17280000000000000, 17280000000000000}};
	const uint8_t addr[16] = {[10] = 0xff, [11] = 0xff, 10, 0, 0, 9};
	struct jsonl json;

	test_begin("writers-json");
	open_stream();
	jsonl_begin(&json, out);
	CHECK_STR(jsonl_done(&json), "{}\n");
	open_stream();
	jsonl_begin(&json, out);
	jsonl_key(&json, KEY("n"));
	jsonl_number(&json, UINT64_MAX);
	jsonl_key_text(&json, "id");
	jsonl_id(&json, UINT64_MAX);
	jsonl_key(&json, KEY("b"));
	jsonl_bool(&json, true);
	jsonl_key(&json, KEY("l"));
	jsonl_open(&json, '[');
	jsonl_open(&json, '{');
	jsonl_close(&json, '}');
	jsonl_null(&json);
	jsonl_open(&json, '[');
	jsonl_close(&json, ']');
	jsonl_close(&json, ']');
	jsonl_key(&json, KEY("w"));
	jsonl_word(&json, &(const struct word)WORD("CLOSED"));
	jsonl_key(&json, KEY("t"));
	jsonl_time(&json, 1795363200123456789);
	jsonl_key(&json, KEY("a"));
	jsonl_address(&json, addr);
	CHECK_STR(jsonl_done(&json),
		  "{\"n\":18446744073709549568,\"id\":\"18446744073709551615\",\"b\":true,"
		  "\"l\":[{},null,[]],\"w\":\"CLOSED\",\"t\":\"2026-11-22T16:00:00.123456789Z\","
		  "\"a\":\"10.0.0.9\"}\n");
	CHECK_STR(jsonl_of(jsonl_text, "a\"b\\c \xc3\xa9"), "{\"a\":\"a\\\"b\\\\c \xc3\xa9\"}\n");
	CHECK_STR(jsonl_of(jsonl_name, "\x1b\n\\x\xe9"),
		  "{\"a\":\"\\\\x1b\\\\x0a\\\\x5cx\\\\xe9\"}\n");
	for (size_t i = 0; i < COUNT(numbers); i++) {
		open_stream();
		jsonl_begin(&json, out);
		jsonl_key(&json, KEY("n"));
		jsonl_number(&json, numbers[i].value);
		CHECK_EQ(strtoull(jsonl_done(&json) + strlen("{\"n\":"), NULL, 10),
			 numbers[i].written);
		CHECK_EQ((uint64_t)(double)numbers[i].written, numbers[i].written);
	}
	test_end("every kind of value, nested");
}

static void test_csv(void)
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
	static const char *const harmless[] = {"1-1", "a=b", " =1", "\\x09=1", "\xef\xbc\x9e"};
	struct csv csv;

	test_begin("writers-csv");
	open_stream();
	csv_begin(&csv, out);
	csv_skip(&csv, 2);
	csv_number(&csv, 42);
	csv_bool(&csv, false);
	csv_pair(&csv, 1, 2);
	csv_pair(&csv, UINT64_MAX, 3);
	csv_pairs_end(&csv);
	csv_time(&csv, 1795363200123456789);
	csv_skip(&csv, 1);
	CHECK_STR(csv_done(&csv), ",,42,false,1:2 inf:3,2026-11-22T16:00:00.123456789Z,\n");
	CHECK_STR(csv_of(csv_text, "a,b"), "\"a,b\"\n");
	CHECK_STR(csv_of(csv_text, "say \"hi\""), "\"say \"\"hi\"\"\"\n");
	CHECK_STR(csv_of(csv_name, "a\nb\x7f"), "a\\x0ab\\x7f\n");
	for (size_t i = 0; i < COUNT(formulas); i++) {
		csv_of(csv_text, formulas[i]);
		CHECK(!strncmp(got, "\"'", 2) && !strcmp(got + strlen(got) - 2, "\"\n"));
	}
	for (size_t i = 0; i < COUNT(harmless); i++) {
		csv_of(csv_text, harmless[i]);
		CHECK(!strncmp(got, harmless[i], strlen(harmless[i])));
	}
	test_end("%zu that begin a formula, %zu that do not", COUNT(formulas), COUNT(harmless));
}

/* Longer than a line holds: sent in parts, of which none is missing. */
static void test_long(void)
{
	static char text[5 * LINE_BUFFER_BYTES];

	test_begin("writers-long");
	for (size_t len = LINE_BUFFER_BYTES - 100; len < sizeof(text); len += 997) {
		json_t *read;

		test_context("%zu bytes", len);
		memset(text, len % 2 ? '"' : 'x', len);
		text[len] = '\0';
		read = json_loads(jsonl_of(jsonl_text, text), 0, NULL);
		CHECK_STR(json_string_value(json_object_get(read, "a")), text);
		json_decref(read);
		CHECK_EQ(strlen(csv_of(csv_text, text)), (len % 2 ? 2 * len + 2 : len) + 1);
	}
	test_end("up to %zu bytes", sizeof(text));
}

/* Every event, its fields each once, whatever is set. */
static void test_tables(void)
{
	unsigned n = 0;

	test_begin("writers-tables");
	for (unsigned event = 0; event < EVENTS; event++) {
		const uint8_t *all = fields_events[event].fields;

		test_context("%s", fields_events[event].name.text);
		CHECK(!strcmp(fields[*all].name, "event"));
		for (const uint8_t *field = all; *field; field++) {
			const struct fields_row *row = &fields[*field];

			CHECK(row->name && row->about && row->get);
			CHECK(!strncmp(row->key.text + 1, row->name, strlen(row->name)));
			CHECK_EQ(row->key.len, strlen(row->name) + 3);
			CHECK((row->type == FIELD_LIST) == (row->list != NULL));
			CHECK(row->type != FIELD_WORD || row->words);
			for (const uint8_t *before = all; before < field; before++)
				CHECK(*before != *field);
			n++;
		}
	}
	test_end("%u fields of %d events", n, EVENTS);
}

int main(void)
{
	test_json();
	test_csv();
	test_long();
	test_tables();
	free(got);
	return test_status();
}
