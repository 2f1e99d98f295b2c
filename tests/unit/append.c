/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* append.c - pieces of text against what printf() makes of them. */
#include "base/append.h"

#include "test.h"

#define MARK '#'

/* What was put, as a string; a number may not touch what is behind it. */
static const char *text_of(char *text, const char *end)
{
	test_check(*end == MARK, __LINE__, "written beyond the end");
	text[end - text] = '\0';
	return text;
}

static void check_number(uint64_t number)
{
	char text[2 * APPEND_ROOM], wanted[APPEND_ROOM];

	snprintf(wanted, sizeof(wanted), "%" PRIu64, number);
	memset(text, MARK, sizeof(text));
	CHECK_STR(text_of(text, append_number(text, number)), wanted);
	snprintf(wanted, sizeof(wanted), "%12" PRIu64, number);
	memset(text, MARK, sizeof(text));
	*append_number_right(text, number, 12) = '\0';
	CHECK_STR(text, wanted);
	snprintf(wanted, sizeof(wanted), "%020" PRIu64, number);
	for (unsigned digits = 0; digits <= 20; digits++) {
		memset(text, MARK, sizeof(text));
		CHECK_STR(text_of(text, append_digits(text, number, digits)), wanted + 20 - digits);
	}
}

static void test_numbers(void)
{
	struct test_random random = {.state = 12};
	uint64_t power = 1;

	test_begin("put-numbers");
	for (unsigned i = 0; i < 20; i++, power *= 10)
		for (unsigned step = 0; step < 10; step++) {
			check_number(power * step - 1);
			check_number(power * step);
			check_number(power * step + 1);
		}
	for (unsigned bit = 0; bit < 64; bit++) {
		check_number((1ULL << bit) - 1);
		check_number(test_random(&random) >> bit);
	}
	check_number(UINT64_MAX);
	test_end("as printf() writes them");
}

static void test_words(void)
{
	static const struct word words[] = {WORD(""), WORD("SYN-SENT"),
					    WORD("thirty letters, and a full one")};
	char text[3 * APPEND_ROOM], wanted[2 * APPEND_ROOM];

	test_begin("put-words");
	for (size_t i = 0; i < COUNT(words); i++)
		for (int width = 0; width <= 31; width++) {
			test_context("word %zu in %d columns", i, width);
			*append_word(text, &words[i]) = '\0';
			CHECK_STR(text, words[i].text);
			snprintf(wanted, sizeof(wanted), "%-*s", width, words[i].text);
			*append_left(text, &words[i], (size_t)width) = '\0';
			CHECK_STR(text, wanted);
			snprintf(wanted, sizeof(wanted), "%*s", width, words[i].text);
			*append_right(text, &words[i], (size_t)width) = '\0';
			CHECK_STR(text, wanted);
		}
	test_end("%zu words in up to 31 columns", COUNT(words));
}

int main(void)
{
	test_numbers();
	test_words();
	return test_status();
}
