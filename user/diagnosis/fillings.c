/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fillings.c - see fillings.h. */
#include "diagnosis/fillings.h"

#include <errno.h>
#include <stdlib.h>

#include "base/table.h"

struct counted {
	struct wire_id id; /* the key, without cookie: a namespace, or who cannot connect to whom */
	size_t count;
	UT_hash_handle hh;
};

static struct wire_id key_of(const struct rules_room *room, const struct wire_id *id)
{
	struct wire_id key = {.netns = id->netns};

	if (room->per_destination) {
		key = *id;
		key.cookie = 0;
		key.lport = 0;
	}
	return key;
}

static int count_one(struct counted **table, const struct wire_id *key)
{
	struct counted *counted;

	// NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): it has no padding
	HASH_FIND(hh, *table, key, sizeof(*key), counted);
	if (!counted) {
		counted = calloc(1, sizeof(*counted));
		if (!counted)
			return -ENOMEM;
		counted->id = *key;
		HASH_ADD(hh, *table, id, sizeof(counted->id), counted);
		if (!TABLE_HAS(counted)) {
			free(counted);
			return -ENOMEM;
		}
	}
	counted->count++;
	return 0;
}

static int count_all(struct counted **table, const struct rules_room *room,
		     const struct census *census, const struct match_config *match)
{
	int err = 0;

	for (const struct census_socket *socket = census->sockets; !err && socket;
	     socket = socket->hh.next) {
		const struct wire_snapshot *s = &socket->s;
		const struct wire_limits *limits = census_limits_of(census, s->id.netns);
		struct wire_id key = key_of(room, &s->id);

		if (s->kind != WIRE_MINI || !limits || !room->takes(s, limits) ||
		    (match && match_identity(match, &s->id, true) != MATCH_YES))
			continue;
		err = count_one(table, &key);
	}
	return err;
}

static int add(struct fillings *fillings, const struct filling *filling)
{
	struct filling *all = reallocarray(fillings->all, fillings->n + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	fillings->all = all;
	all[fillings->n++] = *filling;
	return 0;
}

static int add_full(struct fillings *fillings, const struct rules_rule *rule,
		    const struct census *census, const struct counted *table)
{
	int err = 0;

	for (const struct counted *counted = table; !err && counted; counted = counted->hh.next) {
		struct filling filling = {
			.rule = rule,
			.id = counted->id,
			.count = counted->count,
			.room = rule->fills->size(census_limits_of(census, counted->id.netns))};

		if (filling.room && 2 * filling.count > filling.room)
			err = add(fillings, &filling);
	}
	return err;
}

int fillings_make(struct fillings *fillings, const struct census *census,
		  const struct match_config *match)
{
	const struct rules_rule *rule;
	int err = 0;

	*fillings = (struct fillings){0};
	for (unsigned i = 0; !err && (rule = rules_rule(i)); i++) {
		struct counted *table = NULL;

		if (!rule->fills)
			continue;
		err = count_all(&table, rule->fills, census, match);
		if (!err)
			err = add_full(fillings, rule, census, table);
		TABLE_RELEASE(table, free);
	}
	if (err)
		fillings_release(fillings);
	return err;
}

void fillings_release(struct fillings *fillings)
{
	free(fillings->all);
	*fillings = (struct fillings){0};
}
