/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * monitor.h - a live view: an attached session whose records feed a view, and a census when one is
 * wanted. What live.c is to `trace`, this is to `top`, `serve` and `report`.
 */
#ifndef TCPDWELL_MONITOR_H
#define TCPDWELL_MONITOR_H

#include "record/meta.h"
#include "cli/options.h"
#include "kernel/session.h"
#include "diagnosis/view.h"

struct monitor;

/*
 * Opens, attaches, takes the first census, writes the ready file, gives up what privileges are no
 * longer needed (censuses of other namespaces stay possible). `options` must outlive it. NULL after
 * the error was told.
 */
struct monitor *monitor_open(const struct options *options);

/* What is drawn. Owned by the monitor. */
struct view *monitor_view(struct monitor *monitor);

/*
 * Takes in what happened since the last call. Positive: there is more, call it again at once. 0:
 * nothing more for now, call it again as monitor_pause() says. Negative errno, told.
 */
int monitor_look(struct monitor *monitor);

/* See session_pause(), session_wait(). */
struct session_pause monitor_pause(const struct monitor *monitor);
void monitor_wait(const struct monitor *monitor);

/* Replaces the view's census by what is there now. 0, or -errno after it was told. */
int monitor_census(struct monitor *monitor);

/* Run time and runs of each BPF program, where kernel.bpf_stats_enabled is on; else nothing. */
void monitor_each_program(const struct monitor *monitor,
			  void (*fn)(void *ctx, const char *program, uint64_t run_ns,
				     uint64_t runs),
			  void *ctx);

void monitor_close(struct monitor *monitor);

#endif
