/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* verdict.c - see verdict.h. */
#include "diagnosis/verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "diagnosis/peers.h"
#include "diagnosis/process.h"
#include "diagnosis/rules_text.h"
#include "match.h"
#include "base/name.h"
#include "base/tcpstate.h"

/* ---- whose ---- */

/* NULL: somebody has accepted it, or its listener is gone or not known. */
static const struct census_socket *listener_of(const struct census *census,
					       const struct census_socket *socket)
{
	return census_waits_for_accept(&socket->s) ? census_listener(census, socket) : NULL;
}

/* What nobody has accepted yet is its listener's. */
static void find_owner(const struct census *census, const struct census_socket *listener,
		       struct verdict_socket *it)
{
	it->owner = census_acceptors(it->socket);
	it->unheld = census_is_unheld(census, it->socket);
	if (it->owner || !listener)
		return;
	it->unheld_listener = census_is_unheld(census, listener);
	it->owner = census_acceptors(listener);
	it->inherited = it->owner != NULL;
}

static const char *nobody(const struct verdict_socket *it)
{
	const struct wire_snapshot *s = &it->socket->s;

	if (s->kind == WIRE_MINI || s->flags & WIRE_S_ORPHAN)
		return "(orphan)";
	if (s->flags & WIRE_S_KERNEL)
		return "(kernel)";
	return it->unheld ? "(no descriptor)" : "?";
}

/* The holders of a process come one behind the other. */
static unsigned other_processes(const struct verdict_socket *it)
{
	unsigned more = 0;

	for (const struct census_holder *h = it->owner; h && h->next; h = h->next)
		more += h->next->pid != h->pid;
	return more;
}

const char *verdict_owners(const struct verdict_socket *it, uint16_t differs,
			   char text[VERDICT_OWNER_MAX])
{
	unsigned more = other_processes(it);
	char comm[NAME_ROOM(sizeof(it->owner->comm))], pid[16];

	if (!it->owner || differs & VERDICT_COMM) {
		snprintf(text, VERDICT_OWNER_MAX, "%s", differs & VERDICT_COMM ? "*" : nobody(it));
		return text;
	}
	name_text(comm, sizeof(comm), it->owner->comm);
	snprintf(pid, sizeof(pid), "%u", it->owner->pid);
	snprintf(text, VERDICT_OWNER_MAX, "%s%s[%s]", it->inherited ? "~" : "", comm,
		 differs & VERDICT_PID ? "*" : pid);
	if (differs & VERDICT_PID)
		return text;
	if (differs & VERDICT_MORE)
		strcat(text, " +*");
	else if (more)
		snprintf(text + strlen(text), VERDICT_OWNER_MAX - strlen(text), " +%u", more);
	return text;
}

const char *verdict_owner(const struct verdict_socket *it, char text[VERDICT_OWNER_MAX])
{
	return verdict_owners(it, 0, text);
}

/* Who has the other end, which is known. */
static struct verdict_socket peer_of(const struct verdict *verdict, const struct verdict_socket *it)
{
	struct verdict_socket peer = {.socket = it->peer};

	find_owner(verdict->census, listener_of(verdict->census, it->peer), &peer);
	return peer;
}

const char *verdict_peer_owner(const struct verdict *verdict, const struct verdict_socket *it,
			       char text[VERDICT_OWNER_MAX])
{
	struct verdict_socket peer;

	text[0] = '\0';
	if (!it->peer)
		return text;
	peer = peer_of(verdict, it);
	return verdict_owner(&peer, text);
}

const char *verdict_peer(const struct verdict *verdict, const struct verdict_socket *it,
			 char text[VERDICT_PEER_MAX])
{
	char owner[VERDICT_OWNER_MAX], hindrance[RULES_TEXT_MAX];
	struct verdict_socket peer;

	text[0] = '\0';
	if (!it->peer)
		return text;
	peer = peer_of(verdict, it);
	process_peer_evidence(it->rule, &it->peer->s, peer.owner, hindrance);
	snprintf(text, VERDICT_PEER_MAX, "%s of %s%s%s", tcpstate_name(it->peer->s.state),
		 verdict_owner(&peer, owner), hindrance[0] ? ", " : "", hindrance);
	return text;
}

