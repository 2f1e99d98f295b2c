/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* loader.c - see loader.h. */
#include "kernel/loader.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "config.h"
#include "base/diag.h"
#include "base/shortage.h"
#include "kernel/ksyms.h"
#include "kernel/netns.h"
#include "kernel/pid_namespace.h"

#include "tcpdwell.skel.h"

/* Functions that have another name on older kernels. The program names the newer one. */
static const struct {
	const char *program, *newer, *older;
} targets[] = {
	/* 6.12 made one function of two that armed and hashed a mini-socket. */
	{"timewait_fentry_born", "inet_twsk_hashdance_schedule", "inet_twsk_hashdance"},
	{"timewait_kprobe_born", "inet_twsk_hashdance_schedule", "inet_twsk_hashdance"},
};

/* By default: 150 ms of the 200,000 records a second that a CPU full of short connections makes. */
#define BUFFER_OF_A_CPU (2ULL << 20)
#define BUFFER_MOST     (64ULL << 20)

/* The words of libbpf are for people who write such programs: they are details. */
static int libbpf_says(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char text[16384];

	if (level == LIBBPF_DEBUG || !diag_is_verbose())
		return 0;
	vsnprintf(text, sizeof(text), fmt, args);
	for (char *rest = text, *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		if (*line)
			diag_detail("libbpf: %s", line);
	return 0;
}

/* Kernels before 5.11 count BPF memory against this limit. A refusal is no error: later ones do not
 * ask. */
static void raise_memlock(void)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_MEMLOCK, &unlimited);
}

static bool is_in_way(const struct way *way, const char *program)
{
	for (unsigned i = 0; i < WAY_PROGRAMS_MAX && way->programs[i]; i++)
		if (!strcmp(way->programs[i], program))
			return true;
	return false;
}

static bool is_chosen(const struct ways *ways, const char *program)
{
	for (enum feature f = 0; f < FEATURES; f++)
		if (ways_get(ways, f) && is_in_way(ways_get(ways, f), program))
			return true;
	return false;
}

/* Read once: they do not change while the kernel runs. */
static int symbols_of_kernel(struct config *config)
{
	static struct config found;
	static int err = 1;

	if (err > 0)
		err = ksyms_fill(&found);
	config->tw_timer_handler = found.tw_timer_handler;
	config->reqsk_timer_handler = found.reqsk_timer_handler;
	config->n_ranges = found.n_ranges;
	memcpy(config->ranges, found.ranges, sizeof(config->ranges));
	memcpy(config->ends, found.ends, sizeof(config->ends));
	return err;
}

static int why_no_symbols(int err)
{
	if (err == -EPERM)
		return -LOADER_ADDRESSES_HIDDEN;
	return err == -ENODATA ? -LOADER_NO_SYMBOLS : err;
}

/* Tells the programs what they need to know. Hidden addresses are an error only if a chosen way
 * needs them. */
static int configure(struct config *config, const struct ways *ways,
		     const struct kernel_request *request)
{
	/* What looks at sockets asks no stack, and reading all symbols takes a fifth of the start.
	 */
	int symbols = request->only_looks ? 0 : symbols_of_kernel(config);

	config->tick_ns = clock_tick_ns();
	config->self = (__u32)getpid();
	config->pid_ns = pid_namespace();
	config->cookies = ways->chosen[FEATURE_IDENTITY] == IDENTITY_BY_COOKIE;
	config->samples = ways->chosen[FEATURE_TIMEWAIT] == TIMEWAIT_BY_SAMPLE;
	config->cgroups = request->wants_cgroups;
	if (getrandom(&config->salt, sizeof(config->salt), GRND_NONBLOCK) < 0)
		config->salt = clock_now() * 0x9e3779b97f4a7c15ULL;
	/* By its address a socket is told from the next only if its end is told. */
	config->told = config->cookies ? request->told_states : 0;
	if (request->match) {
		config->filtered = 1;
		config->match = *request->match;
		for (uint32_t i = 0; i < config->match.n_netns; i++)
			config->netns_cookies[i] = netns_cookie(config->match.netns[i]);
	}
	for (enum feature f = 0; symbols && f < FEATURES; f++)
		if (ways_get(ways, f) && ways_get(ways, f)->needs_addresses)
			return why_no_symbols(symbols);
	return 0;
}

/* By the name that this kernel's BTF has; if it has neither, loading will say so. */
static void choose_target(struct bpf_program *prog)
{
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (!strcmp(targets[i].program, bpf_program__name(prog)) &&
		    bpf_program__type(prog) == BPF_PROG_TYPE_TRACING &&
		    bpf_program__set_attach_target(prog, 0, targets[i].newer))
			bpf_program__set_attach_target(prog, 0, targets[i].older);
}

static void choose_programs(struct tcpdwell_bpf *skel, const struct ways *ways)
{
	struct bpf_program *prog;

	bpf_object__for_each_program (prog, skel->obj) {
		bool chosen = is_chosen(ways, bpf_program__name(prog));

		bpf_program__set_autoload(prog, chosen);
		if (chosen)
			choose_target(prog);
	}
}

/* By what the host has: a power of two, as the kernel wants it. */
static uint64_t default_buffer(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t bytes = BUFFER_OF_A_CPU;

	while (bytes < BUFFER_MOST && (long)(bytes / BUFFER_OF_A_CPU) < cpus)
		bytes *= 2;
	return bytes;
}

