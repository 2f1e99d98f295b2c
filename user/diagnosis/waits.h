/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * waits.h - how long connections wait for accept(), by listener, and how many: the part of an
 * overview that belongs to accept queues. Of a listener all sockets of its address and port count
 * together (SO_REUSEPORT).
 */
#ifndef TCPDWELL_WAITS_H
#define TCPDWELL_WAITS_H

#include "model/census.h"
#include "model/histset.h"
#include "model/selection.h"
#include "model/tracer.h"

struct waits_queue {
	struct conn_place listener;
	uint64_t waiting;   /* now, as the kernel counts them */
	uint64_t backlog;   /* of its sockets, summed; at each one more may wait */
	uint64_t half_open; /* handshakes now */
	uint64_t peak;      /* the most since the last look; at least `waiting` */
	UT_hash_handle hh;
};

struct waits {
	struct histset *by_listener; /* NULL: not asked for */
	struct waits_queue *queues; /* of the last look; in the order of namespace, port, address */
	bool peaks_known;           /* of that look */
	bool is_short_of_memory;    /* then some queues are missing */
};

/* `max` listeners have a histogram of their own. False if out of memory. */
bool waits_init(struct waits *waits, size_t max);
void waits_release(struct waits *waits);

/* A wait ended. */
void waits_add(struct waits *waits, const struct conn_event *event,
	       const struct conn_place *listener);

/* "0.0.0.0:80", a tab, and the number of the namespace. */
#define WAITS_TEXT_MAX 96
const char *waits_text(const struct conn_place *listener, char text[WAITS_TEXT_MAX]);

/*
 * Looks at the queues of the census's listeners that are asked for. Peaks begin anew: they are
 * known where accept() is told and nothing was missed since the last look.
 */
void waits_look(struct waits *waits, const struct census *census, const struct selection *selection,
		struct tracer *tracer);

#endif
