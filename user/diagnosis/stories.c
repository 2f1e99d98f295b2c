/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stories.c - see stories.h. */
#include "diagnosis/stories.h"

#include <errno.h>
#include <stdlib.h>

/* Sockets of findings, in the order of their addresses. */
struct index {
	const struct verdict_socket **sockets;
	size_t n;
};

static int compare_addresses(const struct census_socket *a, const struct census_socket *b)
{
	return a < b ? -1 : a > b;
}

static int in_order(const void *left, const void *right)
{
	const struct verdict_socket *const *a = left, *const *b = right;

	return compare_addresses((*a)->socket, (*b)->socket);
}

static int is_of_socket(const void *key, const void *member)
{
	const struct verdict_socket *const *it = member;

	return compare_addresses(key, (*it)->socket);
}

/* A process of this host is to do something about it. */
static bool is_somebodys_turn(const struct verdict_socket *it)
{
	return it->finding &&
	       (it->rule->waits_for == RULES_PROCESS || it->rule->waits_for == RULES_ACCEPT);
}

static int make_index(struct index *index, const struct verdict *verdict)
{
	index->sockets = calloc(verdict->n_sockets + 1, sizeof(const struct verdict_socket *));
	if (!index->sockets)
		return -ENOMEM;
	for (size_t i = 0; i < verdict->n_sockets; i++)
		if (is_somebodys_turn(&verdict->sockets[i]))
			index->sockets[index->n++] = &verdict->sockets[i];
	qsort(index->sockets, index->n, sizeof(const struct verdict_socket *), in_order);
	return 0;
}

/* NULL: it waits for no socket of this host, or nobody knows for which. */
static const struct census_socket *waits_for(const struct verdict *verdict,
					     const struct verdict_socket *it)
{
	if (it->rule->waits_for == RULES_PEER)
		return it->peer;
	if (it->rule->waits_for == RULES_ACCEPT && it->socket->s.state != WIRE_LISTEN)
		return census_listener(verdict->census, it->socket);
	return NULL;
}

static struct verdict_finding *cause_of(const struct verdict *verdict, const struct index *index,
					const struct verdict_socket *it)
{
	const struct census_socket *socket = waits_for(verdict, it);
	const struct verdict_socket *const *found = NULL;

	if (socket)
		found = bsearch(socket, index->sockets, index->n,
				sizeof(const struct verdict_socket *), is_of_socket);
	return found && (*found)->finding != it->finding ? (*found)->finding : NULL;
}

static void find_causes(struct verdict *verdict, const struct index *index)
{
	for (struct verdict_finding *f = verdict->findings; f; f = f->hh.next)
		f->because = cause_of(verdict, index, &verdict->sockets[f->first]);
	for (size_t i = 0; i < verdict->n_sockets; i++) {
		const struct verdict_socket *it = &verdict->sockets[i];

		if (it->finding && it->finding->because &&
		    it->finding->because != cause_of(verdict, index, it))
			it->finding->because = NULL;
	}
	/* One that waits for what waits itself is told by itself. */
	for (struct verdict_finding *f = verdict->findings; f; f = f->hh.next)
		if (f->because && f->because->because)
			f->because = NULL;
}

static int compare_stories(const struct verdict_finding *a, const struct verdict_finding *b)
{
	size_t left = a->because ? a->because->story : a->story;
	size_t right = b->because ? b->because->story : b->story;

	if (left != right)
		return left < right ? -1 : 1;
	return (a->because != NULL) - (b->because != NULL);
}

static void put_together(struct verdict *verdict)
{
	struct verdict_finding *f;

	for (f = verdict->findings; f; f = f->hh.next)
		f->story = f->first;
	for (f = verdict->findings; f; f = f->hh.next)
		if (f->because && f->first < f->because->story)
			f->because->story = f->first;
	HASH_SORT(verdict->findings, compare_stories); // NOLINT(clang-analyzer-unix.Malloc)
}

int stories_find(struct verdict *verdict)
{
	struct index index = {0};
	int err = make_index(&index, verdict);

	if (err)
		return err;
	find_causes(verdict, &index);
	put_together(verdict);
	free(index.sockets);
	return 0;
}
