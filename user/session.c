/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* session.c - see session.h. */
#include "session.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "clock.h"
#include "diag.h"
#include "ksyms.h"
#include "netns.h"
#include "wire.h"

#include "tcpdwell.skel.h"

#define BTF_PATH "/sys/kernel/btf/vmlinux"

/* A sweep looks this far behind the one before it, in case that one was slow. */
#define SWEEP_OVERLAP_NS (1 * NS_PER_S)

#define SWEEP_CHUNK (256 * sizeof(struct wire_timewait))

struct session {
	struct tcpdwell_bpf *skel;
	struct ring_buffer *ring;
	struct bpf_link *links[FEATURES][FEATURES_PROGRAMS_MAX];
	struct features features;
	const char *filter_text;
	uint64_t told_lost[WIRE_KINDS];
	uint64_t sweeps[2];   /* ns: when the last two began, the older first */
	session_record_fn fn; /* of the drain under way */
	void *ctx;
	int drained;
	int stopped; /* what fn returned */
};

/* libbpf speaks only to who asked for details: its words are for those who write such programs. */
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

static bool is_in_way(const struct features_way *way, const char *program)
{
	for (unsigned i = 0; i < FEATURES_PROGRAMS_MAX && way->programs[i]; i++)
		if (!strcmp(way->programs[i], program))
			return true;
	return false;
}

static bool is_chosen(const struct features *features, const char *program)
{
	for (unsigned c = 0; c < FEATURES; c++)
		if (features->chosen[c] >= 0 &&
		    is_in_way(&features_rows[c].ways[features->chosen[c]], program))
			return true;
	return false;
}

/* What programs want to know of the kernel. What it hides costs only the ways that cannot do
 * without. */
static int configure(struct config *config)
{
	config->tick_ns = clock_tick_ns();
	config->self = (__u32)getpid();
	return ksyms_fill(config);
}

/* 0 if `symbols`, what configure() said, is enough for this way. */
static int suffices(const struct features_way *way, int symbols)
{
	if (strcmp(way->name, "timer") != 0)
		return 0;
	return symbols == -EPERM ? -EADDRNOTAVAIL : symbols;
}

static int attach_way(struct tcpdwell_bpf *skel, const struct features_way *way,
		      struct bpf_link **ret_links)
{
	for (unsigned i = 0; i < FEATURES_PROGRAMS_MAX && way->programs[i]; i++) {
		struct bpf_program *prog = bpf_object__find_program_by_name(skel->obj,
									    way->programs[i]);

		ret_links[i] = bpf_program__attach(prog);
		if (!ret_links[i])
			return -errno;
	}
	return 0;
}

static void detach_way(struct bpf_link **links)
{
	for (unsigned i = 0; i < FEATURES_PROGRAMS_MAX; i++) {
		bpf_link__destroy(links[i]);
		links[i] = NULL;
	}
}

static struct tcpdwell_bpf *open_skeleton(void)
{
	libbpf_set_print(libbpf_says);
	raise_memlock();
	return tcpdwell_bpf__open();
}

int session_try(const struct features_way *way)
{
	struct bpf_link *links[FEATURES_PROGRAMS_MAX] = {0};
	struct tcpdwell_bpf *skel;
	struct bpf_program *prog;
	int err;

	if (access(BTF_PATH, R_OK))
		return -ENODATA;
	skel = open_skeleton();
	if (!skel)
		return -errno;
	bpf_object__for_each_program (prog, skel->obj)
		bpf_program__set_autoload(prog, is_in_way(way, bpf_program__name(prog)));
	err = suffices(way, configure((struct config *)&skel->rodata->config));
	if (!err)
		err = tcpdwell_bpf__load(skel);
	if (!err)
		err = attach_way(skel, way, links);
	detach_way(links);
	tcpdwell_bpf__destroy(skel);
	return err;
}

/* ---- opening ---- */

static void tell_why_not(int err)
{
	if (access(BTF_PATH, R_OK)) {
		diag_error("this kernel has no BTF: %s is not there", BTF_PATH);
		diag_hint("tcpdwell needs a kernel with CONFIG_DEBUG_INFO_BTF=y and /sys mounted; "
			  "recordings can be read without (-r)");
		return;
	}
	diag_error("cannot trace: %s: %s", features_rows[FEATURE_TRANSITION].ways[0].words,
		   features_meaning(err));
	diag_hint("%s", features_cure(err));
}

