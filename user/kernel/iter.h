/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* iter.h - reads a BPF iterator into memory, so that it does not wait for whoever takes the
 * records.
 */
#ifndef TCPDWELL_ITER_H
#define TCPDWELL_ITER_H

#include <stddef.h>

struct bpf_link;

/* Begins as {0}; iter_release() frees. */
struct iter_records {
	unsigned char *bytes;
	size_t len, room;
};

/* Takes a record; the bytes are valid during the call. 0, or what ends the handing over. */
typedef int (*iter_record_fn)(void *ctx, const void *record, size_t len);

/* Goes through the iterator once and appends what it tells. 0 or -errno. */
int iter_read(const struct bpf_link *link, struct iter_records *records);

/* Appends one record, an iter_record_fn over a struct iter_records. 0 or -ENOMEM. */
int iter_keep(void *records, const void *record, size_t len);

/* Hands over the records of both, each in its own order, the earlier one first. 0, or what `fn`
 * returned. */
int iter_merge(const struct iter_records *a, const struct iter_records *b, iter_record_fn fn,
	       void *ctx);

void iter_release(struct iter_records *records);

#endif
