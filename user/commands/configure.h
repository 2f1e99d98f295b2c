/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * configure.h - from the command line to what each part of the program takes: the one place where
 * struct options is taken apart.
 */
#ifndef TCPDWELL_CONFIGURE_H
#define TCPDWELL_CONFIGURE_H

#include "cli/options.h"
#include "kernel/request.h"
#include "model/sink.h"
#include "model/tracer.h"
#include "output/stuck_text.h"
#include "record/meta.h"
#include "record/segments.h"

/* What they point to is the options': these must outlive them. */
struct kernel_request configure_kernel(const struct options *options);
struct tracer_config configure_tracer(const struct options *options);
struct segments_limits configure_segments(const struct options *options);
struct sink_style configure_sink(const struct options *options);

/* `columns`: the width of the terminal that is written to; 0: it is none. */
struct stuck_style configure_stuck(const struct options *options, unsigned columns);

/* What the command line says of a live run, into what the session has said of it. */
void configure_meta(const struct options *options, struct meta *meta);

/* Warns of what is asked for and cannot be seen. */
void configure_warn(const struct options *options, const struct meta *meta);

#endif
