/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* findings.c - see findings.h. */
#include "diagnosis/findings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NOBODY ""

static void add(struct findings *findings, const char *rule, const char *comm, size_t count)
{
	findings->all[findings->n++] = (struct findings_finding){rule, comm, count};
}

/* What nobody has first, then by name, so that equals are neighbours. */
static int by_name(const void *left, const void *right)
{
	const struct findings_finding *a = left, *b = right;
	int order = strcmp(a->rule, b->rule);

	return order ? order : strcmp(a->comm, b->comm);
}

static int by_count(const void *left, const void *right)
{
	const struct findings_finding *a = left, *b = right;
	int order = strcmp(a->rule, b->rule);

	if (order || !*a->comm || !*b->comm)
		return order ? order : (*b->comm == '\0') - (*a->comm == '\0');
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return strcmp(a->comm, b->comm);
}

static void join_equals(struct findings *findings)
{
	size_t kept = 0;

	qsort(findings->all, findings->n, sizeof(*findings->all), by_name);
	for (size_t i = 0; i < findings->n; i++) {
		struct findings_finding *last = kept ? &findings->all[kept - 1] : NULL;

		if (last && !by_name(last, &findings->all[i]))
			last->count += findings->all[i].count;
		else
			findings->all[kept++] = findings->all[i];
	}
	findings->n = kept;
}

/* Those of a rule that are too many become one name, which a process may have too. */
static void name_rest(struct findings *findings)
{
	size_t names = 0;

	qsort(findings->all, findings->n, sizeof(*findings->all), by_count);
	for (size_t i = 0; i < findings->n; i++) {
		if (i && findings->all[i].rule != findings->all[i - 1].rule)
			names = 0;
		if (*findings->all[i].comm && names++ >= FINDINGS_NAMES_MAX)
			findings->all[i].comm = FINDINGS_OTHER;
	}
}

int findings_make(struct findings *findings, const struct verdict *verdict)
{
	const struct fillings *fillings = &verdict->fillings;
	size_t rules = 0;

	while (rules_rule((unsigned)rules))
		rules++;
	*findings = (struct findings){0};
	findings->all = calloc(rules + fillings->n + verdict->n_sockets, sizeof(*findings->all));
	if (!findings->all)
		return -ENOMEM;
	for (size_t i = 0; i < rules; i++)
		add(findings, rules_rule((unsigned)i)->id, NOBODY, 0);
	for (size_t i = 0; i < verdict->n_sockets; i++) {
		const struct verdict_socket *it = &verdict->sockets[i];

		if (it->rule)
			add(findings, it->rule->id, it->owner ? it->owner->comm : NOBODY, 1);
	}
	for (size_t i = 0; i < fillings->n; i++)
		add(findings, fillings->all[i].rule->id, NOBODY, 1);
	join_equals(findings);
	name_rest(findings);
	join_equals(findings);
	return 0;
}

void findings_release(struct findings *findings)
{
	free(findings->all);
	*findings = (struct findings){0};
}
