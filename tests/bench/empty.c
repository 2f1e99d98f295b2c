/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* empty.c - `empty READY PROGRAM`: attaches that one of empty.bpf.c, writes READY, and waits to be
 * ended. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "empty.skel.h"

int main(int argc, char **argv)
{
	struct empty_bpf *skel = empty_bpf__open();
	struct bpf_program *prog;
	sigset_t ends;
	FILE *ready;
	int signal;

	if (argc != 3 || !skel)
		return 1;
	bpf_object__for_each_program (prog, skel->obj)
		bpf_program__set_autoload(prog, !strcmp(bpf_program__name(prog), argv[2]));
	if (empty_bpf__load(skel) || empty_bpf__attach(skel))
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
