/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tracefs.c - see tracefs.h. */
#include "kernel/tracefs.h"

#include <bpf/libbpf.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/own_mount.h"
#include "base/shortage.h"

/* To look into debugfs mounts it there. */
static int open_mounted(void)
{
	static const char *const paths[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int dir = open(paths[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		struct statfs fs;

		if (dir >= 0 && !fstatfs(dir, &fs) && (long)fs.f_type == TRACEFS_MAGIC)
			return dir;
		if (dir >= 0)
			close(dir);
	}
	return -1;
}

/* A descriptor of its root, or -errno. */
static int open_tracefs(void)
{
	int dir = open_mounted();

	if (dir < 0)
		dir = own_mount("tracefs");
	if (dir >= 0 || shortage_is(-dir))
		return dir;
	return -TRACEFS_NONE;
}

/* "tracepoint/GROUP/EVENT": its number, or -errno. */
static int number_of(const char *section)
{
	char path[PATH_MAX], text[16] = "";
	int dir = open_tracefs(), fd, err;

	if (dir < 0)
		return dir;
	snprintf(path, sizeof(path), "events%s/id", strchr(section, '/'));
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	err = errno == EACCES ? -TRACEFS_NONE : -errno;
	close(dir);
	if (fd < 0)
		return err;
	err = read(fd, text, sizeof(text) - 1) < 0 ? -errno : atoi(text);
	close(fd);
	return err;
}

/* It takes the program to every processor, whichever it is opened for; but that one must be there.
 */
static int open_event(int number)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT,
				       .size = sizeof(attr),
				       .config = (__u64)number,
				       .sample_period = 1};

	return (int)syscall(SYS_perf_event_open, &attr, -1, sched_getcpu(), -1,
			    PERF_FLAG_FD_CLOEXEC);
}

struct bpf_link *tracefs_attach(struct bpf_program *prog)
{
	int number = number_of(bpf_program__section_name(prog)), event, err;
	struct bpf_link *link;

	if (number < 0) {
		errno = -number;
		return NULL;
	}
	event = open_event(number);
	if (event < 0)
		return NULL;
	link = bpf_program__attach_perf_event(prog, event);
	if (link)
		return link;
	err = errno;
	close(event);
	errno = err;
	return NULL;
}
