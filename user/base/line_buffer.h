/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * line_buffer.h - where append.h writes: a line of output on its way to a stream, sent as a whole.
 * One that is longer than LINE_BUFFER_BYTES is sent in parts, whenever who writes asks for room:
 *
 *     struct line_buffer line;
 *     char *to = line_buffer_begin(&line, out);
 *
 *     to = append_number(line_buffer_room(&line, to, APPEND_ROOM), number);
 *     line_buffer_send(&line, to);
 */
#ifndef TCPDWELL_LINE_BUFFER_H
#define TCPDWELL_LINE_BUFFER_H

#include <stddef.h>
#include <stdio.h>

#define LINE_BUFFER_BYTES 4096

struct line_buffer {
	FILE *out;
	char bytes[LINE_BUFFER_BYTES];
};

static inline char *line_buffer_begin(struct line_buffer *line, FILE *out)
{
	line->out = out;
	return line->bytes;
}

/* Sends what ends at `to`. Returns where to begin anew. */
static inline char *line_buffer_send(struct line_buffer *line, const char *to)
{
	fwrite_unlocked(line->bytes, 1, (size_t)(to - line->bytes), line->out);
	return line->bytes;
}

/* Room for `n` <= LINE_BUFFER_BYTES bytes at `to`, or at what is returned instead. */
static inline char *line_buffer_room(struct line_buffer *line, char *to, size_t n)
{
	return (size_t)(line->bytes + LINE_BUFFER_BYTES - to) >= n ? to
								   : line_buffer_send(line, to);
}

#endif
