/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* files.h - do the files of a command line go together? Asked before one is opened or removed. */
#ifndef TCPDWELL_FILES_H
#define TCPDWELL_FILES_H

#include "cli/options.h"

/* 0, or -EINVAL after the error was told: two of them are one, or the ready file, which is
 * replaced, would replace what is no file. */
int files_check(const struct options *options);

enum files_standard {
	FILES_OPEN,
	FILES_CLOSED,          /* nothing can be done */
	FILES_RECORDING_ALONE, /* what is printed goes nowhere: as tee(1), which writes its file
				* then and fails */
};

/* Are standard output and input open for what is needed of them? A run must not find that out when
 * it is over. The error is told, whichever there is. */
enum files_standard files_check_standard(const struct options *options);

#endif
