/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verifier OBJECT [-v]: what this kernel's verifier thinks of each program, loaded alone, with
 * everything switched on that makes it larger. A line a program:
 *
 *	NAME ok INSTRUCTIONS      as many as the verifier went through, by its own log: every kernel
 *	                          writes that, bpf_prog_info has it only from 5.16 on
 *	NAME refused ERRNO WHY    WHY: the last thing that the verifier or libbpf says of it
 *	NAME unattachable ERRNO   loads, but cannot be attached
 *
 * A program that is attached to a function named otherwise on another kernel is tried with each of
 * its names (`other_targets`).
 *
 * With -v, the end of what libbpf and the verifier say about a refusal comes before its line.
 * Exit: 0 all load, 1 not.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config.h"

#define LOG_SHOWN      2000
#define LOG_STATISTICS 4 /* BPF_LOG_STATS, which no header tells */

/* What the loader chooses at run time: the function of an older kernel, if that of SEC() is not
 * there. */
static const struct {
	const char *prog, *target;
} other_targets[] = {
	{"timewait_fentry_born", "inet_twsk_hashdance"},
	{"timewait_kprobe_born", "inet_twsk_hashdance"},
};
#define N_OTHERS (sizeof(other_targets) / sizeof(other_targets[0]))

static char log_text[4 << 20];
static size_t log_used;
static char statistics[1 << 16];

static int keep(enum libbpf_print_level level, const char *fmt, va_list args)
{
	if (level != LIBBPF_DEBUG && log_used < sizeof(log_text) - 1)
		log_used += (size_t)vsnprintf(log_text + log_used, sizeof(log_text) - log_used, fmt,
					      args);
	return 0;
}

/* A filter expression of as many conditions as fit, each on an address and a port. */
static void fill_program(struct match_program *program)
{
	for (__u32 i = 0; i < MATCH_STEPS_MAX; i++) {
		struct match_step *step = &program->steps[i];

		*step = (struct match_step){.op = MATCH_OP_LOCAL + i / 2 % 2,
					    .by_port = 1,
					    .by_addr = 1,
					    .low = (__u16)i,
					    .high = (__u16)(1000 + i)};
		memset(step->prefix.mask, 0xff, sizeof(step->prefix.mask));
		step->prefix.addr[1] = i;
		if (i >= 2 && i % 2 == 0)
			*step = (struct match_step){.op = MATCH_OP_NOT + i / 2 % 3};
	}
	program->n = MATCH_STEPS_MAX;
}

static void switch_all_on(struct bpf_object *obj)
{
	struct bpf_map *map = NULL;
	struct config *config;
	size_t size;

	bpf_object__for_each_map(map, obj)
	{
		if (!strstr(bpf_map__name(map), ".rodata"))
			continue;
		config = (struct config *)bpf_map__initial_value(map, &size);
		if (!config || size < sizeof(*config))
			continue;
		config->tick_ns = 4000000;
		config->tw_timer_handler = config->reqsk_timer_handler = 1;
		config->n_ranges = CODE_RANGES_MAX;
		/* As different from each other as real ones: the verifier compares with their
		 * values. */
		for (__u32 i = 0; i < CODE_RANGES_MAX; i++)
			config->ranges[i] = (struct code_range){
				.begin = 0xffffffff81000000ULL + i * 0x10000ULL,
				.end = 0xffffffff81000000ULL + i * 0x10000ULL + 0x1000,
				.means = 1 + i % CODE_RUN};
		for (__u32 i = 0; i < ENDS; i++)
			config->ends[i].len[0] = 0x1000;
		config->cookies = 1;
		config->cgroups = 1;
		config->pid_ns = 1;
		config->filtered = 1;
		config->match.by_local = config->match.by_remote = 1;
		config->match.by_either = config->match.by_neither = 1;
		config->match.n_prefixes = MATCH_PREFIXES_MAX;
		config->match.n_netns = MATCH_NETNS_MAX;
		fill_program(&config->match.program);
	}
}

static bool is_statistics(const char *line)
{
	static const char *const words[] = {"processed ",
					    "verification time",
					    "stack depth",
					    "-- END PROG LOAD LOG",
					    "failed to prepare load attributes",
					    "failed to load",
					    "libbpf: failed to load",
					    "BPF program load failed",
					    "peak_states"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(line, words[i]))
			return true;
	return false;
}

