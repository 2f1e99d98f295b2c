/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* wanted.c - see wanted.h. */
#include "model/wanted.h"

#include <string.h>

#include "match.h"

#define IN_LIST(list, n, value)                        \
	({                                             \
		bool found = !(n);                     \
		for (unsigned k = 0; k < (n); k++)     \
			found |= (list)[k] == (value); \
		found;                                 \
	})

static bool comm_in_list(const struct options *o, const char *comm)
{
	bool found = !o->n_comms;

	for (unsigned i = 0; i < o->n_comms; i++)
		found |= !strcmp(o->comms[i], comm);
	return found;
}

static int owner_wanted(const struct options *o, const struct conn *conn)
{
	if (!o->n_pids && !o->n_comms)
		return MATCH_YES;
	if (conn->owner.known == OWNER_UNKNOWN)
		return MATCH_UNDECIDED;
	if (IN_LIST(o->pids, o->n_pids, conn->owner.pid) && comm_in_list(o, conn->owner.comm))
		return MATCH_YES;
	/* Its listener is not wanted, but who accepted it may be. */
	return conn->owner.known == OWNER_INHERITED ? MATCH_UNDECIDED : MATCH_NO;
}

static int uid_wanted(const struct options *o, const struct conn *conn)
{
	if (!o->n_uids)
		return MATCH_YES;
	if (conn->uid == CONN_NO_UID)
		return MATCH_UNDECIDED;
	return IN_LIST(o->uids, o->n_uids, conn->uid);
}

static int cgroup_wanted(const struct options *o, const struct conn *conn)
{
	if (!o->n_cgroups)
		return MATCH_YES;
	if (!conn->cgroup)
		return MATCH_UNDECIDED;
	return IN_LIST(o->cgroups, o->n_cgroups, conn->cgroup);
}

int wanted(const struct options *o, const struct conn *conn)
{
	int verdict = MATCH_YES;

	if (o->filtered)
		verdict = match_identity(&o->match, &conn->id, !conn->is_listener);
	verdict = match_and(verdict, owner_wanted(o, conn));
	verdict = match_and(verdict, uid_wanted(o, conn));
	return match_and(verdict, cgroup_wanted(o, conn));
}
