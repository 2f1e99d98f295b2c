/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_store.h - where the model keeps its entries: two indexes, the order of activity, and the
 * lists of those that wait for something. It stores; conn.c understands. Included by conn.c only.
 */
#ifndef TCPDWELL_CONN_STORE_H
#define TCPDWELL_CONN_STORE_H

/* Without memory for an index entry the connection is given up and counted, not the program. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "conn.h"

/* More transitions than one life can have: the longest is CLOSED ... TIME-WAIT, CLOSED. */
#define STORE_HELD_MAX 10

struct store_held {
	struct conn_event events[STORE_HELD_MAX];
	unsigned n;
};

struct store_entry {
	struct conn conn; /* first: an entry is a conn with its bookkeeping */
	UT_hash_handle hh;
	struct store_entry *prev, *next;                     /* all, least recently active first */
	struct store_entry *unsettled_prev, *unsettled_next; /* those a sweep should look at */
	struct store_entry *cancelled_prev, *cancelled_next; /* timer cancelled, oldest first */
	struct store_held *held; /* transitions until it is known to be wanted; NULL: none */
	uint64_t cancelled;      /* ns; 0: it was not. Then, from that record: */
	uint64_t cancelled_expires;
	uint32_t cancelled_lost;
	uint32_t cancelled_entered; /* as wire_timewait has it */
	uint8_t cancelled_in;       /* substate */
	bool is_listening;          /* store_listen() counted it */
	uint64_t expires;    /* ns, of a mini-socket's timer when it was set; resolution a jiffy */
	uint64_t born;       /* ns: when a mini-socket took over */
	uint32_t entered;    /* ms, the kernel's own note when it was set: see wire_timewait */
	uint32_t lost;       /* wire_head.lost when it entered its state */
	uint64_t missed;     /* conn_stats.missed then */
	uint8_t wanted;      /* MATCH_* */
	bool is_mini;        /* a mini-socket: indexed by tuple, not by cookie */
	bool is_unsettled;   /* in that list */
	bool expects_husk;   /* `-> CLOSE` of the full socket that it was is yet to come */
	bool seen_moving;    /* a sweep met it in TIME-WAIT with its timer not moved (yet) */
	bool moves_are_told; /* it was told as born: no sweep has to look at it */
	bool awaits_accept;  /* complete, and accept() has not returned it when it was first seen */
	/* Where only sweeps tell of mini-sockets (conn_sample.c): */
	uint64_t met;       /* ns: a sweep met it last; 0: none yet */
	uint32_t held_lost; /* wire_head.lost of `-> CLOSE` */
	uint8_t unmet;      /* sweeps since that have not */
	bool is_held;  /* closed at `born`; whether a mini-socket took over, sweeps will tell */
	bool fin_seen; /* the peer's FIN had come then */
	bool unsure_if_born; /* first seen when its timer was set: at its birth, or a restart? */
};

/* Who listens at an address and port. Kept apart: an accepted child inherits by these, not by
 * cookie. */
struct store_listener {
	struct store_listener_key {
		uint8_t addr[16];
		uint32_t netns;
		uint32_t port;
	} key;
	struct conn_owner owner; /* of all its sockets, or unknown if they differ (SO_REUSEPORT) */
	unsigned sockets;
	UT_hash_handle hh;
};

struct store {
	struct store_entry *socks, *minis; /* by cookie; by tuple */
	struct store_entry *all, *unsettled, *cancelled;
	struct store_listener *listeners;
	size_t count, unsettled_count;
};

/* A new entry of this identity in its index and in all order; NULL if out of memory. */
struct store_entry *store_add(struct store *store, const struct wire_id *id, bool is_mini);

/* Removes it from everywhere and frees it. */
void store_remove(struct store *store, struct store_entry *entry);

/* NULL if there is none, or the cookie is 0. */
struct store_entry *store_find_sock(struct store *store, uint64_t cookie);

/* By addresses, ports and namespace. */
struct store_entry *store_find_mini(struct store *store, const struct wire_id *id);

/* From the index of full sockets to that of mini-sockets, with the mini-socket's identity. False if
 * out of memory: it is then removed. */
bool store_become_mini(struct store *store, struct store_entry *entry, const struct wire_id *id);

/* It was active now. */
void store_touch(struct store *store, struct store_entry *entry);

void store_set_unsettled(struct store *store, struct store_entry *entry, bool is_unsettled);

/* `ts` 0 takes it off the list. */
void store_set_cancelled(struct store *store, struct store_entry *entry, uint64_t ts);

/*
 * Counts a listener among those of its address and port, until it is removed. One whose port is not
 * known yet, or without memory, is not counted: children then have no owner until they are held.
 */
void store_listen(struct store *store, struct store_entry *entry);

/* The owner of this child's listener; known is OWNER_UNKNOWN if there is none, or several differ.
 */
struct conn_owner store_listener_owner(struct store *store, const struct wire_id *child);

void store_release(struct store *store);

#endif
