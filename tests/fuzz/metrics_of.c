/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * metrics_of.c - what `serve` would export had it seen a recording:
 * `metrics_of FILE prometheus|openmetrics [OPTION...]`. The golden tests run it.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command_line.h"
#include "commands/configure.h"
#include "record/recording.h"
#include "serve/metrics.h"

static int take_frame(void *ctx, const void *records, size_t len)
{
	const char *bytes = records;

	while (len) {
		int used = overview_feed(ctx, bytes, len);

		if (used < 0)
			return used;
		bytes += used;
		len -= (size_t)used;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct options options;
	static const struct metrics_program programs[] = {{"watched", 1500000000, 3000000},
							  {"never_ran", 0, 0}};
	struct metrics_self self = {1.25, 1795363200.5, 12345678, programs, 2};
	struct recording_reader *reader;
	struct meta meta;
	struct overview *overview;
	struct tracer_config config;
	int err;

	const char *path;
	enum metrics_format format;

	if (argc < 3) {
		fputs("usage: metrics_of FILE prometheus|openmetrics [OPTION...]\n", stderr);
		return 2;
	}
	path = argv[1];
	format = strcmp(argv[2], "openmetrics") ? METRICS_PROMETHEUS : METRICS_OPENMETRICS;
	argv[2] = (char *)"serve";
	if (command_line_parse(&options, argc - 1, argv + 1))
		return 2;
	config = configure_tracer(&options);
	reader = recording_open(path, &meta);
	overview = reader ? overview_new(&config, &meta) : NULL;
	if (!overview)
		return 1;
	err = recording_read(reader, take_frame, overview);
	if (!err)
		overview_look_at_queues(overview);
	if (!err)
		err = metrics_render(overview, &self, true, format, stdout);
	overview_free(overview);
	recording_close(reader);
	return err ? 1 : 0;
}
