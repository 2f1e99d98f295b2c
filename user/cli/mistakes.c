/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* mistakes.c - see mistakes.h. */
#include "cli/mistakes.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/parse.h"
#include "base/tcpstate.h"
#include "cli/expr.h"
#include "cli/foreign.h"
#include "cli/help.h"
#include "cli/suggest.h"

#define LIST_MAX 160

/* Appends to a list of words; `between` stands before all but the first. */
static void list(char text[LIST_MAX], const char *between, const char *prefix, const char *word)
{
	size_t used = strlen(text);

	snprintf(text + used, LIST_MAX - used, "%s%s%s", used ? between : "", prefix, word);
}

/* ---- options ---- */

/* Name and alias of the first row, of the second, ... */
static const char *option_name(unsigned i)
{
	const struct options_row *row;

	for (row = options_rows; row->name; row++) {
		unsigned spellings = row->alias ? 2 : 1;

		if (i < spellings)
			return i ? row->alias : row->name;
		i -= spellings;
	}
	return NULL;
}

/* How many options begin like this, and which. */
static unsigned list_beginning(const char *name, size_t len, char names[LIST_MAX])
{
	const char *candidate;
	unsigned n = 0;

	for (unsigned i = 0; len && (candidate = option_name(i)); i++)
		if (!strncmp(candidate, name, len)) {
			list(names, " or ", "--", candidate);
			n++;
		}
	return n;
}

static int unknown_long(const char *word)
{
	char names[LIST_MAX] = "", name[64], foreign[FOREIGN_HINT];
	int len = (int)strcspn(word, "=");
	const char *nearest;

	snprintf(name, sizeof(name), "%.*s", len, word);
	nearest = suggest_nearest(name + 2, option_name);
	if (list_beginning(word + 2, (size_t)len - 2, names) > 1) {
		diag_error("option '%.*s' is ambiguous", len, word);
		diag_hint("did you mean %s?", names);
		return -EINVAL;
	}
	diag_error("unknown option '%.*s'", len, word);
	if (foreign_option(name, false, foreign))
		diag_hint("%s", foreign);
	else if (nearest)
		diag_hint("did you mean '--%s'?", nearest);
	else
		diag_hint("`tcpdwell --help` lists the options");
	return -EINVAL;
}

/* The same letter, small for large or the other way round; NULL: that is none of ours either. */
static const struct options_row *other_case(int letter)
{
	int other = islower(letter) ? toupper(letter) : tolower(letter);

	for (const struct options_row *row = options_rows; row->name; row++)
		if (row->letter && row->letter == other)
			return row;
	return NULL;
}

int mistakes_unknown_option(const char *word, int letter)
{
	char foreign[FOREIGN_HINT], spelling[HELP_SPELLING_MAX], alone[] = {'-', (char)letter, 0};
	const struct options_row *row = letter ? other_case(letter) : NULL;

	if (!letter)
		return unknown_long(word);
	if (!word[2] || !isgraph(letter))
		diag_error("unknown option '%s'", word);
	else
		diag_error("unknown option '-%c' in '%s'", letter, word);
	if (foreign_option(word, false, foreign) || foreign_option(alone, false, foreign))
		diag_hint("%s", foreign);
	else if (row)
		diag_hint("did you mean '%s'?", help_spelling(row, spelling));
	else
		diag_hint("`tcpdwell --help` lists the options");
	return -EINVAL;
}

/* What the option is, without its default, and what it may have been taken for. */
static void hint_row(const struct options_row *row, const char *foreign)
{
	char spelling[HELP_SPELLING_MAX];
	const char *fallback = strstr(row->help, " (default");
	size_t len = fallback ? (size_t)(fallback - row->help) : strlen(row->help);

	diag_hint("%s: %.*s%s%s", help_spelling(row, spelling), (int)len, row->help,
		  foreign[0] ? "; " : "", foreign);
}

int mistakes_flag_with_value(const struct options_row *row, const struct mistakes_option *typed)
{
	diag_error("option '%s' takes no value", typed->spelling);
	hint_row(row, "");
	return -EINVAL;
}

