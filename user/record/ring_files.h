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
 *
 * Of an incident (incident_files.h) some are kept for good. Then that process may read what is
 * there, too, and make folders; it locks the folder, for one ring is in it; and it does not let us
 * wait: what came of an incident is told later.
 */
#ifndef TCPDWELL_RING_FILES_H
#define TCPDWELL_RING_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "record/ring_keeper.h"

struct ring_files;

/* Room for the path of a file. */
#define RING_FILES_PATH_MAX (PATH_MAX + 32)

/* Starts that process. Makes no file yet. `incidents` NULL: there are none. NULL after the error
 * was told. */
struct ring_files *ring_files_open(const char *path, const struct ring_keeper_limits *limits,
				   const struct incident_files *incidents);

/* The next file, open for writing. The one before has to be closed: it is completed now. Its path,
 * for errors, to `ret_path`. NULL after the error was told. */
FILE *ring_files_next(struct ring_files *files, char ret_path[RING_FILES_PATH_MAX]);

/* The last file, which has to be closed, stays a part, or goes if it is empty; and what failed so
 * far may be tried again. If the disk `is_full` and several are whole, the oldest file goes as
 * well, unless an incident has it, too. False if that process is gone, which was told. */
bool ring_files_give_up(struct ring_files *files, bool is_full);

/* Keeps all but the one being written, and those to come, in a folder of this name, with that text;
 * until the second call, with the text to replace it, and a page. */
void ring_files_begin_incident(struct ring_files *files, const char *name, const char *text);
void ring_files_end_incident(struct ring_files *files, const char *text);

/* Tells what came of that by now; with `to_end`, waits for it. */
void ring_files_hear(struct ring_files *files, bool to_end);

/* Completes the last file, which has to be closed; else it stays a part. 0, or -errno after it was
 * told. */
int ring_files_complete(struct ring_files *files);

/* Frees. NULL does nothing. */
void ring_files_close(struct ring_files *files);

#endif
