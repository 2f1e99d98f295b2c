/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * live_overview.h - a live overview: an attached session whose records feed a overview, and a
 * census when one is wanted. What trace.c is to `trace`, this is to `top`, `serve` and `report`.
 */
#ifndef TCPDWELL_LIVE_OVERVIEW_H
#define TCPDWELL_LIVE_OVERVIEW_H

#include "record/meta.h"
#include "cli/options.h"
#include "kernel/session.h"
#include "record/segments.h"
#include "diagnosis/overview.h"

struct live_overview;

/*
 * Opens, attaches, takes the first census. `options` must outlive it. It calls ready_begin(); to
 * tell that we are ready is the caller's, while it may open files. `recording` (NULL: none) begins
 * with it: events and the censuses of live_records.h are added, so that it replays, but not those
 * that live_overview_census() takes only to look; what fails of it is for live_overview_record() to
 * say, and events go on. NULL after the error was told.
 */
struct live_overview *live_overview_open(const struct options *options, struct segments *recording);

/*
 * Writes what was recorded, and begins the next segment if that is due or `wants_next`, once it
 * can. 1: the next one has begun; 0: it has not; or the negative errno of the recording, after it
 * was told: nothing is recorded until live_overview_record_again() succeeds.
 */
int live_overview_record(struct live_overview *live, bool wants_next);

/* 0, or a negative errno, of segments_try_again(). */
int live_overview_record_again(struct live_overview *live);

/* To be called once no file is to be opened any more: see session_give_up_privileges(). */
int live_overview_give_up_privileges(struct live_overview *live);

/* What is drawn. Owned by the live. */
struct overview *live_overview_get(struct live_overview *live);

/*
 * Takes in what happened since the last call. Positive: there is more, call it again at once. 0:
 * nothing more for now, call it again as live_overview_pause() says. Negative errno, told.
 */
int live_overview_look(struct live_overview *live);

/* See session_pause(); and waiting that long, as stream_wait() does. */
struct session_pause live_overview_pause(const struct live_overview *live);
bool live_overview_wait(const struct live_overview *live, int out);

/* Replaces the overview's census by what is there now, which is recorded once a minute,
 * or if that would settle what is in doubt. 0, or -errno after it was told. */
int live_overview_census(struct live_overview *live);

/* What the kernel has told by now, under load that never ends too, and a last census, which is
 * recorded. 0, or -errno after it was told. */
int live_overview_settle(struct live_overview *live);

/* Run time and runs of each BPF program, where kernel.bpf_stats_enabled is on; else nothing. */
void live_overview_each_program(const struct live_overview *live,
				void (*fn)(void *ctx, const char *program, uint64_t run_ns,
					   uint64_t runs),
				void *ctx);

void live_overview_close(struct live_overview *live);

#endif
