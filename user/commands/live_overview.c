/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* live_overview.c - see live_overview.h. */
#include "commands/live_overview.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "commands/configure.h"
#include "commands/live_records.h"
#include "base/ready.h"
#include "base/stream.h"

struct live_overview {
	struct session *session;
	struct overview *overview;
	struct live_records records;
	struct meta meta;
};

static int take_record(void *ctx, const void *record, size_t len)
{
	struct live_overview *live = ctx;
	int used = overview_feed(live->overview, record, len);

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
	return live_overview_census(live);
}

struct live_overview *live_overview_open(const struct options *options)
{
	struct live_overview *live = calloc(1, sizeof(*live));
	struct kernel_request request;

	if (!live) {
		diag_error("out of memory");
		return NULL;
	}
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

int live_overview_census(struct live_overview *live)
{
	return live_records_census(&live->records);
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
