/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * recording.h - records in a file: what -w writes and -r reads.
 *
 * Layout, in the byte order of the host that wrote it:
 *
 *     "TCPDWELL"  u32 WIRE_VERSION  u32 length  u32 CRC-32 of the JSON  JSON (struct meta)
 *     frames:     u32 length  u32 CRC-32 of the payload  payload: whole records, one behind the
 * other end:        u32 0       u32 RECORDING_END
 *
 * A file without its end mark is incomplete, and reading it says so, and how many bytes behind the
 * last whole frame are left out: a half-written file never passes for a whole one. Errors are told
 * here, with the path, and returned as negative errno.
 */
#ifndef TCPDWELL_RECORDING_H
#define TCPDWELL_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "record/meta.h"

struct recording_writer;
struct recording_reader;

/* Creates (for its owner alone) or truncates the file and writes its head. NULL after the error was
 * told. */
struct recording_writer *recording_create(const char *path, const struct meta *meta);

/* The same into a file that is open; it is closed in any case. `path` is for errors. */
struct recording_writer *recording_write_to(FILE *file, const char *path, const struct meta *meta);

/* Bytes so far, with the frame under way. */
uint64_t recording_size(const struct recording_writer *writer);

/* Appends one record to the frame under way. */
int recording_add(struct recording_writer *writer, const void *record, size_t len);

/* Writes the frame under way, if there is something in it. */
int recording_flush(struct recording_writer *writer);

/* Flushes, writes the end mark if nothing failed so far, closes and frees. NULL does nothing. */
int recording_finish(struct recording_writer *writer);

/* Opens the file, "-" for standard input, and reads its head. NULL after the error was told, or
 * because a stop was asked (stop.h). */
struct recording_reader *recording_open(const char *path, struct meta *ret_meta);

/* The same of one that is still written to, or whose writer was killed: that it is not whole, and
 * what of it is left out, is a warning then, and returned as -ENODATA. */
struct recording_reader *recording_open_part(const char *path, struct meta *ret_meta);

/* Does a file begin as a recording does, or cannot it be opened? To be asked of a regular file. */
bool recording_is_one(const char *path);

/* Is it one, but of another version of the format, or of the other byte order? */
bool recording_is_of_other_version(const char *path);

/*
 * Calls `fn` with each frame's payload until the end mark, until `fn` returns non-zero (which is
 * returned), or until the file turns out incomplete or damaged. -EINTR, not told, if a stop was
 * asked while it was waited for.
 */
int recording_read(struct recording_reader *reader,
		   int (*fn)(void *ctx, const void *records, size_t len), void *ctx);

/*
 * Calls `fn` with each record of a payload until one is later than `until` (ns). `fn` returns the
 * length of the record or a negative errno, which ends it; that a record is none (-EBADMSG) is told
 * here, with `path`. 0, RECORDING_ENOUGH at that later record, or what `fn` said.
 */
#define RECORDING_ENOUGH 1
int recording_each(const char *path, const void *records, size_t len, uint64_t until,
		   int (*fn)(void *ctx, const void *record, size_t len), void *ctx);

void recording_close(struct recording_reader *reader);

#endif
