/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * finish.h - how a run ends, live or replayed: the last output, the recording's end, the exit
 * status.
 */
#ifndef TCPDWELL_FINISH_H
#define TCPDWELL_FINISH_H

#include "cli/options.h"
#include "record/segments.h"
#include "model/tracer.h"

/*
 * `err` is why the stream of records ended: 0 because it was to, or a negative errno. Of the
 * output: -EPIPE is quiet and fine, others are told here. Of a recording, read or written: told
 * already. Ends and frees `recording` (NULL: none). Returns the exit status.
 */
int finish(const struct options *options, struct tracer *tracer, struct segments *recording,
	   int err);

#endif
