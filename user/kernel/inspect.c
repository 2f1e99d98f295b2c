/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* inspect.c - see inspect.h. */
#include "kernel/inspect.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/diag.h"
#include "match.h"
#include "kernel/netns.h"
#include "wire.h"

struct pass {
	const struct inspect *inspect;
	iter_record_fn fn;
	void *ctx;
	uint32_t home;    /* the namespace that we are in */
	uint32_t missing; /* namespaces that could not be looked into */
};

/* /proc/sys/net shows the network namespace of the reader. 0: not readable. */
static void read_numbers(const char *name, uint32_t *first, uint32_t *second)
{
	char path[128], text[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(text, sizeof(text), file))
		sscanf(text, "%" SCNu32 " %" SCNu32, first, second);
	fclose(file);
}

static int tell_limits(const struct pass *pass, uint32_t netns)
{
	struct wire_limits limits = {
		.head = {.ts = clock_now(), .kind = WIRE_LIMITS, .len = sizeof(limits)},
		.netns = netns};
	uint32_t low = 0, high = 0, none = 0;

	read_numbers("tcp_max_tw_buckets", &limits.max_tw_buckets, &none);
	read_numbers("tcp_fin_timeout", &limits.fin_timeout, &none);
	read_numbers("ip_local_port_range", &low, &high);
	limits.port_low = (__u16)low;
	limits.port_high = (__u16)high;
	return pass->fn(pass->ctx, &limits, sizeof(limits));
}

static int tell_bounds(const struct pass *pass, bool begins)
{
	struct wire_census census = {
		.head = {.ts = clock_now(), .kind = WIRE_CENSUS, .len = sizeof(census)},
		.begins = begins,
		.missing = pass->missing};

	return pass->fn(pass->ctx, &census, sizeof(census));
}

/* What was not told of this namespace was not there when its iterator began. */
static int tell_swept(const struct pass *pass, uint32_t netns, uint64_t begun)
{
	struct wire_swept swept = {.head = {.ts = begun, .kind = WIRE_SWEPT, .len = sizeof(swept)},
				   .netns = netns};

	return pass->fn(pass->ctx, &swept, sizeof(swept));
}

/* What was read, merged with the events until now; without it if they are `ret_late`. */
static int hand_over(const struct pass *pass, struct iter_records *found, bool *ret_late)
{
	const struct inspect *inspect = pass->inspect;
	struct iter_records events = {0};
	int err = 0;

	if (inspect->events)
		err = inspect->events(inspect->source, iter_keep, &events);
	*ret_late = err > 0;
	if (*ret_late)
		iter_release(found);
	if (err >= 0)
		err = iter_merge(&events, found, pass->fn, pass->ctx);
	iter_release(&events);
	return err;
}

/* Keeps what is told now. Is it something that was not told before? */
static bool note_news(int *told, int now)
{
	bool is_new = now && now != *told;

	*told = now;
	return is_new;
}

static int look_into(void *ctx, uint32_t netns)
{
	struct pass *pass = ctx;
	const struct match_config *match = pass->inspect->match;
	struct inspect_told *told = pass->inspect->told;
	struct iter_records found = {0};
	uint64_t begun = clock_now();
	bool late = false;
	int err;

	if (match && match->n_netns && !match_netns(match, netns))
		return 0;
	err = iter_read(pass->inspect->socks, &found);
	if (netns == pass->home && note_news(&told->here, err))
		diag_error("cannot look at the sockets here: %s", strerror(-err));
	else if (netns != pass->home && err && note_news(&told->elsewhere, err))
		diag_warn("cannot look at the sockets of network namespace %u: %s", netns,
			  strerror(-err));
	if (err) {
		pass->missing++;
		iter_release(&found);
		return netns == pass->home ? err : 0;
	}
	if (found.len)
		err = tell_limits(pass, netns);
	if (!err)
		err = hand_over(pass, &found, &late);
	pass->missing += late;
	if (!err && !late)
		err = tell_swept(pass, netns, begun);
	iter_release(&found);
	return err;
}

static int look_at_holders(const struct pass *pass)
{
	struct iter_records found = {0};
	bool late;
	int err;

	if (!pass->inspect->holders)
		return 0;
	err = iter_read(pass->inspect->holders, &found);
	if (note_news(&pass->inspect->told->holders, err))
		diag_warn("which processes hold a socket is not told: %s", strerror(-err));
	err = hand_over(pass, &found, &late);
	iter_release(&found);
	return err;
}

int inspect_run(const struct inspect *inspect, iter_record_fn fn, void *ctx)
{
	struct pass pass = {.inspect = inspect, .fn = fn, .ctx = ctx, .home = netns_current()};
	int err = tell_bounds(&pass, true), closed;

	if (err)
		return err;
	closed = netns_each(look_into, &pass);
	if (closed < 0)
		return closed;
	/* Some are gone before they are entered: only more than ever are worth a word. */
	if (closed > inspect->told->closed)
		diag_warn("%d network namespace%s could not be entered: not looked at", closed,
			  closed == 1 ? "" : "s");
	if (closed > inspect->told->closed)
		inspect->told->closed = closed;
	pass.missing += (uint32_t)closed;
	err = look_at_holders(&pass);
	return err ? err : tell_bounds(&pass, false);
}
