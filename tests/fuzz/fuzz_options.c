/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fuzz_options.c - a command line, a word a line of the input; and the same as a filter line of
 * `top`. What is refused is told, what is taken is not; what `top` shows of its filter to be edited
 * is understood again, and means the same.
 */
#include "fuzz.h"

#include "cli/command_line.h"
#include "commands/configure.h"

#define WORDS_MAX 64

static struct options options, again;

static int split(char *text, char *words[WORDS_MAX + 1])
{
	int n = 0;

	words[n++] = (char *)"tcpdwell";
	for (char *word; n < WORDS_MAX && (word = strsep(&text, "\n"));)
		words[n++] = word;
	words[n] = NULL;
	return n;
}

static void check_edit(void)
{
	if (options.command != COMMAND_TOP || strlen(options.edit_text) >= OPTIONS_EDIT_MAX - 1)
		return;
	if (command_line_parse_filter(&again, options.edit_text))
		FUZZ_CHECK(!"the filter is understood again");
	FUZZ_CHECK(options.selection.states == again.selection.states);
	FUZZ_CHECK(!memcmp(&options.selection.match, &again.selection.match,
			   sizeof(again.selection.match)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = fuzz_text(bytes, len), *words[WORDS_MAX + 1];
	int err;

	fuzz_listen();
	err = command_line_parse_filter(&options, text);
	FUZZ_CHECK(!err == !fuzz_said.errors);
	fuzz_listen();
	err = command_line_parse(&options, split(text, words), words);
	FUZZ_CHECK(!err == !fuzz_said.errors);
	if (!err && !options.help && !options.version) {
		configure_tracer(&options);
		configure_kernel(&options);
		check_edit();
	}
	free(text);
	return 0;
}
