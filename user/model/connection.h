/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * connection.h - what is known of a connection, and what is told of its moves. The model (conn.h)
 * makes these; all stages behind it read them.
 */
#ifndef TCPDWELL_CONNECTION_H
#define TCPDWELL_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/tcpstate.h"
#include "wire.h"

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
	uint32_t uid;            /* of the socket; CONN_NO_UID: unknown */
	uint8_t state;           /* WIRE_ESTABLISHED ... */
	bool since_exact;        /* its entry into `state` was witnessed */
	bool is_listener;        /* it has no remote end, and never will */
	bool is_everywhere : 1;  /* a listener that was met bound to no device */
	bool is_transparent : 1; /* a listener, or what it accepted: IP_TRANSPARENT */
};

#define CONN_NO_UID UINT32_MAX

struct conn_event {
	uint64_t ts;    /* ns, CLOCK_MONOTONIC */
	uint64_t dwell; /* ns spent in `from`; 0 if unknown or meaningless */
	uint8_t from, to;
	uint8_t dwell_known; /* DWELL_* */
	uint8_t cause;       /* CAUSE_*, CAUSE_NONE unless `to` is CLOSED */
	uint64_t idle;       /* ns, from ESTABLISHED: how long no data had come or gone, as far as
			      * censuses saw: data between the last one and the end they did not.
			      * Without one, since it was established; 0: not known */
	bool idle_seen;      /* when a census met it, a quarter of that, or more, was over */
	uint16_t syns; /* from SYN-SENT: how often the SYN was sent, from SYN-RECEIVED the SYN-ACK;
			* of 256 or more 256; 0: not known */
	bool overflowed; /* from SYN-RECEIVED: its last ACK was put off (tcp_check_req()): the
			  * accept queue was full, or memory or a route was missing. False: it did
			  * not, or nobody knows */
};

/* Is this connection wanted, by what is known of it now? MATCH_NO, MATCH_YES, MATCH_UNDECIDED. */
typedef int (*conn_wanted_fn)(void *ctx, const struct conn *conn);

/* A transition of a wanted connection. `conn` already has its new state, and is valid during the
 * call. */
typedef void (*conn_event_fn)(void *ctx, const struct conn *conn, const struct conn_event *event);

/* Where connections come in. */
struct conn_place {
	uint8_t addr[16];
	uint32_t netns;
	uint32_t port;
};

/*
 * A wanted connection has left the accept queue: `event` is from TCPSTATE_ACCEPT_WAIT to the state
 * in which accept() returned it, or to CLOSED, with the cause, if it ended before. `listener` is
 * where it waited, or its own address where no listener is known for sure.
 */
typedef void (*conn_wait_fn)(void *ctx, const struct conn *conn, const struct conn_event *event,
			     const struct conn_place *listener);

/* How many connections wait at a listener, those that ended while they waited too: accept() has to
 * take these as well. */
struct conn_queue {
	struct conn_place listener;
	uint32_t now;
	uint32_t peak; /* the most since conn_queues_forget_peaks() */
};

struct conn_config {
	uint64_t attached; /* ns: events are complete from here on; UINT64_MAX: there are none */
	uint64_t tick_ns;  /* a jiffy */
	size_t max; /* connections to remember, at least 1; the least recently active is evicted */
	uint16_t told;      /* the states whose moves are told, as options_told_states(); 0: all */
	bool sees_timewait; /* mini-sockets are told; if not, TIME-WAIT is invisible and so is its
			       begin */
	bool samples;       /* mini-sockets are told by sweeps alone: see conn_sample.h */
	bool sees_handshakes; /* ends of handshakes that no connection follows are told: half-open
			       * ones belong to the model from their first SYN-ACK on */
	bool sees_accepts;    /* accept() is told: without it, nothing is said of waits */
	conn_wanted_fn wanted;
	conn_event_fn event;
	conn_wait_fn waited; /* NULL: nobody asks */
	void *ctx;
};

struct conn_stats {
	size_t count;     /* remembered now */
	uint64_t evicted; /* forgotten because of `max` or of memory */
	uint64_t missed;  /* transitions that no record told of, and no loss explains: see conn.c */
	size_t unsettled; /* that a sweep should look at: see conn_unsettled() */
	size_t husks;     /* full sockets that became mini-sockets and have not told it yet */
	unsigned owed;    /* whole censuses that would settle what is in doubt */
};

/* "exact", "inherited", "unknown". */
const char *conn_owner_known_name(uint8_t known);

/*
 * Is the time before this move a dwell? Not in CLOSED, and not the LISTEN that a child leaves: that
 * is its listener's.
 */
bool conn_is_dwell(uint8_t from, uint8_t to);

/* The same of an event. A connect() that failed before its SYN was sent was never in SYN-SENT. */
bool conn_event_is_dwell(const struct conn_event *event);

/* Is it a listener's own transition? LISTEN -> SYN-RECEIVED is that of the child it accepts. */
bool conn_is_of_listener(const struct wire_transition *t);

#endif
