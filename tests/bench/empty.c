/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* empty.c - attaches the empty program, writes the file of its argument, and waits to be ended. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "empty.skel.h"

int main(int argc, char **argv)
{
	struct empty_bpf *skel = empty_bpf__open_and_load();
	sigset_t ends;
	FILE *ready;
	int signal;

	if (argc != 2 || !skel || empty_bpf__attach(skel))
		return 1;
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	ready = fopen(argv[1], "we");
	if (!ready || fprintf(ready, "%d\n", (int)getpid()) < 0 || fclose(ready))
		return 1;
	sigwait(&ends, &signal);
	empty_bpf__destroy(skel);
	return 0;
}
