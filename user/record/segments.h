/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * segments.h - a recording in one file, or in a ring of them (ring_files.h): segments. Each segment
 * is a whole recording: it has a head of its own, whose time is that of the last record before it,
 * so that what it holds is complete from there on, and the wall clock as it was by then.
 *
 * A record is in one segment. Whoever gives the records cuts between two of them where the model
 * can bear it, and begins each segment with a census: see segments_next().
 *
 * The next segment can be asked for by SIGHUP, too. What was to be one file for all then ends, if
 * somebody has renamed it, and another one of its name begins (reopen.h).
 */
#ifndef TCPDWELL_SEGMENTS_H
#define TCPDWELL_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/incident_files.h"
#include "record/meta.h"

/* Of a segment, and of the ring. All 0: one file for all. */
struct segments_limits {
	bool on_hangup;     /* the next begins when that comes, where it means that (hangup.h) */
	uint64_t bytes, ns; /* the next begins when either is reached; 0: no limit */
	uint64_t keep;      /* files; 0: all */
	uint64_t keep_bytes, keep_ns;           /* see ring_keeper_limits */
	const struct incident_files *incidents; /* NULL: there are none */
};

struct segments;

/* To be called before privileges are given up, and, so that an error is told at once, before the
 * records begin. `path` has to outlive it. NULL after the error was told. */
struct segments *segments_open(const char *path, const struct segments_limits *limits);

/* The first, with this head. 0, or -errno after it was told; so have the others. */
int segments_begin(struct segments *segments, const struct meta *meta);

/* As recording_add() and recording_flush(). */
int segments_add(struct segments *segments, const void *record, size_t len);
int segments_flush(struct segments *segments);

/* Was the next one asked for? */
bool segments_are_asked(struct segments *segments);

/* The same, or has the segment reached a limit? `now`: ns, clock_now(). */
bool segments_are_due(struct segments *segments, uint64_t now);

/* Ends the segment and begins the next one, from where the caller has to take a census. If what was
 * to be one file cannot be begun anew, that is told, it goes on, and it is no error. */
int segments_next(struct segments *segments);

/* Of a ring, when one of these has failed: what was written stays, as a part, and a new segment
 * begins, as after segments_next(). If a disk was full, the oldest one goes for it. 0, or -errno
 * after it was told: it may be tried again, unless it is -EPIPE. */
int segments_try_again(struct segments *segments);

/* Of a ring with incidents: see ring_files.h. */
void segments_begin_incident(struct segments *segments, const char *name, const char *text);
void segments_end_incident(struct segments *segments, const char *text);
void segments_hear(struct segments *segments, bool to_end);

/* Ends the last one: nothing is added any more. 0, or -errno of the first failure. */
int segments_complete(struct segments *segments);

/* Likewise, frees. NULL does nothing. */
int segments_finish(struct segments *segments);

#endif
