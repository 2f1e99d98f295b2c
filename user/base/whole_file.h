/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * whole_file.h - a file that is written whole or not at all: until it is complete, what was there
 * before is there. It is opened before a long run, so that a place where nothing can be written is
 * told at once.
 *
 * A new file is written beside, and renamed at the end. By then we may have given up the privileges
 * that it takes to rename something in another's folder (`sudo tcpdwell report` in one's home), so
 * a process of its own keeps those, and no others: it waits for one byte, renames, and ends; if the
 * byte does not come, however we ended, it removes what was written. It does nothing else.
 *
 * What is no regular file (a pipe, a terminal, /dev/full) is written to as it is; "-" is standard
 * output.
 */
#ifndef TCPDWELL_WHOLE_FILE_H
#define TCPDWELL_WHOLE_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct whole_file;

/* NULL after the error was told. */
struct whole_file *whole_file_open(const char *path);

/* Errors are remembered, and nothing is written after the first: whole_file_finish() tells. */
void whole_file_write(struct whole_file *file, const void *bytes, size_t len);

/* In its place, if `good` and all was written. 0, or -errno after the error was told; a reader that
 * went away is no error. Frees it; NULL does nothing. */
int whole_file_finish(struct whole_file *file, bool good);

#endif
