/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stuck.h - the command `stuck`: one look at all sockets, live or from a recording of one. */
#ifndef TCPDWELL_STUCK_H
#define TCPDWELL_STUCK_H

#include <stdio.h>

#include "cli/options.h"

/* Returns the exit status; errors were told. */
int stuck_run(const struct options *options, FILE *out);

#endif
