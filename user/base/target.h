/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* target.h - the file that a path leads to, which need not be there yet. */
#ifndef TCPDWELL_TARGET_H
#define TCPDWELL_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* The path behind the links that the last part of `path` is, as far as they lead. 0, or -errno:
 * they lead round in circles, or it is too long. */
int target_path(const char *path, char ret_path[PATH_MAX]);

struct target {
	dev_t dev;
	ino_t ino;
	mode_t mode;             /* 0: it is not there, and this is its folder */
	char name[NAME_MAX + 1]; /* in that folder; "": it is there */
};

/* False if there is not even a folder. */
bool target_of(const char *path, struct target *ret_target);
bool target_of_fd(int fd, struct target *ret_target);

/* Is what is written to both mixed? Nothing is in a terminal, or in /dev/null. */
bool target_is_same(const struct target *a, const struct target *b);

#endif
