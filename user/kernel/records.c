/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* records.c - see records.h. */
#include "kernel/records.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

int records_make_room(struct records *records, size_t more)
{
	size_t room = 2 * records->room;
	unsigned char *bytes;

	if (records->room - records->len >= more)
		return 0;
	if (room < records->len + more)
		room = records->len + more;
	bytes = realloc(records->bytes, room);
	if (!bytes)
		return -ENOMEM;
	records->bytes = bytes;
	records->room = room;
	return 0;
}

int records_keep(void *ctx, const void *record, size_t len)
{
	struct records *records = ctx;
	int err = records_make_room(records, len);

	if (err)
		return err;
	memcpy(records->bytes + records->len, record, len);
	records->len += len;
	return 0;
}

/* The head of the record at `at`; false past the last, or where there is none. */
static bool head_at(const struct records *records, size_t at, struct wire_head *head)
{
	if (records->len - at < sizeof(*head))
		return false;
	memcpy(head, records->bytes + at, sizeof(*head));
	return head->len >= sizeof(*head) && head->len <= records->len - at;
}

size_t records_whole(const struct records *records)
{
	struct wire_head head;
	size_t at = 0;

	while (head_at(records, at, &head))
		at += head.len;
	return at;
}

int records_merge(const struct records *a, const struct records *b, record_fn fn, void *ctx)
{
	size_t at_a = 0, at_b = 0;
	int stopped = 0;

	while (!stopped) {
		struct wire_head head_a, head_b;
		bool has_a = head_at(a, at_a, &head_a), has_b = head_at(b, at_b, &head_b);

		if (!has_a && !has_b)
			break;
		if (has_a && (!has_b || head_a.ts <= head_b.ts)) {
			stopped = fn(ctx, a->bytes + at_a, head_a.len);
			at_a += head_a.len;
		} else {
			stopped = fn(ctx, b->bytes + at_b, head_b.len);
			at_b += head_b.len;
		}
	}
	return stopped;
}

void records_release(struct records *records)
{
	free(records->bytes);
	*records = (struct records){0};
}
