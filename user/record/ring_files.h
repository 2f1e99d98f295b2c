/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ring_files.h - the files of a recording that goes on in a new one again and again, in the folder
 * of PATH: PATH.000001, PATH.000002 and so on, each for its owner alone. The one being written is
 * called PATH.000003.part; it gets its name once it is complete and on the disk, and only then are
 * older ones removed. So a file without `.part` is whole, whenever the host went down. Numbers go
 * on behind those that are there, of whichever run.
 *
 * Once we trace we can make no file any more. A second process keeps the right to, and no other:
 * under Landlock it makes, writes, renames and removes regular files in that one folder, and it
 * does so in the way above, whatever it is asked. It follows no link there: a new file is one that
 * was not there. Writing is ours; it hands over the open file, and waits for the disk while we go
 * on.
 */
#ifndef TCPDWELL_RING_FILES_H
#define TCPDWELL_RING_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct ring_files;

/* Room for the path of a file. */
#define RING_FILES_PATH_MAX (PATH_MAX + 32)

/* Starts that process. Makes no file yet. `keep`: files there are at most, but for the moment that
 * it takes to complete one; 0: all. NULL after the error was told. */
struct ring_files *ring_files_open(const char *path, uint64_t keep);

/* The next file, open for writing. The one before has to be closed: it is completed now. Its path,
 * for errors, to `ret_path`. NULL after the error was told. */
FILE *ring_files_next(struct ring_files *files, char ret_path[RING_FILES_PATH_MAX]);

/* Completes the last file, which has to be closed, if it is `good`; else it stays a part. Frees. 0,
 * or -errno after it was told. NULL does nothing. */
int ring_files_finish(struct ring_files *files, bool good);

#endif