const char *verdict_evidence(const struct verdict_socket *it, char text[RULES_TEXT_MAX])
{
	char of_socket[RULES_TEXT_MAX];
	size_t used;

	used = strlen(process_evidence(it->rule, it->owner, it->inherited, text));
	if (it->unheld_listener)
		used = (size_t)sprintf(text, "its listener is not among anybody's descriptors");
	if (rules_evidence(&it->socket->s, of_socket)[0])
		snprintf(text + used, RULES_TEXT_MAX - used, "%s%s", used ? "; " : "", of_socket);
	return text;
}

const char *verdict_end(const struct verdict *verdict, const struct verdict_socket *it, bool local,
			uint16_t differs, char text[ADDRESS_END_MAX])
{
	const struct wire_snapshot *s = &it->socket->s;
	const uint8_t *addr = local ? s->id.laddr : s->id.raddr;
	uint16_t port = local ? s->id.lport : s->id.rport;
	char device[CENSUS_DEVICE_MAX];

	return address_end_text(differs & (local ? VERDICT_LADDR : VERDICT_RADDR) ? NULL : addr,
				census_device(verdict->census, s, device),
				differs & (local ? VERDICT_LPORT : VERDICT_RPORT) ? 0 : port, text);
}

/* ---- how long ---- */

struct age verdict_age(const struct census_socket *socket, uint64_t tick_ns)
{
	struct age proven = age_of(&socket->s, tick_ns);
	uint64_t now = socket->s.head.ts, witnessed = now - socket->entered;

