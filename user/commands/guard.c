/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* guard.c - see guard.h. */
#include "commands/guard.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/program.h"
#include "base/ready.h"
#include "base/shortage.h"
#include "base/stop.h"
#include "cli/command_line.h"
#include "commands/configure.h"
#include "commands/incident.h"
#include "commands/live_overview.h"
#include "commands/report.h"
#include "record/segments.h"

#define LOOK_NS (10 * NS_PER_S)

/* Of the time, looks at the sockets take at most this part. */
#define LOOK_SHARE 20

/* A recording that failed is tried again. */
#define RETRY_NS (10 * NS_PER_S)

#define HEAR_NS NS_PER_S

#define PROGRAM_PAUSE_MS 50

/* Of an incident. It begins, and ends, where the recording can be cut; at once while nothing is
 * recorded, and at the end. */
enum phase { PHASE_NONE, PHASE_BEGINS, PHASE_HOLDS, PHASE_ENDS };

struct guard {
	const struct options *options;
	char path[PATH_MAX]; /* of the ring */
	struct segments *recording;
	struct live_overview *live;
	struct program *program; /* of --on-exit; NULL: none */
	struct incident incident;
	enum phase phase;
	uint64_t until;                          /* ns: when the incident ends */
	uint64_t next_look, next_try, next_hear; /* ns */
	bool is_broken;                          /* nothing is recorded now */
};

static int out_of_memory(void)
{
	diag_error("out of memory");
	return -ENOMEM;
}

/* ---- the page of an incident ---- */

/* As if it had been typed. In a process of its own. */
static int make_page(void *ctx, const char *folder, const char *page)
{
	static struct options options; /* 32 KiB of port sets: not for the stack */
	const struct options *guard = ctx;
	char tool[] = "tcpdwell", report[] = "report", quiet[] = "-q", read[] = "-r",
	     from[PATH_MAX], to[PATH_MAX], max[] = "--max-connections", connections[32],
	     patience[] = "--patience", ns[32];
	char *argv[] = {tool, report, quiet, to, read, from, max, connections, patience, ns, NULL};
	int argc = guard->selection.patience_ns ? 10 : 8;

	snprintf(from, sizeof(from), "%s", folder);
	snprintf(to, sizeof(to), "%s", page);
	snprintf(connections, sizeof(connections), "%" PRIu64, guard->max_connections);
	snprintf(ns, sizeof(ns), "%" PRIu64 "ns", guard->selection.patience_ns);
	argv[argc] = NULL;
	return command_line_parse(&options, argc, argv) ? DIAG_USAGE : report_run(&options);
}

/* ---- the recording ---- */

static void say_nothing(void *ctx, const char *line)
{
	(void)ctx;
	(void)line;
}

/* 0, or -EPIPE: it can never be tried again. What fails the first time was told. */
static int try_again(struct guard *guard, bool is_first)
{
	struct diag_taker before;
	int err;

	if (clock_now() < guard->next_try)
		return 0;
	before = diag_divert((struct diag_taker){say_nothing, NULL});
	err = live_overview_record_again(guard->live);
	diag_divert(before);
	guard->next_try = clock_now() + RETRY_NS;
	guard->is_broken = err;
	if (!err)
		diag_note("recording again to '%s'", guard->options->write_path);
	if (err != -EPIPE || is_first)
		return err == -EPIPE ? err : 0;
	diag_error("cannot go on with recording '%s': the process that makes its files has ended",
		   guard->options->write_path);
	diag_hint("it was killed, perhaps because memory was short (`dmesg`)");
	return err;
}

/* The first time at once: what is oldest makes room. But on a disk that somebody else fills, to go
 * on at once again and again would cost all of the past. */
static int note_broken(struct guard *guard)
{
	guard->is_broken = true;
	if (try_again(guard, true))
		return -EPIPE;
	if (guard->is_broken)
		diag_warn("nothing is recorded now: trying again every %u seconds",
			  (unsigned)(RETRY_NS / NS_PER_S));
	return 0;
}

/* The next segment has begun, or there is none. */
static int turn(struct guard *guard)
{
	static char text[INCIDENT_FILES_TEXT_MAX];
	bool begins = guard->phase == PHASE_BEGINS;

	if (guard->phase != PHASE_BEGINS && guard->phase != PHASE_ENDS)
		return 0;
	if (!incident_text(&guard->incident, !begins, text))
		return out_of_memory();
	if (begins) {
		segments_begin_incident(guard->recording, guard->incident.name, text);
		guard->until = clock_now() + guard->options->after_ns;
		guard->phase = PHASE_HOLDS;
		return 0;
	}
	segments_end_incident(guard->recording, text);
	incident_end(&guard->incident);
	guard->phase = PHASE_NONE;
	return 0;
}

static int record(struct guard *guard)
{
	uint64_t now = clock_now();
	int err;

	if (now >= guard->next_hear) {
		segments_hear(guard->recording, false);
		guard->next_hear = now + HEAR_NS;
	}
	if (guard->phase == PHASE_HOLDS && now >= guard->until) {
		guard->phase = PHASE_ENDS;
		/* The page shows what is stuck by then. Where that cannot be seen, it was told. */
		live_overview_settle(guard->live);
	}
	if (guard->is_broken)
		return turn(guard) ?: try_again(guard, false);
	err = live_overview_record(guard->live,
				   guard->phase == PHASE_BEGINS || guard->phase == PHASE_ENDS);
	if (err < 0)
		return note_broken(guard);
	return err ? turn(guard) : 0;
}

