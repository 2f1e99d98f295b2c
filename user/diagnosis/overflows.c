/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* overflows.c - see overflows.h. */
#include "diagnosis/overflows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
static void count(struct overflows_count *count, uint64_t now)
{
	bool has_grown = count->all != OVERFLOWS_UNKNOWN && now != OVERFLOWS_UNKNOWN &&
			 now >= count->all;

	count->since = has_grown ? now - count->all : OVERFLOWS_UNKNOWN;
	count->all = now;
}

static int add(struct overflows *overflows, uint32_t netns, struct overflows_netns **ret_of)
{
	static const struct overflows_count unknown = {OVERFLOWS_UNKNOWN, OVERFLOWS_UNKNOWN};
	struct overflows_netns *of = calloc(1, sizeof(*of));

	if (!of)
		return -ENOMEM;
	*of = (struct overflows_netns){.netns = netns,
				       .overflows = unknown,
				       .drops = unknown,
				       .cookies = unknown,
				       .half_open_drops = unknown};
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
	count(&of->overflows, limits->listen_overflows);
	count(&of->drops, limits->listen_drops);
	count(&of->cookies, limits->cookies_sent);
	count(&of->half_open_drops, limits->half_open_drops);
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

/* ", 3 since the last look" */
static void add_since(const struct overflows_count *count, char text[OVERFLOWS_TEXT_MAX])
{
	size_t len = strlen(text);

	if (count->since != OVERFLOWS_UNKNOWN)
		snprintf(text + len, OVERFLOWS_TEXT_MAX - len, ", %" PRIu64 " since the last look",
			 count->since);
}

const char *overflows_text(const struct overflows_netns *of, char text[OVERFLOWS_TEXT_MAX])
{
	text[0] = '\0';
	if (!of || of->overflows.all == OVERFLOWS_UNKNOWN)
		return text;
	if (!of->overflows.all) {
		snprintf(text, OVERFLOWS_TEXT_MAX, "no accept queue of its namespace overflowed");
		return text;
	}
	snprintf(text, OVERFLOWS_TEXT_MAX,
		 "accept queues of its namespace overflowed %" PRIu64 " time%s", of->overflows.all,
		 of->overflows.all == 1 ? "" : "s");
	add_since(&of->overflows, text);
	return text;
}

const char *overflows_cookies(const struct overflows_netns *of, char text[OVERFLOWS_TEXT_MAX])
{
	size_t len;

	text[0] = '\0';
	if (!of || of->cookies.all == OVERFLOWS_UNKNOWN ||
	    of->half_open_drops.all == OVERFLOWS_UNKNOWN)
		return text;
	snprintf(text, OVERFLOWS_TEXT_MAX, "its namespace answered %" PRIu64 " SYN%s by cookies",
		 of->cookies.all, of->cookies.all == 1 ? "" : "s");
	add_since(&of->cookies, text);
	len = strlen(text);
	snprintf(text + len, OVERFLOWS_TEXT_MAX - len, ", and dropped %" PRIu64,
		 of->half_open_drops.all);
	add_since(&of->half_open_drops, text);
	return text;
}

void overflows_release(struct overflows *overflows)
{
	TABLE_RELEASE(overflows->all, free);
	*overflows = (struct overflows){0};
}
