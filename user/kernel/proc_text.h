/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* proc_text.h - lines of /proc/PID, taken apart. Others choose the names in them. */
#ifndef TCPDWELL_PROC_TEXT_H
#define TCPDWELL_PROC_TEXT_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* Of /proc/PID/stat the parent: "PID (NAME) STATE PARENT ..."; 0: it does not say. */
pid_t proc_text_parent(const char *stat);

/* Is a line of /proc/PID/mountinfo that of a network namespace, and where is it mounted?
 * "ID PARENT MAJOR:MINOR net:[INODE] MOUNTPOINT ...". */
bool proc_text_netns_mount(const char *line, char ret_point[PATH_MAX]);

#endif
