/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * line.h - where put.h writes: a line of output on its way to a stream, sent as a whole. One that
 * is longer than LINE_BYTES is sent in parts, whenever who writes asks for room:
 *
 *     struct line line;
 *     char *to = line_begin(&line, out);
 *
 *     to = put_number(line_room(&line, to, PUT_ROOM), number);
 *     line_send(&line, to);
 */
#ifndef TCPDWELL_LINE_H
#define TCPDWELL_LINE_H

#include <stddef.h>
#include <stdio.h>

#define LINE_BYTES 4096

struct line {
	FILE *out;
	char bytes[LINE_BYTES];
};

static inline char *line_begin(struct line *line, FILE *out)
{
	line->out = out;
	return line->bytes;
}

/* Sends what ends at `to`. Returns where to begin anew. */
static inline char *line_send(struct line *line, const char *to)
{
	fwrite_unlocked(line->bytes, 1, (size_t)(to - line->bytes), line->out);
	return line->bytes;
}

/* Room for `n` <= LINE_BYTES bytes at `to`, or at what is returned instead. */
static inline char *line_room(struct line *line, char *to, size_t n)
{
	return (size_t)(line->bytes + LINE_BYTES - to) >= n ? to : line_send(line, to);
}

#endif
