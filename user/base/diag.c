/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* diag.c - messages to stderr, each one line and one write. See diag.h. */
#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <unistd.h>

#include "base/name.h"
#include "base/stream.h"

static bool is_quiet, is_verbose, shows_progress;
static struct diag_taker taker;

/*
 * Over a pipe that nobody reads stdio's own would wait for ever, whatever asks us to end. Opened
 * while there is memory for it, since to say that there is none must work.
 */
static FILE *out(void)
{
	static char buffer[BUFSIZ];
	static FILE *file;

	if (file)
		return file;
	file = stream_errors();
	if (!file)
		return stderr;
	setvbuf(file, buffer, _IOFBF, sizeof(buffer));
	return file;
}

void diag_init(bool quiet, bool verbose)
{
	out();
	is_quiet = quiet;
	is_verbose = verbose;
}

bool diag_is_verbose(void)
{
	return is_verbose;
}

/* What does not get through is lost. */
static void put(const char *text, const char *end)
{
	FILE *file = out();

	fprintf(file, "%s%s", text, end);
	if (!fflush(file))
		return;
	__fpurge(file);
	clearerr(file);
}

#define TO_BEGIN_AND_CLEAR "\r\033[K"

void diag_progress(const char *fmt, ...)
{
	char text[256], printable[NAME_ROOM(sizeof(text))];
	va_list args;

	if (is_quiet || taker.take || (!isatty(STDERR_FILENO) && !is_verbose))
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	name_text(printable, sizeof(printable), text);
	shows_progress = isatty(STDERR_FILENO);
	if (shows_progress)
		put(TO_BEGIN_AND_CLEAR, printable);
	else
		put(printable, "\n");
}

void diag_progress_end(void)
{
	if (shows_progress)
		put(TO_BEGIN_AND_CLEAR, "");
	shows_progress = false;
}

struct diag_taker diag_divert(struct diag_taker now)
{
	struct diag_taker before = taker;

	taker = now;
	return before;
}

void diag_line(const char *line)
{
	diag_progress_end();
	if (taker.take)
		taker.take(taker.ctx, line);
	else
		put(line, "\n");
}

static void say(const char *prefix, const char *fmt, va_list args)
{
	char text[2048], printable[NAME_ROOM(sizeof(text))];
	int len = snprintf(text, sizeof(text), "%s", prefix);

	vsnprintf(text + len, sizeof(text) - (size_t)len, fmt, args);
	diag_line(name_text(printable, sizeof(printable), text));
}

#define DEFINE_DIAG(name, prefix, condition) \
	void name(const char *fmt, ...)      \
	{                                    \
		va_list args;                \
                                             \
		if (!(condition))            \
			return;              \
		va_start(args, fmt);         \
		say(prefix, fmt, args);      \
		va_end(args);                \
	}

DEFINE_DIAG(diag_error, "error: ", true)
DEFINE_DIAG(diag_hint, "hint: ", true)
DEFINE_DIAG(diag_warn, "warning: ", true)
DEFINE_DIAG(diag_note, "", !is_quiet)
DEFINE_DIAG(diag_detail, "detail: ", is_verbose)
