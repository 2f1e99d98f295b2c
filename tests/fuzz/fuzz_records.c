/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fuzz_records.c - records as no kernel writes them, by every output. The first byte chooses the
 * output, the rest is records: kinds and lengths are put right, so that whatever is in range gets
 * to the model.
 */
#include "outputs.h"

#include "base/clock.h"
#include "commands/configure.h"
#include "diagnosis/findings.h"
#include "diagnosis/overview.h"
#include "output/stuck_print.h"
#include "record/decode.h"
#include "report/data.h"
#include "serve/metrics.h"
#include "top/cells.h"
#include "top/frame.h"

#define RECORDS_MAX 500

static struct meta meta;
static const struct options *options;
static struct {
	char *text;
	size_t len;
	FILE *file;
} out;

/* ---- the records ---- */

struct input {
	const uint8_t *at;
	size_t len;
	unsigned n;
};

static const uint16_t sizes[WIRE_KINDS] = {
	[WIRE_TRANSITION] = sizeof(struct wire_transition),
	[WIRE_TIMEWAIT] = sizeof(struct wire_timewait),
	[WIRE_SOCKET] = sizeof(struct wire_socket),
	[WIRE_HANDSHAKE] = sizeof(struct wire_handshake),
	[WIRE_TICK] = sizeof(struct wire_head),
	[WIRE_LOST] = sizeof(struct wire_lost),
	[WIRE_SWEPT] = sizeof(struct wire_swept),
	[WIRE_ACCEPTED] = sizeof(struct wire_accepted),
	[WIRE_SNAPSHOT] = sizeof(struct wire_snapshot),
	[WIRE_HOLDER] = sizeof(struct wire_holder),
	[WIRE_QUEUED] = sizeof(struct wire_queued),
	[WIRE_EPOLL] = sizeof(struct wire_epoll),
	[WIRE_LIMITS] = sizeof(struct wire_limits),
	[WIRE_HOST] = sizeof(struct wire_host),
	[WIRE_NAME] = sizeof(struct wire_name),
	[WIRE_CLOCK] = sizeof(struct wire_clock),
	[WIRE_CENSUS] = sizeof(struct wire_census),
};

/* The next one; 0: there is none. */
static size_t next_record(struct input *input, union decode_record *ret_record)
{
	union decode_record *record = ret_record;
	size_t size;

	if (input->len < sizeof(record->head) || input->n++ == RECORDS_MAX)
		return 0;
	memset(record, 0, sizeof(*record));
	memcpy(record, input->at, sizeof(record->head));
	record->head.kind %= WIRE_KINDS;
	if (!sizes[record->head.kind])
		record->head.kind = WIRE_TICK;
	size = sizes[record->head.kind];
	record->head.len = (uint16_t)size;
	size = size < input->len ? size : input->len;
	memcpy((char *)record + sizeof(record->head), input->at + sizeof(record->head),
	       size - sizeof(record->head));
	input->at += size;
	input->len -= size;
	return record->head.len;
}

/* ---- what is made of them ---- */

static struct overview *overview;

static void feed(struct input *input)
{
	union decode_record record;
	size_t len;

	while ((len = next_record(input, &record)))
		FUZZ_CHECK(overview_feed(overview, &record, len) != -12);
}

static void show_stuck(void)
{
	struct stuck_style style = configure_stuck(options, options->verbose ? 80 : 0);
	struct findings findings;

	FUZZ_CHECK(!overview_judge(overview));
	stuck_print(&overview->verdict, options->format, &style, &meta, out.file);
	FUZZ_CHECK(!findings_make(&findings, &overview->verdict));
	findings_release(&findings);
}

static void show_metrics(void)
{
	overview_look_at_queues(overview);
	for (int format = 0; format < 2; format++) {
		FUZZ_CHECK(!metrics_render(overview, NULL, true, (enum metrics_format)format,
					   out.file));
	}
}

static void show_report(struct report_data *data)
{
	struct report_source source = {.recording = "file"};
	json_t *json = report_data_json(data, &source);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	FUZZ_CHECK(text);
	outputs_check(text, true);
	free(text);
	json_decref(json);
}

static void show_frames(const struct top_data *data, const struct top_ui *ui)
{
	static struct cells cells;
	struct top_fit fit;
	struct top_cursor cursor;

	for (unsigned rows = 4; rows < 50; rows += 20) {
		cells_clear(&cells, rows, rows * 3);
		top_frame(data, ui, "host", &cells, &fit, &cursor);
		for (unsigned i = 0; i < cells.rows * cells.cols; i++)
			FUZZ_CHECK(cells.at[i].letter >= ' ' && cells.at[i].letter != 0x7f &&
				   (cells.at[i].letter < 0x80 || cells.at[i].letter >= 0xa0));
	}
}

static void show_top(struct top_data *data)
{
	struct top_ui ui;

	top_ui_init(&ui, options);
	FUZZ_CHECK(!top_data_refresh(data));
	top_ui_follow(&ui, data);
	show_frames(data, &ui);
	FUZZ_CHECK(!top_ui_key(&ui, data, 'a', &(struct top_fit){0}));
	show_frames(data, &ui);
}

/* What is drawn again and again, and what watches events for it. */
static void overlook(struct input *input)
{
	struct tracer_config config = configure_tracer(options);
	struct report_data *data = NULL;
	struct top_data *top = NULL;

	overview = overview_new(&config, &meta);
	overview->is_one_look = options->command == COMMAND_STUCK;
	if (options->command == COMMAND_REPORT)
		data = report_data_new(overview);
	else if (options->command == COMMAND_TOP)
		top = top_data_new(overview, &options->selection, &options->by);
	feed(input);
	if (options->command == COMMAND_STUCK)
		show_stuck();
	else if (options->command == COMMAND_SERVE)
		show_metrics();
	else if (data)
		show_report(data);
	else
		show_top(top);
	report_data_free(data);
	top_data_free(top);
	overview_free(overview);
}

static void trace(struct input *input)
{
	struct tracer_config config = configure_tracer(options);
	struct sink sink = {.ops = format_sink(options->format),
			    .out = out.file,
			    .meta = &meta,
			    .style = configure_sink(options)};
	struct tracer *tracer = tracer_new(&config, &meta, &sink);
	union decode_record record;
	size_t len;

	while (!tracer_is_over(tracer) && (len = next_record(input, &record)))
		tracer_feed(tracer, &record, len);
	FUZZ_CHECK(!tracer_finish(tracer));
	tracer_free(tracer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct input input = {bytes + 1, len - 1, 0};

	if (!len)
		return 0;
	fuzz_listen();
	meta = (struct meta){.attached = 1000 * NS_PER_MS,
			     .wall_offset = (int64_t)(1795363200 * NS_PER_S),
			     .tick_ns = 4 * NS_PER_MS,
			     .sees_timewait = !(bytes[0] & 0x80),
			     .samples_timewait = bytes[0] & 0x40,
			     .sees_accepts = true,
			     .version = "0.1.0",
			     .kernel = "6.18"};
	options = outputs_options((bytes[0] & 0x3f) % COUNT(outputs_lines), NULL);
	out.file = open_memstream(&out.text, &out.len);
	if (options->command == COMMAND_TRACE || options->command == COMMAND_HIST)
		trace(&input);
	else
		overlook(&input);
	fclose(out.file);
	FUZZ_CHECK(strlen(out.text) == out.len);
	outputs_check(out.text, options->format == FORMAT_JSON);
	free(out.text);
	return 0;
}
