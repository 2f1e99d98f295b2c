/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* command_line.c - parsing, over the rows of options_table.c. See command_line.h. */
#include "cli/command_line.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "base/diag.h"
#include "cli/expr.h"
#include "cli/options_table.h"
#include "base/parse.h"

#define STREAMS (COMMAND_TRACE | COMMAND_HIST)
#define VIEWS   (COMMAND_TOP | COMMAND_SERVE | COMMAND_REPORT)

#define CONNECTIONS_DEFAULT 1000000
#define GROUPS_DEFAULT      1000
#define GROUPS_SERVED       100 /* a thousand series each: some scrapers take no more */
#define STATES_ALL          (((1 << WIRE_STATES) - 1) & ~(1 << 0) & ~(1 << WIRE_CLOSE))
#define STATES_DEFAULT      (1 << WIRE_FIN_WAIT2 | 1 << WIRE_TIME_WAIT | 1 << WIRE_CLOSE_WAIT)

/* What a connection passes through, and should not stay in. */
#define STATES_STUCK                                                                           \
	(1 << WIRE_SYN_SENT | 1 << WIRE_SYN_RECV | 1 << WIRE_FIN_WAIT1 | 1 << WIRE_FIN_WAIT2 | \
	 1 << WIRE_CLOSE_WAIT | 1 << WIRE_CLOSING | 1 << WIRE_LAST_ACK)

/* ---- parsing ---- */

/* Which options stood on the command line, and the words of the filter expression. */
struct given {
	bool rows[OPTIONS_ROWS_MAX];
	char expr[EXPR_TEXT_MAX];
};

#define LONG_ONLY 256 /* getopt value of row i without a letter: LONG_ONLY + i */

static void build_getopt(char *letters, struct option *longs)
{
	*letters++ = '+'; /* we permute ourselves, to find the command */
	*letters++ = ':';
	for (size_t i = 0; options_rows[i].name; i++) {
		longs[i] = (struct option){.name = options_rows[i].name,
					   .has_arg = options_rows[i].arg ? required_argument
									  : no_argument,
					   .val = options_rows[i].letter ? options_rows[i].letter
									 : LONG_ONLY + (int)i};
		if (!options_rows[i].letter)
			continue;
		*letters++ = options_rows[i].letter;
		if (options_rows[i].arg)
			*letters++ = ':';
	}
	*letters = '\0';
}

static size_t row_of(int value)
{
	size_t i;

	for (i = 0; options_rows[i].name; i++)
		if (value == (options_rows[i].letter ? options_rows[i].letter : LONG_ONLY + (int)i))
			break;
	return i;
}

