/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* quote.c - see quote.h. */
#include "output/quote.h"

#include <stdbool.h>
#include <string.h>

#include "base/append.h"

static char *put_escape(char *to, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";

	*to++ = '\\';
	if (c == '"' || c == '\\')
		return append_char(to, (char)c);
	to = append_digits(append_char(to, 'u'), 0, 2);
	return append_char(append_char(to, digits[c >> 4]), digits[c & 15]);
}

static bool is_plain(char c)
{
	return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

char *quote_json(struct line_buffer *line, char *to, const char *text)
{
	to = append_char(line_buffer_room(line, to, APPEND_ROOM), '"');
	while (*text) {
		to = line_buffer_room(line, to, APPEND_ROOM);
		for (unsigned n = 0; n < APPEND_ROOM / 2 && is_plain(*text); n++)
			*to++ = *text++;
		if (*text && !is_plain(*text))
			to = put_escape(to, (unsigned char)*text++);
	}
	return append_char(to, '"');
}

char *quote_csv(struct line_buffer *line, char *to, const char *text)
{
	bool quoted = text[strcspn(text, "\",\r\n")];

	to = line_buffer_room(line, to, APPEND_ROOM);
	if (quoted)
		*to++ = '"';
	for (; *text; text++) {
		to = line_buffer_room(line, to, APPEND_ROOM);
		if (*text == '"')
			*to++ = '"';
		*to++ = *text;
	}
	return quoted ? append_char(to, '"') : to;
}
