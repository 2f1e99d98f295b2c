/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* top.h - the command `top`: a overview, again and again, on the screen. */
#ifndef TCPDWELL_TOP_H
#define TCPDWELL_TOP_H

#include "cli/options.h"

/* Until the person quits or a signal comes. An exit status; the error was told, after the screen
 * was closed. */
int top_run(const struct options *options);

#endif
