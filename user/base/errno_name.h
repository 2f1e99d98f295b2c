/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* errno_name.h - the errors of a packet that finds no way: their names, and what they mean of a
 * network. */
#ifndef TCPDWELL_ERRNO_NAME_H
#define TCPDWELL_ERRNO_NAME_H

#define ERRNO_NAME_MAX 16

/* "ENETUNREACH", of a positive errno; of one that no packet gives, its number. */
const char *errno_name(int error, char text[ERRNO_NAME_MAX]);

/* "network unreachable": as ICMP or a route says it. Never NULL. */
const char *errno_about(int error);

#endif