static int load_chosen(struct session *session, const struct options *options)
{
	struct tcpdwell_bpf *skel = open_skeleton();
	struct bpf_program *prog;
	struct config *config;
	int err = 0, symbols;

	if (!skel)
		return -errno;
	session->skel = skel;
	bpf_object__for_each_program (prog, skel->obj)
		bpf_program__set_autoload(prog,
					  is_chosen(&session->features, bpf_program__name(prog)));
	bpf_map__set_max_entries(skel->maps.events, (uint32_t)options->buffer_bytes);
	config = (struct config *)&skel->rodata->config;
	config->filtered = options->filtered;
	config->match = options->match;
	symbols = configure(config);
	for (unsigned c = 0; !err && c < FEATURES; c++)
		if (session->features.chosen[c] >= 0)
			err = suffices(&features_rows[c].ways[session->features.chosen[c]],
				       symbols);
	return err ? err : tcpdwell_bpf__load(skel);
}

static void unload(struct session *session)
{
	for (unsigned c = 0; c < FEATURES; c++)
		detach_way(session->links[c]);
	tcpdwell_bpf__destroy(session->skel);
	session->skel = NULL;
}

/*
 * Mini-sockets first: a transition that is told must not lead into one that is not. What loads but
 * does not attach (arm64 before 6.12 knows that for fentry) is given up like what does not load.
 */
static int attach_chosen(struct session *session)
{
	static const enum features_capability order[] = {FEATURE_SWEEP, FEATURE_TIMEWAIT,
							 FEATURE_TRANSITION};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(order) / sizeof(order[0]); i++) {
		enum features_capability c = order[i];
		int *chosen = &session->features.chosen[c];

		if (*chosen < 0)
			continue;
		err = attach_way(session->skel, &features_rows[c].ways[*chosen], session->links[c]);
		if (err && c != FEATURE_TRANSITION) {
			detach_way(session->links[c]);
			session->features.refused[c][*chosen] = -err;
			*chosen = -1;
			err = 0;
		}
	}
	return err;
}

struct session *session_open(const struct options *options)
{
	struct session *session = calloc(1, sizeof(*session));
	int err;

	if (!session) {
		diag_error("out of memory");
		return NULL;
	}
	session->filter_text = options->filter_text;
	session->features = features_hoped();
	err = access(BTF_PATH, R_OK) ? -ENODATA : load_chosen(session, options);
	if (err && err != -ENODATA) {
		/* Something was refused: find out what, and do with the rest. */
		unload(session);
		session->features = features_found();
		err = -session->features.refused[FEATURE_TRANSITION][0];
		if (!err)
			err = load_chosen(session, options);
	}
	if (!err)
		return session;
	tell_why_not(-err);
	session_close(session);
	return NULL;
}

/* ---- records ---- */

/* libbpf goes on until the ring buffer is empty, unless told otherwise by a negative number. */
static int on_record(void *ctx, void *record, size_t len)
{
	struct session *session = ctx;

	session->stopped = session->fn(session->ctx, record, len);
	if (session->stopped)
		return session->stopped;
	return ++session->drained < SESSION_DRAIN_MAX ? 0 : -EAGAIN;
}

int session_attach(struct session *session, struct meta *ret_meta)
{
	struct utsname host;
	int err = attach_chosen(session);

	if (!err) {
		session->ring = ring_buffer__new(bpf_map__fd(session->skel->maps.events), on_record,
						 session, NULL);
		err = session->ring ? 0 : -errno;
	}
	if (err) {
		diag_error("cannot attach: %s", features_meaning(-err));
		diag_hint("`tcpdwell features` tells what this kernel allows");
		return err;
	}
	uname(&host);
	*ret_meta = (struct meta){.attached = clock_now(),
				  .wall_offset = clock_wall_offset(),
				  .tick_ns = clock_tick_ns(),
				  .sees_timewait = session->features.chosen[FEATURE_TIMEWAIT] >= 0};
	snprintf(ret_meta->version, META_TEXT_MAX, "%s", TCPDWELL_VERSION);
	snprintf(ret_meta->kernel, META_TEXT_MAX, "%s", host.release);
	snprintf(ret_meta->filter, META_TEXT_MAX, "%s", session->filter_text);
	features_describe(&session->features, FEATURE_TRANSITION, ret_meta->tick_ns,
			  ret_meta->transition_way);
	features_describe(&session->features, FEATURE_TIMEWAIT, ret_meta->tick_ns,
			  ret_meta->timewait_way);
	session->sweeps[0] = session->sweeps[1] = ret_meta->attached;
	return 0;
}

