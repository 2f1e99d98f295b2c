/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stuck.c - see stuck.h. */
#include "commands/stuck.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "commands/configure.h"
#include "base/notify.h"
#include "base/ready.h"
#include "record/playback.h"
#include "record/recording.h"
#include "record/segments.h"
#include "base/shortage.h"
#include "kernel/session.h"
#include "base/stop.h"
#include "base/stream.h"
#include "output/stuck_print.h"
#include "diagnosis/overview.h"

#define WATCH_NS (2 * NS_PER_S)

struct stuck {
	const struct options *options;
	struct meta meta;
	struct overview *overview;
	struct segments *recording; /* NULL without -w */
	FILE *out;
	bool found;
	bool redraws; /* each answer takes the place of the one before */
	bool has_told;
};

static int take_recorded(void *ctx, const void *record, size_t len)
{
	const struct stuck *stuck = ctx;
	int used = overview_feed(stuck->overview, record, len);

	if (used == -ENOMEM)
		diag_error("out of memory");
	return used;
}

static int take_record(void *ctx, const void *record, size_t len)
{
	struct stuck *stuck = ctx;
	int used = take_recorded(ctx, record, len), err = 0;

	if (used >= 0 && stuck->recording)
		err = segments_add(stuck->recording, record, len);
	return used < 0 ? used : err;
}

static int take_frame(void *ctx, const void *records, size_t len)
{
	const struct stuck *stuck = ctx;

	int err = recording_each(stuck->options->read_path, records, len, UINT64_MAX, take_recorded,
				 ctx);

	return !err && stop_is_asked() ? -EINTR : err;
}

/* Of what `meta` tells by now. */
static int make_overview(struct stuck *stuck)
{
	struct tracer_config config = configure_tracer(stuck->options);

	stuck->overview = overview_new(&config, &stuck->meta);
	if (stuck->overview)
		return 0;
	diag_error("out of memory");
	return -ENOMEM;
}

/* ---- the answer ---- */

/* Of standard output. 0: it is no terminal. */
static unsigned terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col ? 80 : size.ws_col;
}

/* A state that is normal for a moment is no failure, unless it is what was asked for. */
static bool is_found(const struct verdict *verdict, const struct options *options)
{
	bool asked = options->selection.has_states || options->selection.min_ns;

	return verdict->findings || verdict->fillings.n || (asked && verdict->n_sockets);
}

static int tell(struct stuck *stuck)
{
	struct stuck_style style = configure_stuck(stuck->options, terminal_width());
	const struct verdict *verdict = &stuck->overview->verdict;
	int err;

	if (overview_judge(stuck->overview)) {
		diag_error("out of memory");
		return DIAG_FAILED;
	}
	style.timed = stuck->options->watch;
	style.again = stuck->has_told && !stuck->redraws;
	stuck->has_told = true;
	stuck->found |= is_found(verdict, stuck->options);
	if (stuck->redraws)
		fputs("\033[H\033[2J", stuck->out);
	stuck_print(verdict, stuck->options->format, &style, &stuck->meta, stuck->out);
	if (!fflush(stuck->out) || errno == EPIPE)
		return DIAG_OK;
	err = errno;
	diag_error("cannot write the output: %s", strerror(err));
	diag_hint("%s", shortage_cure(err, "the output is not complete"));
	return DIAG_FAILED;
}

static int replay(struct stuck *stuck)
{
	struct playback *reader = playback_open(stuck->options->read_path, &stuck->meta);
	int err;

	if (!reader || make_overview(stuck)) {
		playback_close(reader);
		return DIAG_FAILED;
	}
	err = playback_read(reader, take_frame, stuck);
	playback_close(reader);
	if (err == -EINTR)
		diag_warn("interrupted: only what was read so far is shown");
	else if (!stuck->overview->census.count)
		diag_warn("no sockets in '%s': `tcpdwell stuck -w FILE` records them",
			  stuck->options->read_path);
	return tell(stuck) || err ? DIAG_FAILED : DIAG_OK;
}

