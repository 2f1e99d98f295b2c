/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_store.h - where the model keeps its entries: two indexes, the order of activity, and lists
 * of entries that wait for something. It only stores. Included by conn.c only.
 *
 * A connection takes 144 bytes and 4 to 8 of indexes, and there may be a million. So entries lie in
 * a slab (slab.h) and are linked by 32-bit indexes. What only few of them need lies aside, in a
 * slab of its own, while they need it: an entry that is established, or in TIME-WAIT, and waits for
 * nothing has nothing aside. The store owns the entries; a pointer to one is good until it is
 * removed.
 *
 * The indexes are not uthash for the reasons in chains.h. Listeners are few: they are in uthash.
 */
#ifndef TCPDWELL_CONN_STORE_H
#define TCPDWELL_CONN_STORE_H

#include "base/chains.h"
#include "base/slab.h"
#include "base/table.h"
#include "model/connection.h"

/* Censuses are numbered below this, again and again. */
#define STORE_CENSUSES 64

/* More transitions than one life can have: the longest is CLOSED ... TIME-WAIT, CLOSED. */
#define STORE_HELD_MAX 10

struct store_held {
	struct conn_event events[STORE_HELD_MAX];
	unsigned n;
};

/*
 * What happened last, and only what follows tells what it means: a mini-socket's timer was taken
 * off, that of a request ran out, a child appeared.
 */
struct store_cancel {
	uint64_t ts;      /* ns; never 0 */
	uint64_t expires; /* ns, CLOCK_MONOTONIC */
	uint32_t lost;    /* wire_head.lost */
	uint32_t entered; /* ms: as wire_timewait has it; of a request: SYN-ACKs sent */
	uint8_t in;       /* substate; of a request: CAUSE_*, of its end if nothing follows */
	bool overflowed;  /* of a request: conn_event.overflowed of what follows */
};

/* Where only sweeps tell of mini-sockets (conn_sample.c). */
struct store_sample {
	uint64_t met;       /* ns: a sweep met it last; 0: none yet */
	uint32_t held_lost; /* wire_head.lost of `-> CLOSE` */
	uint8_t unmet;      /* sweeps since that have not */
};

/* The connections that wait at the sockets of one address and port: see conn_queue.h. */
struct store_queue {
	struct conn_place key;
	uint32_t waiting; /* entries */
	uint32_t dead;    /* that ended and are in the queue still */
	uint32_t peak;    /* of both together, since somebody looked */
	UT_hash_handle hh;
};

/* Of one that waits for accept(): see conn_queue.h. */
struct store_wait {
	uint64_t since;         /* ns: of its begin, or a proof of it; 0: it does not wait */
	struct store_queue *at; /* NULL: its listener is not known (yet) */
	uint32_t lost;          /* as in store_entry, when it began */
	bool is_exact;          /* its begin was witnessed */
	bool is_taken; /* the last census met it accepted, and no record has told of that */
};

/* What most entries do not need most of the time. */
struct store_aside {
	struct slab_link unsettled, cancelled; /* lists */
	struct store_held *held;               /* NULL: none */
	struct store_cancel cancel;            /* ts 0: it was not */
	struct store_sample sample;            /* of one that is unsettled */
	struct store_wait wait;
	uint32_t entry;
};

struct store_entry {
	/* The store's own. First, so that what is looked at to find one is 64 bytes in a row. */
	struct slab_link all; /* least recently active first */
	uint32_t chain;       /* of the index that it is in */
	uint32_t aside;       /* 0: nothing */

	struct conn conn;
	union {
		/* ns, of a mini-socket's timer when it was set; resolution a jiffy */
		uint64_t expires;
		/* ns, of a full socket in ESTABLISHED: the last data, as censuses met it; 0: none
		 * has */
		uint64_t data;
	};
	uint64_t born; /* ns: when a mini-socket took over, a child was made, or something was told
			* of a request */
	union {
		uint32_t entered; /* ms, the kernel's own note when it was set: see wire_timewait */
		uint32_t idle_ms; /* where `data` is: for how long that was over at the last census
				   */
	};
	uint32_t lost;      /* wire_head.lost when it entered its state */
	uint32_t doubts;    /* conn_table.doubts then: to be compared for equality */
	uint8_t wanted : 2; /* MATCH_* */

