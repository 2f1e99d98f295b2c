/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* iter.c - see iter.h. */
#include "iter.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
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

int iter_hand_over(const struct iter_records *records, iter_record_fn fn, void *ctx)
{
	struct wire_head head;

	for (size_t at = 0; at + sizeof(head) <= records->len; at += head.len) {
		int stopped;

		memcpy(&head, records->bytes + at, sizeof(head));
		if (!head.len || head.len > records->len - at)
			break;
		stopped = fn(ctx, records->bytes + at, head.len);
		if (stopped)
			return stopped;
	}
	return 0;
}

void iter_release(struct iter_records *records)
{
	free(records->bytes);
	*records = (struct iter_records){0};
}
