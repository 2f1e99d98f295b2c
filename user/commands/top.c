/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * top.c - see top.h. One loop: events are taken in when their session says so, keys as they come,
 * the sockets are looked at every interval, and what changed is drawn.
 */
#include "commands/top.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "top/cells.h"
#include "base/clock.h"
#include "base/diag.h"
#include "commands/live_overview.h"
#include "base/ready.h"
#include "top/screen.h"
#include "base/stop.h"
#include "top/data.h"
#include "top/frame.h"
#include "top/ui.h"

/* Of the time, looks at the sockets take at most this part. */
#define LOOK_SHARE 4

#define KEPT_MAX 16

struct top {
	struct options
		kernel; /* what is asked of kernel and overview: the rest is chosen on the way */
	struct live_overview *live;
	struct top_data *data;
	struct top_ui ui;
	struct cells cells;
	struct top_fit fit;
	char host[64];
	uint64_t next_look;   /* ns */
	bool is_stale;        /* what is on the screen is not what would be drawn */
	bool is_gone;         /* the terminal */
	char *kept[KEPT_MAX]; /* lines to be told once the screen is closed */
	unsigned n_kept;
};

/* ---- lines that are no part of the picture ---- */

/* But for numbers. */
static bool are_alike(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		a += strspn(a, "0123456789");
		b += strspn(b, "0123456789");
		if (*a != *b || !*a)
			break;
	}
	return !*a && !*b;
}

/* Once each: what every look at the sockets says anew is no news. */
static void keep_line(void *ctx, const char *line)
{
	struct top *top = ctx;

	for (unsigned i = 0; i < top->n_kept; i++)
		if (are_alike(top->kept[i], line))
			return;
	top_ui_tell(&top->ui, !strncmp(line, "error: ", 7), line);
	top->is_stale = true;
	if (top->n_kept < KEPT_MAX && (top->kept[top->n_kept] = strdup(line)))
		top->n_kept++;
}

static void tell_kept(struct top *top)
{
	for (unsigned i = 0; i < top->n_kept; i++) {
		diag_line(top->kept[i]);
		free(top->kept[i]);
	}
}

/* ---- looking and drawing ---- */

static int refresh_picture(struct top *top)
{
	int err = top_data_refresh(top->data);

	if (err) {
		diag_error("out of memory");
		return err;
	}
	top_ui_follow(&top->ui, top->data);
	top->is_stale = true;
	return 0;
}

static int look_at_sockets(struct top *top)
{
	uint64_t begun = clock_now(), cost, pause;
	int err;

	top_data_forget(top->data);
	err = live_overview_census(top->live);
	if (!err)
		err = refresh_picture(top);
	cost = clock_now() - begun;
	pause = top->ui.interval_ns > LOOK_SHARE * cost ? top->ui.interval_ns : LOOK_SHARE * cost;
	top->next_look = begun + pause;
	return err;
}

static int draw(struct top *top)
{
	struct top_cursor cursor = {.row = -1};
	unsigned rows, cols;

	screen_size(&rows, &cols);
	if (cells_clear(&top->cells, rows, cols)) {
		diag_error("out of memory");
		return -ENOMEM;
	}
	top_frame(top->data, &top->ui, top->host, &top->cells, &top->fit, &cursor);
	screen_put(&top->cells, cursor.row, cursor.col);
	top->is_stale = false;
	return 0;
}

static int take_keys(struct top *top)
{
	uint64_t interval = top->ui.interval_ns;
	int key, err = 0;

	while (!err && (key = screen_key()) != KEY_OF_NONE) {
		err = top_ui_key(&top->ui, top->data, key, &top->fit);
		if (err)
			diag_error("out of memory");
		top->is_stale = true;
	}
	/* A shorter one begins now. */
	if (top->ui.interval_ns != interval)
		top->next_look = clock_now() + top->ui.interval_ns;
	return err;
}

static void wait_a_moment(struct top *top)
{
	struct session_pause pause = live_overview_pause(top->live);
	struct pollfd files[] = {{.fd = STDIN_FILENO, .events = POLLIN},
				 {.fd = pause.bell_fd, .events = POLLIN}};

	if (poll(files, sizeof(files) / sizeof(files[0]), pause.ms) > 0 &&
	    files[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		top->is_gone = true;
}

static int loop(struct top *top)
{
	int err = refresh_picture(top), more = 0;

	top->next_look = clock_now() + top->ui.interval_ns;
	while (!err && !stop_is_asked() && !top->ui.is_over && !top->is_gone) {
		if (top->is_stale)
			err = draw(top);
		if (!more)
			wait_a_moment(top);
		if (!err)
			err = take_keys(top);
		if (!err)
			err = more = live_overview_look(top->live);
		if (err > 0)
			err = 0;
		if (!err && !top->ui.is_paused && clock_now() >= top->next_look)
			err = look_at_sockets(top);
	}
	ready_end();
	return err;
}

/* ---- beginning and end ---- */

/* Ports, addresses and namespaces are asked in the kernel; whatever else is, may be asked anew. */
static void ask_kernel(struct options *kernel, const struct options *options)
{
	*kernel = *options;
	kernel->interval_ns = 0;
	kernel->selection.min_ns = 0;
	kernel->by.n = 0;
	kernel->selection.n_pids = kernel->selection.n_comms = kernel->selection.n_uids =
		kernel->selection.n_cgroups = 0;
}

static int run_on_screen(struct top *top)
{
	struct diag_taker before;
	int err = screen_open();

	if (err)
		return err;
	before = diag_divert((struct diag_taker){keep_line, top});
	/* The screen has read what it has to know of the terminal. */
	err = live_overview_give_up_privileges(top->live);
	if (!err)
		err = loop(top);
	diag_divert(before);
	screen_close();
	tell_kept(top);
	return err;
}

static int run(struct top *top, const struct options *options)
{
	int err;

	ask_kernel(&top->kernel, options);
	top->live = live_overview_open(&top->kernel, NULL);
	if (!top->live || ready_tell(options->ready_path, "on the screen"))
		return -ECANCELED;
	top->data = top_data_new(live_overview_get(top->live), &options->selection, &options->by);
	if (!top->data) {
		diag_error("out of memory");
		return -ENOMEM;
	}
	gethostname(top->host, sizeof(top->host) - 1);
	top_ui_init(&top->ui, options);
	err = run_on_screen(top);
	top_data_free(top->data);
	cells_release(&top->cells);
	return err;
}

int top_run(const struct options *options)
{
	struct top *top;
	int err;

	if (screen_check())
		return DIAG_FAILED;
	top = calloc(1, sizeof(*top));
	if (!top) {
		diag_error("out of memory");
		return DIAG_FAILED;
	}
	stop_on_signals();
	err = run(top, options);
	live_overview_close(top->live);
	free(top);
	return err ? DIAG_FAILED : DIAG_OK;
}
