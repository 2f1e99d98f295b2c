/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stuck_print.h - a verdict as text for people, or as JSON or CSV, a socket a line. */
#ifndef TCPDWELL_STUCK_PRINT_H
#define TCPDWELL_STUCK_PRINT_H

#include "output/format.h"
#include "output/stuck_text.h"

void stuck_print(const struct verdict *verdict, enum format format, const struct stuck_style *style,
		 const struct meta *meta, FILE *out);

#endif
