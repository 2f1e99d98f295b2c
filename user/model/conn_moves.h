/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_moves.h - what the two halves of the model, full sockets (conn.c) and mini-sockets
 * (conn_mini.c), share: how a connection enters the table, moves from state to state, is measured,
 * told, and leaves. Included by these only.
 */
#ifndef TCPDWELL_CONN_MOVES_H
#define TCPDWELL_CONN_MOVES_H

#include "base/clock.h"
#include "model/connection.h"
#include "model/conn_store.h"

/* How long to wait for what follows a record that does not tell what it means (store_cancel). It
 * comes within microseconds; a kernel that can be preempted may take some time. */
#define CONN_SETTLES_NS (500 * NS_PER_MS)

struct conn_step {
	uint64_t ts;
	uint32_t lost; /* wire_head.lost of the record that tells it */
	uint8_t to;
	uint8_t cause;
	uint16_t syns;   /* as in conn_event */
	bool overflowed; /* as in conn_event */
	bool unaccepted; /* the kernel says that accept() has not returned it */
	bool inexact;    /* `ts` is not when it happened, only when it surely had */
	uint64_t met;    /* ns: `ts` is only when it surely had happened; until here it had not. 0:
			    it happened at `ts` */
};

struct conn_table {
	struct conn_config config;
	struct store store;
	uint64_t evicted;
	uint64_t missed;         /* moves that no record told, and that no loss explains */
	uint32_t doubts;         /* how many of these an event showed: more may be missing */
	uint64_t complete_since; /* ns: the last attach, loss or eviction */
	uint32_t lost;           /* the last wire_head.lost met */

	/* Censuses: see conn_census.c. */
	bool counted;            /* the first one is over */
	bool counted_twice;      /* the second is over: who is unknown now was not passed over */
	bool in_census;          /* one is under way */
	uint8_t census;          /* its number, or that of the last; wraps */
	uint64_t census_ts[4];   /* ns: when the last ones began, by their number */
	struct covered *covered; /* namespaces that it has been through */
	struct claim *claims;    /* holders of sockets that have another owner */
	struct dead *dead;       /* that ended while they waited for accept(): conn_queue.c ... */
	uint64_t dead_losses;    /* ... as known at so many losses of any kind */
	uint64_t peak_misses;    /* the same as peaks were forgotten, with `unplaced` */
	uint64_t unplaced;       /* how often one could not be counted in its queue */
	/* Called after each move was told: conn_queue_moved(), which stands above this. */
	void (*moved)(struct conn_table *table, struct store_entry *entry,
		      const struct conn_event *event, const struct conn_step *move);
	uint64_t next_overdue; /* ns: when to look for mini-sockets that should be gone */
	unsigned owed;         /* whole censuses that would settle all doubts ... */
	uint32_t owed_for;     /* ... of this many (all_doubts()) */
	bool owes_connects;    /* all that is left to settle are connections under way to a peer */
	uint32_t lost_before;  /* `lost` as the last one began */
	uint32_t listeners;    /* until this `lost` it is known who listens where */
};

/* Decides whether the connection is wanted, by what is known of it now. */
void conn_decide_wanted(struct conn_table *table, struct store_entry *entry);

/*
 * Decides whether sweeps have to look at the connection. Call it when its state or port has
 * changed, or whether it is wanted. False if out of memory: the entry is then given up.
 */
bool conn_update_unsettled(struct conn_table *table, struct store_entry *entry);

/* Measures how long it was in its state, enters the next one, and tells the move. */
void conn_move(struct conn_table *table, struct store_entry *entry, struct conn_step move);

/* Moves it to CLOSED and removes the entry. */
void conn_end(struct conn_table *table, struct store_entry *entry, struct conn_step move);

/* Notes that records from before `ts` are missing. */
void conn_incomplete_until(struct conn_table *table, uint64_t ts);

/* Are moves of this state told? See conn_config.told. */
bool conn_is_told(const struct conn_table *table, uint8_t state);

/*
 * Was something lost since it entered its state, so that it may have left the state or ended? No,
 * if a census has found it since.
 */
bool conn_is_in_doubt(const struct conn_table *table, const struct store_entry *entry);

/* Counts a move that was not told, as an event of `ts` shows, and that no loss explains. */
void conn_note_missed(struct conn_table *table, uint64_t ts);

/*
 * A new entry, first seen in `state`; evicts another one if the table is full. NULL, and counted as
 * evicted, if out of memory.
 */
struct store_entry *conn_first_sight(struct conn_table *table, const struct wire_head *head,
				     const struct wire_id *id, uint8_t state, enum store_kind kind);

/* Makes the process the owner, as its own system call proves. */
void conn_own(struct conn *conn, uint32_t pid, const char comm[16]);

/* Gives the connection the owner of its listener, until somebody is seen holding it. */
void conn_inherit(struct conn_table *table, struct conn *conn);

/*
 * Decides anew whether the connection is wanted, after something was learnt; if so, tells what was
 * held.
 */
void conn_reconsider(struct conn_table *table, struct store_entry *entry);

/* Learns user, cgroup and owner, as far as this move proves or inherits them. */
void conn_learn_owner(struct conn_table *table, struct conn *conn, const struct wire_transition *t);

/* As far as both are known: the same ports, remote address and namespace? A socket that connects
 * again keeps its cookie. */
bool conn_may_be_same(const struct wire_id *known, const struct wire_id *id);

#endif
