/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn.h - the connection model: the only place that knows what state a connection is in, since
 * when, and how well that is known. It is fed decoded records and tells transitions; where the
 * records come from, kernel or file, it cannot see. It never looks at a clock.
 *
 * One connection, two kernel objects. A full socket is found by its cookie. When the kernel swaps
 * it for a mini-socket (FIN-WAIT-2 after close(), TIME-WAIT), the connection is found by addresses,
 * ports and namespace instead: a socket that was only shut down may connect again, with the same
 * cookie, while its former connection still waits. The tracepoint's `-> CLOSE` of the swapped
 * socket is the husk falling off and no transition.
 *
 * What is witnessed. A dwell is exact when the record that began the state and the record that
 * ended it were both seen and nothing was lost in between (wire_head.lost is the same). Otherwise
 * it is a lower bound, from the latest moment at which the connection must have been in that state
 * already: the attach, the last loss, the last eviction. If not even that holds, it is unknown.
 */
#ifndef TCPDWELL_CONN_H
#define TCPDWELL_CONN_H

#include <stddef.h>
#include <stdint.h>

#include "model/connection.h"
#include "record/decode.h"

struct conn_table;

/* NULL if out of memory. conn_table_free(NULL) does nothing. */
struct conn_table *conn_table_new(const struct conn_config *config);
void conn_table_free(struct conn_table *table);

/* Takes one record that decode() has passed. Ignores kinds that it has no use for. */
void conn_feed(struct conn_table *table, const union decode_record *rec);

struct conn_stats conn_stats(const struct conn_table *table);

/*
 * Network namespaces with connections that may change without an event: a mini-socket in
 * FIN-WAIT-2, any where `samples`, a SYN-SENT whose local port is not known. Writes up to `max`
 * inode numbers, returns how many.
 */
size_t conn_unsettled(const struct conn_table *table, uint32_t *ret_netns, size_t max);

/*
 * Calls `fn` for each wanted connection that waits for accept(), as a copy whose state is
 * TCPSTATE_ACCEPT_WAIT, and whose age is that of its wait. `listener` NULL: it is not known.
 */
typedef void (*conn_waiting_fn)(void *ctx, const struct conn *conn,
				const struct conn_place *listener, bool in_doubt);
void conn_each_waiting(const struct conn_table *table, conn_waiting_fn fn, void *ctx);

/* Calls `fn` for each listener at which connections wait, or have waited. */
void conn_each_queue(const struct conn_table *table,
		     void (*fn)(void *ctx, const struct conn_queue *queue), void *ctx);

/* From now on a peak is what is to come. */
void conn_queues_forget_peaks(struct conn_table *table);

/* Was nothing missed since then, and is nothing in doubt now? Else more may have waited. */
bool conn_queues_are_sure(const struct conn_table *table);

/*
 * Calls `fn` for each wanted connection, least recently active first. One is in doubt if records
 * were lost since it entered its state, or the last census did not find it in that state: it may
 * have left it, or ended, unseen.
 */
void conn_each(const struct conn_table *table,
	       void (*fn)(void *ctx, const struct conn *conn, bool in_doubt), void *ctx);

#endif
