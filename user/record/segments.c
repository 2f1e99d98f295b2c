/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* segments.c - see segments.h. */
#include "record/segments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/hangup.h"
#include "record/recording.h"
#include "record/reopen.h"
#include "record/ring_files.h"
#include "wire.h"

struct segments {
	const char *path;
	struct segments_limits limits;
	struct ring_files *files;        /* NULL: one file for all */
	struct reopen *reopen;           /* NULL: it cannot be begun anew */
	bool is_asked;                   /* for the next one */
	struct recording_writer *writer; /* NULL before the first, and once one could not begin */
	struct meta meta;                /* of the next one, but for `attached` */
	uint64_t latest;                 /* ns: of the records so far */
	uint64_t begun;                  /* ns */
	int err;                         /* the first failure */
	bool is_full;                    /* there was no room for one of these */
};

static void hear_hangup(struct segments *segments)
{
	if (!segments->limits.on_hangup || !hangup_is_free())
		return;
	if (!segments->files)
		segments->reopen = reopen_start(segments->path);
	if (segments->files || segments->reopen)
		hangup_catch();
}

static struct ring_files *open_ring(const char *path, const struct segments_limits *limits)
{
	const struct ring_keeper_limits ring = {
		.files = limits->keep, .bytes = limits->keep_bytes, .ns = limits->keep_ns};

	return ring_files_open(path, &ring, limits->incidents);
}

struct segments *segments_open(const char *path, const struct segments_limits *limits)
{
	struct segments *segments = calloc(1, sizeof(*segments));

	if (!segments) {
		diag_error("cannot record to '%s': out of memory", path);
		return NULL;
	}
	segments->path = path;
	segments->limits = *limits;
	if (limits->bytes || limits->ns) {
		segments->files = open_ring(path, limits);
		if (!segments->files) {
			free(segments);
			return NULL;
		}
	}
	hear_hangup(segments);
	return segments;
}

static int fail(struct segments *segments, int err)
{
	segments->is_full |= err == -ENOSPC || err == -EDQUOT;
	if (!segments->err)
		segments->err = err;
	return err;
}

static int began(struct segments *segments, struct recording_writer *writer)
{
	segments->writer = writer;
	return writer ? 0 : fail(segments, -EIO);
}

static int begin(struct segments *segments)
{
	char path[RING_FILES_PATH_MAX];
	FILE *file;

	segments->meta.attached = segments->latest;
	segments->begun = clock_now();
	if (!segments->files)
		return began(segments, recording_create(segments->path, &segments->meta));
	file = ring_files_next(segments->files, path);
	return began(segments, file ? recording_write_to(file, path, &segments->meta) : NULL);
}

int segments_begin(struct segments *segments, const struct meta *meta)
{
	int err;

	segments->meta = *meta;
	segments->latest = meta->attached;
	err = begin(segments);
	reopen_note_file(segments->reopen);
	return err;
}

int segments_add(struct segments *segments, const void *record, size_t len)
{
	struct wire_clock clock;

	memcpy(&clock.head, record, sizeof(clock.head));
	if (clock.head.ts > segments->latest)
		segments->latest = clock.head.ts;
	if (clock.head.kind == WIRE_CLOCK && len >= sizeof(clock)) {
		memcpy(&clock, record, sizeof(clock));
		segments->meta.wall_offset = clock.wall_offset;
	}
	return segments->writer ? recording_add(segments->writer, record, len) : segments->err;
}

int segments_flush(struct segments *segments)
{
	return segments->writer ? recording_flush(segments->writer) : segments->err;
}

bool segments_are_asked(struct segments *segments)
{
	segments->is_asked |= hangup_has_come();
	return segments->is_asked && segments->writer;
}

bool segments_are_due(struct segments *segments, uint64_t now)
{
	const struct segments_limits *limits = &segments->limits;

	if (!segments->writer)
		return false;
	return segments_are_asked(segments) ||
	       (limits->ns && now - segments->begun >= limits->ns) ||
	       (limits->bytes && recording_size(segments->writer) >= limits->bytes);
}

static int end(struct segments *segments)
{
	int err = recording_finish(segments->writer);

	segments->writer = NULL;
	return err ? fail(segments, err) : 0;
}

/* What there is goes on until there is another to go on in. */
static int begin_anew(struct segments *segments)
{
	FILE *file = reopen_next(segments->reopen);
	int err;

	if (!file)
		return 0;
	err = end(segments);
	if (err) {
		fclose(file);
		return err;
	}
	segments->meta.attached = segments->latest;
	return began(segments, recording_write_to(file, segments->path, &segments->meta));
}

int segments_next(struct segments *segments)
{
	int err;

	segments->is_asked = false;
	if (segments->reopen)
		return begin_anew(segments);
	err = end(segments);
	return err ? err : begin(segments);
}

int segments_try_again(struct segments *segments)
{
	int err;

	end(segments);
	if (!ring_files_give_up(segments->files, segments->is_full))
		return -EPIPE;
	segments->err = 0;
	/* What has come since the failure is in no segment; nor that the wall clock was set. */
	if (clock_now() > segments->latest)
		segments->latest = clock_now();
	segments->meta.wall_offset = clock_wall_offset();
	err = begin(segments);
	segments->is_full &= err != 0;
	return err;
}

void segments_begin_incident(struct segments *segments, const char *name, const char *text)
{
	ring_files_begin_incident(segments->files, name, text);
}

void segments_end_incident(struct segments *segments, const char *text)
{
	ring_files_end_incident(segments->files, text);
}

void segments_hear(struct segments *segments, bool to_end)
{
	ring_files_hear(segments->files, to_end);
}

int segments_complete(struct segments *segments)
{
	bool has_begun = segments->writer;
	int err;

	end(segments);
	if (!segments->files || !has_begun || segments->err)
		return segments->err;
	err = ring_files_complete(segments->files);
	return err ? fail(segments, err) : 0;
}

int segments_finish(struct segments *segments)
{
	int err;

	if (!segments)
		return 0;
	err = segments_complete(segments);
	reopen_stop(segments->reopen);
	ring_files_close(segments->files);
	free(segments);
	return err;
}
