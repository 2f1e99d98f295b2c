/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * trace.h - tracing this host: the loop around session and tracer, with the clock, the signals and
 * the recording.
 */
#ifndef TCPDWELL_LIVE_H
#define TCPDWELL_LIVE_H

#include <stdio.h>

#include "cli/options.h"

/* Runs until the duration is over, a signal, or nobody reads any more. Exit status, everything
 * told. */
int live_run(const struct options *options, FILE *out);

#endif
