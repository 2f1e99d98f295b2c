/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stuck_text.c - see stuck_text.h. */
#include "output/stuck_text.h"

#include <inttypes.h>
#include <string.h>

#include "diagnosis/fillings_text.h"
#include "diagnosis/next.h"
#include "diagnosis/rules_text.h"
#include "base/address.h"
#include "base/clock.h"
#include "base/name.h"
#include "base/tcpstate.h"

#define PAGE_WIDTH 79 /* of sentences */
#define CELL_MAX   (GROUP_TEXT_MAX + 1)
#define FINDINGS   20 /* on a terminal */
#define HOLDERS    4

/* ---- words ---- */

/* Words, wrapped with two spaces before each line; `used` is where the first line stands. */
static void print_words(const char *text, unsigned used, FILE *out)
{
	while (*text) {
		unsigned len = (unsigned)strcspn(text, " ");

		if (used + 1 + len > PAGE_WIDTH) {
			fputs("\n ", out);
			used = 1;
		}
		fprintf(out, " %.*s", (int)len, text);
		used += 1 + len;
		text += len + (text[len] == ' ');
	}
	fputc('\n', out);
}

static const char *netns_text(const struct census *census, uint32_t netns, char text[CELL_MAX])
{
	const char *name = census_name(census, WIRE_NAME_NETNS, netns);

	if (name && name[0])
		name_text(text, CELL_MAX, name);
	else
		snprintf(text, CELL_MAX, "%" PRIu32, netns);
	return text;
}

/* Of a listener also how many wait there. */
static void append_peer(const struct verdict *verdict, const struct verdict_socket *it,
			char text[RULES_TEXT_MAX])
{
	char peer[VERDICT_PEER_MAX], more[RULES_TEXT_MAX] = "";
	size_t used = strlen(text);

	if (!it->peer)
		return;
	if (it->peer->s.state == WIRE_LISTEN)
		rules_evidence(&it->peer->s, more);
	snprintf(text + used, RULES_TEXT_MAX - used, "%sits other end: %s%s%s", used ? "; " : "",
		 verdict_peer(verdict->census, it, peer), more[0] ? ", " : "", more);
}

const char *stuck_text_evidence(const struct verdict *verdict, const struct verdict_socket *it,
				char text[RULES_TEXT_MAX])
{
	const struct wire_snapshot *s = &it->socket->s;
	const struct census_socket *listener = NULL;
	char more[RULES_TEXT_MAX];
	size_t used = strlen(verdict_evidence(it, text));

	if (s->state != WIRE_LISTEN && it->inherited)
		listener = census_listener(verdict->census, it->socket);
	if (listener)
		snprintf(text + used, RULES_TEXT_MAX - used, "%sits listener: %s", used ? "; " : "",
			 rules_evidence(&listener->s, more));
	append_peer(verdict, it, text);
	return text;
}

static void print_census(const struct census *census, FILE *out)
{
	char text[64 * WIRE_STATES] = "";
	size_t len = 0;

	len += (size_t)snprintf(text, sizeof(text), "%zu socket%s in %zu network namespace%s%s",
				census->count, census->count == 1 ? "" : "s", census->namespaces,
				census->namespaces == 1 ? "" : "s", census->count ? ":" : "");
	for (size_t i = 0; i < TCPSTATE_STATES; i++) {
		uint8_t state = tcpstate_order[i];

		if (census->states[state])
			len += (size_t)snprintf(text + len, sizeof(text) - len, " %s %zu",
						tcpstate_name(state), census->states[state]);
	}
	fputc('#', out);
	print_words(text, 1, out);
	if (census->missing)
		fprintf(out, "# %" PRIu32 " more network namespace%s could not be looked into\n",
			census->missing, census->missing == 1 ? "" : "s");
}

/* ---- the table ---- */

struct row {
	const struct verdict *verdict;
	const struct verdict_group *group;
	const struct verdict_socket *it; /* the oldest of it */
};

static void state_cell(const struct row *row, char text[CELL_MAX])
{
	strcpy(text, tcpstate_name(row->it->socket->s.state));
}

static void age_cell(const struct row *row, char text[CELL_MAX])
{
	age_text(&row->it->age, text);
}

/* The youngest of a group, where that is not the oldest. */
static void to_cell(const struct row *row, char text[CELL_MAX])
{
	char oldest[CELL_MAX];

	age_text(&row->group->youngest, text);
	age_text(&row->it->age, oldest);
	if (!strcmp(text, oldest))
		text[0] = '\0';
}

