/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* census_listener.h - the listeners of a census: by port, who of a group accepts, whose queue holds
 * what nobody told of. */
#ifndef TCPDWELL_CENSUS_LISTENER_H
#define TCPDWELL_CENSUS_LISTENER_H

#include "model/census_store.h"

/* Lists it if it is in LISTEN and not listed yet. 0 or -ENOMEM. */
int census_list_listener(struct census *census, struct census_socket *socket);

/* The census is whole: finds who polls, and which queues hold more than was told. 0 or -ENOMEM. */
int census_settle_listeners(struct census *census);

/* To be called while the sockets are there. */
void census_release_listeners(struct census *census);

/* How well this listener fits what was sent to the local end, as inet_lookup_listener() has it; 0:
 * not at all. */
unsigned census_fit(const struct wire_snapshot *listener, const struct wire_id *id);

/* Is there a listener that this connection came from, or may have come from? */
bool census_has_listener(const struct census *census, const struct wire_id *id);

/*
 * The listener of a connection that nobody has accepted: as the kernel told, else by the kernel's
 * look-up (inet_lookup_listener()): the address itself before one that stands for any. NULL if
 * there is none, or if only the kernel knows which of several it chose (members of an SO_REUSEPORT
 * group, listeners that are bound to a device) and the length of their queues does not tell. Those
 * that the same processes hold are as good as one.
 */
const struct census_socket *census_listener(const struct census *census,
					    const struct census_socket *socket);

/*
 * The listener at the remote end of a connection that stays within its network namespace: what it
 * sends goes to a loopback address, or to the address that it comes from. NULL if there is none, or
 * several, or the remote end may be elsewhere; also if one of the two is bound to a device.
 */
const struct census_socket *census_listener_towards(const struct census *census,
						    const struct wire_snapshot *s);

#endif
