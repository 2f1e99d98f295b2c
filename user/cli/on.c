/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* on.c - see on.h. */
#include "cli/on.h"

#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "base/tcpstate.h"
#include "cli/suggest.h"

/* What is not called so elsewhere. */
#define QUEUE "accept-queue"

const char *on_word(unsigned i)
{
	unsigned rules = 0;

	while (rules_rule(rules))
		rules++;
	return i < rules ? rules_rule(i)->id : suggest_state_name(i - rules);
}

static uint32_t states_of(const char *word)
{
	return strcasecmp(word, QUEUE) ? tcpstate_parse_states(word) : 1u << TCPSTATE_ACCEPT_WAIT;
}

static bool refuse_word(const char *word, bool has_number, char *why)
{
	const char *nearest = suggest_nearest(word, has_number ? suggest_state_name : on_word);

	if (nearest)
		return parse_refuse(why, "'%s' is %s: did you mean %s?", word,
				    has_number ? "no state" : "neither a rule nor a state",
				    nearest);
	return parse_refuse(why,
			    has_number ? "'%s' is no state, such as close-wait"
				       : "'%s' is neither a rule, such as close-wait-leak, "
					 "nor 'STATE > N'",
			    word);
}

static bool parse_rule(const char *word, struct condition *ret_condition, char *why)
{
	const struct rules_rule *rule = condition_rule(word);

	if (!rule && states_of(word))
		return parse_refuse(why, "'%s' is a state: write '%s > N'", word, word);
	if (!rule)
		return refuse_word(word, false, why);
	*ret_condition = (struct condition){.rule = rule, .least = 1};
	strcpy(ret_condition->word, word);
	return true;
}

/* What is behind the word. */
static bool parse_least(const char *text, uint64_t *ret_least, char *why)
{
	bool or_equal = text[0] && text[1] == '=';

	if (*text != '>')
		return parse_refuse(why, "'%.*s' is neither > nor >=", (int)strspn(text, "<>=!"),
				    text);
	text += or_equal ? 2 : 1;
	if (!parse_number(text + strspn(text, " "), 0, UINT32_MAX, ret_least, why))
		return false;
	*ret_least += !or_equal;
	return *ret_least || parse_refuse(why, "'>= 0' always holds");
}

bool on_parse(const char *text, struct condition *ret_condition, char *why)
{
	struct condition condition = {0};
	size_t len;

	text += strspn(text, " ");
	len = strcspn(text, " <>=!");
	if (!len || len >= CONDITION_WORD_MAX)
		return parse_refuse(why, "neither a rule, such as close-wait-leak, nor "
					 "'STATE > N'");
	memcpy(condition.word, text, len);
	text += len + strspn(text + len, " ");
	if (!*text)
		return parse_rule(condition.word, ret_condition, why);
	condition.states = states_of(condition.word);
	if (!condition.states && condition_rule(condition.word))
		return parse_refuse(why, "'%s' is a rule: it takes no number", condition.word);
	if (!condition.states)
		return refuse_word(condition.word, true, why);
	if (!parse_least(text, &condition.least, why))
		return false;
	*ret_condition = condition;
	return true;
}
