/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* census_store.h - the sockets of a census and who holds them, in memory. */
#ifndef TCPDWELL_CENSUS_STORE_H
#define TCPDWELL_CENSUS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/chains.h"
#include "base/slab.h"
#include "base/table.h"
#include "model/pollers.h"
#include "wire.h"

struct census_holder {
	struct census_holder *next;
	uint32_t pid, tid, fd; /* `tid`: the thread that has the descriptor, or `pid` */
	char comm[16];
	bool polls;           /* it is known to wait at this listener, by epoll */
	uint32_t limit;       /* of descriptors */
	uint8_t doing, flags; /* WIRE_DOES_*, WIRE_H_* */
};

/* What is known of a listener besides. */
struct census_listening {
	/* Once the census is whole: those of its holders that wait at it, while others wait at
	 * other members of its group. NULL: no such group, or not all is known. */
	struct census_holder *pollers;
	bool is_polled;      /* all who wait at it do so by epoll, and are known */
	bool takes_others;   /* connections to other addresses and ports */
	uint32_t told;       /* so many in its queue were told of */
	uint32_t candidates; /* so many were not told of, and may be in its queue */
	struct census_socket *next, *next_untold;
};

/* Of each there may be a million. A connection in TIME-WAIT and one that its socket began since
 * share their cookie. */
struct census_socket {
	struct wire_snapshot s;
	uint64_t entered; /* ns: when it was seen to enter its state, or to be in it already; 0: was
			   * not seen. By those who watch events as well: overview.h */
	uint64_t listener; /* the cookie of the one that it waits at; 0: not known, or it does not
			      wait */
	/* By process, in the order in which the iterator met the processes. */
	struct census_holder *holders, *last_holder;
	struct census_listening *listening; /* NULL: it never was in LISTEN */
	uint32_t number, chain;             /* of the slab and the index */
	bool entered_exact;
	bool by_threads;       /* one of these is a thread's */
	bool outlived_holders; /* it was met again after all descriptors had been looked at */
	bool is_gone;
};

/* What was in LISTEN at some time, by namespace and port. */
struct census_port {
	uint64_t key;
	struct census_socket *first; /* by listening->next */
	UT_hash_handle hh;
};

struct census_name {
	struct wire_name name;
	UT_hash_handle hh;
};

struct census_limits {
	struct wire_limits limits;
	UT_hash_handle hh;
};

struct census {
	struct slab sockets, holders;
	struct chains by_cookie;
	struct census_port *ports;
	struct census_socket *untold; /* listeners that have more in their queue than was told of */
	size_t n_untold;
	struct census_name *names;
	struct census_limits *limits; /* by namespace */
	struct pollers polling;
	struct wire_host host;      /* all 0: not told */
	size_t states[WIRE_STATES]; /* how many, by state */
	size_t count, namespaces;
	bool hides_holders;  /* processes of other pid namespaces are out of sight */
	bool has_other_proc; /* /proc knows its processes by other numbers */
	bool knows_home;     /* WIRE_NAME_HOME was told, and with it all names that there are */
	bool sees_holders;   /* somebody was found to hold something: who holds nothing, is told */
	uint64_t ts;         /* ns: when it began */
	uint32_t missing;    /* namespaces that could not be looked into */
	bool is_whole;       /* it was told to its end */
};

/* Each once, in the order in which they were first met. NULL: no more. */
struct census_socket *census_first(const struct census *census);
struct census_socket *census_next(const struct census *census, const struct census_socket *socket);

/* NULL if there is none. */
struct census_socket *census_find(const struct census *census, uint64_t cookie, bool is_mini);

/* One that was not met before; NULL if out of memory. */
struct census_socket *census_new_socket(struct census *census, const struct wire_snapshot *s);

/* It is met no more, nor found. */
void census_take_out(struct census *census, struct census_socket *socket);

/* All zero, to be filled in; NULL if out of memory. */
struct census_holder *census_new_holder(struct census *census);

void census_release_sockets(struct census *census);

/* Is it about to close the socket? Then it has no descriptor of it any more. */
static inline bool census_is_closing(const struct census_holder *holder)
{
	return holder->flags & WIRE_H_CLOSING;
}

/* The next holder of another process; NULL: the last one. */
const struct census_holder *census_next_process(const struct census_holder *holder);

/* Has accept() not returned it yet? inet_csk_accept() gives a full socket its file: until then it
 * has none, and is no orphan. */
static inline bool census_waits_for_accept(const struct wire_snapshot *s)
{
	return s->kind == WIRE_REQUEST ||
	       (s->kind == WIRE_FULL && !(s->flags & (WIRE_S_FILE | WIRE_S_ORPHAN)));
}

/* See struct census_listening. */
static inline const struct census_holder *census_pollers(const struct census_socket *socket)
{
	return socket->listening ? socket->listening->pollers : NULL;
}

/* Who is to accept what comes to this listener: its worker of a group, or all who hold it. */
static inline const struct census_holder *census_acceptors(const struct census_socket *listener)
{
	return census_pollers(listener) ?: listener->holders;
}

#endif
