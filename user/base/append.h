/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * append.h - text put together piece by piece. Each function writes one piece at `to` and returns
 * its end, where the next one goes; no NUL is written. Text that was put together by printf() took
 * two thirds of the time that tracing cost in user space (docs/overhead.md).
 *
 * Words and blanks need APPEND_ROOM bytes of room, however short they are: a fixed number of bytes
 * is a move or two, and what is too much is written over by the next piece.
 */
#ifndef TCPDWELL_APPEND_H
#define TCPDWELL_APPEND_H

#include <stdint.h>
#include <string.h>

#define APPEND_ROOM 64

/* A short text, with its length. */
struct word {
	char text[31]; /* ends in NUL */
	uint8_t len;
};

#define WORD(text)                     \
	{                              \
		text, sizeof(text) - 1 \
	}

static inline char *append_char(char *to, char c)
{
	*to = c;
	return to + 1;
}

static inline char *append_word(char *to, const struct word *word)
{
	memcpy(to, word->text, sizeof(word->text));
	return to + word->len;
}

/* At most 31 blanks, up to `column`; none if the text got there already. */
static inline char *append_blanks(char *to, char *column)
{
	memset(to, ' ', sizeof(((struct word *)0)->text));
	return to < column ? column : to;
}

/* Padded with blanks to `width` <= 31, on the right and on the left. */
static inline char *append_left(char *to, const struct word *word, size_t width)
{
	return append_blanks(append_word(to, word), to + width);
}

static inline char *append_right(char *to, const struct word *word, size_t width)
{
	return append_word(append_blanks(to, to + (word->len < width ? width - word->len : 0)),
			   word);
}

/* In decimal: at most 20 bytes, and none beyond. */
char *append_number(char *to, uint64_t number);

/* The last `digits` digits, zeros in front included. */
char *append_digits(char *to, uint64_t number, unsigned digits);

/* As append_right(). */
char *append_number_right(char *to, uint64_t number, size_t width);

#endif
