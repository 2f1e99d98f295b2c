/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* report.c - see report.h. */
#include "commands/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "commands/configure.h"
#include "commands/live_overview.h"
#include "base/ready.h"
#include "record/playback.h"
#include "record/recording.h"
#include "report/data.h"
#include "report/values.h"
#include "report_page.h"
#include "base/stop.h"
#include "base/whole_file.h"

struct report {
	const struct options *options;
	struct overview *overview;
	struct report_data *data;
	struct report_source source;
	struct utsname host;
	bool lacks; /* something that is no error: see playback_lacks() */
	struct whole_file *file;
};

static int out_of_memory(void)
{
	diag_error("out of memory");
	return -ENOMEM;
}

/* ---- the page ---- */

/* Text may hold "</script>": in JSON a '<' is in texts only, and can be written otherwise. */
static int write_data(const json_t *data, struct whole_file *out)
{
	char *text = values_dump(data, JSON_COMPACT | JSON_ENSURE_ASCII);

	if (!text)
		return out_of_memory();
	for (const char *from = text; *from;) {
		size_t len = strcspn(from, "<");

		whole_file_write(out, from, len);
		from += len;
		if (*from == '<') {
			whole_file_write(out, "\\u003c", 6);
			from++;
		}
	}
	free(text);
	return 0;
}

static int write_page(struct report *report)
{
	json_t *data = report_data_json(report->data, &report->source);
	int err;

	if (!data)
		return out_of_memory();
	whole_file_write(report->file, report_page_before, sizeof(report_page_before) - 1);
	err = write_data(data, report->file);
	whole_file_write(report->file, report_page_after, sizeof(report_page_after) - 1);
	json_decref(data);
	return err;
}

static int finish(struct report *report)
{
	const char *path = report->options->argument;
	bool lost = report->options->strict && (overview_lost(report->overview) || report->lacks);
	int err = write_page(report);
	int written = whole_file_finish(report->file, !err);

	report->file = NULL;
	if (err || written)
		return DIAG_FAILED;
	if (strcmp(path, "-") != 0)
		diag_note("the report is in '%s'", path);
	if (!lost)
		return DIAG_OK;
	diag_error("something was lost (--strict)");
	diag_hint(report->lacks ? "the report says what"
				: "the report says what; use a larger --buffer or a narrower "
				  "filter");
	return DIAG_LOST;
}

static int start(struct report *report, struct overview *overview)
{
	report->overview = overview;
	report->data = report_data_new(overview);
	return report->data ? 0 : out_of_memory();
}

/* ---- from a recording ---- */

#define PROGRESS_NS (200 * NS_PER_MS)

struct reading {
	struct report *report;
	uint64_t until;      /* ns: of a recording that is longer than -d, the rest is left out */
	uint64_t done, size; /* bytes; size 0: not known */
	uint64_t next_told;  /* ns, our own clock */
};

static void tell_progress(struct reading *reading)
{
	const char *path = reading->report->options->read_path;
	uint64_t now = clock_now();

	if (now < reading->next_told)
		return;
	reading->next_told = now + PROGRESS_NS;
	if (reading->size)
		diag_progress("reading '%s': %u %%", path,
			      (unsigned)(reading->done * 100 / reading->size));
	else
		diag_progress("reading '%s': %u MB", path, (unsigned)(reading->done >> 20));
}

static int take_recorded(void *ctx, const void *record, size_t len)
{
	int used = overview_feed(ctx, record, len);

	return used == -ENOMEM ? out_of_memory() : used;
}

static int take_frame(void *ctx, const void *records, size_t len)
{
	struct reading *reading = ctx;
	int err;

	reading->done += len;
	err = recording_each(reading->report->options->read_path, records, len, reading->until,
			     take_recorded, reading->report->overview);
	if (err)
		return err;
	tell_progress(reading);
	return stop_is_asked() ? -EINTR : 0;
}

static const char *why_broken(int err)
{
	if (err == -EINTR)
		return "reading was interrupted: the rest is not in this report";
	if (err == -ENODATA)
		return "it is incomplete: it has no end mark";
	return "it is damaged: the rest is not in this report";
}

static int read_all(struct reading *reading, struct playback *reader, const struct meta *meta)
{
	struct report *report = reading->report;
	const struct options *options = report->options;
	int err;

	if (options->duration_ns &&
	    (!meta->duration_ns || options->duration_ns < meta->duration_ns))
		reading->until = meta->attached + options->duration_ns;
	reading->next_told = clock_now() + PROGRESS_NS;
	err = playback_read(reader, take_frame, reading);
	diag_progress_end();
	if (err == RECORDING_ENOUGH)
		err = 0;
	if (err == -EINTR)
		diag_warn("interrupted: the report covers what was read so far");
	report->source.broken = err ? why_broken(err) : playback_lacks(reader);
	report->lacks = !err && report->source.broken;
	return err;
}

static uint64_t size_of(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

/* Of what could be read there is a page, whatever came then; but it is a failure. */
static int replay(struct report *report)
{
	const char *path = report->options->read_path, *slash = strrchr(path, '/');
	struct reading reading = {.report = report, .until = UINT64_MAX, .size = size_of(path)};
	struct tracer_config config = configure_tracer(report->options);
	struct meta meta;
	struct playback *reader = playback_open(path, &meta);
	struct overview *overview = reader ? overview_new(&config, &meta) : NULL;
	int err = -EINVAL, status = DIAG_FAILED;

	report->source.recording = strcmp(path, "-") ? (slash ? slash + 1 : path)
						     : "standard input";
	if (reader)
		configure_warn(report->options, &meta);
	if (reader && !overview)
		out_of_memory();
	if (overview && !start(report, overview)) {
		err = read_all(&reading, reader, &meta);
		if (err != -ENOMEM)
			status = finish(report);
	}
	playback_close(reader);
	overview_free(overview);
	return err ? DIAG_FAILED : status;
}

/* ---- live ---- */

static int watch(const struct options *options, struct live_overview *live)
{
	uint64_t until = live_overview_get(live)->meta->attached + options->duration_ns;
	int more = 0, out = strcmp(options->argument, "-") ? -1 : STDOUT_FILENO;
	bool is_read = true;

	if (!options->duration_ns)
		diag_note("tracing; press Ctrl-C to stop and write the report");
	while (more >= 0 && is_read && !stop_is_asked() &&
	       (!options->duration_ns || clock_now() < until)) {
		more = live_overview_look(live);
		if (!more)
			is_read = !live_overview_wait(live, out);
	}
	ready_end();
	return more < 0 ? more : live_overview_settle(live);
}

static int live(struct report *report)
{
	struct live_overview *live = live_overview_open(report->options, NULL);
	int status = DIAG_FAILED;

	if (!uname(&report->host))
		report->source.host = report->host.nodename;
	if (live && !ready_tell(report->options->ready_path, "tracing") &&
	    !live_overview_give_up_privileges(live) && !start(report, live_overview_get(live)) &&
	    !watch(report->options, live))
		status = finish(report);
	live_overview_close(live);
	return status;
}

int report_run(const struct options *options)
{
	struct report report = {.options = options};
	int status;

	stop_on_signals();
	report.file = whole_file_open(options->argument);
	if (!report.file)
		return DIAG_FAILED;
	status = options->read_path ? replay(&report) : live(&report);
	whole_file_finish(report.file, false);
	report_data_free(report.data);
	return status;
}
