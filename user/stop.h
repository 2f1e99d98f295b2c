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

#endif
