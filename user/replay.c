/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* replay.c - see replay.h. */
#include "replay.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "diag.h"
#include "finish.h"
#include "recording.h"
#include "tracer.h"
#include "wire.h"

struct replay {
	const struct options *options;
	struct tracer *tracer;
	uint64_t until; /* ns: of a recording that is longer than -d, the rest is left out */
};

#define REPLAY_ENOUGH 1

static int take_frame(void *ctx, const void *records, size_t len)
{
	struct replay *replay = ctx;
	const unsigned char *bytes = records;

	while (len) {
		struct wire_head head;
		int used;

		if (len >= sizeof(head)) {
			memcpy(&head, bytes, sizeof(head));
			if (head.ts > replay->until)
				return REPLAY_ENOUGH;
		}
		used = tracer_feed(replay->tracer, bytes, len);
		if (used < 0) {
			diag_error("recording '%s' is garbled: a record makes no sense",
				   replay->options->read_path);
			return used;
		}
		bytes += used;
		len -= (size_t)used;
	}
	return tracer_flush(replay->tracer);
}

int replay_run(const struct options *options, FILE *out)
{
	struct replay replay = {.options = options, .until = UINT64_MAX};
	struct recording_reader *reader;
	struct meta meta;
	struct sink sink;
	int err;

	signal(SIGPIPE, SIG_IGN);
	reader = recording_open(options->read_path, &meta);
	if (!reader)
		return DIAG_FAILED;
	sink = (struct sink){
		.ops = sink_ops_of(options->format), .out = out, .meta = &meta, .options = options};
	replay.tracer = tracer_new(options, &meta, &sink);
	if (!replay.tracer) {
		recording_close(reader);
		diag_error("out of memory");
		return DIAG_FAILED;
	}
	/* A run that was to last no longer is shown whole, with what it still had to tell when it
	 * was over. */
	if (options->duration_ns && (!meta.duration_ns || options->duration_ns < meta.duration_ns))
		replay.until = meta.attached + options->duration_ns;
	err = recording_read(reader, take_frame, &replay);
	err = finish(options, replay.tracer, NULL, err == REPLAY_ENOUGH ? 0 : err);
	tracer_free(replay.tracer);
	recording_close(reader);
	return err;
}
