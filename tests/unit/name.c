/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* name.c - what of a name is printed as it is, that two never look alike, and where one is cut. */
#include "base/name.h"

#include "test.h"

static const struct {
	const char *what, *name, *text;
} cases[] = {
	{"plain", "nginx: worker (1)", "nginx: worker (1)"},
	{"empty", "", ""},
	{"quotes", "a\"b'c`d", "a\"b'c`d"},
	{"utf-8", "utf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
	 "utf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
	{"escape", "\x1b[31mred", "\\x1b[31mred"},
	{"controls", "\x01\t\r\n\x1f", "\\x01\\x09\\x0d\\x0a\\x1f"},
	{"del", "\x7f", "\\x7f"},
	{"c1-bytes",
	 "\x9b"
	 "31m",
	 "\\x9b31m"},
	{"c1-characters", "\xc2\x80\xc2\x9b\xc2\x9f", "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f"},
	{"first-behind-c1", "\xc2\xa1", "\xc2\xa1"},
	{"no-break-space", "\xc2\xa0", "\\xc2\\xa0"},
	{"soft-hyphen", "\xc2\xad", "\\xc2\\xad"},
	{"latin-1", "latin\xe9", "latin\\xe9"},
	{"overlong", "\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf",
	 "\\xc0\\xaf\\xe0\\x80\\xaf\\xf0\\x80\\x80\\xaf"},
	{"surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80"},
	{"beyond-the-last", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
	{"cut", "cut\xe2\x82", "cut\\xe2\\x82"},
	{"right-to-left",
	 "\xe2\x80\xae"
	 "gpj.exe",
	 "\\xe2\\x80\\xaegpj.exe"},
	{"isolate", "\xe2\x81\xa6", "\\xe2\\x81\\xa6"},
	{"mark", "\xe2\x80\x8f\xd8\x9c", "\\xe2\\x80\\x8f\\xd8\\x9c"},
	{"hebrew-letters", "\xd7\xa9\xd7\x9c", "\xd7\xa9\xd7\x9c"},
	{"line-separator", "\xe2\x80\xa8\xe2\x80\xa9", "\\xe2\\x80\\xa8\\xe2\\x80\\xa9"},
	{"zero-width",
	 "a\xe2\x80\x8b"
	 "b",
	 "a\\xe2\\x80\\x8bb"},
	{"bom", "\xef\xbb\xbf", "\\xef\\xbb\\xbf"},
	{"tag", "\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81"},
	{"private", "\xee\x80\x80", "\\xee\\x80\\x80"},
	{"replacement", "\xef\xbf\xbd", "\xef\xbf\xbd"},
	{"backslash", "a\\b\\", "a\\b\\"},
	{"backslash-x", "\\x41", "\\x5cx41"},
	{"two-backslashes-x", "\\\\x41", "\\\\x5cx41"},
};

/* As a reader does it. */
static void read_back(const char *text, char *name)
{
	for (; *text; name++) {
		if (text[0] == '\\' && text[1] == 'x') {
			*name = (char)strtoul((const char[]){text[2], text[3], '\0'}, NULL, 16);
			text += 4;
		} else {
			*name = *text++;
		}
	}
	*name = '\0';
}

static void test_rule(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[NAME_ROOM(64)], back[64], what[64];

		snprintf(what, sizeof(what), "name-%s", cases[i].what);
		test_begin(what);
		*name_append(text, cases[i].name) = '\0';
		CHECK_STR(text, cases[i].text);
		CHECK_STR(name_text(text, sizeof(text), cases[i].name), cases[i].text);
		read_back(text, back);
		CHECK_STR(back, cases[i].name);
		test_end("%s", cases[i].text);
	}
}

/* No cut leaves half a character, or half a \xNN. */
static void test_cuts(void)
{
	static const char name[] = "a\xe2\x82\xac\x1b\\x\xc3\xa9z";
	static const char *const texts[] = {"",
					    "a",
					    "a",
					    "a",
					    "a\xe2\x82\xac",
					    "a\xe2\x82\xac",
					    "a\xe2\x82\xac",
					    "a\xe2\x82\xac",
					    "a\xe2\x82\xac\\x1b",
					    "a\xe2\x82\xac\\x1b",
					    "a\xe2\x82\xac\\x1b",
					    "a\xe2\x82\xac\\x1b",
					    "a\xe2\x82\xac\\x1b\\x5c",
					    "a\xe2\x82\xac\\x1b\\x5cx",
					    "a\xe2\x82\xac\\x1b\\x5cx",
					    "a\xe2\x82\xac\\x1b\\x5cx\xc3\xa9",
					    "a\xe2\x82\xac\\x1b\\x5cx\xc3\xa9z"};
	static const size_t fits[] = {0, 1, 1, 1, 4, 4, 6};
	char text[64];

	test_begin("name-cut");
	for (size_t i = 0; i < COUNT(texts); i++)
		CHECK_STR(name_text(text, i + 1, name), texts[i]);
	for (size_t i = 0; i < COUNT(texts); i++)
		CHECK(name_fit("a\xe2\x82\xac\xc3\xa9", i + 1) == (i < 7 ? fits[i] : 6));
	CHECK_EQ(name_columns(text), 13);
	CHECK_EQ(name_cut(text, 2), 4);
	CHECK_EQ(name_cut(text, 13), strlen(text));
	CHECK_EQ(name_cut(text, 99), strlen(text));
	CHECK_EQ(name_cut(text, 0), 0);
	test_end("in %zu rooms", COUNT(texts));
}

int main(void)
{
	test_rule();
	test_cuts();
	return test_status();
}
