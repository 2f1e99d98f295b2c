/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * quote.h - text in the formats that machines read. Each goes on at `to` in the line, of whatever
 * length, and returns its end, where a few bytes of room are left for what separates it from the
 * next. Text is valid UTF-8 and printable; what others chose becomes that by the rule of name.h, of
 * which the first QUOTE_NAME_MAX bytes are taken.
 */
#ifndef TCPDWELL_QUOTE_H
#define TCPDWELL_QUOTE_H

#include "base/line_buffer.h"

#define QUOTE_NAME_MAX 256

/* With its quotes. */
char *quote_json(struct line_buffer *line, char *to, const char *text);
char *quote_json_name(struct line_buffer *line, char *to, const char *name);

/*
 * RFC 4180: quotes only where they are needed. What a spreadsheet would run as a formula, and what
 * begins with an apostrophe itself, begins with one more, which a reader takes off.
 */
char *quote_csv(struct line_buffer *line, char *to, const char *text);
char *quote_csv_name(struct line_buffer *line, char *to, const char *name);

#endif
