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
#include "diagnosis/overview.h"

struct live_overview;

/*
 * Opens, attaches, takes the first census. `options` must outlive it. It calls ready_begin(); to
 * tell that we are ready is the caller's, while it may open files. NULL after the error was told.
 */
struct live_overview *live_overview_open(const struct options *options);

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

/* Replaces the overview's census by what is there now. 0, or -errno after it was told. */
int live_overview_census(struct live_overview *live);

/* Run time and runs of each BPF program, where kernel.bpf_stats_enabled is on; else nothing. */
void live_overview_each_program(const struct live_overview *live,
				void (*fn)(void *ctx, const char *program, uint64_t run_ns,
					   uint64_t runs),
				void *ctx);

void live_overview_close(struct live_overview *live);

#endif
