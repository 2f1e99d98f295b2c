/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* help.c - see help.h. */
#include "cli/help.h"

#include <string.h>

#define COLUMNS        80
#define COMMAND_COLUMN 21
#define OPTION_COLUMN  29

static const char *const section_titles[SECTIONS] = {
	[SECTION_FILTER] = "filters",
	[SECTION_OUTPUT] = "output",
	[SECTION_END] = "beginning, end, exit status",
	[SECTION_RECORDING] = "recordings",
	[SECTION_LIMITS] = "limits",
	[SECTION_ABOUT] = "about tcpdwell",
};

const char *help_spelling(const struct options_row *row, char text[HELP_SPELLING_MAX])
{
	char letter[8] = "", alias[24] = "";

	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	if (row->alias)
		snprintf(alias, sizeof(alias), ", --%s", row->alias);
	snprintf(text, HELP_SPELLING_MAX, "%s--%s%s%s%s", letter, row->name, alias,
		 row->arg ? " " : "", row->arg ? row->arg : "");
	return text;
}

/* Words from `column` on, in as many lines as they need; `used` columns are taken already. */
static void print_wrapped(const char *text, size_t used, size_t column, FILE *out)
{
	used += (size_t)fprintf(out, "%*s", used < column ? (int)(column - used) : 0, "");
	for (const char *between = ""; *text; between = " ") {
		size_t len = strcspn(text, " ");

		if (used + strlen(between) + len > COLUMNS) {
			fprintf(out, "\n%*s", (int)column, "");
			used = column;
			between = "";
		}
		used += (size_t)fprintf(out, "%s%.*s", between, (int)len, text);
		text += len + strspn(text + len, " ");
	}
	fputc('\n', out);
}

static void print_commands(FILE *out)
{
	fputs("\ncommands:\n", out);
	for (const struct options_command_row *row = options_commands; row->name; row++)
		print_wrapped(row->help,
			      (size_t)fprintf(out, "  %s%s%s", row->name, row->arg ? " " : "",
					      row->arg ? row->arg : ""),
			      COMMAND_COLUMN, out);
}

static void print_options(unsigned commands, FILE *out)
{
	char spelling[HELP_SPELLING_MAX];

	for (unsigned section = 0; section < SECTIONS; section++) {
		const char *title = section_titles[section];

		for (const struct options_row *row = options_rows; row->name; row++) {
			if (row->section != section || !(row->commands & commands))
				continue;
			if (title)
				fprintf(out, "\n%s:\n", title);
			title = NULL;
			print_wrapped(row->help,
				      (size_t)fprintf(out, "  %s%s", row->letter ? "" : "    ",
						      help_spelling(row, spelling)),
				      OPTION_COLUMN, out);
		}
	}
}

static void print_usage(const struct options_command_row *row, FILE *out)
{
	fprintf(out, "usage: tcpdwell %s%s%s [OPTIONS]%s\n\n", row->name, row->arg ? " " : "",
		row->arg ? row->arg : "", options_command_filters(row->command) ? " [FILTER]" : "");
	print_wrapped(row->help, 0, 0, out);
}

static void print_exit_status(unsigned commands, FILE *out)
{
	char text[160] = "exit status: 0 fine, 1 failed, 2 wrong usage";

	for (const struct options_row *row = options_rows; row->name; row++) {
		if (!(row->commands & commands))
			continue;
		if (!strcmp(row->name, "strict"))
			strcat(text, ", 3 something was lost (--strict)");
		if (!strcmp(row->name, "fail"))
			strcat(text, ", 4 something is stuck (--fail)");
	}
	strcat(text, ". The manual is tcpdwell(8).");
	fputc('\n', out);
	print_wrapped(text, 0, 0, out);
}

void help_print(enum options_command command, FILE *out)
{
	if (command)
		print_usage(options_command_row(command), out);
	else
		fputs("usage: tcpdwell [COMMAND] [OPTIONS] [FILTER]\n\n"
		      "tcpdwell follows every TCP connection of this host through its states,\n"
		      "TIME-WAIT included, and measures how long it stays in each.\n",
		      out);
	if (!command)
		print_commands(out);
	print_options(command ? command : ~0U, out);
	if (!command || options_command_filters(command))
		fputs("\nFILTER, in the words of ss:\n"
		      "  [state STATE | exclude STATE]... [EXPRESSION]\n"
		      "  state close-wait '( dport = :443 or sport = :8080 )' and not dst "
		      "10.0.0.0/8\n",
		      out);
	print_exit_status(command ? command : ~0U, out);
}
