/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * census_listener.h - the part of a census that knows listeners: by port, who of a group accepts,
 * whose queue holds what nobody told of. Included by census.c only; what others ask is in census.h.
 */
#ifndef TCPDWELL_CENSUS_LISTENER_H
#define TCPDWELL_CENSUS_LISTENER_H

#include "model/census.h"

/* Lists it if it is in LISTEN and not listed yet. 0 or -ENOMEM. */
int census_list_listener(struct census *census, struct census_socket *socket);

/* The census is whole: finds who polls, and which queues hold more than was told. 0 or -ENOMEM. */
int census_settle_listeners(struct census *census);

/* To be called while the sockets are there. */
void census_release_listeners(struct census *census);

#endif
