/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* serve.h - the command `serve`: metrics over HTTP, until a signal. */
#ifndef TCPDWELL_SERVE_H
#define TCPDWELL_SERVE_H

#include "cli/options.h"

/* Returns the exit status; errors were told. */
int serve_run(const struct options *options);

#endif
