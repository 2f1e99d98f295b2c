/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ready.c - see ready.h. */
#include "base/ready.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/notify.h"
#include "base/shortage.h"

void ready_begin(const char *path)
{
	if (path)
		unlink(path);
	notify_open();
}

/* A link that somebody put there is not followed, and what a run that was killed left is none of
 * ours. */
static FILE *create(const char *path)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

static int write_file(const char *path)
{
	char part[PATH_MAX];
	FILE *file;
	int err;

	/* A name that nobody else has: the recording may be called FILE.part. */
	snprintf(part, sizeof(part), "%s.%d.part", path, (int)getpid());
	file = create(part);
	if (!file || fprintf(file, "%d\n", (int)getpid()) < 0 || fclose(file) ||
	    rename(part, path)) {
		err = errno;
		diag_error("cannot write ready file '%s': %s", path, strerror(err));
		diag_hint("%s", shortage_cure(err, "--ready-file needs a path that can be "
						   "written"));
		if (file)
			unlink(part);
		return -EIO;
	}
	return 0;
}

int ready_tell(const char *path, const char *status)
{
	if (path && write_file(path))
		return -EIO;
	notify_ready(status);
	return 0;
}

void ready_end(void)
{
	notify_stopping();
}
