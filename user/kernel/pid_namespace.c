/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* pid_namespace.c - see pid_namespace.h. */
#include "kernel/pid_namespace.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* PROC_PID_INIT_INO in the kernel's include/linux/proc_ns.h. */
#define FIRST 0xEFFFFFFCu

uint32_t pid_namespace(void)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) || (uint32_t)st.st_ino == FIRST)
		return 0;
	return (uint32_t)st.st_ino;
}

bool pid_namespace_is_not_of_proc(void)
{
	char self[32] = "";

	return readlink("/proc/self", self, sizeof(self) - 1) > 0 && atoi(self) != getpid();
}
