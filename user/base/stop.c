/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stop.c - see stop.h. */
#include "base/stop.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static volatile sig_atomic_t asked, asked_by[NSIG];
static void (*volatile at_last)(int signal);
static int event = -1;

static void tell_who_waits(void)
{
	const uint64_t one = 1;
	int err = errno;

	if (write(event, &one, sizeof(one)) < 0)
		asked = 1; /* it is told already, or nobody can wait for it */
	errno = err;
}

/* Counted here and not by SA_RESETHAND: with that a second one could kill before at_last is set. */
static void on_signal(int number)
{
	if (!asked_by[number]) {
		asked = asked_by[number] = 1;
		tell_who_waits();
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

static void handle(int number)
{
	struct sigaction stop = {.sa_handler = on_signal}, before;

	if (!sigaction(number, NULL, &before) && before.sa_handler != SIG_IGN)
		sigaction(number, &stop, NULL);
}

void stop_on_signals(void)
{
	if (event < 0)
		event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	handle(SIGINT);
	handle(SIGTERM);
	handle(SIGHUP);
}

void stop_on_interrupt(void)
{
	struct sigaction stop = {.sa_handler = on_signal};

	sigaction(SIGINT, &stop, NULL);
}

bool stop_is_asked(void)
{
	return asked;
}

int stop_fd(void)
{
	return event;
}
