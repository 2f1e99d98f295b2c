/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* complete.c - see complete.h. */
#include "cli/complete.h"

#include <string.h>

#include "model/group.h"
#include "cli/options_table.h"
#include "cli/suggest.h"
#include "diagnosis/rules.h"
#include "diagnosis/ends.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void print_states(FILE *out)
{
	for (unsigned i = 0; suggest_state_name(i); i++)
		fprintf(out, "%s%s", i ? " " : "", suggest_state_name(i));
}

static void print_keys(FILE *out)
{
	for (unsigned i = 0; group_key_name(i); i++)
		fprintf(out, "%s%s", i ? " " : "", group_key_name(i));
}

static void print_ends(FILE *out)
{
	for (unsigned by = 1; ends_by_name(by); by++)
		fprintf(out, "%s%s", by > 1 ? " " : "", ends_by_name(by));
}

static void print_rules(FILE *out)
{
	for (unsigned i = 0; rules_rule(i); i++)
		fprintf(out, "%s%s", i ? " " : "", rules_rule(i)->id);
}

/* Options whose values are a list of our own words, or of what the host has. */
static const struct {
	const char *option, *kind;
	void (*print)(FILE *out); /* NULL: the kind says it all */
} offers[] = {
	{"state", "list", print_states}, {"by", "list", print_keys},
	{"ends-by", "list", print_ends}, {"netns", "netns", NULL},
	{"cgroup", "cgroup", NULL},      {"pid", "pid", NULL},
	{"comm", "comm", NULL},          {"uid", "uid", NULL},
	{"on", "list", print_rules},
};

static void print_values(const struct options_row *row, FILE *out)
{
	if (row->arg && !strcmp(row->arg, "FILE"))
		fputs("file", out);
	for (size_t i = 0; i < COUNT(offers); i++) {
		if (strcmp(offers[i].option, row->name) != 0)
			continue;
		fprintf(out, "%s%s", offers[i].kind, offers[i].print ? " " : "");
		if (offers[i].print)
			offers[i].print(out);
	}
	if (options_choice(row->name, 0))
		fputs("one", out);
	for (unsigned i = 0; options_choice(row->name, i); i++)
		fprintf(out, " %s", options_choice(row->name, i));
}

static void print_commands_of(const struct options_row *row, FILE *out)
{
	const char *between = "";

	for (const struct options_command_row *command = options_commands; command->name; command++)
		if (row->commands & command->command) {
			fprintf(out, "%s%s", between, command->name);
			between = ",";
		}
}

static void print_option(const struct options_row *row, int letter, const char *name, FILE *out)
{
	if (letter)
		fprintf(out, "-%c ", letter);
	fprintf(out, "--%s%s%s\t", name, row->arg ? " " : "", row->arg ? row->arg : "");
	print_commands_of(row, out);
	fputc('\t', out);
	print_values(row, out);
	fputc('\n', out);
}

void complete_print(FILE *out)
{
	for (const struct options_row *row = options_rows; row->name; row++) {
		print_option(row, row->letter, row->name, out);
		if (row->alias)
			print_option(row, 0, row->alias, out);
	}
	for (const struct options_command_row *command = options_commands; command->name; command++)
		fprintf(out, "%s\tcommand\t%s%s\n", command->name,
			options_command_filters(command->command) ? "filter" : "",
			command->arg && strstr(command->arg, "FILE") ? " file" : "");
	fputs("state\twords\t", out);
	print_states(out);
	fputc('\n', out);
}