	if (!socket->entered || socket->entered >= now)
		return proven;
	if (socket->entered_exact)
		return (struct age){
			.ns = witnessed, .known = DWELL_EXACT, .from = "seen to enter it"};
	if (proven.known == DWELL_EXACT || proven.ns >= witnessed)
		return proven;
	return (struct age){.ns = witnessed, .known = DWELL_AT_LEAST, .from = "watched since then"};
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
static bool is_wanted(const struct selection *selection, const struct verdict_socket *it)
{
	/* Who only holds a listener is asked for as well. */
	const struct census_holder *holder = it->socket->s.state == WIRE_LISTEN
						     ? it->socket->holders
						     : it->owner;

	do {
		struct conn conn = conn_of(&it->socket->s, holder, false);

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

	find_owner(census, listener_of(census, socket), &it);
	return is_wanted(selection, &it);
}

static bool is_stuck(const struct selection *selection, const struct verdict_socket *it)
{
	bool asked = selection->stuck_states & 1u << it->socket->s.state;

	if (!asked && (selection->has_states || !it->rule))
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

/* ---- groups ---- */

/* Of a cgroup the name, where there is one. */
static const char *values_of(const struct verdict *verdict, const struct verdict_socket *it,
			     const struct group_by *by, char text[GROUP_TEXT_MAX])
{
	struct conn conn = conn_of(&it->socket->s, it->owner, it->inherited);
	char value[GROUP_TEXT_MAX], *to = text, *end = text + GROUP_TEXT_MAX;

	*text = '\0';
	for (unsigned i = 0; i < by->n && end - to > 1; i++) {
		const char *name = NULL;
		size_t len;

		if (by->keys[i] == GROUP_CGROUP)
			name = census_name(verdict->census, WIRE_NAME_CGROUP, conn.cgroup);
		if (name)
			name_text(value, sizeof(value), name);
		else
			group_value(by->keys[i], &conn, value);
		if (i)
			*to++ = ' ';
		len = name_fit(value, (size_t)(end - to));
		to = mempcpy(to, value, len);
		*to = '\0';
	}
	return text;
}

#define KEY_MAX (GROUP_TEXT_MAX + 64)

/* One of the two ends of a socket, with all else that those which are alike share. */
struct end_key {
	const struct rules_rule *rule;
	uint64_t owner;
	uint32_t netns;
	uint16_t port;
	uint8_t state;
	uint8_t local;
};

struct end_count {
	struct end_key key;
	size_t count;
	UT_hash_handle hh;
};

static struct end_key end_of(const struct verdict_socket *it, bool local)
{
	const struct wire_snapshot *s = &it->socket->s;

	return (struct end_key){.rule = it->rule,
				.owner = it->owner ? it->owner->pid : (uintptr_t)nobody(it),
				.netns = s->id.netns,
				.port = local ? s->id.lport : s->id.rport,
				.state = s->state,
				.local = local};
}

static struct end_count *find_end(struct end_count *ends, const struct end_key *key)
{
	struct end_count *end;

	// NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): it has no padding
	HASH_FIND(hh, ends, key, sizeof(*key), end);
	return end;
}

static int count_end(struct end_count **ends, const struct end_key *key)
{
	struct end_count *end = find_end(*ends, key);

	if (!end) {
		end = calloc(1, sizeof(*end));
		if (!end)
			return -ENOMEM;
		end->key = *key;
		HASH_ADD(hh, *ends, key, sizeof(end->key), end);
		if (!TABLE_HAS(end)) {
			free(end);
			return -ENOMEM;
		}
	}
	end->count++;
	return 0;
}

static int count_ends(struct end_count **ends, const struct verdict *verdict)
{
	int err = 0;

	for (size_t i = 0; !err && i < 2 * verdict->n_sockets; i++) {
		struct end_key key = end_of(&verdict->sockets[i / 2], i % 2);

		err = count_end(ends, &key);
	}
	return err;
}

/* The end that its likes share is the one that repeats; of one alone, that of the server. */
static bool shares_local(const struct verdict *verdict, struct end_count *ends,
			 const struct verdict_socket *it)
{
	const struct wire_id *id = &it->socket->s.id;
	struct end_key here = end_of(it, true), there = end_of(it, false);
	size_t local = find_end(ends, &here)->count, remote = find_end(ends, &there)->count;

	if (!id->rport || local != remote)
		return !id->rport || local > remote;
	return census_has_listener(verdict->census, id) || id->lport < id->rport;
}

/* By values that --by is told apart by, which may be shown as one name. */
static void key_of(const struct verdict *verdict, struct end_count *ends,
		   const struct verdict_socket *it, const struct group_by *by, char key[KEY_MAX])
{
	const struct wire_snapshot *s = &it->socket->s;
	const struct conn conn = conn_of(s, it->owner, it->inherited);
	const char *rule = it->rule ? it->rule->id : "";
	char owner[VERDICT_OWNER_MAX], values[GROUP_TEXT_MAX];
	bool local;

	if (group_values(by, &conn, values)[0]) {
		snprintf(key, KEY_MAX, "%u\t%s\t%s", s->state, rule, values);
		return;
	}
	local = shares_local(verdict, ends, it);
	snprintf(key, KEY_MAX, "%u\t%s\t%s\t%u\t%s%u", s->state, rule,
		 verdict_owners(it, VERDICT_MORE, owner), s->id.netns, local ? "l" : "r",
		 local ? s->id.lport : s->id.rport);
}

/* The same link-local address is another host behind another device. */
static bool same_address(const uint8_t a[16], const uint8_t b[16], bool same_device)
{
	return !memcmp(a, b, 16) && (same_device || !address_is_link_local(a));
}

static uint16_t owners_differ(const struct verdict_socket *a, const struct verdict_socket *b)
{
	uint16_t differs = 0;

	if (!a->owner || !b->owner)
		return a->owner || b->owner || strcmp(nobody(a), nobody(b)) != 0 ? VERDICT_COMM : 0;
	if (a->inherited != b->inherited || strcmp(a->owner->comm, b->owner->comm) != 0)
		differs |= VERDICT_COMM;
	if (a->owner->pid != b->owner->pid)
		differs |= VERDICT_PID;
	if (other_processes(a) != other_processes(b))
		differs |= VERDICT_MORE;
	return differs;
}

static uint16_t differences(const struct verdict_socket *a, const struct verdict_socket *b)
{
	const struct wire_snapshot *left = &a->socket->s, *right = &b->socket->s;
	bool same_device = left->id.netns == right->id.netns && left->device == right->device;
	uint16_t differs = owners_differ(a, b);

	if (left->id.lport != right->id.lport)
		differs |= VERDICT_LPORT;
	if (left->id.rport != right->id.rport)
		differs |= VERDICT_RPORT;
	if (!same_address(left->id.laddr, right->id.laddr, same_device))
		differs |= VERDICT_LADDR;
	if (!same_address(left->id.raddr, right->id.raddr, same_device))
		differs |= VERDICT_RADDR;
	if (left->id.netns != right->id.netns)
		differs |= VERDICT_NETNS;
	if (left->cgroup != right->cgroup)
		differs |= VERDICT_CGROUP;
	if (left->kind != right->kind || left->uid != right->uid)
		differs |= VERDICT_UID;
	return differs;
}

static void free_group(struct verdict_group *group)
{
	free(group->key);
	free(group->by);
	free(group);
}

static struct verdict_group *new_group(struct verdict *verdict, size_t first, const char *key,
				       const char *by)
{
	struct verdict_group *group = calloc(1, sizeof(*group));

	if (!group)
		return NULL;
	group->key = strdup(key);
	group->by = strdup(by);
	if (!group->key || !group->by) {
		free_group(group);
		return NULL;
	}
	group->first = first;
	group->number = HASH_COUNT(verdict->groups);
	HASH_ADD_KEYPTR(hh, verdict->groups, group->key, strlen(group->key), group);
	if (TABLE_HAS(group))
		return group;
	free_group(group);
	return NULL;
}

static int add_to_group(struct verdict *verdict, size_t i, const struct group_by *by,
			struct end_count *ends)
{
	struct verdict_socket *it = &verdict->sockets[i];
	struct verdict_group *group;
	char key[KEY_MAX], values[GROUP_TEXT_MAX];

	key_of(verdict, ends, it, by, key);
	HASH_FIND_STR(verdict->groups, key, group);
	if (!group)
		group = new_group(verdict, i, key, values_of(verdict, it, by, values));
	if (!group)
		return -ENOMEM;
	it->group = group->number;
	group->count++;
	group->differs |= differences(&verdict->sockets[group->first], it);
	group->youngest = it->age;
	return 0;
}

static int make_groups(struct verdict *verdict, const struct group_by *by)
{
	struct end_count *ends = NULL;
	int err = count_ends(&ends, verdict);

	for (size_t i = 0; !err && i < verdict->n_sockets; i++)
		err = add_to_group(verdict, i, by, ends);
	TABLE_RELEASE(ends, free);
	return err;
}

/* ---- findings ---- */

static void free_finding(struct verdict_finding *finding)
{
	free(finding->key);
	free(finding);
}

/* Of what one rule says of one name, the cgroups and namespaces; or one of these. */
struct places {
	char *key;
	size_t cgroups, namespaces;
	UT_hash_handle hh;
};

static void free_places(struct places *places)
{
	free(places->key);
	free(places);
}

static struct places *find_places(struct places *all, const char *key)
{
	struct places *places;

	HASH_FIND_STR(all, key, places);
	return places;
}

/* NULL: no memory. */
static struct places *new_places(struct places **all, const char *key)
{
	struct places *places = calloc(1, sizeof(*places));

	if (!places)
		return NULL;
	places->key = strdup(key);
	if (places->key)
		HASH_ADD_KEYPTR(hh, *all, places->key, strlen(places->key), places);
	if (TABLE_HAS(places))
		return places;
	free_places(places);
	return NULL;
}

#define FINDING_KEY_MAX 160

/* A rule and a name; before them a place, if there is one. */
static const char *finding_key(const struct verdict_socket *it, const char *place,
			       char key[FINDING_KEY_MAX])
{
	snprintf(key, FINDING_KEY_MAX, "%s%s\t%s%s", place, it->rule->id, it->inherited ? "~" : "",
		 it->owner ? it->owner->comm : nobody(it));
	return key;
}

/* Counts in `n`, unless it was there before. */
static int count_place(struct places **all, const struct verdict_socket *it, char kind, uint64_t id,
		       size_t *n)
{
	char key[FINDING_KEY_MAX], place[32];

	snprintf(place, sizeof(place), "%c%" PRIu64 "\t", kind, id);
	if (find_places(*all, finding_key(it, place, key)))
		return 0;
	++*n;
	return new_places(all, key) ? 0 : -ENOMEM;
}

static int add_to_places(struct places **all, const struct verdict_socket *it)
{
	char key[FINDING_KEY_MAX];
	struct places *places = find_places(*all, finding_key(it, "", key));
	int err;

	if (!places)
		places = new_places(all, key);
	if (!places)
		return -ENOMEM;
	err = count_place(all, it, 'c', it->socket->s.cgroup, &places->cgroups);
	return err ? err : count_place(all, it, 'n', it->socket->s.id.netns, &places->namespaces);
}

static struct verdict_finding *new_finding(struct verdict *verdict, size_t first, const char *key)
{
	struct verdict_finding *finding = calloc(1, sizeof(*finding));

	if (!finding)
		return NULL;
	finding->first = first;
	finding->cgroups = finding->namespaces = 1;
	finding->key = strdup(key);
	if (finding->key)
		HASH_ADD_KEYPTR(hh, verdict->findings, finding->key, strlen(finding->key), finding);
	if (TABLE_HAS(finding))
		return finding;
	free_finding(finding);
	return NULL;
}

static int add_to_finding(struct verdict *verdict, size_t i, struct places *all)
{
	const struct verdict_socket *it = &verdict->sockets[i];
	const struct wire_snapshot *s = &it->socket->s;
	struct verdict_finding *finding;
	char key[FINDING_KEY_MAX], place[48];
	const struct places *places = find_places(all, finding_key(it, "", key));
	bool is_everywhere = places->cgroups > VERDICT_PLACES_MAX ||
			     places->namespaces > VERDICT_PLACES_MAX;

	snprintf(place, sizeof(place), "%" PRIu32 "\t%" PRIu64 "\t", s->id.netns,
		 (uint64_t)s->cgroup);
	if (!is_everywhere)
		finding_key(it, place, key);
	HASH_FIND_STR(verdict->findings, key, finding);
	if (!finding)
		finding = new_finding(verdict, i, key);
	if (!finding)
		return -ENOMEM;
	if (is_everywhere) {
		finding->cgroups = places->cgroups;
		finding->namespaces = places->namespaces;
	}
	finding->count++;
	finding->differs |= differences(&verdict->sockets[finding->first], it);
	return 0;
}

static int make_findings(struct verdict *verdict)
{
	struct places *all = NULL;
	int err = 0;

	for (size_t i = 0; !err && i < verdict->n_sockets; i++)
		if (verdict->sockets[i].rule)
			err = add_to_places(&all, &verdict->sockets[i]);
	for (size_t i = 0; !err && i < verdict->n_sockets; i++)
		if (verdict->sockets[i].rule)
			err = add_to_finding(verdict, i, all);
	TABLE_RELEASE(all, free_places);
	return err;
}

/* ---- all ---- */

/* Appends it, if it is selected. */
static void judge(struct verdict *verdict, const struct census_socket *socket,
		  const struct selection *selection, uint64_t tick_ns)
{
	struct verdict_socket it = {.socket = socket, .age = verdict_age(socket, tick_ns)};
	struct age proven = age_of(&socket->s, tick_ns);
	const struct census_socket *listener = listener_of(verdict->census, socket);

	find_owner(verdict->census, listener, &it);
	it.rule = rules_judge(&(struct rules_case){.s = &socket->s,
						   .listener = listener ? &listener->s : NULL,
						   .halted = process_is_halted(it.owner),
						   .unheld = it.unheld,
						   .limits = census_limits_of(verdict->census,
									      socket->s.id.netns),
						   .idle_ns = idle_for(&socket->s, &it.age)},
			      &proven, selection->patience_ns);
	if (!it.rule && !(selection->stuck_states & 1u << socket->s.state))
		return;
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
	for (const struct census_socket *socket = census->sockets; socket; socket = socket->hh.next)
		judge(verdict, socket, selection, tick_ns);
	qsort(verdict->sockets, verdict->n_sockets, sizeof(*verdict->sockets), compare);
	err = find_peers(verdict);
	if (!err)
		err = make_groups(verdict, by);
	if (!err)
		err = make_findings(verdict);
	/* TIME-WAITs are nobody's any more, and each is gone before it is old. */
	if (!err && !selection->n_pids && !selection->n_comms && !selection->n_uids &&
	    !selection->n_cgroups && !selection->min_ns)
		err = fillings_make(&verdict->fillings, census,
				    selection->filtered ? &selection->match : NULL);
	if (err)
		verdict_release(verdict);
	return err;
}

void verdict_release(struct verdict *verdict)
{
	TABLE_RELEASE(verdict->groups, free_group);
	TABLE_RELEASE(verdict->findings, free_finding);
	free(verdict->sockets);
	fillings_release(&verdict->fillings);
	*verdict = (struct verdict){0};
}
