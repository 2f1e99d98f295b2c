/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* command_line.c - parsing, over the rows of options_table.c. See command_line.h. */
#include "cli/command_line.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "base/clock.h"
#include "base/diag.h"
#include "cli/expr.h"
#include "cli/mistakes.h"
#include "cli/options_table.h"
#include "base/parse.h"

#define STREAMS (COMMAND_TRACE | COMMAND_HIST)
#define VIEWS   (COMMAND_TOP | COMMAND_SERVE | COMMAND_REPORT | COMMAND_GUARD)

#define CONNECTIONS_DEFAULT 1000000
#define GROUPS_DEFAULT      1000
#define GROUPS_SERVED       25 /* a thousand series, 75 kB, each: some scrapers take no more */
#define KEEP_NS_DEFAULT     (30 * 60 * NS_PER_S)
#define KEEP_BYTES_DEFAULT  (512ULL << 20)
#define AFTER_DEFAULT       (60 * NS_PER_S)
#define INCIDENTS_DEFAULT   8
#define STATES_ALL          (((1 << WIRE_STATES) - 1) & ~(1 << 0) & ~(1 << WIRE_CLOSE))
#define STATES_DEFAULT      (1 << WIRE_FIN_WAIT2 | 1 << WIRE_TIME_WAIT | 1 << WIRE_CLOSE_WAIT)

/* What a connection passes through, and should not stay in. */
#define STATES_STUCK                                                                           \
	(1 << WIRE_SYN_SENT | 1 << WIRE_SYN_RECV | 1 << WIRE_FIN_WAIT1 | 1 << WIRE_FIN_WAIT2 | \
	 1 << WIRE_CLOSE_WAIT | 1 << WIRE_CLOSING | 1 << WIRE_LAST_ACK)

/* ---- parsing ---- */

#define SPELLING_MAX 32

/* Which options stood on the command line, as they were spelled, and the words of the filter. */
struct given {
	char rows[OPTIONS_ROWS_MAX][SPELLING_MAX];
	char expr[EXPR_TEXT_MAX];
};

#define LONG_ONLY 256 /* getopt value of row i without a letter: LONG_ONLY + i */

static int value_of(size_t row)
{
	return options_rows[row].letter ? options_rows[row].letter : LONG_ONLY + (int)row;
}

/* That past the last if there is none. */
static size_t row_of(int value)
{
	size_t i = 0;

	while (options_rows[i].name && value != value_of(i))
		i++;
	return i;
}

static void build_getopt(char *letters, struct option *longs)
{
	*letters++ = '+'; /* we permute ourselves, to find the command */
	*letters++ = ':';
	for (size_t i = 0; options_rows[i].name; i++) {
		const struct options_row *row = &options_rows[i];

		*longs = (struct option){.name = row->name,
					 .has_arg = row->arg ? required_argument : no_argument,
					 .val = value_of(i)};
		longs++;
		if (row->alias) {
			*longs = longs[-1];
			longs++->name = row->alias;
		}
		if (!row->letter)
			continue;
		*letters++ = (char)row->letter;
		if (row->arg)
			*letters++ = ':';
	}
	*letters = '\0';
}

/* What narrows a recording is said in its head; longer than that, it ends in dots. */
static void note_filter(struct options *o, const char *option, const char *value)
{
	size_t used = strlen(o->selection.filter_text),
	       room = sizeof(o->selection.filter_text) - used;
	int len = snprintf(o->selection.filter_text + used, room, "%s%s%s%s%s", used ? " " : "",
			   option ? "--" : "", option ? option : "", option && value ? " " : "",
			   value ? value : "");

	if (len >= (int)room)
		strcpy(o->selection.filter_text + sizeof(o->selection.filter_text) - 4, "...");
}

/* As next_word() reads it again: what has a blank or a quote stands in quotes of the other kind. */
static void quote(const char *value, char text[OPTIONS_EDIT_MAX])
{
	bool is_plain = !strpbrk(value, " \t'\"");
	size_t used = 0;

	while (*value && used < OPTIONS_EDIT_MAX) {
		const char *mark = is_plain ? "" : *value == '\'' ? "\"" : "'";
		int len = (int)strcspn(value, mark);

		used += (size_t)snprintf(text + used, OPTIONS_EDIT_MAX - used, "%s%.*s%s", mark,
					 len, value, mark);
		value += len;
	}
}

/* So that it can be typed again; `option` NULL: the words of an expression. */
static void note_edit(struct options *o, const char *option, const char *value)
{
	size_t used = strlen(o->edit_text), room = sizeof(o->edit_text) - used;
	char quoted[OPTIONS_EDIT_MAX] = "";

	if (option && value)
		quote(value, quoted);
	snprintf(o->edit_text + used, room, "%s%s%s%s%s", used ? " " : "", option ? "--" : "",
		 option ? option : "", option && value ? " " : "",
		 option || !value ? quoted : value);
}

