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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/decode.h"
#include "base/tcpstate.h"

/* How a connection's owner is known. */
enum conn_owner_known {
	OWNER_UNKNOWN,
	OWNER_INHERITED, /* the owner of its listener: nobody was seen accepting or holding it */
	OWNER_EXACT,     /* a system call of this process accepted or held the socket */
	OWNER_KNOWNS,
};

struct conn_owner {
	uint32_t pid;
	uint8_t known; /* OWNER_* */
	char comm[16];
};

/* What the rest of the program may read of a connection. */
struct conn {
	struct wire_id id;
	uint64_t since;  /* ns: when it entered `state`, or the latest proof that it was in it */
	uint64_t cgroup; /* 0: unknown */
	struct conn_owner owner;
	uint32_t uid;     /* of the socket; CONN_NO_UID: unknown */
	uint8_t state;    /* WIRE_ESTABLISHED ... */
	bool since_exact; /* its entry into `state` was witnessed */
	bool is_listener; /* it has no remote end, and never will */
};

#define CONN_NO_UID UINT32_MAX

struct conn_event {
	uint64_t ts;    /* ns, CLOCK_MONOTONIC */
	uint64_t dwell; /* ns spent in `from`; 0 if unknown or meaningless */
	uint8_t from, to;
	uint8_t dwell_known; /* DWELL_* */
	uint8_t cause;       /* CAUSE_*, CAUSE_NONE unless `to` is CLOSED */
};

/* Is this connection wanted, by what is known of it now? MATCH_NO, MATCH_YES, MATCH_UNDECIDED. */
typedef int (*conn_wanted_fn)(void *ctx, const struct conn *conn);

/* A transition of a wanted connection. `conn` already has its new state, and is valid during the
 * call. */
typedef void (*conn_event_fn)(void *ctx, const struct conn *conn, const struct conn_event *event);

struct conn_config {
	uint64_t attached; /* ns: events are complete from here on */
	uint64_t tick_ns;  /* a jiffy */
	size_t max; /* connections to remember, at least 1; the least recently active is evicted */
	uint16_t told;      /* the states whose moves are told, as options_told_states(); 0: all */
	bool sees_timewait; /* mini-sockets are told; if not, TIME-WAIT is invisible and so is its
			       begin */
	bool samples;       /* mini-sockets are told by sweeps alone: see conn_sample.h */
	conn_wanted_fn wanted;
	conn_event_fn event;
	void *ctx;
};

struct conn_stats {
	size_t count;     /* remembered now */
	uint64_t evicted; /* forgotten because of `max` or of memory */
	uint64_t missed;  /* transitions that no record told of, and no loss explains: see conn.c */
	size_t unsettled; /* that a sweep should look at: see conn_unsettled() */
};

struct conn_table;

/* NULL if out of memory. conn_table_free(NULL) does nothing. */
struct conn_table *conn_table_new(const struct conn_config *config);
void conn_table_free(struct conn_table *table);

/* Feed one record, which decode() has passed. Kinds that are none of its business are ignored. */
void conn_feed(struct conn_table *table, const union decode_record *rec);

/*
 * Time is now at least `now`: settles what waited for a record that never came. conn_feed() does
 * this by itself; call it for a WIRE_TICK.
 */
void conn_advance(struct conn_table *table, uint64_t now);

struct conn_stats conn_stats(const struct conn_table *table);

/*
 * Network namespaces with connections that may change without an event: a mini-socket in
 * FIN-WAIT-2, any where `samples`, a SYN-SENT whose local port is not known. Writes up to `max`
 * inode numbers, returns how many.
 */
size_t conn_unsettled(const struct conn_table *table, uint32_t *ret_netns, size_t max);

/*
 * Calls `fn` for each wanted connection, least recently active first. One is in doubt if records
 * were lost since it entered its state: it may have left it, or ended, unseen.
 */
void conn_each(const struct conn_table *table,
	       void (*fn)(void *ctx, const struct conn *conn, bool in_doubt), void *ctx);

/* Is it a listener's own transition? LISTEN -> SYN-RECEIVED is that of the child it accepts. */
bool conn_is_of_listener(const struct wire_transition *t);

/* "exact", "inherited", "unknown". */
const char *conn_owner_known_name(uint8_t known);

#endif
