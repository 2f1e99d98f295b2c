/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* files.h - do the files of a command line go together? Asked before one is opened or removed. */
#ifndef TCPDWELL_FILES_H
#define TCPDWELL_FILES_H

#include "cli/options.h"

/* 0, or -EINVAL after the error was told: two of them are one, or the ready file, which is
 * replaced, would replace what is no file. */
int files_check(const struct options *options);

#endif
