/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* live_overview.c - see live_overview.h. */
#include "commands/live_overview.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/diag.h"
#include "commands/configure.h"
#include "commands/live_records.h"
#include "base/ready.h"
#include "base/stream.h"
#include "wire.h"

#define SETTLE_LOOKS 64

/* live_records.c knows why. */
#define KEPT_CENSUS_NS (60 * NS_PER_S)

struct live_overview {
	struct session *session;
	struct overview *overview;
	struct live_records records;
	struct meta meta;
	struct segments *recording; /* NULL: none */
	int recording_err;
	bool only_looks;           /* what a census tells now is not recorded */
	uint64_t next_kept_census; /* ns */
};

/* Is it of a census? What happened meanwhile comes in between. */
static bool is_of_census(const void *record)
{
	static const bool kinds[WIRE_KINDS] = {
		[WIRE_SNAPSHOT] = true, [WIRE_HOLDER] = true, [WIRE_LIMITS] = true,
		[WIRE_CENSUS] = true,   [WIRE_NAME] = true,   [WIRE_QUEUED] = true,
		[WIRE_EPOLL] = true,    [WIRE_HOST] = true,   [WIRE_SWEPT] = true};
	struct wire_head head;

	memcpy(&head, record, sizeof(head));
	return head.kind < WIRE_KINDS && kinds[head.kind];
}

static void record_it(struct live_overview *live, const void *record, size_t len)
{
	if (live->recording && !live->recording_err && !(live->only_looks && is_of_census(record)))
		live->recording_err = segments_add(live->recording, record, len);
}

static int take_record(void *ctx, const void *record, size_t len)
{
	struct live_overview *live = ctx;
	int used = overview_feed(live->overview, record, len);

	record_it(live, record, len);
	if (used == -EBADMSG)
		diag_warn("a record of %zu bytes could not be decoded: please report this", len);
	if (used == -ENOMEM)
		diag_error("out of memory");
	return used == -ENOMEM ? used : 0;
}

static int start(struct live_overview *live, const struct options *options)
{
	struct tracer_config config = configure_tracer(options);
	int err = session_attach(live->session, &live->meta);

	if (err)
		return err;
	configure_meta(options, &live->meta);
	configure_warn(options, &live->meta);
	if (live->recording && (err = segments_begin(live->recording, &live->meta)))
		return err;
	live->overview = overview_new(&config, &live->meta);
	if (!live->overview) {
		diag_error("out of memory");
		return -ENOMEM;
	}
	live->records =
		(struct live_records){.session = live->session,
				      .take = take_record,
				      .ctx = live,
				      .conns = tracer_connections(live->overview->tracer),
				      /* `top` draws of its census until it takes the next. */
				      .takes_censuses = options->command != COMMAND_TOP};
	return live_records_census(&live->records);
}

struct live_overview *live_overview_open(const struct options *options, struct segments *recording)
{
	struct live_overview *live = calloc(1, sizeof(*live));
	struct kernel_request request;

	if (!live) {
		diag_error("out of memory");
		return NULL;
	}
	live->recording = recording;
	ready_begin(options->ready_path);
	request = configure_kernel(options);
	live->session = session_open(&request);
	if (!live->session || start(live, options)) {
		live_overview_close(live);
		return NULL;
	}
	return live;
}

int live_overview_give_up_privileges(struct live_overview *live)
{
	return session_give_up_privileges(live->session);
}

struct overview *live_overview_get(struct live_overview *live)
{
	return live->overview;
}

int live_overview_look(struct live_overview *live)
{
	int drained = live_records_look(&live->records);

	return drained < 0 ? drained : drained >= SESSION_DRAIN_MAX;
}

struct session_pause live_overview_pause(const struct live_overview *live)
{
	return session_pause(live->session);
}

bool live_overview_wait(const struct live_overview *live, int out)
{
	struct session_pause pause = session_pause(live->session);

	return stream_wait(pause.bell_fd, out, pause.ms);
}

/* As often as live_records.h would take one by itself. */
static bool census_is_to_be_kept(struct live_overview *live)
{
	return clock_now() >= live->next_kept_census || conn_stats(live->records.conns).owed;
}

int live_overview_census(struct live_overview *live)
{
	int err;

	live->only_looks = live->recording && !census_is_to_be_kept(live);
	err = live_records_census(&live->records);
	if (!live->only_looks)
		live->next_kept_census = clock_now() + KEPT_CENSUS_NS;
	live->only_looks = false;
	return err;
}

int live_overview_settle(struct live_overview *live)
{
	int more = 1;

	for (unsigned i = 0; more > 0 && i < SETTLE_LOOKS; i++)
		more = live_overview_look(live);
	live->next_kept_census = 0;
	return more < 0 ? more : live_overview_census(live);
}

/* ---- the recording ---- */

static int begin_next(struct live_overview *live)
{
	int err = segments_next(live->recording);

	if (!err)
		err = live_records_begin_part(&live->records);
	live->next_kept_census = clock_now() + KEPT_CENSUS_NS;
	return err;
}

int live_overview_record(struct live_overview *live, bool wants_next)
{
	int err;

	if (!live->recording_err)
		live->recording_err = segments_flush(live->recording);
	if (live->recording_err ||
	    !(wants_next || segments_are_due(live->recording, clock_now())) ||
	    !live_records_may_be_cut(&live->records))
		return live->recording_err;
	err = begin_next(live);
	if (err)
		live->recording_err = err;
	return live->recording_err ?: 1;
}

int live_overview_record_again(struct live_overview *live)
{
	live->recording_err = segments_try_again(live->recording);
	if (!live->recording_err)
		live_records_begin_part(&live->records);
	if (!live->recording_err)
		live->recording_err = segments_flush(live->recording);
	return live->recording_err;
}

void live_overview_each_program(const struct live_overview *live,
				void (*fn)(void *ctx, const char *program, uint64_t run_ns,
					   uint64_t runs),
				void *ctx)
{
	session_each_program(live->session, fn, ctx);
}

void live_overview_close(struct live_overview *live)
{
	if (!live)
		return;
	overview_free(live->overview);
	session_close(live->session);
	free(live);
}
