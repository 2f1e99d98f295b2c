/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* session.c - see session.h. */
#include "kernel/session.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/notify.h"
#include "base/shortage.h"
#include "base/cgroup_tree.h"
#include "kernel/events.h"
#include "kernel/features.h"
#include "kernel/inspect.h"
#include "kernel/iter.h"
#include "kernel/loader.h"
#include "kernel/netns.h"
#include "kernel/privileges.h"
#include "kernel/skipped.h"
#include "config.h"
#include "wire.h"

#include "tcpdwell.skel.h"

/* A sweep looks this far behind the one before it, in case that one was slow. */
#define SWEEP_OVERLAP_NS (1 * NS_PER_S)

/*
 * Between two looks: while something happens, and at most, while nothing does. Nothing is to be
 * told later than 100 ms after it happened. A process that wakes up finds its caches cold, so few
 * long looks cost less than many short ones: a fifth less with 40 ms than with 10 (6.18).
 */
#define PAUSE_BUSY_NS (40 * NS_PER_MS)
#define PAUSE_IDLE_NS (80 * NS_PER_MS)

/* So long, at the end, the second program may be kept from telling what the first was skipped for.
 */
#define SETTLE_MS 20

/* Some system calls each time. */
#define SKIPPED_EVERY_NS (1 * NS_PER_S)

struct session {
	struct tcpdwell_bpf *skel;
	struct events events;
	uint64_t pause_ns; /* until the next look */
	struct bpf_link *links[FEATURES][WAY_PROGRAMS_MAX];
	struct features features;
	struct kernel_request request;
	uint64_t told_lost[WIRE_KINDS];
	uint64_t next_skipped; /* ns: when to look again for what the kernel skipped */
	uint64_t skipped;      /* events, by the latest look */
	int64_t told_wall_offset;
	uint64_t sweeps[2]; /* ns: when the last two began, the older first */
	struct inspect_told told;
	struct names names;
};

static int chosen(const struct session *session, enum feature feature)
{
	return session->features.ways.chosen[feature];
}

/* ---- opening ---- */

static void tell_why_not(enum feature essential, int err)
{
	if (access(LOADER_BTF_PATH, R_OK)) {
		diag_error("this kernel has no BTF: %s is not there", LOADER_BTF_PATH);
		diag_hint("tcpdwell needs a kernel with CONFIG_DEBUG_INFO_BTF=y and /sys mounted; "
			  "recordings can be read without (-r)");
		return;
	}
	diag_error("cannot trace: %s: %s", feature_rows[essential].ways[0].words,
		   features_meaning(err));
	diag_hint("%s", features_cure(err));
}

static void unload(struct session *session)
{
	for (unsigned c = 0; c < FEATURES; c++)
		loader_detach(session->links[c]);
	tcpdwell_bpf__destroy(session->skel);
	session->skel = NULL;
}

/* Something was refused: find out what, and do with the rest. */
static int load_what_works(struct session *session, bool attaching)
{
	enum feature essential = features_essential(&session->request);
	struct features *features = &session->features;

	*features = features_found(&session->request, attaching);
	if (features_shortage(features))
		return -features_shortage(features);
	if (features->ways.chosen[essential] < 0)
		return -features->refused[essential][0];
	return loader_load(&features->ways, &session->request, &session->skel);
}

/* Mini-sockets first: a transition that is told must not lead into one that is not. */
static int attach_chosen(struct session *session, enum feature *ret_failed)
{
	static const enum feature order[] = {FEATURE_SWEEP,     FEATURE_SOCKETS, FEATURE_HOLDERS,
					     FEATURE_TIMEWAIT,  FEATURE_ACCEPT,  FEATURE_HANDSHAKE,
					     FEATURE_TRANSITION};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(order) / sizeof(order[0]); i++) {
		const struct way *way = ways_get(&session->features.ways, order[i]);

		*ret_failed = order[i];
		if (way)
			err = loader_attach(session->skel, way, session->links[order[i]]);
	}
	return err;
}