	bool is_mini : 1;      /* a mini-socket: indexed by tuple, not by cookie */
	bool is_request : 1;   /* a request socket: likewise, in an index of its own */
	bool is_opening : 1;   /* that it is in SYN-RECEIVED is not told yet (conn_handshake.h) */
	bool is_listening : 1; /* store_listen() counted it */
	bool is_unsettled : 1; /* in that list */
	bool is_given_up : 1;  /* store_give_up() */

	bool expects_husk : 1;   /* store_expect_husk() */
	bool seen_moving : 1;    /* a sweep met it in TIME-WAIT with its timer not moved (yet) */
	bool moves_are_told : 1; /* it was told as born: no sweep has to look at it */
	bool awaits_accept : 1;  /* complete; accept() had not returned it when first seen */
	bool is_held : 1;  /* closed at `born`; whether a mini-socket took over, sweeps will tell */
	bool fin_seen : 1; /* the peer's FIN had come then */
	bool unsure_if_born : 1; /* first seen when its timer was set: at birth, or a restart? */

	/* What censuses say of it (conn_census.c). */
	bool by_census : 1;    /* a full socket that a census told of first, at `born` */
	uint8_t unmet : 2;     /* censuses in a row that did not find it */
	uint8_t census : 6;    /* number of the last one that found it, or before its last event */
	uint8_t found : 4;     /* the state that the last one found it in; 0: in its own */
	uint8_t confirmed : 3; /* number of the last one that met its owner as a holder, mod 8 */
	bool is_shared : 1;    /* a listener that processes of several names hold */
};

_Static_assert(sizeof(struct store_entry) <= 144, "a million connections in 160 MB");

/*
 * Who listens at an address and port. Apart from the entries, because an accepted child finds its
 * listener by these and not by a cookie.
 */
struct store_listener {
	struct store_listener_key {
		uint8_t addr[16];
		uint32_t netns;
		uint32_t port;
	} key;
	struct conn_owner owner; /* of all its sockets, or unknown if they differ (SO_REUSEPORT) */
	uint64_t cgroup;         /* the same; 0: unknown */
	uint32_t uid;            /* the same; CONN_NO_UID: unknown */
	unsigned sockets;
	unsigned everywhere;  /* of these: those that are known to be bound to no device ... */
	unsigned transparent; /* ... and those that are known to be transparent */
	UT_hash_handle hh;
};

struct store {
	struct slab entries, asides;
	struct chains socks, minis, requests; /* by cookie; by tuple */
	struct slab_list all, unsettled, cancelled;
	struct store_listener *listeners;
	struct store_queue *queues;
	size_t waiting_count;
	size_t count, unsettled_count, given_up_count, husks_expected;
	uint64_t keys[8]; /* of the hashes, random */
};

/* An empty one, to be released. It must not move from then on. */
void store_init(struct store *store);
void store_release(struct store *store);

/* ---- entries ---- */

/* The three objects of the kernel: each has an index. */
enum store_kind {
	STORE_SOCK,
	STORE_MINI,
	STORE_REQUEST,
};

/* A new entry of this identity, in its index and the most recently active; NULL if out of memory.
 */
struct store_entry *store_add(struct store *store, const struct wire_id *id, enum store_kind kind);

/* Removes it from everywhere and frees it. */
void store_remove(struct store *store, struct store_entry *entry);

/* NULL if there is none, or the cookie is 0. */
struct store_entry *store_find_sock(const struct store *store, uint64_t cookie);

/* By addresses, ports and namespace. */
struct store_entry *store_find_mini(const struct store *store, const struct wire_id *id);
struct store_entry *store_find_request(const struct store *store, const struct wire_id *id);

/* From the index of full sockets to that of mini-sockets, with the mini-socket's identity. False if
 * out of memory: it is then removed. */
bool store_become_mini(struct store *store, struct store_entry *entry, const struct wire_id *id);

/* ---- the order of activity; NULL: none, or no more ---- */

static inline struct store_entry *store_entry_at(const struct store *store, uint32_t i)
{
	return i ? slab_at(&store->entries, i) : NULL;
}

/* The least recently active. */
static inline struct store_entry *store_first(const struct store *store)
{
	return store_entry_at(store, store->all.first);
}

static inline struct store_entry *store_next(const struct store *store,
					     const struct store_entry *entry)
{
	return store_entry_at(store, entry->all.next);
}

/* It was active now. */
void store_touch(struct store *store, struct store_entry *entry);

