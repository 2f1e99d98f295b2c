/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ksyms.c - one pass over /proc/kallsyms. See ksyms.h. */
#include "kernel/ksyms.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Functions with a meaning. A compiler may split one (tcp_v4_rcv.cold) or clone it (.isra.0): what
 * stands before the first dot counts. Absent ones are no error; the meaning is then never found.
 */
static const struct {
	const char *name;
	uint32_t means;
} functions[] = {
	{"tcp_v4_rcv", CODE_SEGMENT},
	{"tcp_v6_rcv", CODE_SEGMENT},
	{"nf_tproxy_handle_time_wait4", CODE_SEGMENT},
	{"nf_tproxy_handle_time_wait6", CODE_SEGMENT},
	{"tcp_timewait_state_process", CODE_RST},
	{"__inet_check_established", CODE_CONNECT},
	{"__inet6_check_established", CODE_CONNECT},
	{"__inet_hash_connect", CODE_CONNECT},
	{"tcp_abort", CODE_KILL},
	{"inet_twsk_purge", CODE_NETNS},
	{"tcp_twsk_purge", CODE_NETNS},
	{"inet_twsk_deschedule_put", CODE_END},
	{"__inet_twsk_schedule", CODE_RESTART},
	{"tcp_validate_incoming", CODE_RST_CAME},
	{"tcp_check_req", CODE_RST_CAME},
	{"tcp_keepalive_timer", CODE_FIN_TIME},
	{"tcp_req_err", CODE_ICMP},
	{"tcp_v4_err", CODE_ICMP},
	{"tcp_v6_err", CODE_ICMP},
	{"inet_csk_complete_hashdance", CODE_TAKEN},
	{"reqsk_timer_handler", CODE_RESEND},
	{"inet_csk_reqsk_queue_drop_and_put", CODE_DROP},
	{"tw_timer_handler", CODE_RUN},
	{"run_timer_softirq", CODE_RUN},
	{"run_timer_base", CODE_RUN},
	{"__run_timer_base", CODE_RUN},
	{"__run_timers", CODE_RUN},
	{"expire_timers", CODE_RUN},
	{"timer_expire_remote", CODE_RUN},
};

struct addresses {
	uint64_t *all;
	size_t n, room;
};

static int add_address(struct addresses *addresses, uint64_t address)
{
	if (addresses->n == addresses->room) {
		size_t room = addresses->room ? 2 * addresses->room : 1 << 17;
		uint64_t *all = realloc(addresses->all, room * sizeof(*all));

		if (!all)
			return -ENOMEM;
		addresses->all = all;
		addresses->room = room;
	}
	addresses->all[addresses->n++] = address;
	return 0;
}

/* Clang's ThinLTO adds ".llvm." and a number to a static function that it makes visible to other
 * files: it is all of the function. */
static bool is_whole(const char *name, const char *function)
{
	size_t len = strlen(function);

	return !strncmp(name, function, len) && (!name[len] || !strncmp(name + len, ".llvm.", 6));
}

static void note_function(struct config *config, const char *name, uint64_t address)
{
	size_t len = strcspn(name, ".");

	if (is_whole(name, "tw_timer_handler"))
		config->tw_timer_handler = address;
	if (is_whole(name, "reqsk_timer_handler"))
		config->reqsk_timer_handler = address;
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (strlen(functions[i].name) != len ||
		    strncmp(functions[i].name, name, len) != 0 ||
		    config->n_ranges >= CODE_RANGES_MAX)
			continue;
		config->ranges[config->n_ranges++] = (struct code_range){
			.begin = address, .end = UINT64_MAX, .means = functions[i].means};
	}
}

/* A function reaches to the next symbol. */
static void find_ends(struct config *config, const struct addresses *addresses)
{
	for (uint32_t r = 0; r < config->n_ranges; r++) {
		struct code_range *range = &config->ranges[r];

		for (size_t i = 0; i < addresses->n; i++)
			if (addresses->all[i] > range->begin && addresses->all[i] < range->end)
				range->end = addresses->all[i];
	}
}

static struct code_parts parts_of(const struct config *config, uint32_t means)
{
	struct code_parts parts = {0};
	size_t n = 0;

	for (uint32_t r = 0; r < config->n_ranges && n < CODE_PARTS; r++) {
		if (config->ranges[r].means != means)
			continue;
		parts.begin[n] = config->ranges[r].begin;
		parts.len[n++] = config->ranges[r].end - config->ranges[r].begin;
	}
	return parts;
}

/* "ffffffff81000000 T name", perhaps with a module behind it. By hand: there are 200,000 of them.
 */
static int read_symbols(FILE *file, struct config *config, struct addresses *addresses)
{
	char line[512], *rest;
	int err = 0;

	while (!err && fgets(line, sizeof(line), file)) {
		uint64_t address = strtoull(line, &rest, 16);

		if (rest[0] != ' ' || !rest[1] || rest[2] != ' ')
			continue;
		err = add_address(addresses, address);
		rest[3 + strcspn(rest + 3, " \t\n")] = '\0';
		if (rest[1] == 't' || rest[1] == 'T')
			note_function(config, rest + 3, address);
	}
	return err ? err : ferror(file) || !addresses->n ? -ENODATA : 0;
}

int ksyms_fill(struct config *ret_config)
{
	struct config *config = ret_config;
	struct addresses addresses = {0};
	FILE *file = fopen("/proc/kallsyms", "re");
	int err;

	if (!file)
		return -ENODATA;
	config->n_ranges = 0;
	config->tw_timer_handler = config->reqsk_timer_handler = 0;
	err = read_symbols(file, config, &addresses);
	fclose(file);
	if (!err && config->n_ranges && !config->ranges[0].begin)
		err = -EPERM;
	else if (!err && !(config->tw_timer_handler && config->reqsk_timer_handler))
		err = -ENOENT;
	if (!err)
		find_ends(config, &addresses);
	else
		config->n_ranges = 0;
	config->ends[ENDS_KILL] = parts_of(config, CODE_KILL);
	config->ends[ENDS_RST] = parts_of(config, CODE_RST_CAME);
	config->ends[ENDS_FIN_TIME] = parts_of(config, CODE_FIN_TIME);
	free(addresses.all);
	return err;
}