/* What loads may still fail to attach: fentry on arm64 before 6.12, kprobes on any kernel. */
static int attach_what_works(struct session *session)
{
	enum feature failed;
	int err;

	while ((err = attach_chosen(session, &failed))) {
		unload(session);
		if (shortage_is(-err))
			return err;
		if (failed == features_essential(&session->request))
			break;
		features_refuse(&session->features, failed, -err, &session->request);
		if (loader_load(&session->features.ways, &session->request, &session->skel))
			break;
	}
	if (!err)
		return 0;
	err = load_what_works(session, true);
	return err ? err : attach_chosen(session, &failed);
}

struct session *session_open(const struct kernel_request *request)
{
	struct session *session = calloc(1, sizeof(*session));
	int err;

	if (!session) {
		diag_error("out of memory");
		return NULL;
	}
	session->request = *request;
	session->features = features_expected(request);
	err = loader_load(&session->features.ways, request, &session->skel);
	/* Finding out what loads takes memory and descriptors, too: under a limit of memory it ends
	 * with SIGKILL. */
	if (err && err != -LOADER_NO_BTF && !shortage_is(-err))
		err = load_what_works(session, false);
	if (!err)
		return session;
	tell_why_not(features_essential(request), -err);
	session_close(session);
	return NULL;
}

/* ---- records ---- */

/* If one Linux capability more, or a file that can be read, would let a better way work. */
static void note_sampling(const struct session *session)
{
	int by_timer = session->features.refused[FEATURE_TIMEWAIT][TIMEWAIT_BY_TIMER];

	if (chosen(session, FEATURE_TIMEWAIT) == TIMEWAIT_BY_SAMPLE &&
	    (by_timer == LOADER_ADDRESSES_HIDDEN || by_timer == LOADER_NO_SYMBOLS))
		diag_note("TIME-WAIT is only sampled: %s: %s", features_meaning(by_timer),
			  features_cure(by_timer));
}

/* Nothing else says that a way which somebody named was refused. */
static void note_accept(const struct session *session)
{
	char why[META_TEXT_MAX];

	if (!session->request.accept_way || session->request.only_looks ||
	    chosen(session, FEATURE_ACCEPT) >= 0)
		return;
	features_describe(&session->features, FEATURE_ACCEPT, 0, why);
	diag_note("who accepts a connection is not seen: %s", why);
}

static int open_buffer(struct session *session)
{
	const struct bpf_map *events = session->skel->maps.events;

	session->pause_ns = PAUSE_BUSY_NS;
	return events_open(&session->events, bpf_map__fd(events), bpf_map__max_entries(events));
}

/* Where /proc does not tell, nobody can tell two starts of the host apart. */
static void read_boot(char ret_boot[META_BOOT_MAX])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!file)
		return;
	if (!fgets(ret_boot, META_BOOT_MAX, file))
		ret_boot[0] = '\0';
	ret_boot[strcspn(ret_boot, "\n")] = '\0';
	fclose(file);
}

static struct meta meta_of(const struct session *session)
{
	int by = chosen(session, FEATURE_TIMEWAIT);
	struct meta meta = {.attached = clock_now(),
			    .wall_offset = clock_wall_offset(),
			    .tick_ns = clock_tick_ns(),
			    .sees_timewait = by >= 0,
			    .samples_timewait = by == TIMEWAIT_BY_SAMPLE};
	const struct way *accept = ways_get(&session->features.ways, FEATURE_ACCEPT);
	struct utsname host;