static int look_once(struct stuck *stuck, struct session *session)
{
	int err = 0;

	if (stuck->recording && segments_are_due(stuck->recording, clock_now()))
		err = segments_next(stuck->recording);
	if (!err)
		err = session_clock(session, take_record, stuck);
	if (!err)
		err = session_census(session, take_record, stuck);
	if (!err && stuck->recording)
		err = segments_flush(stuck->recording);
	return err ? DIAG_FAILED : tell(stuck);
}

static bool is_asked_for_next(const struct stuck *stuck)
{
	return stuck->recording && segments_are_asked(stuck->recording);
}

/* Until the next look, which begins the next recording if that is due: to be asked for one is no
 * reason to wait, that a look was larger than a limit is. False if nobody reads
 * what we write any more. */
static bool wait_until(struct stuck *stuck, uint64_t then)
{
	uint64_t now;

	while ((now = clock_now()) < then && !stop_is_asked() && !is_asked_for_next(stuck)) {
		uint64_t ms = (then - now + NS_PER_MS - 1) / NS_PER_MS;

		notify_alive();
		if (stream_wait(-1, STDOUT_FILENO, notify_wait(ms < INT_MAX ? (int)ms : INT_MAX)))
			return false;
	}
	return true;
}

static int watch(struct stuck *stuck, struct session *session)
{
	uint64_t every = stuck->options->interval_ns ? stuck->options->interval_ns : WATCH_NS;
	uint64_t looks = 0, enough = stuck->options->count ? stuck->options->count : UINT64_MAX;
	int status = DIAG_OK;
	bool is_read = true;

	if (session_give_up_privileges(session))
		return DIAG_FAILED;
	stuck->redraws = isatty(STDOUT_FILENO) && stuck->options->format == FORMAT_TEXT;
	while (!stop_is_asked() && status == DIAG_OK && is_read) {
		status = look_once(stuck, session);
		if (!looks && status == DIAG_OK)
			ready_tell(NULL, "looking again and again");
		if (++looks >= enough)
			break;
		if (status == DIAG_OK)
			is_read = wait_until(stuck, clock_now() + every);
	}
	ready_end();
	return status;
}

static int look(struct stuck *stuck, struct session *session)
{
	const char *why;
	int status = DIAG_FAILED;

	if (session_attach(session, &stuck->meta))
		return DIAG_FAILED;
	configure_meta(stuck->options, &stuck->meta);
	if (make_overview(stuck))
		return DIAG_FAILED;
	stuck->overview->is_one_look = !stuck->options->watch;
	why = session_lacks(session, FEATURE_HOLDERS);
	if (why)
		diag_warn("cannot see which processes hold a socket: %s", why);
	if (!stuck->recording || !segments_begin(stuck->recording, &stuck->meta))
		status = stuck->options->watch ? watch(stuck, session) : look_once(stuck, session);
	return status;
}

static int live(struct stuck *stuck)
{
	const struct kernel_request request = configure_kernel(stuck->options);
	const struct segments_limits limits = configure_segments(stuck->options);
	const char *path = stuck->options->write_path;
	struct session *session;
	int status = DIAG_FAILED;

	if (path && !(stuck->recording = segments_open(path, &limits)))
		return DIAG_FAILED;
	if (stuck->options->watch)
		ready_begin(NULL);
	session = session_open(&request);
	if (session)
		status = look(stuck, session);
	if (segments_finish(stuck->recording))
		status = DIAG_FAILED;
	session_close(session);
	return status;
}

int stuck_run(const struct options *options, FILE *out)
{
	struct stuck stuck = {.options = options, .out = out};
	int status;

	stop_on_signals();
	status = options->read_path ? replay(&stuck) : live(&stuck);
	overview_free(stuck.overview);
	return status == DIAG_OK && options->fail && stuck.found ? DIAG_STUCK : status;
}
