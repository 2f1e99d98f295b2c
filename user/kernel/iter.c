/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* iter.c - see iter.h. */
#include "kernel/iter.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

/* The kernel's own buffer of an iterator has 8 pages (bpf_seq_read(), 5.8 to 7.3): with as much a
 * read takes all that is in it, and no record is cut. */
#define KERNEL_PAGES 8

int iter_each(const struct bpf_link *link, iter_fn fn, void *ctx)
{
	int fd = bpf_iter_create(bpf_link__fd(link)), err;
	size_t room = KERNEL_PAGES * (size_t)sysconf(_SC_PAGESIZE);
	struct records read_now = {0};
	ssize_t len = 0;

	if (fd < 0)
		return -errno;
	err = records_make_room(&read_now, room);
	while (!err) {
		len = read(fd, read_now.bytes, room);
		if (!len)
			break;
		read_now.len = len > 0 ? (size_t)len : 0;
		if (len > 0)
			err = fn(ctx, &read_now);
		else if (errno != EAGAIN)
			err = -errno;
	}
	records_release(&read_now);
	close(fd);
	return err;
}
