/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fillings_count.c - see fillings_count.h. */
#include "diagnosis/fillings_count.h"

#include <errno.h>
#include <stdlib.h>

bool fillings_asks(const struct fillings_count *count, const struct wire_id *id)
{
	return !count->match || match_identity(count->match, id, true) == MATCH_YES;
}

struct fillings_counted *fillings_find(struct fillings_counted *table, const struct wire_id *key)
{
	struct fillings_counted *counted;

	// NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): it has no padding
	HASH_FIND(hh, table, key, sizeof(*key), counted);
	return counted;
}

struct fillings_counted *fillings_need(struct fillings_counted **table, const struct wire_id *key)
{
	struct fillings_counted *counted = fillings_find(*table, key);

	if (counted)
		return counted;
	counted = calloc(1, sizeof(*counted));
	if (!counted)
		return NULL;
	counted->id = *key;
	HASH_ADD(hh, *table, id, sizeof(counted->id), counted);
	if (TABLE_HAS(counted))
		return counted;
	free(counted);
	return NULL;
}

static int add_filling(struct fillings *fillings, struct filling filling)
{
	struct filling *all = reallocarray(fillings->all, fillings->n + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	fillings->all = all;
	all[fillings->n++] = filling;
	return 0;
}

static const struct rules_rule *rule_for(enum rules_room room, const struct rules_fill *fill)
{
	const struct rules_rule *rule;
	unsigned i = 0;

	while ((rule = rules_rule(i)) && (rule->fills != room || !rule->is_meant(fill)))
		i++;
	return rule;
}

int fillings_tell(struct fillings_count *count, enum rules_room room,
		  const struct fillings_counted *counted, bool none_connects)
{
	const struct rules_fill *fill = &counted->fill;
	const struct wire_snapshot one = {.id = counted->id,
					  .device = (uint32_t)counted->id.cookie};
	struct filling filling = {
		.id = counted->id, .kind = room, .fill = *fill, .none_connects = none_connects};

	if (!fill->room || (count->is_every ? fill->count * 4 < fill->room : !counted->is_asked))
		return 0;
	filling.rule = count->is_every ? NULL : rule_for(room, fill);
	if (!filling.rule && !count->is_every)
		return 0;
	census_device(count->census, &one, filling.device);
	return add_filling(count->fillings, filling);
}
