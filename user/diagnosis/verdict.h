/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * verdict.h - what `stuck` says of one census: the sockets that are stuck, oldest first, those that
 * are alike as one group, and the findings. Pure: the same census, the same verdict.
 */
#ifndef TCPDWELL_VERDICT_H
#define TCPDWELL_VERDICT_H

#include "base/address.h"
#include "model/census.h"
#include "model/group.h"
#include "model/selection.h"
#include "diagnosis/fillings.h"
#include "diagnosis/rules.h"

struct verdict_socket {
	const struct census_socket *socket;
	const struct rules_rule *rule; /* NULL: nothing is known to be wrong with it */
	const struct census_holder
		*owner; /* the first that holds it; of its listener if `inherited` */
	const struct census_socket *peer; /* the other end of it; NULL: not here, or not known */
	struct age age;
	bool inherited;
	bool unheld;          /* it has a file, and no process has a descriptor of it */
	bool unheld_listener; /* the same of the listener that it waits at */
	unsigned group;       /* number of its verdict_group */
};

/* What else than the oldest is not the same in all of a group. */
#define VERDICT_LPORT  (1 << 0)
#define VERDICT_RPORT  (1 << 1)
#define VERDICT_LADDR  (1 << 2)
#define VERDICT_RADDR  (1 << 3)
#define VERDICT_PID    (1 << 4)
#define VERDICT_COMM   (1 << 5)
#define VERDICT_NETNS  (1 << 6)
#define VERDICT_CGROUP (1 << 7)
#define VERDICT_UID    (1 << 8)
#define VERDICT_MORE   (1 << 9) /* how many more processes hold it */

struct verdict_group {
	char *key;
	char *by;            /* values of --by, separated by spaces; "" without */
	size_t first, count; /* in `sockets`: the oldest of them, and how many */
	struct age youngest; /* DWELL_UNKNOWN if that of one is not known */
	uint16_t differs;    /* VERDICT_* */
	unsigned number;     /* verdict_socket.group of those in it */
	UT_hash_handle hh;
};

/*
 * Those whom one rule says something of, who belong to processes of one name, and who are of one
 * cgroup in one network namespace: each place has a finding of its own. Where one rule says it of
 * one name in more than VERDICT_PLACES_MAX cgroups or namespaces, all of them are one finding.
 */
#define VERDICT_PLACES_MAX 8

struct verdict_finding {
	char *key;
	size_t first, count;        /* in `sockets`: the oldest of them, and how many */
	size_t cgroups, namespaces; /* in how many they are */
	uint16_t differs;           /* VERDICT_* */
	UT_hash_handle hh;
};

struct verdict {
	const struct census *census;
	struct verdict_socket *sockets; /* oldest first; those of unknown age last */
	size_t n_sockets;
	struct verdict_group *groups;     /* in the order of their oldest; iterate with hh.next */
	struct verdict_finding *findings; /* the same */
	struct fillings fillings;
};

/* Of what is selected, in groups of `by` (by->n 0: of what is alike). 0 or -ENOMEM. `census` must
 * outlive it. */
int verdict_make(struct verdict *verdict, const struct census *census,
		 const struct selection *selection, const struct group_by *by, uint64_t tick_ns);

/* Is this socket of the census selected, by its identity and its owner? */
bool verdict_asks(const struct selection *selection, const struct census *census,
		  const struct census_socket *socket);

/*
 * "nginx[4711]", "nginx[4711] +2" if two more processes hold it, "~nginx[4711]" for one not
 * accepted yet, "(orphan)", "(kernel)", "(no descriptor)": it is on its way through a unix
 * socket, or in an io_uring; "?": that cannot be seen. What differs in a group reads '*', as in
 * "nginx[*]" and "nginx[4711] +*". The name is written by the rule of name.h.
 */
#define VERDICT_OWNER_MAX 96
const char *verdict_owner(const struct verdict_socket *socket, char text[VERDICT_OWNER_MAX]);
const char *verdict_owners(const struct verdict_socket *socket, uint16_t differs,
			   char text[VERDICT_OWNER_MAX]);

/* "FIN-WAIT-2 of half-client[4711]": the other end, where that is a socket of this host; else "".
 * If it waits for who holds that, also what hinders them: ", which is stopped by a signal (T)". */
#define VERDICT_PEER_MAX (VERDICT_OWNER_MAX + RULES_TEXT_MAX)
const char *verdict_peer(const struct verdict *verdict, const struct verdict_socket *socket,
			 char text[VERDICT_PEER_MAX]);

/* Whose the other end is, as verdict_owner() writes it; "": it is not known. */
const char *verdict_peer_owner(const struct verdict *verdict, const struct verdict_socket *socket,
			       char text[VERDICT_OWNER_MAX]);

/* What proves it: what hinders its processes (process.h), and rules_evidence(). */
const char *verdict_evidence(const struct verdict_socket *socket, char text[RULES_TEXT_MAX]);

/* An end of it as address.h writes it, with its device where that is needed. What differs in a
 * group reads '*'. */
const char *verdict_end(const struct verdict *verdict, const struct verdict_socket *socket,
			bool local, uint16_t differs, char text[ADDRESS_END_MAX]);

/* How long it has been in its state: what it proves itself, or what was witnessed, if that is more.
 */
struct age verdict_age(const struct census_socket *socket, uint64_t tick_ns);

void verdict_release(struct verdict *verdict);

#endif