/*
 * Marks an entry for which memory ran out: what is known of it is no longer enough, so it has to
 * go, but not while a caller is at work on it. Such entries are the least recently active until
 * store_remove() or store_keep().
 */
void store_give_up(struct store *store, struct store_entry *entry);
void store_keep(struct store *store, struct store_entry *entry);

static inline struct store_entry *store_first_given_up(const struct store *store)
{
	return store->given_up_count ? store_first(store) : NULL;
}

/* ---- aside ---- */

static inline struct store_aside *store_aside_at(const struct store *store, uint32_t i)
{
	return i ? slab_at(&store->asides, i) : NULL;
}

/* NULL: nothing. */
static inline struct store_aside *store_aside(const struct store *store,
					      const struct store_entry *entry)
{
	return store_aside_at(store, entry->aside);
}

/* The transitions that it holds until it is known to be wanted; NULL if out of memory. */
struct store_held *store_hold(struct store *store, struct store_entry *entry);

/* Takes them out: the caller tells or drops them, and frees. NULL if there are none. */
struct store_held *store_take_held(struct store *store, struct store_entry *entry);

/* Is `-> CLOSE` of the full socket that it was yet to come? */
void store_expect_husk(struct store *store, struct store_entry *entry, bool expects);

/* Those that a sweep should look at, in the order of being set. False if out of memory. */
bool store_set_unsettled(struct store *store, struct store_entry *entry, bool is_unsettled);
struct store_entry *store_first_unsettled(const struct store *store);
struct store_entry *store_next_unsettled(const struct store *store,
					 const struct store_entry *entry);

/* Of one that is unsettled: behind all others. */
void store_defer(struct store *store, struct store_entry *entry);

/* Of one that is unsettled. */
static inline struct store_sample *store_sample(const struct store *store,
						const struct store_entry *entry)
{
	return &store_aside(store, entry)->sample;
}

/* NULL: nothing of the kind happened. */
static inline const struct store_cancel *store_cancelled(const struct store *store,
							 const struct store_entry *entry)
{
	const struct store_aside *aside = store_aside(store, entry);

	return aside && aside->cancel.ts ? &aside->cancel : NULL;
}

/* The one longest ago. */
static inline struct store_entry *store_first_cancelled(const struct store *store)
{
	const struct store_aside *aside = store_aside_at(store, store->cancelled.first);

	return aside ? store_entry_at(store, aside->entry) : NULL;
}

/* If it was cancelled before, the first time stays. False if out of memory. */
bool store_set_cancelled(struct store *store, struct store_entry *entry,
			 const struct store_cancel *cancel);
void store_clear_cancelled(struct store *store, struct store_entry *entry);

/* ---- waiting for accept() ---- */

/* NULL: it does not wait. */
static inline struct store_wait *store_wait(const struct store *store,
					    const struct store_entry *entry)
{
	struct store_aside *aside = store_aside(store, entry);

	return aside && aside->wait.since ? &aside->wait : NULL;
}

/* From `since` on, which is not 0. NULL if out of memory. */
struct store_wait *store_begin_wait(struct store *store, struct store_entry *entry, uint64_t since);

/* Takes it out of its queue, if it waits. */
void store_end_wait(struct store *store, struct store_entry *entry);

/* ---- listeners ---- */

/*
 * Counts a listener among those of its address and port until it is removed. Not if its port is not
 * known yet, or without memory: then its children have no owner until somebody holds them.
 */
void store_listen(struct store *store, struct store_entry *entry);

/* Of a listener: whether it is bound to no device, and whether it is transparent. */
void store_learn_listener(struct store *store, struct store_entry *entry, bool is_everywhere,
			  bool is_transparent);

/*
 * The owner of this child's listener; known is OWNER_UNKNOWN if there is none, or several differ:
 * those of one address, and those of a less exact one where the first may be bound to a device. A
 * child is a copy of its listener: one of another user or cgroup, or of which one is transparent
 * and the other is not, is not its own, but listens at the port that was dialled before a redirect
 * (TPROXY).
 */
struct conn_owner store_listener_owner(const struct store *store, const struct conn *child);

/* That listener itself; NULL: none, or which one is not sure. */
const struct store_listener *store_listener_of(const struct store *store, const struct conn *child);

/* Is anybody listening there? */
bool store_is_listened(const struct store *store, const struct conn_place *place);

#endif
