/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * waits.h - how long connections wait for accept(), by listener, and how many: the part of an
 * overview that belongs to accept queues. Of a listener all sockets of its address and port count
 * together (SO_REUSEPORT).
 */
#ifndef TCPDWELL_WAITS_H
#define TCPDWELL_WAITS_H

#include "model/age.h"
#include "model/census.h"
#include "model/histset.h"
#include "model/selection.h"
#include "model/tracer.h"

struct waits_queue {
	struct conn_place listener;
	uint64_t waiting;           /* now, as the kernel counts them */
	uint64_t backlog;           /* of its sockets, summed; at each one more may wait */
	uint64_t half_open;         /* handshakes now */
	uint64_t peak;              /* the most since the last look; at least `waiting` */
	struct histset_still still; /* now, by the model, of those that are asked for */
	bool is_shown;              /* for who looks: see waits_show() */
	UT_hash_handle hh;
};

/*
 * How long the one has waited that has waited longest. What the kernel counts, and is not known
 * here, may have waited for longer: then it is a bound.
 */
struct age waits_oldest(const struct waits_queue *queue);

struct waits {
	struct histset *by_listener; /* NULL: not asked for */
	struct histset_cell all;     /* of all of them; `still` is of the last look */
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

/* Forgets the waits that ended. */
void waits_clear(struct waits *waits);

/* Is it known what ended at this listener? NULL: nothing. */
bool waits_find(const struct waits *waits, const struct conn_place *listener,
		const struct histset_cell **ret_cell);

/* "0.0.0.0:80", a tab, and the number of the namespace. */
#define WAITS_TEXT_MAX 96
const char *waits_text(const struct conn_place *listener, char text[WAITS_TEXT_MAX]);

/*
 * Looks at the queues of the census's listeners that are asked for. Peaks begin anew: they are
 * known where accept() is told and nothing was missed since the last look.
 */
void waits_look(struct waits *waits, const struct census *census, const struct selection *selection,
		struct tracer *tracer);

/* Puts the queues in another order: where most wait, then where most have waited, first. */
void waits_sort_busiest(struct waits *waits);

/* Marks the queue of this listener, and takes all marks off. */
void waits_show(struct waits *waits, const struct wire_snapshot *s);
void waits_hide(struct waits *waits);

/* Does anybody wait there, or has since the look before? */
static inline bool waits_is_busy(const struct waits_queue *queue)
{
	return queue->peak;
}

#endif
