/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stop.h - SIGINT, SIGTERM and SIGHUP ask the program to finish what it is at and end well. */
#ifndef TCPDWELL_STOP_H
#define TCPDWELL_STOP_H

#include <stdbool.h>

/*
 * From here on the first such signal only asks, the second one kills. A write that is under way is
 * finished; a closed pipe is an error of write(), no signal.
 */
void stop_on_signals(void);

bool stop_is_asked(void);

/* The second signal calls this instead of killing; NULL: it kills. For what has to be put in order
 * first: `last` may do only what is safe in a signal handler, and ends the program itself. */
void stop_calls_at_last(void (*last)(int signal));

#endif
