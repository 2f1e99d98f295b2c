/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* verdict.c - see verdict.h. */
#include "verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "match.h"
#include "tcpstate.h"
#include "wanted.h"

/* ---- whose ---- */

static bool is_waiting_for_accept(const struct wire_snapshot *s)
{
	return s->kind == WIRE_REQUEST ||
	       (s->kind == WIRE_FULL && !(s->flags & WIRE_S_FILE) && !(s->flags & WIRE_S_ORPHAN));
}

/* What nobody has accepted yet is its listener's. */
static void find_owner(const struct census *census, struct verdict_socket *it)
{
	const struct census_socket *listener;

	it->owner = it->socket->holders;
	if (it->owner || !is_waiting_for_accept(&it->socket->s))
		return;
	listener = census_listener(census, &it->socket->s.id);
	it->owner = listener ? listener->holders : NULL;
	it->inherited = it->owner != NULL;
}

const char *verdict_owner(const struct verdict_socket *it, char text[VERDICT_OWNER_MAX])
{
	const struct wire_snapshot *s = &it->socket->s;
	unsigned more = 0;

	if (!it->owner) {
		bool orphan = s->kind == WIRE_MINI || s->flags & WIRE_S_ORPHAN;

		strcpy(text, orphan ? "(orphan)" : "?");
		return text;
	}
	for (const struct census_holder *h = it->inherited ? NULL : it->owner->next; h; h = h->next)
		more += h->pid != it->owner->pid;
	snprintf(text, VERDICT_OWNER_MAX, "%s%s[%u]", it->inherited ? "~" : "", it->owner->comm,
		 it->owner->pid);
	if (more)
		snprintf(text + strlen(text), VERDICT_OWNER_MAX - strlen(text), " +%u", more);
	return text;
}

/* ---- which ---- */

static struct conn conn_of(const struct wire_snapshot *s, const struct census_holder *holder,
			   bool inherited)
{
	struct conn conn = {.id = s->id,
			    .uid = s->kind == WIRE_FULL ? s->uid : CONN_NO_UID,
			    .cgroup = s->cgroup,
			    .state = s->state,
			    .is_listener = s->state == WIRE_LISTEN};

	if (holder) {
		conn.owner.known = inherited ? OWNER_INHERITED : OWNER_EXACT;
		conn.owner.pid = holder->pid;
		memcpy(conn.owner.comm, holder->comm, sizeof(conn.owner.comm));
	}
	return conn;
}

/* Any of its holders may be the one who is asked for. What is not known is not what was asked. */
static bool is_wanted(const struct options *options, const struct verdict_socket *it)
{
	const struct census_holder *holder = it->owner;

	do {
		struct conn conn = conn_of(&it->socket->s, holder, false);

		if (wanted(options, &conn) == MATCH_YES)
			return true;
		holder = holder ? holder->next : NULL;
	} while (holder);
	return false;
}

