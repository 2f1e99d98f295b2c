/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* skipped.c - see skipped.h. */
#include "kernel/skipped.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

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

static uint64_t skips_of_way(const struct tcpdwell_bpf *skel, const struct way *way)
{
	uint64_t sum = 0;

	for (unsigned i = 0; way && i < WAY_PROGRAMS_MAX && way->programs[i]; i++)
		sum += skips_of(skel, way->programs[i]);
	return sum;
}

uint64_t skipped_by_both(uint64_t first, uint64_t second, uint64_t by_second)
{
	uint64_t untold = first > by_second ? first - by_second : 0;

	return untold < second ? untold : second;
}

uint64_t skipped_events(const struct tcpdwell_bpf *skel, const struct ways *ways,
			uint64_t by_second)
{
	return skipped_by_both(skips_of(skel, "transition"), skips_of(skel, "transition_nested"),
			       by_second) +
	       skips_of_way(skel, ways_get(ways, FEATURE_TIMEWAIT)) +
	       skips_of_way(skel, ways_get(ways, FEATURE_ACCEPT)) +
	       skips_of_way(skel, ways_get(ways, FEATURE_HANDSHAKE));
}
