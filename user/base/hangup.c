/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* hangup.c - see hangup.h. */
#include "base/hangup.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static volatile sig_atomic_t has_come;

static void on_hangup(int number)
{
	(void)number;
	has_come = 1;
}

/* Our session's, wherever our files lead. */
static bool has_terminal(void)
{
	int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

bool hangup_is_free(void)
{
	struct sigaction now;

	return !sigaction(SIGHUP, NULL, &now) && now.sa_handler != SIG_IGN && !has_terminal();
}

void hangup_catch(void)
{
	const struct sigaction catch = {.sa_handler = on_hangup};

	sigaction(SIGHUP, &catch, NULL);
}

bool hangup_has_come(void)
{
	if (!has_come)
		return false;
	has_come = 0; /* one that comes just before this line asks for the same */
	return true;
}
