/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * guard.h - the command `guard`: records always, into a ring of segments, and looks at the sockets
 * again and again; when a condition begins to hold, what was before and comes after is kept.
 */
#ifndef TCPDWELL_GUARD_H
#define TCPDWELL_GUARD_H

#include "cli/options.h"

/* Until a signal comes. An exit status; errors were told. */
int guard_run(const struct options *options);

#endif