static int set_row(struct options *o, size_t row, const struct mistakes_option *typed,
		   const char *value, struct given *given)
{
	const struct options_row *it = &options_rows[row];
	const char *name = typed->spelling[1] == '-' ? typed->spelling + 2 : it->name;
	char why[PARSE_WHY] = "";
	bool ok;

	if (!given->rows[row][0] || !(it->commands & OPTIONS_ONCE))
		ok = it->set(o, value, why);
	else if (it->alias)
		ok = parse_refuse(why, "given twice: --%s and --%s are one option", it->name,
				  it->alias);
	else
		ok = parse_refuse(why, "given twice: write one list");
	snprintf(given->rows[row], SPELLING_MAX, "%s", typed->spelling);
	if (!ok && value)
		return mistakes_value(it, typed, value, why);
	if (!ok) {
		diag_error("%s", why);
		diag_hint("leave one of them out");
		return -EINVAL;
	}
	if (it->commands & OPTIONS_FILTER)
		note_filter(o, it->name, value);
	if (it->commands & OPTIONS_EDIT)
		note_edit(o, name, value);
	return 0;
}

static int set_word(struct options *o, const char *word)
{
	if (o->command && options_command_row(o->command)->arg && !o->argument) {
		o->argument = word;
		return 0;
	}
	if (o->command || !options_command_named(word)->name)
		return mistakes_word(word, o->command);
	o->command = options_command_named(word)->command;
	return 0;
}

/* The words of an expression come one by one or all in one. */
static int add_to_expr(struct given *given, const char *text)
{
	size_t used = strlen(given->expr), room = sizeof(given->expr) - used;

	if (snprintf(given->expr + used, room, "%s%s", used ? " " : "", text) < (int)room) {
		for (char *c = given->expr + used; *c; c++)
			*c = isspace((unsigned char)*c) ? ' ' : *c;
		return 0;
	}
	diag_error("filter: longer than %zu characters", sizeof(given->expr) - 1);
	diag_hint("options such as -L and -a take lists");
	return -EINVAL;
}

static int apply_expr(struct options *o, const struct given *given)
{
	char why[PARSE_WHY] = "";
	struct expr expr;
	bool ok;

	if (!given->expr[0])
		return 0;
	ok = expr_parse(given->expr, &expr, why);
	if (ok && expr.family && !options_set_family(o, expr.family, why))
		ok = parse_refuse(
			why, "'%s' and -%c exclude each other",
			expr.family == 4 ? "inet:" : "inet6:", expr.family == 4 ? '6' : '4');
	if (ok && o->selection.has_states && !(o->selection.states & expr.states))
		ok = parse_refuse(why, "-s and 'state' have no state in common");
	if (!ok) {
		diag_error("filter: %s", why);
		diag_hint("the words are those of ss, such as: state close-wait dport = :443; see "
			  "tcpdwell(8)");
		return -EINVAL;
	}
	o->selection.match.program = expr.program;
	if (expr.has_states)
		o->selection.states = o->selection.has_states ? o->selection.states & expr.states
							      : expr.states;
	o->selection.has_states |= expr.has_states;
	if (*expr.condition)
		note_filter(o, NULL, expr.condition);
	note_edit(o, NULL, given->expr);
	return 0;
}

/* What getopt_long() says of the word that it is in: an option, '?' or ':'. */
static int take_option(struct options *o, const char *word, int value, const char *name,
		       struct given *given)
{
	char spelling[SPELLING_MAX];
	bool wrong = value == '?' || value == ':';
	size_t row = row_of(wrong ? optopt : value);
	struct mistakes_option typed = {.word = word, .spelling = spelling};

	if (value == '?' && !options_rows[row].name)
		return mistakes_unknown_option(word, optopt);
	if (name)
		snprintf(spelling, sizeof(spelling), "--%s", name);
	else if (word[1] == '-')
		snprintf(spelling, sizeof(spelling), "%.*s", (int)strcspn(word, "="), word);
	else
		snprintf(spelling, sizeof(spelling), "-%c", options_rows[row].letter);
	if (value == '?')
		return mistakes_flag_with_value(&options_rows[row], &typed);
	if (value == ':')
		return mistakes_no_value(&options_rows[row], &typed);
	typed.is_attached = optarg && optarg >= word && optarg <= word + strlen(word);
	return set_row(o, row, &typed, optarg, given);
}

static int take_word(struct options *o, const char *word, struct given *given)
{
	return given->expr[0] || expr_begins(word) ? add_to_expr(given, word) : set_word(o, word);
}

