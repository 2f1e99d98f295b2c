/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* trace.c - see trace.h. */
#include "commands/trace.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "commands/configure.h"
#include "commands/finish.h"
#include "commands/live_records.h"
#include "base/ready.h"
#include "record/segments.h"
#include "kernel/session.h"
#include "base/stop.h"
#include "base/stream.h"
#include "model/tracer.h"
#include "wire.h"

struct live {
	const struct options *options;
	struct session *session;
	struct live_records records;
	struct sink sink;
	struct tracer *tracer;
	struct segments *recording; /* NULL without -w */
	bool is_unread;             /* who read our output has gone */
	uint64_t until; /* ns: what the kernel tells of later does not belong to the run */
};

static void end_at(struct live *live, uint64_t ns)
{
	if (ns < live->until)
		live->until = ns;
}

/* Every record of a run goes this way, whoever made it. */
static int take_record(void *ctx, const void *record, size_t len)
{
	struct live *live = ctx;
	const struct wire_head *head = record;

	if (head->kind == WIRE_TRANSITION && head->ts > live->until)
		return 0;
	/* A record of our own programs that does not decode is a defect of ours, not a reason to
	 * stop. */
	if (tracer_feed(live->tracer, record, len) < 0)
		diag_warn("a record of %zu bytes could not be decoded: please report this", len);
	if (tracer_is_over(live->tracer))
		end_at(live, tracer_now(live->tracer));
	return live->recording ? segments_add(live->recording, record, len) : 0;
}

/* The next segment, which begins with all sockets as they stand. */
static int rotate(struct live *live)
{
	int err = segments_next(live->recording);

	return err ? err : live_records_begin_part(&live->records);
}

static int keep_recording(struct live *live)
{
	int err = segments_flush(live->recording);

	if (err || !segments_are_due(live->recording, clock_now()) ||
	    !live_records_may_be_cut(&live->records))
		return err;
	return rotate(live);
}

/* One look. Number of records, or the negative errno of what no longer works: the output, or the
 * recording. */
static int look(struct live *live)
{
	int drained = live_records_look(&live->records), err = drained < 0 ? drained : 0;

	if (!err && live->recording)
		err = keep_recording(live);
	if (!err)
		err = tracer_flush(live->tracer);
	return err ? err : drained;
}

static bool is_over(const struct live *live, const struct meta *meta)
{
	return live->is_unread || stop_is_asked() || tracer_is_over(live->tracer) ||
	       (live->options->duration_ns &&
		clock_now() >= meta->attached + live->options->duration_ns);
}

/* What was there before us. Without it what happens can still be traced. */
static int look_back(struct live *live)
{
	const char *why = session_lacks(live->session, FEATURE_SOCKETS);

	if (why)
		diag_note("cannot see the sockets from before the start: %s", why);
	return live_records_census(&live->records);
}

/* What the kernel has told by now belongs to the run; what still happens does not. */
static int settle(struct live *live)
{
	int err = 0;

	/* Who holds what is still there is better known by its descriptors than by its listener;
	 * and of a handshake that is half open no event tells for a second. */
	if (options_want_owners(live->options) || options_want_half_open(live->options))
		err = live_records_census(&live->records);
	end_at(live, clock_now());
	if (!err)
		err = live_records_settle(&live->records);
	/* Who reads the recording may ask what was stuck in the end. */
	if (!err && live->recording)
		err = live_records_census(&live->records);
	return err == -ECANCELED ? 0 : err;
}

static void wait_a_moment(struct live *live)
{
	struct session_pause pause = session_pause(live->session);

	live->is_unread = stream_wait(pause.bell_fd, STDOUT_FILENO, pause.ms);
}

static int loop(struct live *live, const struct meta *meta)
{
	int drained = 0;

	while (drained >= 0 && !is_over(live, meta)) {
		if (drained < SESSION_DRAIN_MAX)
			wait_a_moment(live);
		drained = look(live);
	}
	ready_end();
	return drained < 0 ? drained : settle(live);
}

static int tell_ready(const struct options *options)
{
	char status[PATH_MAX + 32] = "tracing";

	if (options->write_path)
		snprintf(status, sizeof(status), "tracing, recording to '%s'", options->write_path);
	return ready_tell(options->ready_path, status);
}

static int run(struct live *live, FILE *out)
{
	const struct options *options = live->options;
	struct tracer_config config = configure_tracer(options);
	struct meta meta;
	int err = session_attach(live->session, &meta);

	if (err)
		return DIAG_FAILED;
	configure_meta(options, &meta);
	configure_warn(options, &meta);
	if (live->recording && segments_begin(live->recording, &meta))
		return DIAG_FAILED;
	live->sink = (struct sink){.ops = format_sink(options->format),
				   .out = out,
				   .meta = &meta,
				   .style = configure_sink(options)};
	live->tracer = tracer_new(&config, &meta, &live->sink);
	if (!live->tracer) {
		diag_error("out of memory");
		return DIAG_FAILED;
	}
	live->records = (struct live_records){.session = live->session,
					      .take = take_record,
					      .ctx = live,
					      .conns = tracer_connections(live->tracer),
					      .takes_censuses = true};
	err = tracer_flush(live->tracer);
	if (isatty(STDERR_FILENO) && !options->duration_ns)
		diag_note("tracing; press Ctrl-C to stop and print the histograms");
	if (!err)
		err = look_back(live);
	if (!err)
		err = tell_ready(options) ? -ECANCELED : 0;
	if (!err)
		err = session_give_up_privileges(live->session) ? -ECANCELED : 0;
	if (!err)
		err = loop(live, &meta);
	err = finish(options, live->tracer, live->recording, err);
	live->recording = NULL;
	return err;
}

static bool open_recording(struct live *live)
{
	const struct segments_limits limits = configure_segments(live->options);

	live->recording = segments_open(live->options->write_path, &limits);
	return live->recording;
}

int live_run(const struct options *options, FILE *out)
{
	const struct kernel_request request = configure_kernel(options);
	struct live live = {.options = options, .until = UINT64_MAX};
	int status = DIAG_FAILED;

	stop_on_signals();
	if (options->write_path && !open_recording(&live))
		return DIAG_FAILED;
	ready_begin(options->ready_path);
	live.session = session_open(&request);
	if (live.session)
		status = run(&live, out);
	segments_finish(live.recording);
	tracer_free(live.tracer);
	session_close(live.session);
	return status;
}