static void count_cell(const struct row *row, char text[CELL_MAX])
{
	if (row->group->count > 1)
		snprintf(text, CELL_MAX, "%zu", row->group->count);
}

static void why_cell(const struct row *row, char text[CELL_MAX])
{
	strcpy(text, row->it->rule ? row->it->rule->id : "-");
}

static void owner_cell(const struct row *row, char text[CELL_MAX])
{
	verdict_owners(row->it, row->group->differs, text);
}

static void by_cell(const struct row *row, char text[CELL_MAX])
{
	snprintf(text, CELL_MAX, "%s", row->group->by);
}

static void local_cell(const struct row *row, char text[CELL_MAX])
{
	verdict_end(row->verdict->census, row->it, true, row->group->differs, text);
}

static void remote_cell(const struct row *row, char text[CELL_MAX])
{
	verdict_end(row->verdict->census, row->it, false, row->group->differs, text);
}

static void netns_cell(const struct row *row, char text[CELL_MAX])
{
	if (row->group->differs & VERDICT_NETNS)
		strcpy(text, "*");
	else if (census_name(row->verdict->census, WIRE_NAME_HOME, row->it->socket->s.id.netns))
		strcpy(text, "-");
	else
		netns_text(row->verdict->census, row->it->socket->s.id.netns, text);
}

static void uid_cell(const struct row *row, char text[CELL_MAX])
{
	const struct wire_snapshot *s = &row->it->socket->s;

	if (row->group->differs & VERDICT_UID)
		strcpy(text, "*");
	else if (s->kind == WIRE_FULL)
		snprintf(text, CELL_MAX, "%" PRIu32, s->uid);
	else
		strcpy(text, "-");
}

static void cgroup_cell(const struct row *row, char text[CELL_MAX])
{
	uint64_t id = row->it->socket->s.cgroup;
	const char *name = census_name(row->verdict->census, WIRE_NAME_CGROUP, id);

	if (row->group->differs & VERDICT_CGROUP)
		strcpy(text, "*");
	else if (name)
		name_text(text, CELL_MAX, name);
	else if (id)
		snprintf(text, CELL_MAX, "%" PRIu64, id);
	else
		strcpy(text, "-");
}

static void since_cell(const struct row *row, char text[CELL_MAX])
{
	snprintf(text, CELL_MAX, "%s", row->it->age.from[0] ? row->it->age.from : "-");
}

