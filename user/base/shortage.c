/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* shortage.c - see shortage.h. */
#include "base/shortage.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct {
	int error;
	bool is_general; /* whatever is tried next meets it too */
	const char *cure;
} shortages[] = {
	{EMFILE, true, NULL}, /* with the limit as it is */
	{ENFILE, true, "a higher limit of open files for the host (sysctl fs.file-max)"},
	{ENOMEM, true,
	 "free memory, a higher limit (ulimit -v, memory.max), or a smaller --buffer"},
	{ENOSPC, false, "make room on that disk, or name a file on another one"},
	{EDQUOT, false, "a higher quota, or a file on another disk"},
	{EFBIG, false, "a higher limit of the size of a file (ulimit -f)"},
	{EROFS, false, "name a file on a disk that may be written to, such as /dev/shm"},
	{EBADF, false, "it is closed: `>FILE` opens it, `>/dev/null` throws it away"},
};

#define SHORTAGES (sizeof(shortages) / sizeof(shortages[0]))

static size_t find(int error)
{
	size_t i = 0;

	while (i < SHORTAGES && shortages[i].error != error)
		i++;
	return i;
}

bool shortage_is(int error)
{
	size_t i = find(error);

	return i < SHORTAGES && shortages[i].is_general;
}

static const char *cure_of_descriptors(void)
{
	static char text[80];
	struct rlimit files = {0};

	getrlimit(RLIMIT_NOFILE, &files);
	snprintf(text, sizeof(text),
		 "a higher limit of open files: `ulimit -n` is %llu, 256 is plenty",
		 (unsigned long long)files.rlim_cur);
	return text;
}

const char *shortage_cure(int error, const char *otherwise)
{
	size_t i = find(error);

	if (i == SHORTAGES)
		return otherwise;
	return shortages[i].cure ? shortages[i].cure : cure_of_descriptors();
}

unsigned shortage_descriptors_left(unsigned enough)
{
	int fds[64];
	unsigned n = 0;

	if (enough > sizeof(fds) / sizeof(fds[0]))
		enough = sizeof(fds) / sizeof(fds[0]);
	while (n < enough && (fds[n] = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) >= 0)
		n++;
	for (unsigned i = n; i; i--)
		close(fds[i - 1]);
	return n;
}