/* What matters stands at the end. */
static void print_end_of_log(void)
{
	size_t used = strlen(log_text), skipped = used > LOG_SHOWN ? used - LOG_SHOWN : 0;
	const char *line = skipped ? strchr(log_text + skipped, '\n') : NULL;

	fputs(line ? line + 1 : log_text + skipped, stdout);
}

static const char *last_words(void)
{
	static char last[400];

	last[0] = '\0';
	for (char *line = strtok(log_text, "\n"); line; line = strtok(NULL, "\n"))
		if (*line && !is_statistics(line))
			snprintf(last, sizeof(last), "%s", line);
	return last;
}

/* How a program is tried; targets the one of SEC(), or another. */
struct attempt {
	struct bpf_object *obj;
	struct bpf_program *prog;
	const char *target; /* NULL: that of SEC() */
};

/* Opens the object with only this program to be loaded. `stats`: asks the kernel for statistics,
 * and only for these; libbpf then keeps what the verifier objects to for itself. */
static int load(const char *path, const char *name, const char *target, bool stats,
		struct attempt *out)
{
	struct bpf_program *prog;
	int err = 0;

	*out = (struct attempt){.obj = bpf_object__open_file(path, NULL), .target = target};
	if (!out->obj)
		return -errno;
	bpf_object__for_each_program (prog, out->obj) {
		bpf_program__set_autoload(prog, !strcmp(bpf_program__name(prog), name));
		if (bpf_program__autoload(prog))
			out->prog = prog;
	}
	switch_all_on(out->obj);
	log_used = 0;
	log_text[0] = statistics[0] = '\0';
	/* A kprobe learns its function when it is attached. */
	if (!err && target && bpf_program__type(out->prog) != BPF_PROG_TYPE_KPROBE)
		err = bpf_program__set_attach_target(out->prog, 0, target);
	if (stats) {
		bpf_program__set_log_level(out->prog, LOG_STATISTICS);
		bpf_program__set_log_buf(out->prog, statistics, sizeof(statistics));
	}
	return err ? err : bpf_object__load(out->obj);
}

static int attach(const struct attempt *at)
{
	struct bpf_link *link;

	if (at->target && bpf_program__type(at->prog) == BPF_PROG_TYPE_KPROBE)
		link = bpf_program__attach_kprobe(at->prog, false, at->target);
	else
		link = bpf_program__attach(at->prog);
	if (!link)
		return -errno;
	bpf_link__destroy(link);
	return 0;
}

static void print_cost(const char *name)
{
	const char *processed = strstr(statistics, "processed ");

	if (processed)
		printf("%s ok %lu\n", name, strtoul(processed + strlen("processed "), NULL, 10));
	else
		printf("%s ok ?\n", name);
}

/* With one target: 0 it went well and was told. What went wrong is told only if `last`. */
static int try_target(const char *path, const char *name, const char *target, bool last, bool loud)
{
	struct attempt at;
	int err = load(path, name, target, true, &at), attach_err = 0;

	if (!err) {
		attach_err = attach(&at);
		if (!attach_err)
			print_cost(name);
		else if (last)
			printf("%s unattachable %d %s\n", name, -attach_err, strerror(-attach_err));
	} else if (last) {
		bpf_object__close(at.obj);
		err = load(path, name, target, false, &at);
		if (loud)
			print_end_of_log();
		printf("%s refused %d %s\n", name, -err, last_words());
	}
	bpf_object__close(at.obj);
	fflush(stdout);
	return err ? err : attach_err;
}

static bool try(const char *path, const char *name, bool loud)
{
	const char *targets[1 + N_OTHERS] = {NULL};
	size_t n = 1;

	for (size_t i = 0; i < N_OTHERS; i++)
		if (!strcmp(other_targets[i].prog, name))
			targets[n++] = other_targets[i].target;
	for (size_t i = 0; i < n; i++)
		if (!try_target(path, name, targets[i], i + 1 == n, loud))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	bool loud = argc == 3 && !strcmp(argv[2], "-v"), all = true;
	struct bpf_program *prog;
	struct bpf_object *obj;

	if (argc != 2 && !loud) {
		fputs("usage: verifier OBJECT [-v]\n", stderr);
		return 2;
	}
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	libbpf_set_print(keep);
	obj = bpf_object__open_file(argv[1], NULL);
	if (!obj) {
		fprintf(stderr, "verifier: cannot open '%s': %s\n", argv[1], strerror(errno));
		return 2;
	}
	bpf_object__for_each_program (prog, obj)
		all = try(argv[1], bpf_program__name(prog), loud) && all;
	bpf_object__close(obj);
	return !all;
}
