/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* selection.c - see selection.h. */
#include "model/selection.h"

#include <string.h>

#include "match.h"

#define IN_LIST(list, n, value)                        \
	({                                             \
		bool found = !(n);                     \
		for (unsigned k = 0; k < (n); k++)     \
			found |= (list)[k] == (value); \
		found;                                 \
	})

static bool comm_in_list(const struct selection *s, const char *comm)
{
	bool found = !s->n_comms;

	for (unsigned i = 0; i < s->n_comms; i++)
		found |= !strcmp(s->comms[i], comm);
	return found;
}

static int owner_wanted(const struct selection *s, const struct conn *conn)
{
	if (!s->n_pids && !s->n_comms)
		return MATCH_YES;
	if (conn->owner.known == OWNER_UNKNOWN)
		return MATCH_UNDECIDED;
	if (IN_LIST(s->pids, s->n_pids, conn->owner.pid) && comm_in_list(s, conn->owner.comm))
		return MATCH_YES;
	/* Its listener is not wanted, but who accepted it may be. */
	return conn->owner.known == OWNER_INHERITED ? MATCH_UNDECIDED : MATCH_NO;
}

static int uid_wanted(const struct selection *s, const struct conn *conn)
{
	if (!s->n_uids)
		return MATCH_YES;
	if (conn->uid == CONN_NO_UID)
		return MATCH_UNDECIDED;
	return IN_LIST(s->uids, s->n_uids, conn->uid);
}

static int cgroup_wanted(const struct selection *s, const struct conn *conn)
{
	if (!s->n_cgroups)
		return MATCH_YES;
	if (!conn->cgroup)
		return MATCH_UNDECIDED;
	return IN_LIST(s->cgroups, s->n_cgroups, conn->cgroup);
}

int selection_wants(const struct selection *s, const struct conn *conn)
{
	int verdict = MATCH_YES;

	if (s->filtered)
		verdict = match_identity(&s->match, &conn->id, !conn->is_listener);
	verdict = match_and(verdict, owner_wanted(s, conn));
	verdict = match_and(verdict, uid_wanted(s, conn));
	return match_and(verdict, cgroup_wanted(s, conn));
}
