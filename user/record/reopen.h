/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * reopen.h - the next file of the same name, for who writes one that somebody else renames
 * meanwhile, as logrotate(8) does. Nothing that somebody wrote is lost: without a new name for what
 * was written, or where something else is by now, there is no next file.
 *
 * Once we trace we can open no file any more. A second process keeps the right to: under Landlock
 * it makes and writes regular files in that one folder, and all that it does is to open this one
 * name, following no link, and to hand it over.
 */
#ifndef TCPDWELL_REOPEN_H
#define TCPDWELL_REOPEN_H

#include <stdio.h>

struct reopen;

/* Starts that process. NULL where there will be no next file: nothing is told if what is there is
 * no regular file, or there is no such folder; that no process is to be had is told as a warning.
 * `path` has to outlive it. */
struct reopen *reopen_start(const char *path);

/* What is there now is what we write. To be called while we may still look. NULL does nothing. */
void reopen_note_file(struct reopen *reopen);

/* The next one, empty and open for writing, for its owner alone. NULL after it was told why not,
 * as a warning. */
FILE *reopen_next(struct reopen *reopen);

/* NULL does nothing. */
void reopen_stop(struct reopen *reopen);

#endif
