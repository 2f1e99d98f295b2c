/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* conditions.c - see conditions.h. */
#include "diagnosis/conditions.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/tcpstate.h"

const char *condition_text(const struct condition *condition, char text[CONDITION_TEXT_MAX])
{
	if (condition->rule)
		snprintf(text, CONDITION_TEXT_MAX, "%s", condition->word);
	else
		snprintf(text, CONDITION_TEXT_MAX, "%s >= %" PRIu64, condition->word,
			 condition->least);
	return text;
}

const struct rules_rule *condition_rule(const char *id)
{
	const struct rules_rule *rule;

	for (unsigned i = 0; (rule = rules_rule(i)); i++)
		if (!strcmp(rule->id, id))
			return rule;
	return NULL;
}

static uint64_t count_found(const struct rules_rule *rule, const struct verdict *verdict)
{
	uint64_t count = 0;

	for (size_t i = 0; i < verdict->n_sockets; i++)
		count += verdict->sockets[i].rule == rule;
	for (size_t i = 0; i < verdict->fillings.n; i++)
		count += verdict->fillings.all[i].rule == rule;
	return count;
}

static bool is_in(const struct condition *condition, const struct wire_snapshot *s)
{
	return condition->states & 1u << s->state;
}

/* A listener says how many wait: those in its queue need not have been told of. */
static uint64_t count_states(const struct condition *condition, const struct overview *overview)
{
	const struct selection *selection = overview->config.selection;
	const struct census *census = &overview->census;
	bool asks_queues = condition->states & 1u << TCPSTATE_ACCEPT_WAIT;
	uint64_t count = 0;

	for (const struct census_socket *it = census_first(census); it;
	     it = census_next(census, it)) {
		bool queues = asks_queues && it->s.state == WIRE_LISTEN;

		if ((queues || is_in(condition, &it->s)) && verdict_asks(selection, census, it))
			count += queues ? it->s.unread : 1;
	}
	return count;
}

uint64_t condition_count(const struct condition *condition, const struct overview *overview)
{
	return condition->rule ? count_found(condition->rule, &overview->verdict)
			       : count_states(condition, overview);
}

const char *condition_owner(const struct condition *condition, const struct overview *overview,
			    char text[VERDICT_OWNER_MAX])
{
	const struct verdict *verdict = &overview->verdict;

	text[0] = '\0';
	for (size_t i = 0; condition->rule && i < verdict->n_sockets; i++)
		if (verdict->sockets[i].rule == condition->rule)
			return verdict_owner(&verdict->sockets[i], text);
	return text;
}