static bool is_stuck(const struct options *options, const struct verdict_socket *it)
{
	bool asked = options->stuck_states & 1u << it->socket->s.state;

	if (!asked && (options->has_states || !it->rule))
		return false;
	return it->age.ns >= options->min_ns && is_wanted(options, it);
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

/* ---- groups ---- */

/* The end that its likes share: the port that a listener has, else that of the peer. */
static bool is_server(const struct census *census, const struct wire_snapshot *s)
{
	return census_listener(census, &s->id) != NULL || s->id.lport < s->id.rport;
}

static int key_of(const struct verdict *verdict, const struct verdict_socket *it,
		  const struct options *options, char *key, size_t size)
{
	const struct wire_snapshot *s = &it->socket->s;
	char owner[VERDICT_OWNER_MAX], values[GROUP_TEXT_MAX];

	if (options->by.n) {
		struct conn conn = conn_of(s, it->owner, it->inherited);

		return snprintf(key, size, "%u\t%s\t%s", s->state, it->rule ? it->rule->id : "",
				group_values(&options->by, &conn, values));
	}
	return snprintf(key, size, "%u\t%s\t%s\t%u\t%s%u", s->state, it->rule ? it->rule->id : "",
			verdict_owner(it, owner), s->id.netns,
			is_server(verdict->census, s) ? "l" : "r",
			is_server(verdict->census, s) ? s->id.lport : s->id.rport);
}

static int add_to_group(struct verdict *verdict, size_t i, const struct options *options)
{
	struct verdict_socket *it = &verdict->sockets[i];
	struct verdict_group *group;
	char key[GROUP_TEXT_MAX + 64];

	key_of(verdict, it, options, key, sizeof(key));
	HASH_FIND_STR(verdict->groups, key, group);
	if (!group) {
		group = calloc(1, sizeof(*group));
		if (!group)
			return -ENOMEM;
		group->key = strdup(key);
		if (!group->key) {
			free(group);
			return -ENOMEM;
		}
		group->first = i;
		group->number = HASH_COUNT(verdict->groups);
		HASH_ADD_KEYPTR(hh, verdict->groups, group->key, strlen(group->key), group);
	}
	it->group = group->number;
	group->count++;
	group->youngest = it->age.ns;
	return 0;
}

/* ---- all ---- */

static void add_filling(void *ctx, const struct rules_filling *filling)
{
	struct verdict *verdict = ctx;
	struct rules_filling *all = reallocarray(verdict->fillings, verdict->n_fillings + 1,
						 sizeof(*filling));

	if (!all)
		return;
	verdict->fillings = all;
	all[verdict->n_fillings++] = *filling;
}

int verdict_make(struct verdict *verdict, const struct census *census,
		 const struct options *options, uint64_t tick_ns)
{
	int err = 0;

	*verdict = (struct verdict){.census = census};
	verdict->sockets = calloc(census->count + 1, sizeof(*verdict->sockets));
	if (!verdict->sockets)
		return -ENOMEM;
	for (const struct census_socket *socket = census->sockets; socket;
	     socket = socket->hh.next) {
		struct verdict_socket it = {.socket = socket, .age = age_of(&socket->s, tick_ns)};

		it.rule = rules_judge(&socket->s, &it.age, options->min_ns);
		if (!it.rule && !(options->stuck_states & 1u << socket->s.state))
			continue;
		find_owner(census, &it);
		if (is_stuck(options, &it))
			verdict->sockets[verdict->n_sockets++] = it;
	}
	qsort(verdict->sockets, verdict->n_sockets, sizeof(*verdict->sockets), compare);
	for (size_t i = 0; !err && i < verdict->n_sockets; i++)
		err = add_to_group(verdict, i, options);
	rules_fillings(census, add_filling, verdict);
	if (err)
		verdict_release(verdict);
	return err;
}

const struct verdict_socket *verdict_worst(const struct verdict *verdict,
					   const struct rules_rule *rule, const char *owner,
					   size_t *ret_count)
{
	const struct verdict_socket *worst = NULL;
	char text[VERDICT_OWNER_MAX];

	*ret_count = 0;
	for (size_t i = 0; i < verdict->n_sockets; i++) {
		const struct verdict_socket *it = &verdict->sockets[i];

		if (it->rule != rule || (owner && strcmp(owner, verdict_owner(it, text)) != 0))
			continue;
		if (!worst)
			worst = it;
		++*ret_count;
	}
	return worst;
}

void verdict_release(struct verdict *verdict)
{
	struct verdict_group *group, *next;

	for (group = verdict->groups; group; group = next) {
		next = group->hh.next;
		HASH_DEL(verdict->groups, group); // NOLINT(clang-analyzer-unix.Malloc): unlinks
		free(group->key);
		free(group);
	}
	free(verdict->sockets);
	free(verdict->fillings);
	*verdict = (struct verdict){0};
}
