/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* proc_text.c - see proc_text.h. */
#include "kernel/proc_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The name may have anything in it, so what counts is the last parenthesis. */
pid_t proc_text_parent(const char *stat)
{
	const char *name_end = strrchr(stat, ')');
	int parent;

	return name_end && sscanf(name_end, ") %*c %d", &parent) == 1 ? parent : 0;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* mountinfo writes what separates its fields as \ooo. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (text[0] == '\\' && is_octal(text[1]) && is_octal(text[2]) &&
		    is_octal(text[3])) {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
				       (text[3] - '0'));
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

bool proc_text_netns_mount(const char *line, char ret_point[PATH_MAX])
{
	_Static_assert(PATH_MAX == 4096, "as many as are read below");

	if (!strstr(line, " net:[") || sscanf(line, "%*s %*s %*s net:[%*u] %4095s", ret_point) != 1)
		return false;
	unescape(ret_point);
	return true;
}

/* The next word of a line, and how long it is; the line is left behind it. */
static const char *next_word(const char **line, size_t *ret_len)
{
	const char *word = *line + strspn(*line, " \n");

	*ret_len = strcspn(word, " \n");
	*line = word + *ret_len;
	return word;
}

static uint64_t number_of(const char *word, size_t len)
{
	uint64_t number;
	char *end;

	errno = 0;
	number = isdigit((unsigned char)*word) ? strtoull(word, &end, 10) : UINT64_MAX;
	return number == UINT64_MAX || errno || end != word + len ? UINT64_MAX : number;
}

static bool begins_table(const char **line, const char *table)
{
	size_t len;
	const char *word = next_word(line, &len);

	return len == strlen(table) + 1 && !strncmp(word, table, len - 1) && word[len - 1] == ':';
}

uint64_t proc_text_counter(const char *names, const char *numbers, const char *table,
			   const char *name)
{
	if (!begins_table(&names, table) || !begins_table(&numbers, table))
		return UINT64_MAX;
	for (;;) {
		size_t name_len, number_len;
		const char *word = next_word(&names, &name_len);
		const char *number = next_word(&numbers, &number_len);

		if (!name_len || !number_len)
			return UINT64_MAX;
		if (name_len == strlen(name) && !strncmp(word, name, name_len))
			return number_of(number, number_len);
	}
}
