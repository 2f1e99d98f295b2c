/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* proc_text.h - lines of /proc/PID, taken apart. Others choose the names in some of them. */
#ifndef TCPDWELL_PROC_TEXT_H
#define TCPDWELL_PROC_TEXT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Of /proc/PID/stat the parent: "PID (NAME) STATE PARENT ..."; 0: it does not say. */
pid_t proc_text_parent(const char *stat);

/* Is a line of /proc/PID/mountinfo that of a network namespace, and where is it mounted?
 * "ID PARENT MAJOR:MINOR net:[INODE] MOUNTPOINT ...". */
bool proc_text_netns_mount(const char *line, char ret_point[PATH_MAX]);

/*
 * One of the kernel's counters, from two lines that belong together, as in /proc/PID/net/netstat:
 * "TcpExt: NAME NAME ..." and "TcpExt: NUMBER NUMBER ...". UINT64_MAX: they do not say.
 */
uint64_t proc_text_counter(const char *names, const char *numbers, const char *table,
			   const char *name);

#endif
