/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* quote.c - see quote.h. */
#include "output/quote.h"

#include <stdbool.h>
#include <string.h>

#include "base/put.h"

static char *put_escape(char *to, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";

	*to++ = '\\';
	if (c == '"' || c == '\\')
		return put_char(to, (char)c);
	to = put_digits(put_char(to, 'u'), 0, 2);
	return put_char(put_char(to, digits[c >> 4]), digits[c & 15]);
}

static bool is_plain(char c)
{
	return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

char *quote_json(struct line *line, char *to, const char *text)
{
	to = put_char(line_room(line, to, PUT_ROOM), '"');
	while (*text) {
		to = line_room(line, to, PUT_ROOM);
		for (unsigned n = 0; n < PUT_ROOM / 2 && is_plain(*text); n++)
			*to++ = *text++;
		if (*text && !is_plain(*text))
			to = put_escape(to, (unsigned char)*text++);
	}
	return put_char(to, '"');
}

char *quote_csv(struct line *line, char *to, const char *text)
{
	bool quoted = text[strcspn(text, "\",\r\n")];

	to = line_room(line, to, PUT_ROOM);
	if (quoted)
		*to++ = '"';
	for (; *text; text++) {
		to = line_room(line, to, PUT_ROOM);
		if (*text == '"')
			*to++ = '"';
		*to++ = *text;
	}
	return quoted ? put_char(to, '"') : to;
}
