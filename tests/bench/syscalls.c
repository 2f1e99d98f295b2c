/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * syscalls [TRACEFS [ROUNDS [CALLS]]] - what `--accept syscalls` costs every other system call: a
 * loop of getppid(), in turns
 *
 *	none     with nothing (if nobody else traces system calls)
 *	event    with syscalls:sys_exit_accept on, as the way has it
 *	program  with an empty program on the raw tracepoint sys_exit, which would need no tracefs
 *
 * A line each: name, median, least and most, in ns a call. Root.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX 101

static const char *tracefs = "/sys/kernel/tracing";

static void give_up(const char *what)
{
	fprintf(stderr, "syscalls: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_event(void)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr)};
	char path[4096];
	FILE *file;
	int fd;

	snprintf(path, sizeof(path), "%s/events/syscalls/sys_exit_accept/id", tracefs);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%llu", &attr.config) != 1)
		give_up(path);
	fclose(file);
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		give_up("perf_event_open");
	return fd;
}

static int load_program(void)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
			       .insns = (__u64)(unsigned long)insns,
			       .insn_cnt = sizeof(insns) / sizeof(insns[0]),
			       .license = (__u64)(unsigned long)"GPL"};
	int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd < 0)
		give_up("cannot load the program");
	return fd;
}

static int open_program(void)
{
	static int program = -1;
	union bpf_attr attr = {0};
	int fd;

	if (program < 0)
		program = load_program();
	attr.raw_tracepoint.name = (__u64)(unsigned long)"sys_exit";
	attr.raw_tracepoint.prog_fd = (__u32)program;
	fd = (int)syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
	if (fd < 0)
		give_up("cannot attach the program");
	return fd;
}

static int open_nothing(void)
{
	return dup(STDERR_FILENO);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double measure(int (*begin)(void), long calls)
{
	int fd = begin();
	double begun;

	for (long i = 0; i < calls / 10; i++)
		syscall(SYS_getppid);
	begun = now();
	for (long i = 0; i < calls; i++)
		syscall(SYS_getppid);
	begun = (now() - begun) / (double)calls;
	close(fd);
	return begun;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*begin)(void);
	} ways[] = {{"none", open_nothing}, {"event", open_event}, {"program", open_program}};
	enum { WAYS = sizeof(ways) / sizeof(ways[0]) };
	static double ns[WAYS][ROUNDS_MAX];
	int rounds = argc > 2 ? atoi(argv[2]) : 15;
	long calls = argc > 3 ? atol(argv[3]) : 2000000;

	if (argc > 1)
		tracefs = argv[1];
	if (rounds < 1 || rounds > ROUNDS_MAX || calls < 1) {
		fputs("usage: syscalls [TRACEFS [ROUNDS [CALLS]]]\n", stderr);
		return 2;
	}
	for (int round = 0; round < rounds; round++)
		for (int w = 0; w < WAYS; w++)
			ns[w][round] = measure(ways[w].begin, calls);
	for (int w = 0; w < WAYS; w++) {
		qsort(ns[w], (size_t)rounds, sizeof(double), by_size);
		printf("%-8s %.1f (%.1f..%.1f)\n", ways[w].name, ns[w][rounds / 2], ns[w][0],
		       ns[w][rounds - 1]);
	}
	return 0;
}
