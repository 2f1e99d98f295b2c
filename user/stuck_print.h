/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stuck_print.h - a verdict as text for people, or as JSON or CSV, a socket a line. */
#ifndef TCPDWELL_STUCK_PRINT_H
#define TCPDWELL_STUCK_PRINT_H

#include <stdio.h>

#include "meta.h"
#include "options.h"
#include "verdict.h"

void stuck_print(const struct verdict *verdict, const struct options *options,
		 const struct meta *meta, FILE *out);

#endif