static int parse_words(struct options *o, int argc, char **argv, struct given *given)
{
	char letters[2 * OPTIONS_ROWS_MAX + 3];
	struct option longs[2 * OPTIONS_ROWS_MAX + 1] = {0};
	bool only_words = false;
	int err = 0;

	build_getopt(letters, longs);
	opterr = 0;
	optind = 0;
	while (!err) {
		int at = optind ? optind : 1, index = -1;
		int value = only_words ? -1 : getopt_long(argc, argv, letters, longs, &index);

		if (value != -1) {
			err = take_option(o, argv[at], value, index < 0 ? NULL : longs[index].name,
					  given);
			continue;
		}
		only_words |= optind > at; /* behind "--" */
		if (optind >= argc)
			return 0;
		err = take_word(o, argv[optind++], given);
	}
	return err;
}

/* ---- what goes together ---- */

static const char *given_as(const struct given *given, const char *name)
{
	size_t i = 0;

	while (options_rows[i].name && strcmp(options_rows[i].name, name) != 0)
		i++;
	return given->rows[i][0] ? given->rows[i] : NULL;
}

static int check_pairs(const struct options *o, const struct given *given)
{
	static const struct {
		unsigned commands;
		bool together; /* the first needs the second; false: they exclude each other */
		const char *first, *second, *hint;
	} pairs[] = {
		{~0U, false, "write", "read", "a replay records nothing new"},
		{~0U, false, "ready-file", "read", "nobody has to wait for a replay"},
		{~0U, true, "rotate", "write", "-w names the files that it begins"},
		{~COMMAND_GUARD, true, "keep", "rotate", "--rotate says when the next file begins"},
		{COMMAND_GUARD, false, "duration", "on-exit", "the program says when it is over"},
		{~0U, false, "watch", "read", "a recording does not change"},
		{COMMAND_HIST, true, "count", "interval",
		 "`hist` counts intervals: with -i 10s -n 6 it stops after a minute"},
		{COMMAND_STUCK, true, "count", "watch",
		 "`stuck` counts looks: with --watch -n 3 it stops after the third"},
		{COMMAND_STUCK, true, "rotate", "watch", "without --watch `stuck` looks once"},
		{COMMAND_STUCK, true, "interval", "watch", "without --watch `stuck` looks once"},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const char *first = given_as(given, pairs[i].first);
		const char *second = given_as(given, pairs[i].second);

		if (!(pairs[i].commands & o->command) || !first || !second == !pairs[i].together)
			continue;
		if (pairs[i].together)
			diag_error("'%s' takes %s only with --%s",
				   options_command_row(o->command)->name, first, pairs[i].second);
		else
			diag_error("%s and %s exclude each other", first, second);
		diag_hint("%s", pairs[i].hint);
		return -EINVAL;
	}
	return 0;
}

/* It is no state that a socket is found in: only events tell of it. */
static int check_waits(const struct options *o)
{
	if (!(o->selection.states & 1 << TCPSTATE_ACCEPT_WAIT) ||
	    o->command & (STREAMS | COMMAND_SERVE | COMMAND_REPORT))
		return 0;
	diag_error("'%s' knows no state accept-wait", options_command_row(o->command)->name);
	diag_hint("trace, hist, serve and report do; `tcpdwell stuck -s listen` shows how many "
		  "wait");
	return -EINVAL;
}

/* Of a connection that an event tells of it is not known. */
static int check_by(const struct options *o)
{
	if (!group_has(&o->by, GROUP_KEEPALIVE) || o->command & (COMMAND_STUCK | COMMAND_TOP))
		return 0;
	diag_error("'%s' cannot group by keepalive", options_command_row(o->command)->name);
	diag_hint("it is seen when a socket is looked at: `tcpdwell stuck -s established -b "
		  "keepalive`");
	return -EINVAL;
}

/* Files of --rotate are counted, and the past is measured. */
static int check_keep(const struct options *o)
{
	bool measures = o->keep_bytes || o->keep_ns, guards = o->command & COMMAND_GUARD;

	if (guards && !o->write_path) {
		diag_error("'guard' needs -w DIR");
		diag_hint("write: tcpdwell guard -w DIR");
		return -EINVAL;
	}
	if (!(guards ? o->keep : measures))
		return 0;
	diag_error("'%s' takes --keep with %s unit", options_command_row(o->command)->name,
		   guards ? "a" : "no");
	diag_hint(guards ? "30m is a time, 512M is a size" : "it is a number of files");
	return -EINVAL;
}

