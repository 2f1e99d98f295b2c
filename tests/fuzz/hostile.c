/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * hostile.c - a recording in which others chose the names: `hostile FILE HEADER NAME...`. HEADER is
 * what the head says of the kernel, the ways and the filter. Each NAME is that of a process, as far
 * as one can have it, and of the cgroup and of the network namespace of a socket that it leaks.
 * tests/cli/names.py has the table of names.
 */
#include "../unit/census_feeder.h"

#include "record/recording.h"

#define CGROUP 1000

static struct recording_writer *writer;

static void put(union decode_record bytes)
{
	if (recording_add(writer, &bytes, bytes.head.len))
		exit(1);
}

/* From 2 s on: what `trace` and `hist` tell, each dwell in CLOSE-WAIT seen from begin to end. */
static void put_life(unsigned i, const char *name)
{
	char comm[16] = "";
	const struct rec moves[] = {
		MOVE(2000 + i, SYN_RECV, ESTABLISHED, HELD_BY(100 + i, comm), .cookie = i + 1,
		     .rport = (int32_t)i + 1),
		MOVE(2100 + i, ESTABLISHED, CLOSE_WAIT, .cookie = i + 1, .rport = (int32_t)i + 1),
		MOVE(2300 + i, CLOSE_WAIT, LAST_ACK, HELD_BY(100 + i, comm), .cookie = i + 1,
		     .rport = (int32_t)i + 1),
	};

	memcpy(comm, name, strnlen(name, sizeof(comm) - 1));
	for (size_t m = 0; m < COUNT(moves); m++)
		put(feeder_record(&moves[m]));
}

static void put_leak(unsigned i, const char *name)
{
	uint32_t netns = CENSUS_NETNS + 1 + i;

	put(census_snapshot(&(struct snap){.cookie = 1000 + i,
					   .age = 5000 + i,
					   .lport = 80,
					   .rport = (int32_t)i + 1,
					   .netns = netns,
					   .cgroup = CGROUP + i}));
	put(census_holder(1000 + i, 100 + i, name, 3));
	put(census_named(WIRE_NAME_NETNS, netns, name));
	put(census_named(WIRE_NAME_CGROUP, CGROUP + i, name));
	/* What the name of a namespace is needed for: the next command. */
	put(census_snapshot(&(struct snap){.cookie = 2000 + i,
					   .age = 3000 + i,
					   .state = WIRE_SYN_SENT,
					   .retransmits = 2,
					   .rport = (int32_t)i + 1,
					   .netns = netns}));
	put(census_holder(2000 + i, 100 + i, name, 4));
}

int main(int argc, char **argv)
{
	struct meta meta = {.attached = FEEDER_ATTACHED * NS_PER_MS,
			    .wall_offset = 1795363200000000000 - FEEDER_ATTACHED * 1000000,
			    .tick_ns = FEEDER_TICK * NS_PER_MS};

	if (argc < 3) {
		fputs("usage: hostile FILE HEADER NAME...\n", stderr);
		return 2;
	}
	snprintf(meta.version, META_TEXT_MAX, "%s", argv[2]);
	snprintf(meta.kernel, META_TEXT_MAX, "%s", argv[2]);
	snprintf(meta.transition_way, META_TEXT_MAX, "%s", argv[2]);
	snprintf(meta.timewait_way, META_TEXT_MAX, "%s", argv[2]);
	snprintf(meta.filter, META_TEXT_MAX, "%s", argv[2]);
	writer = recording_create(argv[1], &meta);
	if (!writer)
		return 1;
	for (int i = 3; i < argc; i++)
		put_life((unsigned)i - 3, argv[i]);
	put(census_bounds(true, 0));
	put(census_named(WIRE_NAME_HOME, CENSUS_NETNS, ""));
	for (int i = 3; i < argc; i++)
		put_leak((unsigned)i - 3, argv[i]);
	put(census_bounds(false, 0));
	return recording_finish(writer) ? 1 : 0;
}
