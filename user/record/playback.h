/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * playback.h - what -r reads: a file, or a folder of segments (segments.h) as the one recording
 * that they are, in the order of time. Of a folder every file counts that begins as a recording
 * does, whatever it is called, and folders in it do not.
 *
 * Where nothing was recorded between two of them (a run was killed, another began), that is told,
 * and what comes behind the gap says of itself that records were lost before it, so that nobody
 * measures across it. What was recorded before the host was started last is left out, which is
 * told: its clock is another one. So is what does not see the same as the last one: another filter,
 * other ways; and what is of another version of the format. A file called `.part` may be cut
 * (recording_open_part()); that another one is cut or damaged is an error, and what comes behind it
 * is read all the same.
 *
 * Errors are told here, or by recording.h, and returned as negative errno.
 */
#ifndef TCPDWELL_PLAYBACK_H
#define TCPDWELL_PLAYBACK_H

#include <stddef.h>

#include "record/meta.h"

struct playback;

/* `path`, "-" for standard input, has to outlive it. `ret_meta` is that of the first segment. NULL
 * after the error was told, or because a stop was asked. */
struct playback *playback_open(const char *path, struct meta *ret_meta);

/* As recording_read(). Of a folder the first error is returned in the end. */
int playback_read(struct playback *playback, int (*fn)(void *ctx, const void *records, size_t len),
		  void *ctx);

/* What of the folder was not read, though that is no error, in words: gaps, and recordings that are
 * left out. NULL: nothing. */
const char *playback_lacks(struct playback *playback);

/* NULL does nothing. */
void playback_close(struct playback *playback);

#endif
