/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* finish.c - see finish.h. */
#include "commands/finish.h"

#include <errno.h>
#include <string.h>

#include "base/diag.h"
#include "base/shortage.h"

int finish(const struct options *options, struct tracer *tracer, struct segments *recording,
	   int err)
{
	int output = tracer_flush(tracer), failed = err && err != output, file;

	if (!output)
		output = tracer_finish(tracer);
	file = segments_finish(recording);
	if (output && output != -EPIPE) {
		diag_error("cannot write the output: %s", strerror(-output));
		diag_hint("%s", shortage_cure(-output, "the output is not complete"));
		return DIAG_FAILED;
	}
	if (failed || file)
		return DIAG_FAILED;
	if (options->strict && tracer_lost(tracer)) {
		diag_error("something was lost (--strict)");
		diag_hint("use a larger --buffer, a narrower filter, or a faster reader of the "
			  "output");
		return DIAG_LOST;
	}
	return DIAG_OK;
}
