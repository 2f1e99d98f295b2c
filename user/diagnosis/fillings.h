/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fillings.h - what no socket shows alone: that the sockets of a census fill what there is room for
 * (rules_rule.fills).
 *
 * Of local ports, what the kernel does decides (net/ipv4/inet_connection_sock.c,
 * inet_hashtables.c):
 *
 * - bind() to port 0 takes a port that no socket has at its address or at any address, whatever the
 *   state and the destination of that one, and whether bind() or connect() chose it. SO_REUSEADDR
 *   and SO_REUSEPORT change nothing (but see net.ipv4.ip_autobind_reuse).
 * - connect() takes a port that bind() chose for nobody, at no address, and from which no
 *   connection goes from its own address to the same destination by its own device. A TIME-WAIT
 * that it may take over (net.ipv4.tcp_tw_reuse, once it is old enough) is none.
 */
#ifndef TCPDWELL_FILLINGS_H
#define TCPDWELL_FILLINGS_H

#include "diagnosis/filling.h"

/* Counts all sockets, and tells of what those fill that `match` asks for (NULL: all). 0 or
 * -ENOMEM. */
int fillings_make(struct fillings *fillings, const struct census *census,
		  const struct match_config *match);

/* All that are a quarter full or more, whether a rule means them or not; rule is NULL. */
int fillings_rooms(struct fillings *fillings, const struct census *census);
void fillings_release(struct fillings *fillings);

#endif
