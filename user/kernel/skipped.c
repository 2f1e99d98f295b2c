/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* skipped.c - see skipped.h. */
#include "kernel/skipped.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>

#include "config.h"
#include "wire.h"

#include "tcpdwell.skel.h"

static uint64_t skips_of(const struct tcpdwell_bpf *skel, const char *name)
{
	const struct bpf_program *prog = bpf_object__find_program_by_name(skel->obj, name);
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	if (!prog || bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
		return 0;
	return info.recursion_misses;
}

static uint64_t skips_of_way(const struct tcpdwell_bpf *skel, const struct way *way, bool in_turn)
{
	uint64_t all = 0, least = UINT64_MAX;

	for (unsigned i = 0; i < WAY_PROGRAMS_MAX && way->programs[i]; i++) {
		uint64_t skips = skips_of(skel, way->programs[i]);

		all += skips;
		least = skips < least ? skips : least;
	}
	return in_turn ? least : all;
}

uint64_t skipped_events(const struct tcpdwell_bpf *skel, const struct ways *ways)
{
	static const struct {
		enum feature feature;
		bool in_turn; /* each program tells what those before it were skipped for */
	} tellers[] = {
		{FEATURE_TRANSITION, true}, {FEATURE_TIMEWAIT, false}, {FEATURE_ACCEPT, false}};
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(tellers) / sizeof(tellers[0]); i++) {
		const struct way *way = ways_get(ways, tellers[i].feature);

		if (way)
			sum += skips_of_way(skel, way, tellers[i].in_turn);
	}
	return sum;
}
