/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* verdict_socket.h - one socket of a census: whose it is, how long it has been so, and what else is
 * said of it. */
#ifndef TCPDWELL_VERDICT_SOCKET_H
#define TCPDWELL_VERDICT_SOCKET_H

#include "base/address.h"
#include "diagnosis/ends.h"
#include "diagnosis/overflows.h"
#include "diagnosis/rules.h"
#include "diagnosis/rules_text.h"
#include "model/census.h"
#include "model/connection.h"

struct verdict_finding;

struct verdict_socket {
	const struct census_socket *socket;
	const struct rules_rule *rule; /* NULL: nothing is known to be wrong with it */
	const struct census_holder
		*owner; /* the first that holds it; of its listener if `inherited` */
	const struct overflows_netns *overflows; /* of a listener that is full; NULL: not known */
	const struct census_socket *peer; /* the other end of it; NULL: not here, or not known */
	struct verdict_finding *finding;  /* that it belongs to; NULL without a rule */
	struct age age;
	struct ends ends;
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

/* Where it waits for accept(); NULL: somebody has accepted it, or its listener is gone or not
 * known.
 */
const struct census_socket *verdict_listener(const struct census *census,
					     const struct census_socket *socket);

/* Fills in whose it is. What nobody has accepted yet is its listener's (NULL: none). */
void verdict_find_owner(const struct census *census, const struct census_socket *listener,
			struct verdict_socket *it);

/* What stands for the owner of one that has none: "(orphan)", "(kernel)", ... */
const char *verdict_nobody(const struct verdict_socket *it);

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
const char *verdict_peer(const struct census *census, const struct verdict_socket *socket,
			 char text[VERDICT_PEER_MAX]);

/* Whose the other end is, as verdict_owner() writes it; "": it is not known. */
const char *verdict_peer_owner(const struct census *census, const struct verdict_socket *socket,
			       char text[VERDICT_OWNER_MAX]);

/* What proves it: what hinders its processes (process.h), and rules_evidence(); what will end it,
 * ends_text(); and of a full listener overflows_text(), or
 * overflows_cookies(). */
const char *verdict_evidence(const struct verdict_socket *socket, char text[RULES_TEXT_MAX]);

/* An end of it as address.h writes it, with its device where that is needed. What differs in a
 * group reads '*'. */
const char *verdict_end(const struct census *census, const struct verdict_socket *socket,
			bool local, uint16_t differs, char text[ADDRESS_END_MAX]);

/* How long it has been in its state: what it proves itself, or what was witnessed, if that is more.
 */
struct age verdict_age(const struct census_socket *socket, uint64_t tick_ns);

/* As a selection and groups know it. */
struct conn verdict_conn(const struct wire_snapshot *s, const struct census_holder *holder,
			 bool inherited);

/* VERDICT_*: in what these two are not the same. */
uint16_t verdict_differences(const struct verdict_socket *a, const struct verdict_socket *b);

#endif
