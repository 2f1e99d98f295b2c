/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* top/texts.h - the texts of `top` that fill a screen: help, and all that is known of one row. */
#ifndef TCPDWELL_TOP_TEXT_H
#define TCPDWELL_TOP_TEXT_H

#include "top/data.h"
#include "top/ui.h"

/*
 * Calls `line` for each paragraph, in order. What goes on in a further line is to be set in by
 * `indent` columns. Empty paragraphs are empty lines.
 */
typedef void (*top_text_fn)(void *ctx, const char *paragraph, unsigned indent);

void top_text_help(top_text_fn line, void *ctx);
void top_text_details(const struct top_data *data, const struct top_row *row, top_text_fn line,
		      void *ctx);

/* What is wrong, and the next command to type, of a row; "" if there is none. */
const char *top_text_rule(const struct top_row *row);
const char *top_text_why(const struct top_row *row);
const char *top_text_next(const struct top_data *data, const struct top_row *row,
			  char text[RULES_TEXT_MAX]);

#endif