/* A page is the least. Without events nothing fills the buffer. */
static void size_buffer(struct tcpdwell_bpf *skel, const struct ways *ways,
			const struct kernel_request *request)
{
	struct config *config = (struct config *)&skel->rodata->config;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), bytes = page;

	if (ways_get(ways, FEATURE_TRANSITION))
		bytes = request->buffer_bytes ? request->buffer_bytes : default_buffer();
	if (bytes < page)
		bytes = page;
	config->half_buffer = (uint32_t)(bytes / 2);
	bpf_map__set_max_entries(skel->maps.events, (uint32_t)bytes);
}

/* libbpf has one error (ESRCH) for a BTF without what is looked for and for one that it could not
 * read. */
static int why_not_found(void)
{
	struct btf *btf = btf__parse(LOADER_BTF_PATH, NULL);
	int err = btf ? -ESRCH : -errno;

	btf__free(btf);
	return err;
}

/* What libbpf and we open at once while programs are loaded, roughly. */
#define DESCRIPTORS_NEEDED 16

static bool lacks_descriptors(void)
{
	return shortage_descriptors_left(DESCRIPTORS_NEEDED) < DESCRIPTORS_NEEDED;
}

/* libbpf goes on without what it could not open, and the kernel misses that: "invalid". */
static int why_refused(int err)
{
	return (err == -EINVAL || err == -EBADF) && lacks_descriptors() ? -EMFILE : err;
}

/* The build leaves out what reads registers where it does not know them. */
static bool has_all_programs(const struct tcpdwell_bpf *skel, const struct ways *ways)
{
	for (enum feature f = 0; f < FEATURES; f++) {
		const struct way *way = ways_get(ways, f);

		for (unsigned i = 0; way && i < WAY_PROGRAMS_MAX && way->programs[i]; i++)
			if (!bpf_object__find_program_by_name(skel->obj, way->programs[i]))
				return false;
	}
	return true;
}

int loader_load(const struct ways *ways, const struct kernel_request *request,
		struct tcpdwell_bpf **ret_skel)
{
	struct tcpdwell_bpf *skel;
	int err;

	if (access(LOADER_BTF_PATH, R_OK))
		return -LOADER_NO_BTF;
	libbpf_set_print(libbpf_says);
	raise_memlock();
	skel = tcpdwell_bpf__open();
	if (!skel)
		return -errno;
	err = has_all_programs(skel, ways)
		      ? configure((struct config *)&skel->rodata->config, ways, request)
		      : -LOADER_NO_REGISTERS;
	/* libbpf keeps for ever what choosing a target reads, unless loading follows. */
	if (!err) {
		choose_programs(skel, ways);
		size_buffer(skel, ways, request);
		err = tcpdwell_bpf__load(skel);
		if (err == -ESRCH)
			err = why_not_found();
	}
	if (err) {
		tcpdwell_bpf__destroy(skel);
		return why_refused(err);
	}
	*ret_skel = skel;
	return 0;
}

/* libbpf attaches where the program says, which is the newer name; a kprobe has no BTF to ask. */
static struct bpf_link *attach(struct bpf_program *prog)
{
	struct bpf_link *link;
	int err;

	if (bpf_program__type(prog) == BPF_PROG_TYPE_TRACEPOINT)
		return tracefs_attach(prog);
	link = bpf_program__attach(prog);
	err = errno;

	for (size_t i = 0; !link && i < sizeof(targets) / sizeof(targets[0]); i++)
		if (!strcmp(targets[i].program, bpf_program__name(prog)) &&
		    bpf_program__type(prog) == BPF_PROG_TYPE_KPROBE) {
			link = bpf_program__attach_kprobe(prog, false, targets[i].older);
			err = errno;
		}
	errno = err;
	return link;
}

int loader_attach(struct tcpdwell_bpf *skel, const struct way *way, struct bpf_link **links)
{
	for (unsigned i = 0; i < WAY_PROGRAMS_MAX && way->programs[i]; i++) {
		struct bpf_program *prog = bpf_object__find_program_by_name(skel->obj,
									    way->programs[i]);

		links[i] = attach(prog);
		if (!links[i])
			return -errno;
	}
	return 0;
}

void loader_detach(struct bpf_link **links)
{
	for (unsigned i = 0; i < WAY_PROGRAMS_MAX; i++) {
		bpf_link__destroy(links[i]);
		links[i] = NULL;
	}
}

/*
 * Loads a program for something that is no function: 1 is the first type of any BTF, a number. The
 * kernel notices that only if it permits such programs.
 */
static int try_trampoline(void)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT}};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY,
		    .attach_btf_id = 1);
	int fd;

	raise_memlock();
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "try", "Dual BSD/GPL", insns,
			   sizeof(insns) / sizeof(insns[0]), &opts);
	if (fd < 0)
		return fd == -EPERM ? fd : 0;
	close(fd);
	return 0;
}

int loader_try_kind(enum way_kind kind)
{
	if (kind == WAY_TRAMPOLINE)
		return try_trampoline();
	/* libbpf attaches by this. */
	if (kind == WAY_KPROBE && access(LOADER_KPROBE_PATH, F_OK))
		return -ENOENT;
	return 0;
}

int loader_try(enum feature feature, int way, bool attaching)
{
	static const struct kernel_request request = {.wants_cgroups = true, .buffer_bytes = 1};
	const struct way *tried = &feature_rows[feature].ways[way];
	struct bpf_link *links[WAY_PROGRAMS_MAX] = {0};
	struct ways ways = ways_none();
	struct tcpdwell_bpf *skel;
	int err;

	/* A way without programs takes nothing of the kernel. */
	if (!tried->programs[0] && !tried->needs_addresses)
		return 0;
	ways.chosen[feature] = way;
	err = loader_load(&ways, &request, &skel);
	if (err)
		return err;
	if (attaching)
		err = loader_attach(skel, tried, links);
	loader_detach(links);
	tcpdwell_bpf__destroy(skel);
	return err;
}