	uname(&host);
	read_boot(meta.boot);
	snprintf(meta.version, META_TEXT_MAX, "%s", TCPDWELL_VERSION);
	snprintf(meta.kernel, META_TEXT_MAX, "%s", host.release);
	features_describe(&session->features, FEATURE_TRANSITION, meta.tick_ns,
			  meta.transition_way);
	features_describe(&session->features, FEATURE_TIMEWAIT, meta.tick_ns, meta.timewait_way);
	meta.sees_handshakes = ways_get(&session->features.ways, FEATURE_HANDSHAKE);
	meta.sees_accepts = accept && accept->programs[0];
	snprintf(meta.accept_way, META_TEXT_MAX, "%s",
		 meta.sees_accepts ? accept->words : "nothing tells of accept() on this kernel");
	return meta;
}

int session_attach(struct session *session, struct meta *ret_meta)
{
	int err = attach_what_works(session);

	if (!err)
		err = open_buffer(session);
	if (!err && shortage_descriptors_left(SESSION_DESCRIPTORS) < SESSION_DESCRIPTORS)
		err = -EMFILE;
	if (err) {
		diag_error("cannot attach: %s", features_meaning(-err));
		diag_hint("%s%s", features_cure(-err),
			  shortage_is(-err)
				  ? ""
				  : "; `tcpdwell features` tells what this kernel allows");
		return err;
	}
	/* libbpf has read all of the kernel's BTF, and needs it no more. */
	malloc_trim(0);
	*ret_meta = meta_of(session);
	session->sweeps[0] = session->sweeps[1] = ret_meta->attached;
	session->told_wall_offset = ret_meta->wall_offset;
	note_sampling(session);
	note_accept(session);
	if (!session->request.only_looks)
		events_spill_begin(&session->events);
	return 0;
}

static int tell_lost(struct session *session, uint16_t kind, uint64_t lost, record_fn fn, void *ctx)
{
	uint32_t total = __atomic_load_n(&session->skel->bss->lost_total, __ATOMIC_RELAXED);
	struct wire_lost rec = {
		.head = {.ts = clock_now(), /* after the counts: what they count was lost by then */
			 .lost = total,
			 .kind = WIRE_LOST,
			 .len = sizeof(rec)},
		.count = lost - session->told_lost[kind],
		.lost_kind = kind};

	if (lost <= session->told_lost[kind])
		return 0;
	session->told_lost[kind] = lost;
	return fn(ctx, &rec, sizeof(rec));
}

int session_drain(struct session *session, record_fn fn, void *ctx)
{
	int drained = events_drain(&session->events, SESSION_DRAIN_MAX, fn, ctx);

	if (drained > 0)
		session->pause_ns = PAUSE_BUSY_NS;
	else if (session->pause_ns < PAUSE_IDLE_NS)
		session->pause_ns += PAUSE_BUSY_NS;
	return drained;
}

struct session_pause session_pause(const struct session *session)
{
	return (struct session_pause){.bell_fd = events_bell(&session->events),
				      .ms = notify_wait((int)(session->pause_ns / NS_PER_MS))};
}

/* What a step, a resume or slewing has to come to, to be told. */
#define CLOCK_STEP_NS (5 * (int64_t)NS_PER_MS)

int session_clock(struct session *session, record_fn fn, void *ctx)
{
	struct wire_clock rec = {
		.head = {.ts = clock_now(), .kind = WIRE_CLOCK, .len = sizeof(rec)},
		.wall_offset = clock_wall_offset()};
	int64_t step = rec.wall_offset - session->told_wall_offset;

	if (step > -CLOCK_STEP_NS && step < CLOCK_STEP_NS)
		return 0;
	session->told_wall_offset = rec.wall_offset;
	return fn(ctx, &rec, sizeof(rec));
}

/* ---- all sockets ---- */

int session_drain_all(struct session *session, record_fn fn, void *ctx)
{
	return events_drain_all(&session->events, fn, ctx);
}

/*
 * What the first program was skipped for and the second has not told yet counts as missing. So a
 * count is taken again once all is drained that was told until then, and the least one holds: none
 * is below what was missing before the first.
 */
