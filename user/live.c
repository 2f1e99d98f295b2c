/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* live.c - see live.h. */
#include "live.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "diag.h"
#include "finish.h"
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
	uint64_t last_tick, last_sweep;
};

static volatile sig_atomic_t stop_asked;

static void on_signal(int signal)
{
	(void)signal;
	stop_asked = 1;
}

static void catch_signals(void)
{
	struct sigaction stop = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGHUP, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

/* Every record of a run goes this way, whoever made it. */
static int take_record(void *ctx, const void *record, size_t len)
{
	struct live *live = ctx;

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

static int sweep(struct live *live)
{
	const struct conn_table *conns = tracer_connections(live->tracer);
	uint32_t netns[NETNS_MAX];
	size_t n;

	live->last_sweep = clock_now();
	if (!conn_stats(conns).unsettled)
		return 0;
	n = conn_unsettled(conns, netns, NETNS_MAX);
	return session_sweep(live->session, netns, n, take_record, live);
}

/* One look. 0, or the negative errno of what no longer works: the output, or the recording. */
static int look(struct live *live)
{
	int err = session_drain(live->session, take_record, live);

	if (err < 0)
		return err;
	err = 0;
	if (clock_now() >= live->last_sweep + SWEEP_NS)
		err = sweep(live);
	if (!err && clock_now() >= live->last_tick + TICK_NS)
		err = tick(live);
	if (!err && live->recording)
		err = recording_flush(live->recording);
	return err ? err : tracer_flush(live->tracer);
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
	FILE *file = path ? fopen(path, "we") : NULL;

	if (!path)
		return 0;
	if (!file || fprintf(file, "%d\n", (int)getpid()) < 0 || fclose(file)) {
		diag_error("cannot write ready file '%s': %s", path, strerror(errno));
		diag_hint("--ready-file needs a path that can be written");
		return -EIO;
	}
	return 0;
}

static int loop(struct live *live, const struct meta *meta)
{
	int err = 0;

	while (!err && !is_over(live, meta)) {
		wait_a_moment();
		err = look(live);
	}
	/* What is still in the ring buffer, and what no event told, belong to the run. */
	if (!err)
		err = session_drain(live->session, take_record, live);
	if (err >= 0)
		err = sweep(live);
	return err ? err : tick(live);
}

static int run(struct live *live, FILE *out)
{
	const struct options *options = live->options;
	struct meta meta;
	int err = session_attach(live->session, &meta);

	if (err)
		return DIAG_FAILED;
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
	if (!err)
		err = tell_ready(options->ready_path) ? -ECANCELED : 0;
	if (!err)
		err = loop(live, &meta);
	return finish(options, live->tracer, live->recording, err);
}

int live_run(const struct options *options, FILE *out)
{
	struct live live = {.options = options};
	int status;

	catch_signals();
	live.session = session_open(options);
	if (!live.session)
		return DIAG_FAILED;
	status = run(&live, out);
	tracer_free(live.tracer);
	session_close(live.session);
	return status;
}
