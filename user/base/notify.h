/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * notify.h - tells the service manager how we are, if one asks for it in our environment, by the
 * protocol of sd_notify(3), which is documented as stable: lines in a datagram. Without a service
 * manager all of it does nothing. That it cannot be told is said once, and is no error.
 *
 * For the thread that does the work, and no other: if that hangs, nothing more is to be told.
 */
#ifndef TCPDWELL_NOTIFY_H
#define TCPDWELL_NOTIFY_H

/*
 * Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment, and connects to the
 * socket. To be called while we may still do that; a second call changes nothing. Second processes
 * are not to have the socket: they close what they do not need (second_process.h), or are begun
 * before.
 */
void notify_open(void);

/* We are; `status` is a line for people, and may hold what others chose. The watchdog begins. */
void notify_ready(const char *status);

/* The work goes on: to be called at every step of it. Tells that as often as the service manager
 * wants to hear it, which is at half of its time. */
void notify_alive(void);

/* How long may be waited, in ms, by who wants to wait for `ms`, until notify_alive() is due. */
int notify_wait(int ms);

void notify_stopping(void);

#endif
