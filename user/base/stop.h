/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stop.h - SIGINT, SIGTERM and SIGHUP ask the program to finish what it is at and end well. What
 * else SIGHUP may mean: hangup.h. */
#ifndef TCPDWELL_STOP_H
#define TCPDWELL_STOP_H

#include <stdbool.h>

/*
 * From here on the first such signal only asks, the second one kills. One that was ignored when the
 * program started stays ignored: that is what nohup and a shell's background jobs are for. What
 * waits (open(), poll()) returns EINTR.
 */
void stop_on_signals(void);

/*
 * SIGINT asks too if it was ignored: for who waits for standard input. A script's background job
 * has that from /dev/null unless the script says otherwise, and then it is no job that goes on by
 * itself.
 */
void stop_on_interrupt(void);

bool stop_is_asked(void);

/* Readable once a stop is asked, for who waits in poll(); -1 before stop_on_signals(), or where no
 * descriptor is left. */
int stop_fd(void);

/* The second signal calls this instead of killing; NULL: it kills. For what has to be put in order
 * first: `last` may do only what is safe in a signal handler, and ends the program itself. */
void stop_calls_at_last(void (*last)(int signal));

#endif
