/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* overflows.c - see overflows.h. */
#include "diagnosis/overflows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void begin_census(struct overflows *overflows, uint64_t began)
{
	struct overflows_netns *of = NULL, *next;

	HASH_ITER (hh, overflows->all, of, next) {
		if (of->ts >= overflows->began)
			continue;
		HASH_DEL(overflows->all, of); // NOLINT(clang-analyzer-unix.Malloc)
		free(of);
	}
	overflows->began = began;
}

/* Another namespace may have got the number: its counts are its own, from 0 on. */
static uint64_t grown(uint64_t before, uint64_t now)
{
	return before == OVERFLOWS_UNKNOWN || now == OVERFLOWS_UNKNOWN || now < before
		       ? OVERFLOWS_UNKNOWN
		       : now - before;
}

static int add(struct overflows *overflows, uint32_t netns, struct overflows_netns **ret_of)
{
	struct overflows_netns *of = calloc(1, sizeof(*of));

	if (!of)
		return -ENOMEM;
	*of = (struct overflows_netns){
		.netns = netns, .count = OVERFLOWS_UNKNOWN, .drops = OVERFLOWS_UNKNOWN};
	HASH_ADD(hh, overflows->all, netns, sizeof(of->netns), of);
	if (!TABLE_HAS(of)) {
		free(of);
		return -ENOMEM;
	}
	*ret_of = of;
	return 0;
}

static struct overflows_netns *find(const struct overflows *overflows, uint32_t netns)
{
	struct overflows_netns *of;

	HASH_FIND(hh, overflows->all, &netns, sizeof(netns), of);
	return of;
}

static int take(struct overflows *overflows, const struct wire_limits *limits)
{
	struct overflows_netns *of = find(overflows, limits->netns);
	int err = of ? 0 : add(overflows, limits->netns, &of);

	if (err)
		return err;
	of->since = grown(of->count, limits->listen_overflows);
	of->count = limits->listen_overflows;
	of->drops = limits->listen_drops;
	of->ts = limits->head.ts;
	return 0;
}

int overflows_note(struct overflows *overflows, const union decode_record *rec)
{
	if (rec->head.kind == WIRE_CENSUS && rec->census.begins)
		begin_census(overflows, rec->head.ts);
	return rec->head.kind == WIRE_LIMITS ? take(overflows, &rec->limits) : 0;
}

const struct overflows_netns *overflows_of(const struct overflows *overflows, uint32_t netns)
{
	const struct overflows_netns *of = find(overflows, netns);

	return of && of->ts >= overflows->began ? of : NULL;
}

const char *overflows_text(const struct overflows_netns *of, char text[OVERFLOWS_TEXT_MAX])
{
	int len;

	text[0] = '\0';
	if (!of || of->count == OVERFLOWS_UNKNOWN)
		return text;
	if (!of->count) {
		snprintf(text, OVERFLOWS_TEXT_MAX, "no accept queue of its namespace overflowed");
		return text;
	}
	len = snprintf(text, OVERFLOWS_TEXT_MAX,
		       "accept queues of its namespace overflowed %" PRIu64 " time%s", of->count,
		       of->count == 1 ? "" : "s");
	if (of->since != OVERFLOWS_UNKNOWN)
		snprintf(text + len, OVERFLOWS_TEXT_MAX - (size_t)len,
			 ", %" PRIu64 " since the last look", of->since);
	return text;
}

void overflows_release(struct overflows *overflows)
{
	TABLE_RELEASE(overflows->all, free);
	*overflows = (struct overflows){0};
}
