/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* diag.c - messages to stderr, each one line and one write. See diag.h. */
#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/name.h"
#include "base/stream.h"

static bool is_quiet, is_verbose, is_journal, shows_progress;
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

/* Does what we write go to systemd's journal? It says so by device and inode, since we may have
 * been started with something else in its place: systemd.exec(5). */
static bool leads_to_journal(void)
{
	const char *journal = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return journal && sscanf(journal, "%llu:%llu", &dev, &ino) == 2 &&
	       !fstat(STDERR_FILENO, &st) && st.st_dev == dev && st.st_ino == ino;
}

void diag_init(bool quiet, bool verbose)
{
	out();
	is_journal = leads_to_journal();
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

/* The journal takes a priority off a line, as it is in syslog.h. */
static void say(int priority, const char *prefix, const char *fmt, va_list args)
{
	char text[2048], printable[4 + NAME_ROOM(sizeof(text))] = "";
	int len = snprintf(text, sizeof(text), "%s", prefix), level = 0;

	vsnprintf(text + len, sizeof(text) - (size_t)len, fmt, args);
	if (is_journal && !taker.take)
		level = sprintf(printable, "<%d>", priority);
	name_text(printable + level, sizeof(printable) - (size_t)level, text);
	diag_line(printable);
}

#define DEFINE_DIAG(name, priority, prefix, condition) \
	void name(const char *fmt, ...)                \
	{                                              \
		va_list args;                          \
                                                       \
		if (!(condition))                      \
			return;                        \
		va_start(args, fmt);                   \
		say(priority, prefix, fmt, args);      \
		va_end(args);                          \
	}

DEFINE_DIAG(diag_error, LOG_ERR, "error: ", true)
DEFINE_DIAG(diag_hint, LOG_INFO, "hint: ", true)
DEFINE_DIAG(diag_warn, LOG_WARNING, "warning: ", true)
DEFINE_DIAG(diag_note, LOG_INFO, "", !is_quiet)
DEFINE_DIAG(diag_detail, LOG_DEBUG, "detail: ", is_verbose)