static uint64_t count_skipped(struct session *session, record_fn fn, void *ctx, int *ret_err)
{
	uint64_t skipped = UINT64_MAX;

	for (int drained = 0; drained < 2 && skipped > session->told_lost[WIRE_SKIPPED];
	     drained++) {
		uint64_t now;

		if (drained)
			*ret_err = session_drain_all(session, fn, ctx);
		now = skipped_events(session->skel, &session->features.ways,
				     session->events.by_second);
		skipped = now < skipped ? now : skipped;
	}
	return skipped;
}

/*
 * The second program may be preempted before it tells, for a time slice. So the next call confirms
 * a count, and at the end it is taken until nothing new is missing, for 20 ms at most.
 */
static int tell_skipped(struct session *session, bool at_end, record_fn fn, void *ctx)
{
	uint64_t before = session->skipped, *told = &session->told_lost[WIRE_SKIPPED];
	int err = 0, tell_err;

	session->skipped = count_skipped(session, fn, ctx, &err);
	for (int naps = 0; at_end && naps < SETTLE_MS && session->skipped > *told; naps++) {
		poll(NULL, 0, 1);
		session->skipped = count_skipped(session, fn, ctx, &err);
	}
	if (at_end || session->skipped < before)
		before = session->skipped;
	tell_err = tell_lost(session, WIRE_SKIPPED, before, fn, ctx);
	return err < 0 ? err : tell_err;
}

int session_losses(struct session *session, bool at_end, record_fn fn, void *ctx)
{
	int err = 0;

	for (uint16_t kind = 1; !err && kind < WIRE_SKIPPED; kind++)
		err = tell_lost(
			session, kind,
			__atomic_load_n(&session->skel->bss->lost_by_kind[kind], __ATOMIC_RELAXED),
			fn, ctx);
	if (err || (!at_end && clock_now() < session->next_skipped))
		return err;
	session->next_skipped = clock_now() + SKIPPED_EVERY_NS;
	return tell_skipped(session, at_end, fn, ctx);
}

static int merge_events(void *source, const struct records *found, record_fn fn, void *ctx)
{
	return events_merge(source, found, fn, ctx);
}

int session_census(struct session *session, record_fn fn, void *ctx)
{
	struct inspect inspect = {.match = session->request.match,
				  .netns_cookies = session->skel->rodata->config.netns_cookies,
				  .socks = session->links[FEATURE_SOCKETS][0],
				  .holders = session->links[FEATURE_HOLDERS][0],
				  .merge = merge_events,
				  .source = &session->events,
				  .told = &session->told,
				  .names = &session->names};

	return inspect.socks ? inspect_run(&inspect, fn, ctx) : 0;
}

const char *session_lacks(const struct session *session, enum feature which)
{
	static char text[META_TEXT_MAX];

	if (ways_get(&session->features.ways, which))
		return NULL;
	features_describe(&session->features, which, 0, text);
	return text;
}

/* ---- sweeping ---- */

struct sweeping {
	struct session *session;
	record_fn fn;
	void *ctx;
	int err; /* of handing over. 1: put off, what was found might be told before an older event
		  */
};

static int take_found(void *ctx, struct records *found)
{
	struct sweeping *sweeping = ctx;

	sweeping->err = events_merge(&sweeping->session->events, found, sweeping->fn,
				     sweeping->ctx);
	return sweeping->err;
}

static int read_iterator(void *ctx)
{
	struct sweeping *sweeping = ctx;
	int err = iter_each(sweeping->session->links[FEATURE_SWEEP][0], take_found, sweeping);

	return sweeping->err ? 0 : err;
}

