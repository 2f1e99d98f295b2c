/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* inspect.c - see inspect.h. */
#include "inspect.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "clock.h"
#include "config.h"
#include "diag.h"
#include "features.h"
#include "loader.h"
#include "match.h"
#include "netns.h"

#include "tcpdwell.skel.h"

struct inspect {
	const struct options *options;
	struct tcpdwell_bpf *skel;
	struct features features;
	struct bpf_link *socks[FEATURES_PROGRAMS_MAX], *holders[FEATURES_PROGRAMS_MAX];
	iter_record_fn fn;
	void *ctx;
};

/* ---- opening ---- */

/* The best that loads: with cookies before without, with holders before without. */
static int load(struct inspect *inspect)
{
	int first = 0;

	for (int way = 0; way < 4; way++) {
		struct features features = features_hoped(inspect->options);
		int err;

		features.chosen[FEATURE_IDENTITY] = FEATURES_BY_COOKIE + way % 2;
		features.chosen[FEATURE_HOLDERS] = way / 2 ? -1 : 0;
		err = loader_load(&features, inspect->options, &inspect->skel);
		inspect->features = features;
		if (!err && way / 2)
			diag_warn("which processes hold a socket is not to be seen here: %s",
				  features_meaning(-first));
		if (!err)
			return 0;
		if (!first)
			first = err;
	}
	return first;
}

static int attach(struct inspect *inspect)
{
	const struct features_way *socks = features_way(&inspect->features, FEATURE_SOCKETS);
	const struct features_way *holders = features_way(&inspect->features, FEATURE_HOLDERS);
	int err = loader_attach(inspect->skel, socks, inspect->socks);

	if (!err && holders)
		err = loader_attach(inspect->skel, holders, inspect->holders);
	return err;
}

static void fill_meta(const struct inspect *inspect, struct meta *ret_meta)
{
	struct utsname host;

	uname(&host);
	*ret_meta = (struct meta){.attached = clock_now(),
				  .wall_offset = clock_wall_offset(),
				  .tick_ns = clock_tick_ns(),
				  .sees_timewait = true};
	snprintf(ret_meta->version, META_TEXT_MAX, "%s", TCPDWELL_VERSION);
	snprintf(ret_meta->kernel, META_TEXT_MAX, "%s", host.release);
	snprintf(ret_meta->filter, META_TEXT_MAX, "%s", inspect->options->filter_text);
}

struct inspect *inspect_open(const struct options *options, struct meta *ret_meta)
{
	struct inspect *inspect = calloc(1, sizeof(*inspect));
	int err;

	if (!inspect) {
		diag_error("out of memory");
		return NULL;
	}
	inspect->options = options;
	err = load(inspect);
	if (!err)
		err = attach(inspect);
	if (!err) {
		fill_meta(inspect, ret_meta);
		return inspect;
	}
	diag_error("cannot look at the sockets: iter/tcp: %s", features_meaning(-err));
	diag_hint("%s", features_cure(-err));
	inspect_close(inspect);
	return NULL;
}

/* ---- one pass ---- */

/* Of the namespace that we are in: /proc/sys/net shows that of who reads. 0: not readable. */
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

static int tell_limits(struct inspect *inspect, uint32_t netns)
{
	struct wire_limits limits = {
		.head = {.ts = clock_now(), .kind = WIRE_LIMITS, .len = sizeof(limits)},
		.netns = netns};
	uint32_t low = 0, high = 0, none = 0;

	read_numbers("tcp_max_tw_buckets", &limits.max_tw_buckets, &none);
	read_numbers("ip_local_port_range", &low, &high);
	limits.port_low = (__u16)low;
	limits.port_high = (__u16)high;
	return inspect->fn(inspect->ctx, &limits, sizeof(limits));
}

static int look_into(void *ctx, uint32_t netns)
{
	struct inspect *inspect = ctx;
	struct iter_records found = {0};
	int err;

	if (inspect->options->match.n_netns && !match_netns(&inspect->options->match, netns))
		return 0;
	err = iter_read(inspect->socks[0], &found);
	if (err) {
		diag_error("cannot look at the sockets of network namespace %u: %s", netns,
			   strerror(-err));
		diag_hint("run with -v for details");
	}
	/* Later records replace earlier ones of the same socket: with a socket that moves while
	 * the iterator walks, the newer is the truth. */
	if (!err && found.len)
		err = tell_limits(inspect, netns);
	if (!err)
		err = iter_hand_over(&found, inspect->fn, inspect->ctx);
	iter_release(&found);
	return err;
}

static int look_at_holders(struct inspect *inspect)
{
	struct iter_records found = {0};
	int err;

	if (!inspect->holders[0])
		return 0;
	err = iter_read(inspect->holders[0], &found);
	if (err)
		diag_warn("which processes hold a socket is not told: %s", strerror(-err));
	err = iter_hand_over(&found, inspect->fn, inspect->ctx);
	iter_release(&found);
	return err;
}

int inspect_run(struct inspect *inspect, iter_record_fn fn, void *ctx)
{
	int err;

	inspect->fn = fn;
	inspect->ctx = ctx;
	err = netns_each(look_into, inspect);
	if (err > 0)
		diag_warn("%d network namespace%s could not be entered: not looked at", err,
			  err == 1 ? "" : "s");
	return err < 0 ? err : look_at_holders(inspect);
}

void inspect_close(struct inspect *inspect)
{
	if (!inspect)
		return;
	loader_detach(inspect->socks);
	loader_detach(inspect->holders);
	tcpdwell_bpf__destroy(inspect->skel);
	free(inspect);
}
