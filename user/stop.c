/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stop.c - see stop.h. */
#include "stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t asked;
static void (*volatile at_last)(int signal);

/* SA_RESETHAND has made the default of this signal that it kills. */
static void on_signal(int number)
{
	asked = 1;
	if (at_last)
		signal(number, at_last);
}

void stop_calls_at_last(void (*last)(int signal))
{
	at_last = last;
}

void stop_on_signals(void)
{
	struct sigaction stop = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_RESETHAND};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGHUP, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

bool stop_is_asked(void)
{
	return asked;
}
