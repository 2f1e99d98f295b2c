/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * replay.h - the same results from a recording, without a kernel, without root.
 */
#ifndef TCPDWELL_REPLAY_H
#define TCPDWELL_REPLAY_H

#include <stdio.h>

#include "cli/options.h"

/* Exit status, everything told. A cut recording is shown as far as it goes, and is a failure. */
int replay_run(const struct options *options, FILE *out);

#endif
