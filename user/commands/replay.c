/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* replay.c - see replay.h. */
#include "commands/replay.h"

#include <errno.h>

#include "base/diag.h"
#include "base/stop.h"
#include "commands/configure.h"
#include "commands/finish.h"
#include "record/playback.h"
#include "record/recording.h"
#include "model/tracer.h"
#include "wire.h"

struct replay {
	const struct options *options;
	struct tracer *tracer;
	uint64_t until; /* ns: of a recording that is longer than -d, the rest is left out */
};

static int take_record(void *ctx, const void *record, size_t len)
{
	return tracer_feed(ctx, record, len);
}

static int take_frame(void *ctx, const void *records, size_t len)
{
	struct replay *replay = ctx;
	int err = recording_each(replay->options->read_path, records, len, replay->until,
				 take_record, replay->tracer);

	if (!err)
		err = tracer_flush(replay->tracer);
	if (!err && tracer_is_over(replay->tracer))
		err = RECORDING_ENOUGH;
	return !err && stop_is_asked() ? -EINTR : err;
}

static int ask_strictly(const struct options *options, struct playback *reader, int status)
{
	if (status != DIAG_OK || !options->strict || !playback_lacks(reader))
		return status;
	diag_error("something was lost (--strict): %s", playback_lacks(reader));
	diag_hint("to read one recording alone, give its name to -r");
	return DIAG_LOST;
}

int replay_run(const struct options *options, FILE *out)
{
	struct replay replay = {.options = options, .until = UINT64_MAX};
	struct tracer_config config = configure_tracer(options);
	struct playback *reader;
	struct meta meta;
	struct sink sink;
	int err;

	stop_on_signals();
	reader = playback_open(options->read_path, &meta);
	if (!reader)
		return DIAG_FAILED;
	configure_warn(options, &meta);
	sink = (struct sink){.ops = format_sink(options->format),
			     .out = out,
			     .meta = &meta,
			     .style = configure_sink(options)};
	replay.tracer = tracer_new(&config, &meta, &sink);
	if (!replay.tracer) {
		playback_close(reader);
		diag_error("out of memory");
		return DIAG_FAILED;
	}
	/* A run that was to last no longer is shown whole, with what it still had to tell when it
	 * was over. */
	if (options->duration_ns && (!meta.duration_ns || options->duration_ns < meta.duration_ns))
		replay.until = meta.attached + options->duration_ns;
	err = playback_read(reader, take_frame, &replay);
	if (err == -EINTR)
		diag_warn("interrupted: only what was read so far is shown");
	err = finish(options, replay.tracer, NULL, err == RECORDING_ENOUGH ? 0 : err);
	err = ask_strictly(options, reader, err);
	tracer_free(replay.tracer);
	playback_close(reader);
	return err;
}
