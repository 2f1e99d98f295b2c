/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* files.h - do the files of a command line go together? Asked before one is opened or removed. */
#ifndef TCPDWELL_FILES_H
#define TCPDWELL_FILES_H

#include "cli/options.h"

/* 0, or -EINVAL after the error was told: two of them are one, or the ready file, which is
 * replaced, would replace what is no file. */
int files_check(const struct options *options);

/* 0, or -EBADF after the error was told: standard output or input is needed and not open for it. A
 * run must not find that out when it is over. */
int files_check_standard(const struct options *options);

#endif
