/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * line.h - a line of output put together by hand. A busy host has hundreds of thousands a second,
 * and printf() took two thirds of the time that tracing cost in user space (docs/overhead.md).
 *
 * What does not fit is left out; rows of the output never come near LINE_MAX_BYTES.
 */
#ifndef TCPDWELL_LINE_H
#define TCPDWELL_LINE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LINE_MAX_BYTES 1024

struct line {
	size_t len;
	char bytes[LINE_MAX_BYTES];
};

void line_char(struct line *line, char c);
void line_text(struct line *line, const char *text);

/* Padded with spaces to `width`, on the right and on the left. */
void line_left(struct line *line, const char *text, size_t width);
void line_right(struct line *line, const char *text, size_t width);

/* Sends it out and begins anew. */
void line_send(struct line *line, FILE *out);

/* A number in decimal, with at least `digits` digits. Returns the end of the text, where a NUL is.
 * `to` has room for 21 bytes. */
char *line_number(char *to, uint64_t number, unsigned digits);

#endif
