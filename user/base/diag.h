/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * diag.h - everything that is said to the person and is not a result. Only this module writes to
 * stderr.
 *
 * An error is told once, by the function that knows what the user was doing: what failed and why,
 * in lower case, then a hint: what to do. Lines are whole; the program name is not repeated in
 * each. To systemd's journal each has a priority. What others chose may be passed as it is: a line
 * is printed by the rule of name.h.
 */
#ifndef TCPDWELL_DIAG_H
#define TCPDWELL_DIAG_H

#include <stdbool.h>

/* Exit statuses, as the man page lists them. */
enum diag_exit {
	DIAG_OK = 0,
	DIAG_FAILED = 1, /* could not do it, or not all of it */
	DIAG_USAGE = 2,  /* the command line is wrong; nothing was done */
	DIAG_LOST = 3,   /* --strict, and records were lost */
	DIAG_STUCK = 4,  /* stuck --fail, and something is */
};

/* quiet drops notes (not warnings); verbose adds details. */
void diag_init(bool quiet, bool verbose);

bool diag_is_verbose(void);

/*
 * While a screen is drawn, lines ("error: ...", without their end) are taken by somebody else than
 * stderr; NULL is stderr. Returns who took them before. A line is valid during the call.
 */
struct diag_taker {
	void (*take)(void *ctx, const char *line);
	void *ctx;
};
struct diag_taker diag_divert(struct diag_taker taker);

/* Says a line again that was taken, as it is. */
void diag_line(const char *line);

void diag_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void diag_hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void diag_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void diag_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void diag_detail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * How far something long has come: on a terminal one line that is written again and again, else
 * lines, with verbose only; where what is said goes elsewhere (diag_divert()), nothing.
 * diag_progress_end() takes the line away, and so does all else that is said.
 */
void diag_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void diag_progress_end(void);

#endif