/* ---- looking ---- */

static int look(struct guard *guard)
{
	uint64_t every = guard->options->interval_ns ?: LOOK_NS, begun = clock_now(), cost;
	struct overview *overview = live_overview_get(guard->live);
	int err = 0;

	if (begun < guard->next_look || !guard->options->n_on)
		return 0;
	err = live_overview_census(guard->live);
	/* -EIO: who finds network namespaces is gone, and nothing brings it back but a start. */
	if (!err && overview_judge(overview))
		return out_of_memory();
	if (!err && incident_look(&guard->incident, begun, guard->options->write_path))
		guard->phase = PHASE_BEGINS;
	cost = clock_now() - begun;
	guard->next_look = begun + (every > LOOK_SHARE * cost ? every : LOOK_SHARE * cost);
	return err == -EIO || err == -ENOMEM ? err : 0;
}

/* ---- the loop ---- */

/* A program that is asked to end does so in its own time. */
static bool is_program_over(struct guard *guard)
{
	int status;

	if (stop_is_asked())
		program_ask_to_end(guard->program);
	status = program_status(guard->program);
	if (status > 0 && !stop_is_asked() &&
	    incident_exit(&guard->incident, guard->options->on_exit, status,
			  guard->options->write_path))
		guard->phase = PHASE_BEGINS;
	return status >= 0;
}

static bool is_over(struct guard *guard)
{
	const struct meta *meta = live_overview_get(guard->live)->meta;

	if (guard->program)
		return is_program_over(guard);
	return stop_is_asked() || (guard->options->duration_ns &&
				   clock_now() >= meta->attached + guard->options->duration_ns);
}

static int step(struct guard *guard)
{
	int more = live_overview_look(guard->live), err;

	if (more < 0)
		return more;
	err = look(guard) ?: record(guard);
	return err < 0 ? err : more;
}

/* An incident under way gets what there is by now: the last segment, too. */
static int end_incident(struct guard *guard)
{
	int err = guard->phase == PHASE_BEGINS ? turn(guard) : 0;

	segments_complete(guard->recording);
	if (!err && guard->phase != PHASE_NONE) {
		guard->phase = PHASE_ENDS;
		err = turn(guard);
	}
	segments_hear(guard->recording, true);
	return err;
}

static int loop(struct guard *guard)
{
	int more = 0;

	while (more >= 0 && !is_over(guard)) {
		if (!more)
			live_overview_wait(guard->live, -1);
		more = step(guard);
	}
	ready_end();
	if (more == -EPIPE)
		return more;
	if (more >= 0)
		more = live_overview_settle(guard->live);
	return end_incident(guard) ?: more;
}

/* ---- beginning ---- */

static int tell_ready(const struct guard *guard)
{
	char status[PATH_MAX + 32];

	snprintf(status, sizeof(status), "recording to '%s'", guard->options->write_path);
	return ready_tell(guard->options->ready_path, status);
}

static int run(struct guard *guard)
{
	guard->live = live_overview_open(guard->options, guard->recording);
	if (!guard->live)
		return -ECANCELED;
	incident_init(&guard->incident, live_overview_get(guard->live), guard->options->on,
		      guard->options->n_on, guard->options->after_ns);
	if (guard->options->on_exit) {
		guard->program = program_start(guard->options->on_exit);
		if (!guard->program)
			return -ECANCELED;
	}
	return tell_ready(guard) ?: live_overview_give_up_privileges(guard->live) ?: loop(guard);
}

/* Who talks to whom on this host is for its owner alone. */
static int make_folder(const char *path)
{
	if (!mkdir(path, 0700) || errno == EEXIST)
		return 0;
	diag_error("cannot make '%s': %s", path, strerror(errno));
	diag_hint("%s", shortage_cure(errno, "-w needs a folder, or one in which it can be made"));
	return -errno;
}

/* What fails of ours is no reason to leave it alone. */
static void wait_for_program(struct guard *guard)
{
	while (program_status(guard->program) < 0) {
		if (stop_is_asked())
			program_ask_to_end(guard->program);
		poll(NULL, 0, PROGRAM_PAUSE_MS);
	}
}

int guard_run(const struct options *options)
{
	const struct incident_files incidents = {
		.keep = options->incidents, .page = make_page, .ctx = (void *)options};
	struct segments_limits limits = configure_segments(options);
	struct guard guard = {.options = options};
	int err, status;

	stop_on_signals();
	if (snprintf(guard.path, sizeof(guard.path), "%s/guard", options->write_path) >= PATH_MAX ||
	    make_folder(options->write_path))
		return DIAG_FAILED;
	limits.incidents = &incidents;
	guard.recording = segments_open(guard.path, &limits);
	if (!guard.recording)
		return DIAG_FAILED;
	err = run(&guard);
	if (guard.program && err)
		wait_for_program(&guard);
	if (segments_finish(guard.recording) || guard.is_broken)
		err = -EIO;
	live_overview_close(guard.live);
	status = guard.program ? program_status(guard.program) : DIAG_OK;
	program_free(guard.program);
	return status <= 0 && err ? DIAG_FAILED : status;
}
