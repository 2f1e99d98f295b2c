/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * quote.h - text that is not ours (process names), quoted for the formats that machines read. Each
 * goes on at `to` in the line, of whatever length, and returns its end, where a few bytes of room
 * are left for what separates it from the next.
 */
#ifndef TCPDWELL_QUOTE_H
#define TCPDWELL_QUOTE_H

#include "base/line_buffer.h"

/* With its quotes. A name is bytes in no known encoding: each that is not ASCII reads \u00xx. */
char *quote_json(struct line_buffer *line, char *to, const char *text);

/* RFC 4180: quotes only where they are needed. */
char *quote_csv(struct line_buffer *line, char *to, const char *text);

#endif
