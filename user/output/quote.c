/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* quote.c - see quote.h. */
#include "output/quote.h"

#include <stdbool.h>
#include <string.h>

#include "base/append.h"
#include "base/name.h"

char *quote_json(struct line_buffer *line, char *to, const char *text)
{
	to = append_char(line_buffer_room(line, to, APPEND_ROOM), '"');
	while (*text) {
		to = line_buffer_room(line, to, APPEND_ROOM);
		for (unsigned n = 0; n < APPEND_ROOM / 4 && *text; n++) {
			if (*text == '"' || *text == '\\')
				*to++ = '\\';
			*to++ = *text++;
		}
	}
	return append_char(to, '"');
}

char *quote_json_name(struct line_buffer *line, char *to, const char *name)
{
	char text[NAME_ROOM(QUOTE_NAME_MAX)];

	return quote_json(line, to, name_text(text, sizeof(text), name));
}

/* The signs that formulas begin with, their wide forms among them. */
static bool is_formula(const char *text)
{
	static const char *const begins[] = {
		"=", "+", "-", "@", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (!strncmp(text, begins[i], strlen(begins[i])))
			return true;
	return false;
}

char *quote_csv(struct line_buffer *line, char *to, const char *text)
{
	bool defused = is_formula(text) || *text == '\'';
	bool quoted = defused || text[strcspn(text, "\",")];

	to = line_buffer_room(line, to, APPEND_ROOM);
	if (quoted)
		*to++ = '"';
	if (defused)
		*to++ = '\'';
	for (; *text; text++) {
		to = line_buffer_room(line, to, APPEND_ROOM);
		if (*text == '"')
			*to++ = '"';
		*to++ = *text;
	}
	return quoted ? append_char(to, '"') : to;
}

char *quote_csv_name(struct line_buffer *line, char *to, const char *name)
{
	char text[NAME_ROOM(QUOTE_NAME_MAX)];

	return quote_csv(line, to, name_text(text, sizeof(text), name));
}
