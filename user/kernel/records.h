/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* records.h - records in memory, one behind the other. */
#ifndef TCPDWELL_RECORDS_H
#define TCPDWELL_RECORDS_H

#include <stddef.h>

/* Begins as {0}; records_release() frees. */
struct records {
	unsigned char *bytes;
	size_t len, room;
};

/* Takes a record; the bytes are valid during the call. 0, or a negative errno, which ends the
 * handing over. */
typedef int (*record_fn)(void *ctx, const void *record, size_t len);

/* Room for `more` bytes behind the last record. 0 or -ENOMEM. */
int records_make_room(struct records *records, size_t more);

/* Of these bytes, how many are whole records: the last one may be cut, or none at all. */
size_t records_whole(const struct records *records);

/* Appends one record, a record_fn over a struct records. 0 or -ENOMEM. */
int records_keep(void *records, const void *record, size_t len);

/* Hands over the records of both, each in its own order, the earlier one first. 0, or what `fn`
 * returned. */
int records_merge(const struct records *a, const struct records *b, record_fn fn, void *ctx);

void records_release(struct records *records);

#endif
