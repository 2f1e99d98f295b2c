/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* configure.c - see configure.h. */
#include "commands/configure.h"

#include <stdio.h>

#include "base/diag.h"

struct kernel_request configure_kernel(const struct options *options)
{
	const struct selection *selection = &options->selection;

	return (struct kernel_request){.only_looks = options->command == COMMAND_STUCK,
				       .wants_cgroups = options_want_cgroups(options),
				       .match = selection->filtered ? &selection->match : NULL,
				       .told_states = options_told_states(options),
				       .buffer_bytes = options->buffer_bytes,
				       .timewait_way = options->timewait_way,
				       .accept_way = options->accept_way};
}

void configure_meta(const struct options *options, struct meta *meta)
{
	meta->duration_ns = options->duration_ns;
	snprintf(meta->filter, sizeof(meta->filter), "%s", options->selection.filter_text);
}

struct tracer_config configure_tracer(const struct options *options)
{
	return (struct tracer_config){.selection = &options->selection,
				      .by = options->by,
				      .interval_ns = options->interval_ns,
				      .count = options->count,
				      .max_connections = options->max_connections,
				      .max_groups = options->max_groups,
				      .told_states = options_told_states(options),
				      .tells_moves = options->command == COMMAND_TRACE,
				      .wants_waits = options_want_waits(options),
				      .raw = options->raw};
}

void configure_warn(const struct options *options, const struct meta *meta)
{
	if (meta->sees_accepts || !(options->selection.states & 1 << TCPSTATE_ACCEPT_WAIT))
		return;
	diag_warn("no accept-wait: %s", meta_why_no_waits(meta));
	diag_hint(options->read_path
			  ? "record again where `tcpdwell features` chooses a way of accept "
			    "other than inherit"
			  : "`tcpdwell features` says by which ways accept() could be seen, and "
			    "why not");
}

/* So that what is kept is in a few files, of which one goes at a time. */
#define PARTS_OF_TIME 6
#define PARTS_OF_SIZE 8

static struct segments_limits of_guard(const struct options *options)
{
	return (struct segments_limits){.bytes = options->keep_bytes / PARTS_OF_SIZE,
					.ns = options->keep_ns / PARTS_OF_TIME,
					.keep_bytes = options->keep_bytes,
					.keep_ns = options->keep_ns,
					.on_hangup = true};
}

struct segments_limits configure_segments(const struct options *options)
{
	if (options->command == COMMAND_GUARD)
		return of_guard(options);
	return (struct segments_limits){.bytes = options->rotate_bytes,
					.ns = options->rotate_ns,
					.keep = options->keep,
					.on_hangup = options->command != COMMAND_STUCK ||
						     options->watch};
}

struct sink_style configure_sink(const struct options *options)
{
	return (struct sink_style){.moves = options->command == COMMAND_TRACE,
				   .raw = options->raw,
				   .quiet = options->quiet,
				   .verbose = options->verbose};
}

struct stuck_style configure_stuck(const struct options *options, unsigned columns)
{
	return (struct stuck_style){
		.quiet = options->quiet, .verbose = options->verbose, .columns = columns};
}