static int tell_lost(struct session *session, uint16_t kind)
{
	uint64_t lost = __atomic_load_n(&session->skel->bss->lost_by_kind[kind], __ATOMIC_RELAXED);
	uint32_t total = __atomic_load_n(&session->skel->bss->lost_total, __ATOMIC_RELAXED);
	struct wire_lost rec = {
		.head = {.ts = clock_now(), /* after the counts: what they count was lost by then */
			 .lost = total,
			 .kind = WIRE_LOST,
			 .len = sizeof(rec)},
		.count = lost - session->told_lost[kind],
		.lost_kind = kind};

	if (!rec.count)
		return 0;
	session->told_lost[kind] = lost;
	return session->fn(session->ctx, &rec, sizeof(rec));
}

int session_drain(struct session *session, session_record_fn fn, void *ctx)
{
	int err;

	session->fn = fn;
	session->ctx = ctx;
	session->drained = 0;
	session->stopped = 0;
	err = ring_buffer__consume(session->ring);
	if (session->stopped)
		return session->stopped;
	return err < 0 && err != -EAGAIN ? err : session->drained;
}

int session_losses(struct session *session, session_record_fn fn, void *ctx)
{
	int err = 0;

	session->fn = fn;
	session->ctx = ctx;
	for (uint16_t kind = 1; !err && kind < WIRE_KINDS; kind++)
		err = tell_lost(session, kind);
	return err;
}

/* ---- sweeping ---- */

struct found {
	struct bpf_link *link;
	unsigned char *bytes;
	size_t len, room;
};

static int read_iterator(void *ctx)
{
	struct found *found = ctx;
	int fd = bpf_iter_create(bpf_link__fd(found->link));
	ssize_t len;

	if (fd < 0)
		return -errno;
	do {
		if (found->room - found->len < SWEEP_CHUNK) {
			size_t room = 2 * found->room + SWEEP_CHUNK;
			unsigned char *bytes = realloc(found->bytes, room);

			if (!bytes) {
				close(fd);
				return -ENOMEM;
			}
			found->bytes = bytes;
			found->room = room;
		}
		len = read(fd, found->bytes + found->len, found->room - found->len);
		if (len > 0)
			found->len += (size_t)len;
	} while (len > 0 || (len < 0 && errno == EAGAIN));
	len = len < 0 ? -errno : 0;
	close(fd);
	return (int)len;
}

static int hand_over(const struct found *found, session_record_fn fn, void *ctx)
{
	size_t at = 0;

	while (at + sizeof(struct wire_head) <= found->len) {
		const struct wire_head *head = (const void *)(found->bytes + at);
		int stopped;

		if (!head->len || head->len > found->len - at)
			break;
		stopped = fn(ctx, head, head->len);
		if (stopped)
			return stopped;
		at += head->len;
	}
	return 0;
}

static int sweep_one(struct session *session, uint32_t netns, session_record_fn fn, void *ctx)
{
	struct found found = {.link = session->links[FEATURE_SWEEP][0]};
	struct wire_swept swept = {
		.head = {.ts = clock_now(), .kind = WIRE_SWEPT, .len = sizeof(swept)},
		.netns = netns};
	int err;

	err = netns_call(netns, read_iterator, &found);
	if (err) {
		diag_detail("cannot look into network namespace %u: %s", netns, strerror(-err));
		free(found.bytes);
		return 0;
	}
	swept.head.lost = __atomic_load_n(&session->skel->bss->lost_total, __ATOMIC_RELAXED);
	err = session_drain(session, fn, ctx);
	if (err >= 0)
		err = hand_over(&found, fn, ctx);
	if (!err)
		err = fn(ctx, &swept, sizeof(swept));
	free(found.bytes);
	return err;
}

int session_sweep(struct session *session, const uint32_t *netns, size_t n, session_record_fn fn,
		  void *ctx)
{
	uint64_t begun = clock_now();
	int err = 0;

	if (!session->links[FEATURE_SWEEP][0])
		return 0;
	/* Back to the sweep before the last: what that one was unsure of is met again. */
	session->skel->bss->sweep_since = session->sweeps[0] - SWEEP_OVERLAP_NS;
	for (size_t i = 0; !err && i < n; i++)
		err = sweep_one(session, netns[i], fn, ctx);
	session->sweeps[0] = session->sweeps[1];
	session->sweeps[1] = begun;
	return err;
}

void session_close(struct session *session)
{
	if (!session)
		return;
	ring_buffer__free(session->ring);
	if (session->skel)
		unload(session);
	free(session);
}
