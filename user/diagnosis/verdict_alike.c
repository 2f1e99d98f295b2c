/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* verdict_alike.c - see verdict_alike.h. */
#include "diagnosis/verdict_alike.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/name.h"

/* ---- groups ---- */

/* `is_named`: of a cgroup the name, where there is one. */
static const char *value_of(const struct verdict *verdict, const struct verdict_socket *it,
			    unsigned key, bool is_named, char text[GROUP_TEXT_MAX])
{
	const struct wire_snapshot *s = &it->socket->s;
	const struct conn conn = verdict_conn(s, it->owner, it->inherited);
	const char *name = NULL;

	if (key == GROUP_KEEPALIVE)
		return ends_keepalive(s, census_limits_of(verdict->census, s->id.netns), text)
			       ?: "?";
	if (is_named && key == GROUP_CGROUP)
		name = census_name(verdict->census, WIRE_NAME_CGROUP, conn.cgroup);
	return name ? name_text(text, GROUP_TEXT_MAX, name) : group_value(key, &conn, text);
}

_Static_assert(ENDS_TEXT_MAX <= GROUP_TEXT_MAX, "room for keepalive");

static const char *values_of(const struct verdict *verdict, const struct verdict_socket *it,
			     const struct group_by *by, bool is_named, char text[GROUP_TEXT_MAX])
{
	char value[GROUP_TEXT_MAX], *to = text, *end = text + GROUP_TEXT_MAX;

	*text = '\0';
	for (unsigned i = 0; i < by->n && end - to > 1; i++) {
		const char *next = value_of(verdict, it, by->keys[i], is_named, value);
		size_t len;

		if (i)
			*to++ = is_named ? ' ' : '\t';
		len = name_fit(next, (size_t)(end - to));
		to = mempcpy(to, next, len);
		*to = '\0';
	}
	return text;
}

#define KEY_MAX (GROUP_TEXT_MAX + 64)

/* Of those that share no port: more of them are one row. */
#define LONE_ROWS_MAX 8

#define FIRST_UNNAMED 1024

/* One of the two ends of a socket, with all else that those which are alike share; or all that
 * share none (port 0). */
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
				.owner = it->owner ? it->owner->pid : (uintptr_t)verdict_nobody(it),
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

/* Has it a port that means something? Below 1024 it has a name; at others somebody may listen here.
 */
static bool has_meaning(const struct verdict *verdict, const struct wire_id *id)
{
	struct wire_id there = {.netns = id->netns, .lport = id->rport};

	memcpy(there.laddr, id->raddr, sizeof(there.laddr));
	return id->lport < FIRST_UNNAMED || id->rport < FIRST_UNNAMED ||
	       census_has_listener(verdict->census, id) ||
	       census_has_listener(verdict->census, &there);
}

/* Nothing that is alike shares a port with it, as in passive FTP or between peers of a swarm. */
static bool is_lone(const struct verdict *verdict, struct end_count *ends,
		    const struct verdict_socket *it)
{
	struct end_key here = end_of(it, true), there = end_of(it, false);

	return find_end(ends, &here)->count == 1 && find_end(ends, &there)->count == 1 &&
	       !has_meaning(verdict, &it->socket->s.id);
}

static struct end_key lone_key(const struct verdict_socket *it)
{
	struct end_key key = end_of(it, true);

	key.port = 0;
	return key;
}

static int count_ends(struct end_count **ends, const struct verdict *verdict)
{
	int err = 0;

	for (size_t i = 0; !err && i < 2 * verdict->n_sockets; i++) {
		struct end_key key = end_of(&verdict->sockets[i / 2], i % 2);

		err = count_end(ends, &key);
	}
	for (size_t i = 0; !err && i < verdict->n_sockets; i++) {
		struct end_key key = lone_key(&verdict->sockets[i]);

		if (is_lone(verdict, *ends, &verdict->sockets[i]))
			err = count_end(ends, &key);
	}
	return err;
}

/* One of many that share no port: without a row of its own. */
static bool is_of_swarm(const struct verdict *verdict, struct end_count *ends,
			const struct verdict_socket *it)
{
	struct end_key key = lone_key(it);

	return is_lone(verdict, ends, it) && find_end(ends, &key)->count > LONE_ROWS_MAX;
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
	const char *rule = it->rule ? it->rule->id : "";
	char owner[VERDICT_OWNER_MAX], values[GROUP_TEXT_MAX];
	bool local;

	if (values_of(verdict, it, by, false, values)[0]) {
		snprintf(key, KEY_MAX, "%u\t%s\t%s", s->state, rule, values);
		return;
	}
	verdict_owners(it, VERDICT_MORE, owner);
	if (is_of_swarm(verdict, ends, it)) {
		snprintf(key, KEY_MAX, "%u\t%s\t%s\t%u\t*", s->state, rule, owner, s->id.netns);
		return;
	}
	local = shares_local(verdict, ends, it);
	snprintf(key, KEY_MAX, "%u\t%s\t%s\t%u\t%s%u", s->state, rule, owner, s->id.netns,
		 local ? "l" : "r", local ? s->id.lport : s->id.rport);
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
		group = new_group(verdict, i, key, values_of(verdict, it, by, true, values));
	if (!group)
		return -ENOMEM;
	it->group = group->number;
	group->count++;
	group->differs |= verdict_differences(&verdict->sockets[group->first], it);
	group->youngest = it->age;
	return 0;
}

int verdict_make_groups(struct verdict *verdict, const struct group_by *by)
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
		 it->owner ? it->owner->comm : verdict_nobody(it));
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
	struct verdict_socket *it = &verdict->sockets[i];
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
	it->finding = finding;
	finding->count++;
	finding->differs |= verdict_differences(&verdict->sockets[finding->first], it);
	return 0;
}

int verdict_make_findings(struct verdict *verdict)
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

void verdict_release_alike(struct verdict *verdict)
{
	TABLE_RELEASE(verdict->groups, free_group);
	TABLE_RELEASE(verdict->findings, free_finding);
}
