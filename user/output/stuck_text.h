/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stuck_text.h - a verdict for people: the census, a table of groups, the findings. */
#ifndef TCPDWELL_STUCK_TEXT_H
#define TCPDWELL_STUCK_TEXT_H

#include <stdio.h>

#include "diagnosis/verdict.h"

/* All states, in the order of a life. */
extern const uint8_t stuck_text_order[WIRE_STATES - 1];

/* As stuck_print() has it. */
void stuck_text_print(const struct verdict *verdict, const struct options *options,
		      unsigned columns, FILE *out);

/* rules_evidence(), and what the listener says of a connection that it has not handed out. */
const char *stuck_text_evidence(const struct verdict *verdict, const struct verdict_socket *it,
				char text[RULES_TEXT_MAX]);

#endif
