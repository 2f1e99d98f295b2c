/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* iter.c - see iter.h. */
#include "kernel/iter.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

/*
 * The kernel's own buffer of an iterator has 8 pages (bpf_seq_read(), since 5.10): with as much a
 * read takes all that is in it, so no record is cut, and none is older than what events told before
 * that read. Should a kernel have more, what is cut waits for its rest.
 */
#define KERNEL_PAGES 8

/* Hands over what is whole, and keeps the rest. `fn` may change and shorten what it is given. */
static int hand_over(struct records *now, iter_fn fn, void *ctx)
{
	size_t len = now->len, whole = records_whole(now);
	int err;

	now->len = whole;
	err = fn(ctx, now);
	memmove(now->bytes, now->bytes + whole, len - whole);
	now->len = len - whole;
	return err;
}

int iter_each(const struct bpf_link *link, iter_fn fn, void *ctx)
{
	size_t room = KERNEL_PAGES * (size_t)sysconf(_SC_PAGESIZE);
	int fd = bpf_iter_create(bpf_link__fd(link)), err;
	struct records now = {0};
	ssize_t len = 1;

	if (fd < 0)
		return -errno;
	err = records_make_room(&now, room);
	while (!err && len) {
		len = read(fd, now.bytes + now.len, room - now.len);
		now.len += len > 0 ? (size_t)len : 0;
		if (len > 0)
			err = hand_over(&now, fn, ctx);
		else if (len < 0 && errno != EAGAIN)
			err = -errno;
	}
	if (!err && now.len)
		err = -EBADMSG;
	records_release(&now);
	close(fd);
	return err;
}
