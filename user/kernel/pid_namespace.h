/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* pid_namespace.h - whose numbers of processes are ours. */
#ifndef TCPDWELL_PID_NAMESPACE_H
#define TCPDWELL_PID_NAMESPACE_H

#include <stdbool.h>
#include <stdint.h>

/* Inode number of the pid namespace that we are in; 0: the first, which sees every process, or
 * /proc does not tell. */
uint32_t pid_namespace(void);

/* Is /proc that of another pid namespace, as after `unshare -p -f` without --mount-proc? */
bool pid_namespace_is_not_of_proc(void);

#endif
