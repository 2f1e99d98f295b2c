/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* live.c - see live.h. */
#include "live.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "diag.h"
#include "finish.h"
#include "netns.h"
#include "privileges.h"
#include "recording.h"
#include "session.h"
#include "tracer.h"
#include "wire.h"

/* How often the ring buffer is looked at. The default size holds 100 ms of 400,000 transitions a
 * second. */
#define LOOK_NS (10 * NS_PER_MS)
#define TICK_NS (100 * NS_PER_MS)
/* Twice a second, so that a move which needs a second look is told within a second all the same. */
#define SWEEP_NS (500 * NS_PER_MS)

#define NETNS_MAX 256

struct live {
	const struct options *options;
	struct session *session;
	struct tracer *tracer;
	struct recording_writer *recording; /* NULL without -w */
	uint64_t last_tick, next_sweep;
	uint64_t until; /* ns: what the kernel tells of later does not belong to the run */
};

static volatile sig_atomic_t stop_asked;

static void on_signal(int signal)
{
	(void)signal;
	stop_asked = 1;
}

static void catch_signals(void)
{
	/* A write that is under way is finished; the second Ctrl-C ends it all. */
	struct sigaction stop = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_RESETHAND};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGHUP, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

/* Every record of a run goes this way, whoever made it. */
static int take_record(void *ctx, const void *record, size_t len)
{
	struct live *live = ctx;
	const struct wire_head *head = record;

	if (head->kind == WIRE_TRANSITION && head->ts > live->until)
		return -ECANCELED;
	/* A record of our own programs that does not decode is a defect of ours, not a reason to
	 * stop. */
	if (tracer_feed(live->tracer, record, len) < 0)
		diag_warn("a record of %zu bytes could not be decoded: please report this", len);
	return live->recording ? recording_add(live->recording, record, len) : 0;
}

static int tick(struct live *live)
{
	struct wire_head head = {.ts = clock_now(), .kind = WIRE_TICK, .len = sizeof(head)};

	live->last_tick = head.ts;
	return take_record(live, &head, sizeof(head));
}

/* At most a twentieth of the time goes into sweeps: with a million sockets one takes half a second.
 */
static int sweep(struct live *live)
{
	const struct conn_table *conns = tracer_connections(live->tracer);
	uint64_t begun = clock_now(), cost;
	uint32_t netns[NETNS_MAX];
	size_t n;
	int err = 0;

	if (conn_stats(conns).unsettled) {
		n = conn_unsettled(conns, netns, NETNS_MAX);
		err = session_sweep(live->session, netns, n, take_record, live);
	}
	cost = clock_now() - begun;
	live->next_sweep = begun + (20 * cost > SWEEP_NS ? 20 * cost : SWEEP_NS);
	return err;
}

/* One look. Number of records, or the negative errno of what no longer works: the output, or the
 * recording. */
static int look(struct live *live)
{
	int drained = session_drain(live->session, take_record, live);
	int err = drained < 0 ? drained : session_losses(live->session, take_record, live);

	if (!err && clock_now() >= live->next_sweep)
		err = sweep(live);
	if (!err && clock_now() >= live->last_tick + TICK_NS)
		err = tick(live);
	if (!err && live->recording)
		err = recording_flush(live->recording);
	if (!err)
		err = tracer_flush(live->tracer);
	return err ? err : drained;
}

static bool is_over(const struct live *live, const struct meta *meta)
{
	return stop_asked || (live->options->duration_ns &&
			      clock_now() >= meta->attached + live->options->duration_ns);
}

static void wait_a_moment(void)
{
	struct timespec moment = {.tv_nsec = (long)LOOK_NS};

	nanosleep(&moment, NULL); /* a signal ends it early, as it should */
}

/* Whole or not at all: who waits for it may read it at once. */
static int tell_ready(const char *path)
{
	char part[PATH_MAX];
	FILE *file;

	if (!path)
		return 0;
	snprintf(part, sizeof(part), "%s.part", path);
	file = fopen(part, "we");
	if (!file || fprintf(file, "%d\n", (int)getpid()) < 0 || fclose(file) ||
	    rename(part, path)) {
		diag_error("cannot write ready file '%s': %s", path, strerror(errno));
		diag_hint("--ready-file needs a path that can be written");
		return -EIO;
	}
	return 0;
}

/* What is still in the ring buffer, and what no event told, belong to the run; what still happens
 * does not. */
static int settle(struct live *live)
{
	int err;

	live->until = clock_now();
	do
		err = session_drain(live->session, take_record, live);
	while (err >= SESSION_DRAIN_MAX);
	if (err >= 0 || err == -ECANCELED)
		err = session_losses(live->session, take_record, live);
	if (!err)
		err = sweep(live);
	if (err == -ECANCELED)
		err = 0;
	return err ? err : tick(live);
}

static int loop(struct live *live, const struct meta *meta)
{
	int drained = 0;

	while (drained >= 0 && !is_over(live, meta)) {
		if (drained < SESSION_DRAIN_MAX)
			wait_a_moment();
		drained = look(live);
	}
	return drained < 0 ? drained : settle(live);
}

/* Whether connections of other namespaces than ours are asked for. */
static bool looks_elsewhere(const struct options *options)
{
	bool elsewhere = !options->match.n_netns;

	for (__u32 i = 0; i < options->match.n_netns; i++)
		elsewhere |= options->match.netns[i] != netns_current();
	return elsewhere;
}

/*
 * Once everything is attached and every file is open: from here on only sweeps ask the kernel for
 * anything, and only those of other namespaces for a privilege.
 */
static int give_up_privileges(struct live *live)
{
	bool sweeps = session_sweeps(live->session);
	bool netns = sweeps && looks_elsewhere(live->options);

	if (netns)
		privileges_note_netns();
	return privileges_drop(netns, sweeps ? session_can_sweep : NULL, live->session);
}

static int run(struct live *live, FILE *out)
{
	const struct options *options = live->options;
	struct meta meta;
	int err = session_attach(live->session, &meta);

	if (err)
		return DIAG_FAILED;
	meta.duration_ns = options->duration_ns;
	if (options->write_path) {
		live->recording = recording_create(options->write_path, &meta);
		if (!live->recording)
			return DIAG_FAILED;
	}
	live->tracer = tracer_new(options, &meta, out);
	if (!live->tracer) {
		diag_error("out of memory");
		return DIAG_FAILED;
	}
	err = tracer_flush(live->tracer);
	if (isatty(STDERR_FILENO) && !options->duration_ns)
		diag_note("tracing; Ctrl-C ends it and prints the histograms");
	if (!err)
		err = tell_ready(options->ready_path) ? -ECANCELED : 0;
	if (!err)
		err = give_up_privileges(live) ? -ECANCELED : 0;
	if (!err)
		err = loop(live, &meta);
	return finish(options, live->tracer, live->recording, err);
}

int live_run(const struct options *options, FILE *out)
{
	struct live live = {.options = options, .until = UINT64_MAX};
	int status;

	catch_signals();
	if (options->ready_path)
		unlink(options->ready_path); /* that of an earlier run would speak for this one */
	live.session = session_open(options);
	if (!live.session)
		return DIAG_FAILED;
	status = run(&live, out);
	tracer_free(live.tracer);
	session_close(live.session);
	return status;
}
