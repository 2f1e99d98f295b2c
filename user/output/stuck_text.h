/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stuck_text.h - a verdict for people: the census, a table of groups, the findings. */
#ifndef TCPDWELL_STUCK_TEXT_H
#define TCPDWELL_STUCK_TEXT_H

#include <stdio.h>

#include "diagnosis/verdict.h"

#define STUCK_TEXT_ROWS 100

struct stuck_style {
	bool quiet, verbose;
	/*
	 * How wide the terminal is; 0: it is none. On a terminal rows are cut rather than wrapped,
	 * and only the first STUCK_TEXT_ROWS are shown, unless `verbose`.
	 */
	unsigned columns;
	bool timed; /* one look of several: text begins with when it was */
	bool again; /* not the first of them: text is set apart, CSV has no header */
};

void stuck_text_print(const struct verdict *verdict, const struct stuck_style *style, FILE *out);

/* verdict_evidence(), and what the listener says of a connection that it has not handed out. */
const char *stuck_text_evidence(const struct verdict *verdict, const struct verdict_socket *it,
				char text[RULES_TEXT_MAX]);

#endif
