/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_moves.h - what the two halves of the model, full sockets (conn.c) and mini-sockets
 * (conn_mini.c), share: how a connection enters the table, moves from state to state, is measured,
 * told, and leaves. Included by these only.
 */
#ifndef TCPDWELL_CONN_MOVES_H
#define TCPDWELL_CONN_MOVES_H

#include "model/connection.h"
#include "model/conn_store.h"

struct conn_table {
	struct conn_config config;
	struct store store;
	uint64_t evicted;
	uint64_t missed;         /* moves that left no record, and that no loss explains */
	uint32_t doubts;         /* those of them that an event showed: there may be more */
	uint64_t complete_since; /* ns: the last attach, loss or eviction */
	uint32_t lost;           /* the last wire_head.lost met */

	/* Censuses: see conn_census.c. */
	bool counted;            /* the first one is over */
	bool counted_twice;      /* ... and the second: who is unknown now was not passed over */
	bool in_census;          /* one is under way */
	uint8_t census;          /* its number, or that of the last; wraps */
	uint64_t census_ts[4];   /* ns: when the last ones began, by their number */
	struct covered *covered; /* namespaces that it has been through */
	struct claim *claims;    /* holders of sockets that have another owner */
	uint64_t next_overdue;   /* ns: when to look for mini-sockets that should be gone */
	unsigned owed;           /* whole ones that would settle what was in doubt ... */
	uint32_t owed_for;       /* ... when this many doubts had come up */
};

struct conn_step {
	uint64_t ts;
	uint32_t lost; /* wire_head.lost of the record that tells it */
	uint8_t to;
	uint8_t cause;
	bool inexact; /* `ts` is not when it happened, only when it surely had */
	uint64_t met; /* ns: `ts` is only when it was gone; until here it surely was there. 0: until
			 `ts` */
};

/* Asks whether it is wanted, by what is known of it now. */
void conn_decide_wanted(struct conn_table *table, struct store_entry *entry);

/* Has it to be looked at by sweeps? Call it when its state, its port or whether it is wanted has
 * changed. False if out of memory: it is then given up. */
bool conn_update_unsettled(struct conn_table *table, struct store_entry *entry);

/* Measures the state that it leaves, enters the next, tells. */
void conn_move(struct conn_table *table, struct store_entry *entry, struct conn_step move);

/* The same to CLOSED; the entry is gone then. */
void conn_end(struct conn_table *table, struct store_entry *entry, struct conn_step move);

/* Something is missing before `ts`. */
void conn_incomplete_until(struct conn_table *table, uint64_t ts);

/* Of this state moves are told: see conn_config.told. */
bool conn_is_told(const struct conn_table *table, uint8_t state);

/* Has it left its state, or ended, in what is missing since it came there? Unless a census says. */
bool conn_is_in_doubt(const struct conn_table *table, const struct store_entry *entry);

/* An event of `ts` shows that a move was not told, and no loss explains it. */
void conn_note_missed(struct conn_table *table, uint64_t ts);

/* A new entry, first seen in `state`; another one may have to go. NULL, and counted, without
 * memory. */
struct store_entry *conn_first_sight(struct conn_table *table, const struct wire_head *head,
				     const struct wire_id *id, uint8_t state, bool is_mini);

/* A system call of this process proved that it owns the connection. */
void conn_own(struct conn *conn, uint32_t pid, const char comm[16]);

/* It is its listener's until somebody is seen with it. */
void conn_inherit(struct conn_table *table, struct conn *conn);

/* What was just learnt may decide whether it is wanted, and let go what was held back for that. */
void conn_reconsider(struct conn_table *table, struct store_entry *entry);

/* User, cgroup, and owner, as far as this move proves or inherits them. */
void conn_learn_owner(struct conn_table *table, struct conn *conn, const struct wire_transition *t);

#endif
