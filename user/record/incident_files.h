/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * incident_files.h - folders beside the files of a ring, which keep some of those for good: a
 * segment is linked there, not copied, so that it stays when the ring removes it. The part of the
 * process that makes those files (ring_files.h), in whose current folder all of this is.
 *
 * A folder has the segments of before and, as they are completed, of after; `incident.json`; and in
 * the end a page, which a process of its own makes. Only what these are called is ever removed.
 */
#ifndef TCPDWELL_INCIDENT_FILES_H
#define TCPDWELL_INCIDENT_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define INCIDENT_FILES_PREFIX   "incident-"
#define INCIDENT_FILES_NAME_MAX 96
#define INCIDENT_FILES_TEXT_MAX 16384

/* Makes a page of the recording in the folder that we are in. An exit status. */
typedef int (*incident_files_page_fn)(void *ctx, const char *folder, const char *page);

struct incident_files {
	uint64_t keep; /* folders there are at most */
	incident_files_page_fn page;
	void *ctx;
	char now[INCIDENT_FILES_NAME_MAX]; /* the one that is being filled; "": none */
};

/* Makes the folder, of this name or the first free one that begins so, with that text. 0 or -errno.
 */
int incident_files_begin(struct incident_files *files, const char *name, const char *text);

/* Links a file of the ring there, if a folder is being filled. 0 or -errno. */
int incident_files_add(const struct incident_files *files, const char *segment);

/* Replaces the text. No more is added. 0 or -errno. */
int incident_files_end(struct incident_files *files, const char *text);

/* To be called in a process of its own. An exit status. */
int incident_files_make_page(const struct incident_files *files, const char *folder);

/* Removes the oldest ones, by name, until there are `keep`, but not the one that is being filled.
 * What somebody put there stays, and so does its folder; one of another name, which is not
 * `incident-`, a time, `-` and a word, is none of ours. `is_segment`: is it a name of the ring? */
void incident_files_prune(const struct incident_files *files, bool (*is_segment)(const char *name));

#endif