static int unknown_option(char **argv, int value)
{
	if (value == ':')
		diag_error("option '%s' needs a value", argv[optind - 1]);
	else if (optopt && row_of(optopt) == OPTIONS_ROWS_MAX)
		diag_error("unknown option '-%c'", optopt);
	else if (optopt)
		diag_error("option '%s' takes no value", argv[optind - 1]);
	else
		diag_error("unknown option '%s'", argv[optind - 1]);
	diag_hint("`tcpdwell --help` lists the options");
	return -EINVAL;
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

/* So that it can be typed again; `option` NULL: the words of an expression. */
static void note_edit(struct options *o, const char *option, const char *value)
{
	size_t used = strlen(o->edit_text), room = sizeof(o->edit_text) - used;
	bool spaced = option && value && strpbrk(value, " \t");
	const char *quote = !spaced ? "" : strchr(value, '\'') ? "\"" : "'";

	snprintf(o->edit_text + used, room, "%s%s%s%s%s%s%s", used ? " " : "", option ? "--" : "",
		 option ? option : "", option && value ? " " : "", quote, value ? value : "",
		 quote);
}

static int set_row(struct options *o, size_t row, const char *value, struct given *given)
{
	char why[PARSE_WHY] = "";
	bool ok;

	if (given->rows[row] && options_rows[row].commands & OPTIONS_ONCE)
		ok = parse_refuse(why, "given twice: write one list");
	else
		ok = options_rows[row].set(o, value, why);
	given->rows[row] = true;
	if (!ok) {
		diag_error("--%s%s%s%s: %s", options_rows[row].name, value ? " '" : "",
			   value ? value : "", value ? "'" : "", why);
		diag_hint("`tcpdwell --help` shows what it takes");
		return -EINVAL;
	}
	if (options_rows[row].commands & OPTIONS_FILTER)
		note_filter(o, options_rows[row].name, value);
	if (options_rows[row].commands & OPTIONS_EDIT)
		note_edit(o, options_rows[row].name, value);
	return 0;
}

static const char *command_arg(enum options_command command)
{
	for (size_t i = 0; options_commands[i].name; i++)
		if (options_commands[i].command == command)
			return options_commands[i].arg;
	return NULL;
}

#define EXPR_HINT "a filter begins with state, exclude, src, dst, sport, dport, not or '('"

static int set_word(struct options *o, const char *word)
{
	char names[128] = "";

	if (o->command && command_arg(o->command) && !o->argument) {
		o->argument = word;
		return 0;
	}
	if (o->command) {
		diag_error("unexpected argument '%s' after the command", word);
		diag_hint("options begin with '-'; " EXPR_HINT);
		return -EINVAL;
	}
	for (size_t i = 0; options_commands[i].name; i++) {
		if (!strcmp(options_commands[i].name, word)) {
			o->command = options_commands[i].command;
			return 0;
		}
		strcat(names, i ? ", " : "");
		strcat(names, options_commands[i].name);
	}
	diag_error("unknown command '%s'", word);
	diag_hint("commands are %s; options begin with '-'; " EXPR_HINT, names);
	return -EINVAL;
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

static int parse_words(struct options *o, int argc, char **argv, struct given *given)
{
	char letters[2 * OPTIONS_ROWS_MAX + 3];
	struct option longs[OPTIONS_ROWS_MAX + 1] = {0};
	int value, err;

	build_getopt(letters, longs);
	opterr = 0;
	optind = 0;
	for (;;) {
		value = getopt_long(argc, argv, letters, longs, NULL);
		if (value == -1) {
			if (optind >= argc)
				return 0;
			value = optind++;
			err = given->expr[0] || expr_begins(argv[value])
				      ? add_to_expr(given, argv[value])
				      : set_word(o, argv[value]);
		} else if (value == '?' || value == ':') {
			err = unknown_option(argv, value);
		} else {
			err = set_row(o, row_of(value), optarg, given);
		}
		if (err)
			return err;
	}
}

static const char *command_name(enum options_command command)
{
	for (size_t i = 0; options_commands[i].name; i++)
		if (options_commands[i].command == command)
			return options_commands[i].name;
	return "?";
}

static int check_together(const struct options *o, const struct given *given)
{
	if (given->expr[0] && o->command & (COMMAND_FEATURES | COMMAND_SCHEMA)) {
		diag_error("'%s' takes no filter: '%s'", command_name(o->command), given->expr);
		diag_hint("`tcpdwell --help` lists what it takes");
		return -EINVAL;
	}
	for (size_t i = 0; options_rows[i].name; i++)
		if (given->rows[i] && !(options_rows[i].commands & o->command)) {
			diag_error("'%s' does not take --%s", command_name(o->command),
				   options_rows[i].name);
			diag_hint("tcpdwell(8) says which options go with which command");
			return -EINVAL;
		}
	if (command_arg(o->command) && command_arg(o->command)[0] != '[' && !o->argument) {
		diag_error("'%s' needs %s", command_name(o->command), command_arg(o->command));
		diag_hint("`tcpdwell --help` shows the commands");
		return -EINVAL;
	}
	if (o->read_path && (o->write_path || o->ready_path)) {
		diag_error("%s and -r exclude each other", o->write_path ? "-w" : "--ready-file");
		diag_hint("a replay records nothing new, and nobody has to wait for it");
		return -EINVAL;
	}
	if (o->raw && o->command == COMMAND_HIST) {
		diag_error("--raw is for 'trace'");
		diag_hint("the tracepoint alone has no true dwell times to make histograms of");
		return -EINVAL;
	}
	return 0;
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
	if (!o->max_groups)
		o->max_groups = o->command == COMMAND_SERVE ? GROUPS_SERVED : GROUPS_DEFAULT;
	if (o->command & VIEWS && !o->selection.has_states)
		o->selection.states = STATES_ALL;
	o->selection.stuck_states = o->selection.has_states ? o->selection.states : STATES_STUCK;
	o->selection.filtered = o->selection.match.by_local || o->selection.match.by_remote ||
				o->selection.match.by_either || o->selection.match.by_neither ||
				o->selection.match.family || o->selection.match.n_prefixes ||
				o->selection.match.n_netns || o->selection.match.program.n;
	return check_together(o, given);
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
		if (given.rows[i] && !(options_rows[i].commands & OPTIONS_EDIT)) {
			diag_error("--%s is no filter", options_rows[i].name);
			err = -EINVAL;
		}
	return err;
}

/* ---- help ---- */

void command_line_print_help(FILE *out)
{
	fputs("usage: tcpdwell [COMMAND] [OPTIONS] [FILTER]\n\n"
	      "Follows every TCP connection of the host through its states, TIME-WAIT included,\n"
	      "and tells how long it stayed in each.\n\ncommands:\n",
	      out);
	for (size_t i = 0; options_commands[i].name; i++)
		fprintf(out, "  %-8s %-11s %s\n", options_commands[i].name,
			options_commands[i].arg ? options_commands[i].arg : "",
			options_commands[i].help);
	fputs("\noptions:\n", out);
	for (size_t i = 0; options_rows[i].name; i++) {
		char left[64];

		snprintf(left, sizeof(left), "%c%c%c --%s %s", options_rows[i].letter ? '-' : ' ',
			 options_rows[i].letter ? options_rows[i].letter : ' ',
			 options_rows[i].letter ? ',' : ' ', options_rows[i].name,
			 options_rows[i].arg ? options_rows[i].arg : "");
		fprintf(out, "  %-27s %s\n", left, options_rows[i].help);
	}
	fputs("\nfilter, in the words of ss:\n"
	      "  [state STATE | exclude STATE]... [EXPRESSION]\n"
	      "  state close-wait '( dport = :443 or sport = :8080 )' and not dst 10.0.0.0/8\n",
	      out);
	fputs("\nexit: 0 fine, 1 failed, 2 wrong usage, 3 lost something (--strict),\n"
	      "4 something is stuck (--fail). See tcpdwell(8).\n",
	      out);
}
