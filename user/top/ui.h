/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * top/ui.h - what the person at the screen has chosen, and what each key does to it. It knows no
 * terminal: keys are those of screen.h.
 */
#ifndef TCPDWELL_TOP_UI_H
#define TCPDWELL_TOP_UI_H

#include <stdbool.h>

#include "base/clock.h"
#include "cli/options.h"
#include "top/data.h"

enum top_mode { TOP_LIST, TOP_HELP, TOP_DETAILS, TOP_QUEUES, TOP_FILTER };

#define TOP_MESSAGE_MAX 256

/* A line of text that is being typed, in ASCII. */
struct top_line {
	char text[OPTIONS_EDIT_MAX];
	size_t len, at; /* at: of the cursor */
};

struct top_ui {
	enum top_mode mode;
	bool is_paused, is_over;
	uint64_t interval_ns;
	struct group_by asked_by;      /* --by of the command line */
	unsigned by;                   /* how often it was changed since */
	size_t cursor;                 /* the selected row */
	char selected[TOP_KEY_MAX];    /* its key; "" while nothing was ever listed */
	size_t scroll;                 /* first line of help, details and accept queues */
	char filter[OPTIONS_EDIT_MAX]; /* in force, as typed */
	struct top_line line;          /* under way */
	char message[TOP_MESSAGE_MAX]; /* to be read once; "" none */
	bool is_error;
};

/* What fits: told by the frame, asked by the keys that page. */
struct top_fit {
	size_t page;       /* rows of the list, lines of a text */
	size_t scroll_max; /* of the text */
};

void top_ui_init(struct top_ui *ui, const struct options *options);

/* 0, or -ENOMEM. */
int top_ui_key(struct top_ui *ui, struct top_data *data, int key, const struct top_fit *fit);

/* After a refresh: the cursor stays on what it was on, as long as that is listed. */
void top_ui_follow(struct top_ui *ui, const struct top_data *data);

/* The selected row; NULL if there is none, or, for the details, if it is gone. */
const struct top_row *top_ui_row(const struct top_ui *ui, const struct top_data *data);

/* "age", "count", "state", "owner". */
const char *top_ui_sort_name(enum top_sort sort);

/* "2s", "500ms". */
const char *top_ui_interval(const struct top_ui *ui, char text[CLOCK_TEXT_MAX]);

/* Shown until the next key. */
void top_ui_tell(struct top_ui *ui, bool is_error, const char *text);

#endif