int mistakes_no_value(const struct options_row *row, const struct mistakes_option *typed)
{
	char foreign[FOREIGN_HINT];

	diag_error("option '%s' needs a value", typed->spelling);
	if (foreign_option(typed->word, false, foreign) && typed->word[1] != '-' && typed->word[2])
		diag_hint("%s", foreign);
	else
		hint_row(row, foreign);
	return -EINVAL;
}

/* "-a -n", "-n dport = :443": no address is called so, and that is no number. */
static bool begins_something_else(const char *value)
{
	const char *letter = value + strspn(value, "-");

	return (letter > value && isalpha((unsigned char)*letter)) || expr_begins(value);
}

int mistakes_value(const struct options_row *row, const struct mistakes_option *typed,
		   const char *value, const char *why)
{
	char foreign[FOREIGN_HINT];

	if (!typed->is_attached && begins_something_else(value))
		return mistakes_no_value(row, typed);
	diag_error("%s '%s': %s", typed->spelling, value, why);
	/* "-antp" are four options of ss, and "-i eth0" is one of tcpdump. */
	if (typed->is_attached && foreign_option(typed->word, false, foreign)) {
		diag_hint("%s", foreign);
		return -EINVAL;
	}
	if (!isalpha((unsigned char)value[0]) || !foreign_option(typed->spelling, true, foreign))
		foreign[0] = '\0';
	hint_row(row, foreign);
	return -EINVAL;
}

int mistakes_wrong_command(const struct options_row *row, const char *spelling,
			   enum options_command command)
{
	char takers[LIST_MAX] = "";

	for (const struct options_command_row *it = options_commands; it->name; it++)
		if (row->commands & it->command)
			list(takers, ", ", "", it->name);
	diag_error("'%s' does not take %s", options_command_row(command)->name, spelling);
	diag_hint("%s goes with %s", spelling, takers);
	return -EINVAL;
}

int mistakes_no_argument(const struct options_command_row *command)
{
	diag_error("'%s' needs %s", command->name, command->arg);
	diag_hint("write: tcpdwell %s %s", command->name, command->arg);
	return -EINVAL;
}

/* ---- words ---- */

static const char *command_name(unsigned i)
{
	return options_commands[i].name;
}

static const char *filter_name(unsigned i)
{
	static const char *const names[] = {"state", "exclude", "src", "dst",
					    "sport", "dport",   "not", NULL};

	return names[i];
}

static bool is_state(const char *word)
{
	return tcpstate_parse_states(word) != 0;
}

static bool is_ports(const char *word)
{
	struct parse_ports ports = {0};
	char why[PARSE_WHY];

	return parse_ports(word, &ports, why);
}

static bool is_address(const char *word)
{
	struct match_prefix prefix;
	char why[PARSE_WHY];

	return parse_cidr(word, &prefix, why);
}

static bool is_file(const char *word)
{
	return !access(word, R_OK);
}

/* What takes such a word as its value. */
static const struct {
	bool (*is)(const char *word);
	const char *option;
} values[] = {{is_state, "-s"}, {is_ports, "-P"}, {is_address, "-a"}, {is_file, "-r"}};

static int hint_word(const char *word, bool has_command)
{
	const char *nearest = has_command ? NULL : suggest_nearest(word, command_name);
	char names[LIST_MAX] = "", foreign[FOREIGN_HINT];

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (values[i].is(word)) {
			diag_hint("did you mean '%s %s'?", values[i].option, word);
			return -EINVAL;
		}
	if (!nearest)
		nearest = suggest_nearest(word, filter_name);
	for (unsigned i = 0; command_name(i); i++)
		list(names, ", ", "", command_name(i));
	if (foreign_word(word, foreign))
		diag_hint("%s", foreign);
	else if (nearest)
		diag_hint("did you mean '%s'?", nearest);
	else if (has_command)
		diag_hint("%s", MISTAKES_FILTER_HINT);
	else
		diag_hint("commands are %s; %s", names, MISTAKES_FILTER_HINT);
	return -EINVAL;
}

int mistakes_word(const char *word, enum options_command command)
{
	if (command && options_command_named(word)->name) {
		diag_error("two commands: '%s' and '%s'", options_command_row(command)->name, word);
		diag_hint("one command at a time");
		return -EINVAL;
	}
	if (command)
		diag_error("'%s' does not take '%s'", options_command_row(command)->name, word);
	else
		diag_error("unknown command '%s'", word);
	return hint_word(word, command != 0);
}
