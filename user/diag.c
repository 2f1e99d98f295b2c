/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* diag.c - messages to stderr, each one line and one write. See diag.h. */
#include "diag.h"

#include <stdarg.h>
#include <stdio.h>

static bool is_quiet, is_verbose;

void diag_init(bool quiet, bool verbose)
{
	is_quiet = quiet;
	is_verbose = verbose;
}

bool diag_is_verbose(void)
{
	return is_verbose;
}

static void say(const char *prefix, const char *fmt, va_list args)
{
	char text[2048];

	vsnprintf(text, sizeof(text), fmt, args);
	fprintf(stderr, "%s%s\n", prefix, text);
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
