/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* cells.c - see cells.h. */
#include "top/cells.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/name.h"

int cells_clear(struct cells *cells, unsigned rows, unsigned cols)
{
	size_t n = (size_t)rows * cols;

	if (rows != cells->rows || cols != cells->cols || !cells->at) {
		cells_release(cells);
		cells->at = calloc(n ? n : 1, sizeof(*cells->at));
		if (!cells->at)
			return -ENOMEM;
		cells->rows = rows;
		cells->cols = cols;
	}
	for (size_t i = 0; i < n; i++)
		cells->at[i] = (struct cell){.letter = ' '};
	return 0;
}

void cells_release(struct cells *cells)
{
	free(cells->at);
	*cells = (struct cells){0};
}

/* ---- letters ---- */

/* Of those that are one column wide on every terminal. */
static bool is_letter(uint32_t letter)
{
	return (letter >= ' ' && letter < 0x7f) ||
	       (letter > 0xa0 && letter < 0x300 && letter != 0xad) ||
	       (letter >= 0x386 && letter < 0x483 && letter != 0x38b && letter != 0x38d &&
		letter != 0x3a2) ||
	       (letter >= 0x48a && letter < 0x530);
}

/* The bytes of the sequence that begins here, 1 for a byte that begins none. */
static unsigned decode_utf8(const char *text, uint32_t *ret_letter)
{
	uint32_t letter;
	unsigned len = name_decode(text, &letter);

	*ret_letter = len && is_letter(letter) ? letter : '?';
	return len ? len : 1;
}

const char *cells_utf8(uint32_t letter, char text[5])
{
	memset(text, 0, 5);
	if (letter < 0x80) {
		text[0] = (char)letter;
	} else if (letter < 0x800) {
		text[0] = (char)(0xc0 | letter >> 6);
		text[1] = (char)(0x80 | (letter & 0x3f));
	} else {
		text[0] = '?'; /* is_letter() lets none pass */
	}
	return text;
}

unsigned cells_width(const char *text)
{
	uint32_t letter;
	unsigned width = 0;

	for (; *text; text += decode_utf8(text, &letter))
		width++;
	return width;
}

unsigned cells_line(const char *text, unsigned width)
{
	unsigned bytes = 0, blank = 0, taken = 0;
	uint32_t letter;

	for (; text[bytes] && taken < width; taken++) {
		if (text[bytes] == ' ')
			blank = bytes;
		bytes += decode_utf8(text + bytes, &letter);
	}
	return text[bytes] && text[bytes] != ' ' && blank ? blank : bytes;
}

/* ---- putting ---- */

unsigned cells_put(struct cells *cells, unsigned row, unsigned col, unsigned width, uint8_t look,
		   const char *text)
{
	struct cell *at;
	unsigned taken;

	if (row >= cells->rows || col >= cells->cols)
		return 0;
	if (width > cells->cols - col)
		width = cells->cols - col;
	at = cells->at + (size_t)row * cells->cols + col;
	for (taken = 0; *text && taken < width; taken++) {
		text += decode_utf8(text, &at[taken].letter);
		at[taken].look = look;
	}
	if (*text && taken)
		at[taken - 1].letter = '+';
	return taken;
}

unsigned cells_put_right(struct cells *cells, unsigned row, unsigned col, unsigned width,
			 uint8_t look, const char *text)
{
	unsigned wide = cells_width(text);

	return cells_put(cells, row, wide < width ? col + width - wide : col, width, look, text);
}

void cells_look(struct cells *cells, unsigned row, unsigned col, unsigned width, uint8_t look)
{
	if (row >= cells->rows || col >= cells->cols)
		return;
	for (unsigned i = col; i < cells->cols && i - col < width; i++)
		cells->at[(size_t)row * cells->cols + i].look |= look;
}
