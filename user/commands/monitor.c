/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* monitor.c - see monitor.h. */
#include "commands/monitor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "commands/pump.h"
#include "base/ready.h"

struct monitor {
	struct session *session;
	struct view *view;
	struct pump pump;
	struct meta meta;
};

static int take_record(void *ctx, const void *record, size_t len)
{
	struct monitor *monitor = ctx;
	int used = view_feed(monitor->view, record, len);

	if (used == -EBADMSG)
		diag_warn("a record of %zu bytes could not be decoded: please report this", len);
	if (used == -ENOMEM)
		diag_error("out of memory");
	return used == -ENOMEM ? used : 0;
}

static int start(struct monitor *monitor, const struct options *options)
{
	int err = session_attach(monitor->session, &monitor->meta);

	if (err)
		return err;
	monitor->meta.duration_ns = options->duration_ns;
	monitor->view = view_new(options, &monitor->meta);
	if (!monitor->view) {
		diag_error("out of memory");
		return -ENOMEM;
	}
	monitor->pump = (struct pump){.session = monitor->session,
				      .take = take_record,
				      .ctx = monitor,
				      .conns = tracer_connections(monitor->view->tracer)};
	err = monitor_census(monitor);
	if (!err)
		err = ready_tell(options->ready_path);
	return err ? err : session_give_up_privileges(monitor->session);
}

struct monitor *monitor_open(const struct options *options)
{
	struct monitor *monitor = calloc(1, sizeof(*monitor));

	if (!monitor) {
		diag_error("out of memory");
		return NULL;
	}
	ready_forget(options->ready_path);
	monitor->session = session_open(options);
	if (!monitor->session || start(monitor, options)) {
		monitor_close(monitor);
		return NULL;
	}
	return monitor;
}

struct view *monitor_view(struct monitor *monitor)
{
	return monitor->view;
}

int monitor_look(struct monitor *monitor)
{
	int drained = pump_look(&monitor->pump);

	return drained < 0 ? drained : drained >= SESSION_DRAIN_MAX;
}

struct session_pause monitor_pause(const struct monitor *monitor)
{
	return session_pause(monitor->session);
}

void monitor_wait(const struct monitor *monitor)
{
	session_wait(monitor->session);
}

int monitor_census(struct monitor *monitor)
{
	return pump_census(&monitor->pump);
}

void monitor_each_program(const struct monitor *monitor,
			  void (*fn)(void *ctx, const char *program, uint64_t run_ns,
				     uint64_t runs),
			  void *ctx)
{
	session_each_program(monitor->session, fn, ctx);
}

void monitor_close(struct monitor *monitor)
{
	if (!monitor)
		return;
	view_free(monitor->view);
	session_close(monitor->session);
	free(monitor);
}
