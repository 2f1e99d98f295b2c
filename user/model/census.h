/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * census.h - the sockets of the host at one moment, put together from the records of inspect.h,
 * live or replayed: each once, with who holds it.
 */
#ifndef TCPDWELL_CENSUS_H
#define TCPDWELL_CENSUS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/name.h"
#include "model/census_listener.h"
#include "model/census_store.h"
#include "record/decode.h"

/* Takes a record; one that begins a census empties it, kinds that are none of its business are
 * ignored. 0 or -ENOMEM. */
int census_add(struct census *census, const union decode_record *rec);

/* Has it a file that is among nobody's descriptors? */
static inline bool census_is_unheld(const struct census *census, const struct census_socket *socket)
{
	uint16_t flags = socket->s.flags;

	return !census_acceptors(socket) && socket->outlived_holders && !census->hides_holders &&
	       flags & WIRE_S_FILE && !(flags & (WIRE_S_KERNEL | WIRE_S_ORPHAN));
}

/* NULL if nothing was told of that namespace. */
const struct wire_limits *census_limits_of(const struct census *census, uint32_t netns);

/* What people call it, of a kind WIRE_NAME_*; NULL if nobody told. */
const char *census_name(const struct census *census, uint64_t of, uint64_t id);

/* The interface that it is bound to, or by which its link-local addresses are meant: its name by
 * the rule of name.h, or its number if nobody told a name. NULL: none. */
#define CENSUS_DEVICE_MAX NAME_ROOM(IF_NAMESIZE)
const char *census_device(const struct census *census, const struct wire_snapshot *s,
			  char text[CENSUS_DEVICE_MAX]);

/* Empties it. */
void census_release(struct census *census);

#endif
