/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* verdict.c - see verdict.h. */
#include "diagnosis/verdict.h"

#include <errno.h>
#include <stdlib.h>

#include "diagnosis/peers.h"
#include "diagnosis/process.h"
#include "diagnosis/rules_socket.h"
#include "diagnosis/stories.h"
#include "match.h"

/* ---- which ---- */

/* Any of its holders may be the one who is asked for. What is not known is not what was asked. */
static bool is_wanted(const struct selection *selection, const struct verdict_socket *it)
{
	/* Who only holds a listener is asked for as well. */
	const struct census_holder *holder = it->socket->s.state == WIRE_LISTEN
						     ? it->socket->holders
						     : it->owner;

	do {
		struct conn conn = verdict_conn(&it->socket->s, holder, false);

		if (selection_wants(selection, &conn) == MATCH_YES)
			return true;
		holder = holder ? holder->next : NULL;
	} while (holder);
	return false;
}

bool verdict_asks(const struct selection *selection, const struct census *census,
		  const struct census_socket *socket)
{
	struct verdict_socket it = {.socket = socket};

	verdict_find_owner(census, verdict_listener(census, socket), &it);
	return is_wanted(selection, &it);
}

static bool is_stuck(const struct selection *selection, const struct verdict_socket *it)
{
	bool asked = selection->stuck_states & 1u << it->socket->s.state;

	if (!asked && (selection->has_states || !it->rule))
		return false;
	if (selection->ends_by && !(selection->ends_by & 1u << it->ends.by))
		return false;
	return it->age.ns >= selection->min_ns && is_wanted(selection, it);
}

/* Oldest first; of those of unknown age, and of equals, in the order of their cookies. */
static int compare(const void *left, const void *right)
{
	const struct verdict_socket *a = left, *b = right;

	if (a->age.ns != b->age.ns)
		return a->age.ns < b->age.ns ? 1 : -1;
	return a->socket->s.id.cookie < b->socket->s.id.cookie
		       ? -1
		       : a->socket->s.id.cookie > b->socket->s.id.cookie;
}

/*
 * Answers to keepalive move on what proves an age, so that who was there when the state began knows
 * more; and a stream that flows is not idle, however long it has been in its state.
 */
static uint64_t idle_for(const struct wire_snapshot *s, const struct age *age)
{
	uint64_t data = s->sent > s->received ? s->sent : s->received;
	uint64_t quiet = s->head.ts > data ? s->head.ts - data : 0;

	return quiet < age->ns ? quiet : age->ns;
}

/* ---- all ---- */

/* Appends it, if it is selected. */
static void judge(struct verdict *verdict, const struct census_socket *socket,
		  const struct selection *selection, uint64_t tick_ns)
{
	struct verdict_socket it = {.socket = socket, .age = verdict_age(socket, tick_ns)};
	struct age proven = age_of(&socket->s, tick_ns);
	const struct census_socket *listener = verdict_listener(verdict->census, socket);
	const struct wire_limits *limits = census_limits_of(verdict->census, socket->s.id.netns);

	verdict_find_owner(verdict->census, listener, &it);
	it.rule = rules_judge(&(struct rules_case){.s = &socket->s,
						   .listener = listener ? &listener->s : NULL,
						   .halted = process_is_halted(it.owner),
						   .unheld = it.unheld,
						   .limits = limits,
						   .idle_ns = idle_for(&socket->s, &it.age)},
			      &proven, selection->patience_ns);
	if (!it.rule && !(selection->stuck_states & 1u << socket->s.state))
		return;
	it.ends = ends_of(&socket->s, limits);
	if (is_stuck(selection, &it))
		verdict->sockets[verdict->n_sockets++] = it;
}

static int find_peers(struct verdict *verdict)
{
	struct peers_end *ends = calloc(verdict->n_sockets + 1, sizeof(*ends));
	int err;

	if (!ends)
		return -ENOMEM;
	for (size_t i = 0; i < verdict->n_sockets; i++)
		ends[i].socket = verdict->sockets[i].socket;
	err = peers_find(verdict->census, ends, verdict->n_sockets);
	for (size_t i = 0; !err && i < verdict->n_sockets; i++)
		verdict->sockets[i].peer = ends[i].peer;
	free(ends);
	return err;
}

int verdict_make(struct verdict *verdict, const struct census *census,
		 const struct selection *selection, const struct group_by *by, uint64_t tick_ns)
{
	int err;

	*verdict = (struct verdict){.census = census};
	verdict->sockets = calloc(census->count + 1, sizeof(*verdict->sockets));
	if (!verdict->sockets)
		return -ENOMEM;
	for (const struct census_socket *socket = census_first(census); socket;
	     socket = census_next(census, socket))
		judge(verdict, socket, selection, tick_ns);
	qsort(verdict->sockets, verdict->n_sockets, sizeof(*verdict->sockets), compare);
	err = find_peers(verdict);
	if (!err)
		err = verdict_make_groups(verdict, by);
	if (!err)
		err = verdict_make_findings(verdict);
	if (!err)
		err = stories_find(verdict);
	/* TIME-WAITs are nobody's any more, and each is gone before it is old. */
	if (!err && !selection->n_pids && !selection->n_comms && !selection->n_uids &&
	    !selection->n_cgroups && !selection->min_ns && !selection->ends_by)
		err = fillings_make(&verdict->fillings, census,
				    selection->filtered ? &selection->match : NULL);
	if (err)
		verdict_release(verdict);
	return err;
}

void verdict_tell_overflows(struct verdict *verdict, const struct overflows *overflows)
{
	for (size_t i = 0; i < verdict->n_sockets; i++) {
		struct verdict_socket *it = &verdict->sockets[i];
		const struct wire_snapshot *s = &it->socket->s;

		if (s->state == WIRE_LISTEN && (is_queue_full(s) || is_flooded(s)))
			it->overflows = overflows_of(overflows, s->id.netns);
	}
}

void verdict_release(struct verdict *verdict)
{
	verdict_release_alike(verdict);
	free(verdict->sockets);
	fillings_release(&verdict->fillings);
	*verdict = (struct verdict){0};
}
