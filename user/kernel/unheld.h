/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * unheld.h - which sockets of a census have a file that no process has a descriptor of. Sockets are
 * looked at before descriptors, so most of them have been closed in between: they are to be looked
 * at again before anything is said of them.
 */
#ifndef TCPDWELL_UNHELD_H
#define TCPDWELL_UNHELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unheld_socket {
	uint64_t cookie;
	uint32_t netns;
};

/* Begins cleared. */
struct unheld {
	struct unheld_socket *sockets;
	uint64_t *held; /* cookies */
	size_t n, room, n_held, room_held;
};

/* Notes a WIRE_SNAPSHOT or a WIRE_HOLDER; others are passed over. 0, or -ENOMEM. */
int unheld_note(struct unheld *unheld, const void *record);

/* Leaves the sockets that nobody holds, in the order of their cookies, each once. */
void unheld_settle(struct unheld *unheld);

/* Is it among them? After unheld_settle(). */
bool unheld_has(const struct unheld *unheld, uint64_t cookie);

void unheld_release(struct unheld *unheld);

#endif
