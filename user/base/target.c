/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* target.c - see target.h. */
#include "base/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel has it */

static size_t folder_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

/* `path` is the link, then where it leads. */
static int follow(char path[PATH_MAX], const char *link)
{
	size_t folder = *link == '/' ? 0 : folder_len(path);

	if (folder + strlen(link) >= PATH_MAX)
		return -ENAMETOOLONG;
	strcpy(path + folder, link);
	return 0;
}

int target_path(const char *path, char ret_path[PATH_MAX])
{
	char link[PATH_MAX];
	ssize_t len;
	int err = 0;

	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	strcpy(ret_path, path);
	for (int i = 0; !err && i < LINKS_MAX; i++) {
		len = readlink(ret_path, link, sizeof(link) - 1);
		if (len < 0)
			return 0;
		link[len] = '\0';
		err = follow(ret_path, link);
	}
	return err ? err : -ELOOP;
}

static struct target target_from(const struct stat *st)
{
	return (struct target){.dev = st->st_dev, .ino = st->st_ino, .mode = st->st_mode};
}

/* What a link of /proc/PID/fd says is no path, and leads there all the same. */
bool target_of(const char *path, struct target *ret_target)
{
	char where[PATH_MAX], *name;
	struct stat st;

	if (!stat(path, &st)) {
		*ret_target = target_from(&st);
		return true;
	}
	if (target_path(path, where))
		return false;
	name = where + folder_len(where);
	*ret_target = (struct target){0};
	if (snprintf(ret_target->name, sizeof(ret_target->name), "%s", name) > NAME_MAX)
		return false;
	strcpy(name, name == where ? "." : "");
	if (stat(where, &st))
		return false;
	ret_target->dev = st.st_dev;
	ret_target->ino = st.st_ino;
	return true;
}

bool target_of_fd(int fd, struct target *ret_target)
{
	struct stat st;

	if (fstat(fd, &st))
		return false;
	*ret_target = target_from(&st);
	return true;
}

bool target_is_same(const struct target *a, const struct target *b)
{
	return a->dev == b->dev && a->ino == b->ino && !strcmp(a->name, b->name) &&
	       !S_ISCHR(a->mode);
}