/* A rule finds sockets in states of its own; what many fill is found whatever is selected. */
static int check_on(const struct options *o)
{
	for (unsigned i = 0; o->selection.has_states && i < o->n_on; i++) {
		const struct rules_rule *rule = o->on[i].rule;

		if (!rule || !rule->test || rule->states & o->selection.states)
			continue;
		diag_error("--on '%s' never holds: -s leaves out its states", o->on[i].word);
		diag_hint("leave out -s, or name a state in which the rule finds sockets");
		return -EINVAL;
	}
	return 0;
}

/* A time alone is bounded all the same; a size is bound enough. */
static void default_guard(struct options *o)
{
	if (!o->keep_ns && !o->keep_bytes)
		o->keep_ns = KEEP_NS_DEFAULT;
	if (!o->keep_bytes)
		o->keep_bytes = KEEP_BYTES_DEFAULT;
	if (!o->after_ns)
		o->after_ns = AFTER_DEFAULT;
	if (!o->incidents)
		o->incidents = INCIDENTS_DEFAULT;
}

static int check_together(const struct options *o, const struct given *given)
{
	const struct options_command_row *command = options_command_row(o->command);

	if (given->expr[0] && !options_command_filters(o->command)) {
		diag_error("'%s' takes no filter: '%s'", command->name, given->expr);
		diag_hint("`tcpdwell %s --help` shows what it takes", command->name);
		return -EINVAL;
	}
	for (size_t i = 0; options_rows[i].name; i++)
		if (given->rows[i][0] && !(options_rows[i].commands & o->command))
			return mistakes_wrong_command(&options_rows[i], given->rows[i], o->command);
	if (command->arg && command->arg[0] != '[' && (!o->argument || !*o->argument))
		return mistakes_no_argument(command);
	if (check_waits(o) || check_by(o) || check_keep(o) || check_on(o))
		return -EINVAL;
	return check_pairs(o, given);
}

static int parse(struct options *o, int argc, char **argv, struct given *given)
{
	int err;

	memset(o, 0, sizeof(*o));
	o->selection.states = STATES_DEFAULT;
	o->max_connections = CONNECTIONS_DEFAULT;
	err = parse_words(o, argc, argv, given);
	if (err || o->help || o->version)
		return err;
	if (!o->command)
		o->command = COMMAND_TRACE;
	err = apply_expr(o, given);
	if (err)
		return err;
	err = check_together(o, given);
	if (err)
		return err;
	if (o->command == COMMAND_GUARD)
		default_guard(o);
	if (!o->max_groups)
		o->max_groups = o->command == COMMAND_SERVE ? GROUPS_SERVED : GROUPS_DEFAULT;
	if (o->command & VIEWS && !o->selection.has_states)
		o->selection.states = STATES_ALL;
	o->selection.stuck_states = o->selection.has_states ? o->selection.states : STATES_STUCK;
	o->selection.filtered = o->selection.match.by_local || o->selection.match.by_remote ||
				o->selection.match.by_either || o->selection.match.by_neither ||
				o->selection.match.family || o->selection.match.n_prefixes ||
				o->selection.match.n_netns || o->selection.match.program.n;
	return 0;
}

int command_line_parse(struct options *o, int argc, char **argv)
{
	struct given given = {0};

	return parse(o, argc, argv, &given);
}

/* ---- a filter line ---- */

#define WORDS_MAX 64

/* One word, its quotes taken off, in place. What is behind it; NULL if there was none, or a quote
 * does not end. */
static char *next_word(char *text, char **ret_word)
{
	char quote = 0, *to;

	text += strspn(text, " \t");
	*ret_word = to = text;
	for (; *text && (quote || !strchr(" \t", *text)); text++) {
		if (quote ? *text == quote : *text == '\'' || *text == '"')
			quote = quote ? 0 : *text;
		else
			*to++ = *text;
	}
	if (quote || text == *ret_word)
		return NULL;
	text += *text != '\0';
	*to = '\0';
	return text;
}

int command_line_parse_filter(struct options *o, const char *text)
{
	static char tool[] = "tcpdwell", top[] = "top";
	char copy[OPTIONS_EDIT_MAX], *argv[WORDS_MAX + 1] = {tool, top}, *rest = copy;
	struct given given = {0};
	int argc = 2, err;

	snprintf(copy, sizeof(copy), "%s", text);
	while (argc < WORDS_MAX && (rest = next_word(rest, &argv[argc])))
		argc++;
	if (argc == WORDS_MAX || *argv[argc]) {
		diag_error("%s", argc == WORDS_MAX ? "too many words" : "a quote does not end");
		return -EINVAL;
	}
	argv[argc] = NULL;
	err = parse(o, argc, argv, &given);
	for (size_t i = 0; !err && options_rows[i].name; i++)
		if (given.rows[i][0] && !(options_rows[i].commands & OPTIONS_EDIT)) {
			diag_error("%s is no filter", given.rows[i]);
			err = -EINVAL;
		}
	return err;
}