/* Also 1: see above. */
static int sweep_one(struct session *session, uint32_t netns, record_fn fn, void *ctx)
{
	static const struct records none;
	struct sweeping sweeping = {.session = session, .fn = fn, .ctx = ctx};
	/* Before the time: what it counts was lost by then, and we may be stopped at any line. */
	uint32_t total = __atomic_load_n(&session->skel->bss->lost_total, __ATOMIC_RELAXED);
	struct wire_swept swept = {.head = {.ts = clock_now(),
					    .lost = total,
					    .kind = WIRE_SWEPT,
					    .len = sizeof(swept)},
				   .netns = netns};
	int err = netns_call(netns, read_iterator, &sweeping);

	if (err == -EAGAIN || sweeping.err)
		return sweeping.err; /* another sweep will know */
	swept.blind = err != 0;
	if (err)
		diag_detail("cannot look into network namespace %u: %s", netns, strerror(-err));
	err = events_merge(&session->events, &none, fn, ctx);
	return err ? err : fn(ctx, &swept, sizeof(swept));
}

int session_sweep(struct session *session, const uint32_t *netns, size_t n, record_fn fn, void *ctx)
{
	uint64_t begun = clock_now();
	int err = 0;

	if (!session->links[FEATURE_SWEEP][0])
		return 0;
	/* Back to the sweep before the last: what that one was unsure of is met again. */
	session->skel->bss->sweep_since = session->sweeps[0] - SWEEP_OVERLAP_NS;
	for (size_t i = 0; !err && i < n; i++)
		err = sweep_one(session, netns[i], fn, ctx);
	/* What was put off is for the next one. */
	if (err > 0)
		return 0;
	session->sweeps[0] = session->sweeps[1];
	session->sweeps[1] = begun;
	return err;
}

/* ---- privileges ---- */

/* What every look goes through, whichever there is; NULL: none. */
static struct bpf_link *looking_link(const struct session *session)
{
	struct bpf_link *sweep = session->links[FEATURE_SWEEP][0];

	return sweep ? sweep : session->links[FEATURE_SOCKETS][0];
}

/* Before Linux 6.0 (c8644cd0efe7) this takes CAP_BPF where unprivileged BPF is off. */
static bool can_look(void *ctx)
{
	int fd = bpf_iter_create(bpf_link__fd(looking_link(ctx)));

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* Are connections of other namespaces than ours asked for? */
static bool looks_elsewhere(const struct match_config *match)
{
	bool elsewhere = !match || !match->n_netns;

	for (__u32 i = 0; match && i < match->n_netns; i++)
		elsewhere |= match->netns[i] != netns_current();
	return elsewhere;
}

/* From here on only sweeps and censuses ask the kernel for anything, and only those of other
 * namespaces for a privilege. */
int session_give_up_privileges(struct session *session)
{
	bool looks = looking_link(session);
	bool netns = looks && looks_elsewhere(session->request.match);
	int err;

	cgroup_tree(); /* which finds a way to it, or keeps none */
	if (netns && session->links[FEATURE_SWEEP][0])
		privileges_note_netns(
			chosen(session, FEATURE_TIMEWAIT) == TIMEWAIT_BY_SAMPLE
				? "TIME-WAIT, and FIN-WAIT-2 after close(), are not seen there"
				: "a move from FIN-WAIT-2 to TIME-WAIT there may be told only "
				  "when the TIME-WAIT ends");
	/* Some of what a thread may do is its own: the second one begins again with what is left.
	 */
	events_spill_end(&session->events);
	err = privileges_drop(netns, looks ? can_look : NULL, session);
	if (!err && !session->request.only_looks)
		events_spill_begin(&session->events);
	return err;
}

void session_each_program(const struct session *session,
			  void (*fn)(void *ctx, const char *program, uint64_t run_ns,
				     uint64_t runs),
			  void *ctx)
{
	struct bpf_program *prog;

	bpf_object__for_each_program (prog, session->skel->obj) {
		struct bpf_prog_info info = {0};
		__u32 len = sizeof(info);

		if (bpf_program__fd(prog) >= 0 &&
		    !bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
			fn(ctx, bpf_program__name(prog), info.run_time_ns, info.run_cnt);
	}
}

void session_close(struct session *session)
{
	if (!session)
		return;
	netns_end();
	events_close(&session->events);
	names_release(&session->names);
	if (session->skel)
		unload(session);
	free(session);
}
