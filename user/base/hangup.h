/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * hangup.h - SIGHUP as the word to begin a new file, as logrotate(8) and `systemctl reload` mean
 * it.
 *
 * A terminal that goes sends it too, and so does its shell, by kill(2) like everybody else: which
 * of them it was cannot be told from the signal. So it has this meaning only to who had no terminal
 * from the start; else it asks to end (stop.h).
 */
#ifndef TCPDWELL_HANGUP_H
#define TCPDWELL_HANGUP_H

#include <stdbool.h>

/* Has it no other meaning? Not where there is a terminal, or where it was ignored when the program
 * started. To be asked before hangup_catch(). */
bool hangup_is_free(void);

/* From here on it asks for a new file, and not to end. */
void hangup_catch(void);

/* Has it come since the last call? Waiting (poll()) returns EINTR then. */
bool hangup_has_come(void);

#endif