/* What all rows leave empty is left out. */
static const struct column {
	const char *title;
	void (*cell)(const struct row *row, char text[CELL_MAX]); /* of the empty text */
	bool right, verbose, several_netns;
} columns[] = {
	{"STATE", state_cell, .right = false},   {"AGE", age_cell, .right = true},
	{"TO", to_cell, .right = true},          {"COUNT", count_cell, .right = true},
	{"WHY", why_cell, .right = false},       {"OWNER", owner_cell, .right = false},
	{"BY", by_cell, .right = false},         {"LOCAL", local_cell, .right = false},
	{"REMOTE", remote_cell, .right = false}, {"NETNS", netns_cell, .several_netns = true},
	{"UID", uid_cell, .verbose = true},      {"CGROUP", cgroup_cell, .verbose = true},
	{"SINCE", since_cell, .verbose = true},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct table {
	const struct verdict *verdict;
	size_t rows;         /* to be shown */
	int widths[COLUMNS]; /* 0: left out */
	unsigned terminal;   /* columns; 0: no terminal */
};

static struct row row_of(const struct table *table, const struct verdict_group *group)
{
	return (struct row){.verdict = table->verdict,
			    .group = group,
			    .it = &table->verdict->sockets[group->first]};
}

static bool in_several_namespaces(const struct verdict *verdict)
{
	for (size_t i = 1; i < verdict->n_sockets; i++)
		if (verdict->sockets[i].socket->s.id.netns !=
		    verdict->sockets[0].socket->s.id.netns)
			return true;
	return false;
}

static void measure(struct table *table, bool verbose)
{
	bool several = in_several_namespaces(table->verdict);
	size_t n = 0;

	for (struct verdict_group *g = table->verdict->groups; g && n < table->rows;
	     g = g->hh.next, n++) {
		struct row row = row_of(table, g);

		for (size_t i = 0; i < COLUMNS; i++) {
			char text[CELL_MAX] = "";
			int len;

			if ((columns[i].verbose && !verbose) ||
			    (columns[i].several_netns && !several && !verbose))
				continue;
			columns[i].cell(&row, text);
			len = (int)name_columns(text);
			table->widths[i] = len > table->widths[i] ? len : table->widths[i];
		}
	}
	for (size_t i = 0; i < COLUMNS; i++) {
		int title = (int)strlen(columns[i].title);

		if (table->widths[i] && table->widths[i] < title)
			table->widths[i] = title;
	}
}

/* The last cell has no width; a terminal's line ends where it ends. */
static void print_row(const struct table *table, const struct row *row, FILE *out)
{
	char line[COLUMNS * (CELL_MAX + 2)], text[CELL_MAX];
	size_t len = 0;

	for (size_t i = 0; i < COLUMNS; i++) {
		int width = table->widths[i];

		if (!width)
			continue;
		snprintf(text, sizeof(text), "%s", row ? "" : columns[i].title);
		if (row)
			columns[i].cell(row, text);
		width += (int)(strlen(text) - name_columns(text));
		len += (size_t)snprintf(line + len, sizeof(line) - len, "%s%*s", len ? "  " : "",
					columns[i].right ? width : -width, text);
	}
	if (table->terminal)
		len = name_cut(line, table->terminal);
	while (len && line[len - 1] == ' ')
		len--;
	fprintf(out, "%.*s\n", (int)len, line);
}

static void print_table(const struct verdict *verdict, const struct stuck_style *style, FILE *out)
{
	struct table table = {.verdict = verdict, .rows = SIZE_MAX};
	size_t all = HASH_COUNT(verdict->groups), n = 0;

	if (style->columns && !style->verbose) {
		table.terminal = style->columns;
		table.rows = STUCK_TEXT_ROWS;
	}
	measure(&table, style->verbose);
	if (all && !style->quiet)
		print_row(&table, NULL, out);
	for (struct verdict_group *g = verdict->groups; g && n < table.rows; g = g->hh.next, n++) {
		struct row row = row_of(&table, g);

		print_row(&table, &row, out);
	}
	if (n < all)
		fprintf(out, "... and %zu more rows: -v shows all, --by comm groups them\n",
			all - n);
}

/* ---- findings ---- */

static void print_pollers(const struct census_holder *poller, FILE *out)
{
	const char *sep = "; of these only ";
	uint32_t last = 0, n = 0;

	for (; poller; poller = poller->next) {
		if (poller->pid == last)
			continue;
		last = poller->pid;
		fprintf(out, "%s%" PRIu32, sep, last);
		sep = ", ";
		n++;
	}
	if (n)
		fputs(n == 1 ? " polls it" : " poll it", out);
}

static void print_holder(const struct census_holder *holder, FILE *out)
{
	fprintf(out, "%" PRIu32, holder->pid);
	if (holder->tid != holder->pid)
		fprintf(out, " thread %" PRIu32, holder->tid);
	if (census_is_closing(holder))
		fputs(" in close()", out);
	else
		fprintf(out, " fd %" PRIu32, holder->fd);
}

static void print_holders(const struct census *census, const struct verdict_socket *it, FILE *out)
{
	const char *what = it->inherited ? "listener held" : "held";
	const struct census_socket *socket = it->inherited ? census_listener(census, it->socket)
							   : it->socket;
	unsigned n = 0, more = 0;

	for (const struct census_holder *holder = socket->holders; holder; holder = holder->next) {
		if (n++ >= HOLDERS) {
			more++;
			continue;
		}
		if (n == 1)
			fprintf(out, "\n  %s by pid ", what);
		else
			fputs(", ", out);
		print_holder(holder, out);
	}
	if (more)
		fprintf(out, " and %u more", more);
	print_pollers(census_pollers(socket), out);
}

/* Its unit or container. */
static void print_cgroup(const struct verdict *verdict, uint64_t cgroup, FILE *out)
{
	const char *unit = census_name(verdict->census, WIRE_NAME_CGROUP, cgroup);
	char text[CELL_MAX];

	if (unit && unit[0] && unit[0] != '/')
		fprintf(out, " in %s", name_text(text, sizeof(text), unit));
}

/* Its namespace if that is not ours. */
static void print_netns(const struct verdict *verdict, uint32_t netns, FILE *out)
{
	char text[CELL_MAX];

	if (netns && !census_name(verdict->census, WIRE_NAME_HOME, netns))
		fprintf(out, ", network namespace %s", netns_text(verdict->census, netns, text));
}

static void print_where(const struct verdict *verdict, const struct verdict_finding *finding,
			FILE *out)
{
	const struct wire_snapshot *s = &verdict->sockets[finding->first].socket->s;

	if (finding->cgroups > 1)
		fprintf(out, " in %zu cgroups", finding->cgroups);
	else
		print_cgroup(verdict, s->cgroup, out);
	if (finding->namespaces > 1)
		fprintf(out, ", %zu network namespaces", finding->namespaces);
	else
		print_netns(verdict, s->id.netns, out);
}

/* "": no command is known that can be typed here. */
static void print_next(const char *command, FILE *out)
{
	if (command[0])
		fprintf(out, "  next: %s\n", command);
}

/* What waits for it, and stands behind it: the other half of the story. */
static void print_waiting(const struct verdict *verdict, const struct verdict_finding *finding,
			  FILE *out)
{
	char owner[VERDICT_OWNER_MAX];

	for (const struct verdict_finding *f = finding->hh.next; f && f->because == finding;
	     f = f->hh.next) {
		const struct verdict_socket *first = &verdict->sockets[f->first];

		fprintf(out, "  waiting for it: %zu %s of %s", f->count,
			tcpstate_name(first->socket->s.state),
			verdict_owners(first, f->differs, owner));
		print_where(verdict, f, out);
		fprintf(out, " (%s)\n", first->rule->id);
	}
}

static void print_finding(const struct verdict *verdict, const struct verdict_finding *finding,
			  FILE *out)
{
	const struct verdict_socket *worst = &verdict->sockets[finding->first];
	char local[ADDRESS_END_MAX], remote[ADDRESS_END_MAX], owner[VERDICT_OWNER_MAX],
		text[RULES_TEXT_MAX];
	char age[AGE_TEXT_MAX];

	fprintf(out, "\n%s: %zu of %s", worst->rule->id, finding->count,
		verdict_owners(worst, finding->differs, owner));
	print_where(verdict, finding, out);
	fputs("\n ", out);
	print_words(worst->rule->says, 1, out);
	fprintf(out, "  %s: %s, %s > %s", finding->count > 1 ? "oldest" : "age",
		age_text(&worst->age, age), verdict_end(verdict->census, worst, true, 0, local),
		verdict_end(verdict->census, worst, false, 0, remote));
	stuck_text_evidence(verdict, worst, text);
	fprintf(out, "%s%s", text[0] ? "; " : "", text);
	print_holders(verdict->census, worst, out);
	fputc('\n', out);
	print_waiting(verdict, finding, out);
	print_next(next_command(worst->rule, verdict->census, worst->socket, worst->peer, text),
		   out);
}

static void print_filling(const struct verdict *verdict, const struct filling *filling, FILE *out)
{
	char ends[FILLINGS_ENDS_MAX], text[RULES_TEXT_MAX];

	fprintf(out, "\n%s: %zu of %zu (%u %%)", filling->rule->id, filling->fill.count,
		filling->fill.room, fillings_percent(filling));
	if (fillings_ends(filling, ends)[0])
		fprintf(out, ", %s", ends);
	print_netns(verdict, filling->id.netns, out);
	fputs("\n ", out);
	print_words(filling->rule->says, 1, out);
	fprintf(out, "  %s\n", fillings_evidence(filling, text));
	print_next(next_command_of_room(filling->rule, verdict->census, &filling->id, text), out);
}

static void print_findings(const struct verdict *verdict, size_t most, FILE *out)
{
	size_t stories = 0, left = 0;

	for (const struct verdict_finding *f = verdict->findings; f; f = f->hh.next) {
		stories += !f->because; /* which come first */
		left += stories > most;
		if (!f->because && stories <= most)
			print_finding(verdict, f, out);
	}
	if (left)
		fprintf(out, "\n... and %zu more findings: -v shows all\n", left);
	for (size_t i = 0; i < verdict->fillings.n; i++)
		print_filling(verdict, &verdict->fillings.all[i], out);
}

void stuck_text_print(const struct verdict *verdict, const struct stuck_style *style, FILE *out)
{
	if (!style->quiet)
		print_census(verdict->census, out);
	print_table(verdict, style, out);
	print_findings(verdict, style->columns && !style->verbose ? FINDINGS : SIZE_MAX, out);
	if (!verdict->findings && !verdict->fillings.n && !style->quiet)
		fprintf(out, "nothing is found to be wrong%s\n",
			verdict->census->missing ? " in what was looked at" : "");
}
