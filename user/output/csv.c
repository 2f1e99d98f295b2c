/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* csv.c - see csv.h. A cell is followed by its comma; the end of the row takes the last one's
 * place. */
#include "output/csv.h"

#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/name.h"

/* What a cell takes at most, of what has a limit. */
#define ROOM (2 * APPEND_ROOM)

static char *room(struct csv *csv)
{
	return line_buffer_room(&csv->line, csv->to, ROOM);
}

static void end_cell(struct csv *csv, char *to)
{
	csv->to = append_char(to, ',');
}

void csv_begin(struct csv *csv, FILE *out)
{
	csv->to = line_buffer_begin(&csv->line, out);
}

void csv_end(struct csv *csv)
{
	csv->to[-1] = '\n';
	line_buffer_send(&csv->line, csv->to);
}

void csv_skip(struct csv *csv, unsigned n)
{
	char *to = room(csv);

	memset(to, ',', APPEND_ROOM); /* of a fixed length, which is faster */
	csv->to = to + n;
}

void csv_bool(struct csv *csv, bool value)
{
	static const struct word yes = WORD("true"), no = WORD("false");

	csv_word(csv, value ? &yes : &no);
}

void csv_number(struct csv *csv, uint64_t value)
{
	end_cell(csv, append_number(room(csv), value));
}

void csv_word(struct csv *csv, const struct word *word)
{
	end_cell(csv, append_word(room(csv), word));
}

/* U+FF1D, U+FF0B, U+FF0D, U+FF20: some spreadsheets take the wide signs for the others. */
static bool is_wide_sign(const char *text)
{
	return text[0] == '\xef' && text[1] == '\xbc' && text[2] &&
	       strchr("\x9d\x8b\x8d\xa0", text[2]);
}

/* An apostrophe is not run, but would be taken off. */
static bool needs_apostrophe(const char *text)
{
	switch (*text) {
	case '=':
	case '+':
	case '-':
	case '@':
	case '\'':
		return true;
	default:
		return is_wide_sign(text);
	}
}

static char *put_quoted(struct csv *csv, const char *text, bool apostrophe)
{
	char *to = append_char(room(csv), '"');

	if (apostrophe)
		*to++ = '\'';
	for (; *text; text++) {
		to = line_buffer_room(&csv->line, to, ROOM);
		if (*text == '"')
			*to++ = '"';
		*to++ = *text;
	}
	return append_char(to, '"');
}

static char *put_plain(struct csv *csv, const char *text, size_t len)
{
	char *to = room(csv);

	for (size_t n; len; len -= n, text += n) {
		to = line_buffer_room(&csv->line, to, ROOM);
		n = len < APPEND_ROOM ? len : APPEND_ROOM;
		to = mempcpy(to, text, n);
	}
	return to;
}

void csv_text(struct csv *csv, const char *text)
{
	size_t len = strcspn(text, "\",");
	bool apostrophe = needs_apostrophe(text);

	end_cell(csv, apostrophe || text[len] ? put_quoted(csv, text, apostrophe)
					      : put_plain(csv, text, len));
}

void csv_name(struct csv *csv, const char *name)
{
	char text[NAME_ROOM(CSV_NAME_MAX)];

	csv_text(csv, name_text(text, sizeof(text), name));
}

void csv_time(struct csv *csv, uint64_t wall_ns)
{
	end_cell(csv, clock_append_iso8601(room(csv), wall_ns));
}

void csv_address(struct csv *csv, const uint8_t addr[16])
{
	end_cell(csv, address_append(room(csv), addr));
}

void csv_pair(struct csv *csv, uint64_t left, uint64_t right)
{
	static const struct word endless = WORD("inf");
	char *to = room(csv);

	to = left == UINT64_MAX ? append_word(to, &endless) : append_number(to, left);
	to = append_number(append_char(to, ':'), right);
	csv->to = append_char(to, ' ');
}

void csv_pairs_end(struct csv *csv)
{
	csv->to[-1] = ','; /* instead of the last blank */
}
