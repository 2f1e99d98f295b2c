/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verifier OBJECT [-v]: what this kernel's verifier thinks of each program, loaded alone, with
 * everything switched on that makes it larger. A line a program:
 *
 *	NAME ok INSTRUCTIONS      processed by the verifier ('?' before 5.16, which does not tell)
 *	NAME refused ERRNO WHY    the last line of the verifier or of libbpf that is not about
 *statistics NAME unattachable ERRNO   loads, but cannot be attached
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

#define LOG_SHOWN 2000

static char log_text[4 << 20];
static size_t log_used;

static int keep(enum libbpf_print_level level, const char *fmt, va_list args)
{
	if (level != LIBBPF_DEBUG && log_used < sizeof(log_text) - 1)
		log_used += (size_t)vsnprintf(log_text + log_used, sizeof(log_text) - log_used, fmt,
					      args);
	return 0;
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
		config->tw_timer_handler = 1;
		config->n_ranges = CODE_RANGES_MAX;
		/* As different from each other as real ones: the verifier compares with their
		 * values. */
		for (__u32 i = 0; i < CODE_RANGES_MAX; i++)
			config->ranges[i] = (struct code_range){
				.begin = 0xffffffff81000000ULL + i * 0x10000ULL,
				.end = 0xffffffff81000000ULL + i * 0x10000ULL + 0x1000,
				.means = 1 + i % CODE_RUN};
		config->filtered = 1;
		config->match.by_local = config->match.by_remote = 1;
		config->match.by_either = config->match.by_neither = 1;
		config->match.n_prefixes = MATCH_PREFIXES_MAX;
		config->match.n_netns = MATCH_NETNS_MAX;
	}
}

static bool is_statistics(const char *line)
{
	static const char *const words[] = {"processed ",
					    "verification time",
					    "stack depth",
					    "-- END PROG LOAD LOG",
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

static int attach(struct bpf_program *prog)
{
	struct bpf_link *link = bpf_program__attach(prog);

	if (!link)
		return -errno;
	bpf_link__destroy(link);
	return 0;
}

static void print_cost(const struct bpf_program *prog)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);
	int err = bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len);

	if (err || !info.verified_insns)
		printf("%s ok ?\n", bpf_program__name(prog));
	else
		printf("%s ok %u\n", bpf_program__name(prog), info.verified_insns);
}

static bool try(const char *path, const char *name, bool loud)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	struct bpf_program *prog, *wanted = NULL;
	int err;

	if (!obj)
		return false;
	bpf_object__for_each_program (prog, obj) {
		bpf_program__set_autoload(prog, !strcmp(bpf_program__name(prog), name));
		if (bpf_program__autoload(prog))
			wanted = prog;
	}
	switch_all_on(obj);
	log_used = 0;
	log_text[0] = '\0';
	err = bpf_object__load(obj);
	if (err && loud)
		print_end_of_log();
	if (err) {
		printf("%s refused %d %s\n", name, -err, last_words());
	} else {
		err = attach(wanted);
		if (err)
			printf("%s unattachable %d %s\n", name, -err, strerror(-err));
		else
			print_cost(wanted);
	}
	bpf_object__close(obj);
	fflush(stdout);
	return !err;
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
