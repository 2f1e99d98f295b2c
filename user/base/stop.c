/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stop.c - see stop.h. */
#include "base/stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t asked, asked_by[NSIG];
static void (*volatile at_last)(int signal);

/* Counted here and not by SA_RESETHAND: with that a second one could kill before at_last is set. */
static void on_signal(int number)
{
	if (!asked_by[number]) {
		asked = asked_by[number] = 1;
	} else if (at_last) {
		at_last(number);
	} else {
		signal(number, SIG_DFL);
		raise(number);
	}
}

void stop_calls_at_last(void (*last)(int signal))
{
	at_last = last;
}

void stop_on_signals(void)
{
	struct sigaction stop = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
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
