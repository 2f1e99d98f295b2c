/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* line.c - see line.h. */
#include "line.h"

#include <string.h>

static void add(struct line *line, const char *bytes, size_t n)
{
	size_t room = sizeof(line->bytes) - line->len;

	if (n > room)
		n = room;
	memcpy(line->bytes + line->len, bytes, n);
	line->len += n;
}

static void pad(struct line *line, size_t n)
{
	while (n--)
		line_char(line, ' ');
}

void line_char(struct line *line, char c)
{
	if (line->len < sizeof(line->bytes))
		line->bytes[line->len++] = c;
}

void line_text(struct line *line, const char *text)
{
	add(line, text, strlen(text));
}

void line_left(struct line *line, const char *text, size_t width)
{
	size_t n = strlen(text);

	add(line, text, n);
	pad(line, n < width ? width - n : 0);
}

void line_right(struct line *line, const char *text, size_t width)
{
	size_t n = strlen(text);

	pad(line, n < width ? width - n : 0);
	add(line, text, n);
}

void line_send(struct line *line, FILE *out)
{
	fwrite_unlocked(line->bytes, 1, line->len, out);
	line->len = 0;
}

char *line_number(char *to, uint64_t number, unsigned digits)
{
	char reversed[20];
	unsigned n = 0;

	do
		reversed[n++] = (char)('0' + number % 10);
	while (number /= 10);
	for (; digits > n; digits--)
		*to++ = '0';
	while (n)
		*to++ = reversed[--n];
	*to = '\0';
	return to;
}
