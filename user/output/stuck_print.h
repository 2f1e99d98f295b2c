/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stuck_print.h - a verdict as text for people, or as JSON or CSV, a socket a line. */
#ifndef TCPDWELL_STUCK_PRINT_H
#define TCPDWELL_STUCK_PRINT_H

#include <stdio.h>

#include "record/meta.h"
#include "cli/options.h"
#include "diagnosis/verdict.h"

/*
 * `columns`: how wide the terminal is; 0: it is none. On a terminal rows are cut rather than
 * wrapped, and only the first STUCK_PRINT_ROWS are shown, unless options->verbose.
 */
#define STUCK_PRINT_ROWS 100

void stuck_print(const struct verdict *verdict, const struct options *options,
		 const struct meta *meta, unsigned columns, FILE *out);

#endif
