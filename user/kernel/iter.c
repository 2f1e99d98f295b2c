/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* iter.c - see iter.h. */
#include "kernel/iter.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire.h"

#define CHUNK (256 * WIRE_MAX_SIZE)

static int make_room(struct iter_records *records)
{
	size_t room = 2 * records->room + CHUNK;
	unsigned char *bytes;

	if (records->room - records->len >= CHUNK)
		return 0;
	bytes = realloc(records->bytes, room);
	if (!bytes)
		return -ENOMEM;
	records->bytes = bytes;
	records->room = room;
	return 0;
}

int iter_read(const struct bpf_link *link, struct iter_records *records)
{
	int fd = bpf_iter_create(bpf_link__fd(link)), err = 0;
	ssize_t len = 0;

	if (fd < 0)
		return -errno;
	do {
		err = make_room(records);
		if (err)
			break;
		len = read(fd, records->bytes + records->len, records->room - records->len);
		if (len > 0)
			records->len += (size_t)len;
		else if (len < 0 && errno != EAGAIN)
			err = -errno;
	} while (!err && len);
	close(fd);
	return err;
}

int iter_keep(void *ctx, const void *record, size_t len)
{
	struct iter_records *records = ctx;
	int err = make_room(records);

	if (err)
		return err;
	memcpy(records->bytes + records->len, record, len);
	records->len += len;
	return 0;
}

/* The head of the record at `at`; false past the last, or where there is none. */
static bool head_at(const struct iter_records *records, size_t at, struct wire_head *head)
{
	if (records->len - at < sizeof(*head))
		return false;
	memcpy(head, records->bytes + at, sizeof(*head));
	return head->len >= sizeof(*head) && head->len <= records->len - at;
}

int iter_merge(const struct iter_records *a, const struct iter_records *b, iter_record_fn fn,
	       void *ctx)
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

void iter_release(struct iter_records *records)
{
	free(records->bytes);
	*records = (struct iter_records){0};
}
