/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* top/texts.c - see top/texts.h. */
#include "top/texts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "diagnosis/fillings_text.h"
#include "diagnosis/next.h"
#include "base/address.h"
#include "base/clock.h"
#include "base/name.h"
#include "output/stuck_text.h"
#include "base/tcpstate.h"

#define PARAGRAPH_MAX (RULES_TEXT_MAX + 128)
#define MEMBERS_MAX   200
#define HOLDERS_MAX   8

const char *top_text_rule(const struct top_row *row)
{
	if (row->filling)
		return row->filling->rule->id;
	return row->oldest->rule ? row->oldest->rule->id : "";
}

const char *top_text_why(const struct top_row *row)
{
	if (row->filling)
		return row->filling->rule->says;
	return row->oldest->rule ? row->oldest->rule->says : "";
}

const char *top_text_next(const struct top_data *data, const struct top_row *row,
			  char text[RULES_TEXT_MAX])
{
	const struct census *census = &data->overview->census;

	if (row->filling)
		return next_command_of_room(row->filling->rule, census, &row->filling->id, text);
	return row->oldest->rule ? next_command(row->oldest->rule, census, row->oldest->socket,
						row->oldest->peer, text)
				 : "";
}

/* ---- help ---- */

void top_text_help(top_text_fn line, void *ctx)
{
	static const struct {
		const char *text;
		unsigned indent;
	} lines[] = {
		{"q            quit", 13},
		{"p, space     pause: the picture stands still, counting goes on", 13},
		{"up, down, PgUp, PgDn, Home, End   choose a line", 4},
		{"Enter, right details of the line: evidence, owners, what to type next", 13},
		{"s            sort by age, count, state, owner", 13},
		{"g            group by --by, by what is alike, then by each key of --by", 13},
		{"f, /         filter: options as on the command line, such as", 13},
		{"             -P 443 -a 10.0.0.0/8 -c nginx -s close-wait --for 30s", 13},
		{"             Enter applies it, Escape leaves it as it was", 13},
		{"a            accept queues: how many wait at each listener, how long", 13},
		{"r            count dwells anew", 13},
		{"+, -         look less often, more often", 13},
		{"", 0},
		{"NOW are the sockets in a state, IN/s the moves into it a second since the last "
		 "look. p50 to max are of dwells that ended, ENDED of them, since top began, 'r', "
		 "or "
		 "the last change of the filter: only of those that were seen from begin to end.",
		 0},
		{"", 0},
		{"Of accept queues NOW are those that wait for accept(), MAX is the backlog, PEAK "
		 "the most at a time since the last look, OLDEST how long the first of them waits. "
		 "ENDED, p50 to max are of waits that ended.",
		 0},
		{"", 0},
		{">= is a lower bound: the beginning was not seen. ? is not known. * is not the "
		 "same "
		 "for all of a line. ~name is the owner of the listener of what nobody has "
		 "accepted "
		 "yet. + ends what is cut off.",
		 0},
		{"", 0},
		{"What the kernel was asked for on the command line stays as it is: a filter typed "
		 "here narrows it further.",
		 0},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		line(ctx, lines[i].text, lines[i].indent);
}

/* ---- details ---- */

struct page {
	top_text_fn line;
	void *ctx;
};

static void say(const struct page *page, unsigned indent, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void say(const struct page *page, unsigned indent, const char *fmt, ...)
{
	char text[PARAGRAPH_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	page->line(page->ctx, text, indent);
}

static void say_holder(const struct page *page, const struct census_holder *holder)
{
	char comm[NAME_ROOM(sizeof(holder->comm))], thread[24] = "", what[32] = "in close()";

	if (!census_is_closing(holder))
		snprintf(what, sizeof(what), "descriptor %u", holder->fd);
	if (holder->tid != holder->pid)
		snprintf(thread, sizeof(thread), "thread %u, ", holder->tid);
	say(page, 9, "held by  %s[%u], %s%s", name_text(comm, sizeof(comm), holder->comm),
	    holder->pid, thread, what);
}

static void say_holders(const struct page *page, const struct verdict_socket *it)
{
	char owner[VERDICT_OWNER_MAX];
	unsigned n = 0;

	if (it->inherited || !it->owner) {
		say(page, 9, "owner    %s%s", verdict_owner(it, owner),
		    it->inherited ? " by its listener: nobody has accepted it yet" : "");
		return;
	}
	for (const struct census_holder *holder = it->socket->holders; holder;
	     holder = holder->next) {
		if (n++ < HOLDERS_MAX)
			say_holder(page, holder);
	}
	if (n > HOLDERS_MAX)
		say(page, 9, "         and %u more", n - HOLDERS_MAX);
}

/* What is so of the oldest, and not of all of its line. */
static const char *not_of_all(bool differs)
{
	return differs ? ", not of all" : "";
}

/* Its name, if it has one, and its number. */
static void say_named(const struct page *page, const char *what, const char *name, uint64_t id,
		      bool differs)
{
	char text[NAME_ROOM(sizeof(((struct wire_name *)0)->text))];

	if (name)
		say(page, 9, "%-8s %s (%" PRIu64 ")%s", what, name_text(text, sizeof(text), name),
		    id, not_of_all(differs));
	else
		say(page, 9, "%-8s %" PRIu64 "%s", what, id, not_of_all(differs));
}

static void say_netns(const struct page *page, const struct census *census, uint32_t netns,
		      uint16_t differs)
{
	say_named(page, "netns", census_name(census, WIRE_NAME_NETNS, netns), netns,
		  differs & VERDICT_NETNS);
}

static void say_cgroup(const struct page *page, const struct census *census, uint64_t id,
		       uint16_t differs)
{
	if (id)
		say_named(page, "cgroup", census_name(census, WIRE_NAME_CGROUP, id), id,
			  differs & VERDICT_CGROUP);
}

static void say_age(const struct page *page, const char *which, const struct age *age)
{
	char text[AGE_TEXT_MAX];

	say(page, 9, "%-8s %s%s%s", which, age_text(age, text), age->from[0] ? ": " : "",
	    age->from);
}

static void say_oldest(const struct page *page, const struct verdict *verdict,
		       const struct verdict_socket *it, uint16_t differs)
{
	const struct wire_snapshot *s = &it->socket->s;
	char local[ADDRESS_END_MAX], remote[ADDRESS_END_MAX], text[RULES_TEXT_MAX];

	say(page, 9, "ends     %s > %s", verdict_end(verdict->census, it, true, 0, local),
	    verdict_end(verdict->census, it, false, 0, remote));
	stuck_text_evidence(verdict, it, text);
	say(page, 9, "evidence %s", text[0] ? text : "-");
	say_holders(page, it);
	if (s->kind == WIRE_FULL)
		say(page, 9, "user     %u%s", s->uid, not_of_all(differs & VERDICT_UID));
	say_cgroup(page, verdict->census, s->cgroup, differs);
	say_netns(page, verdict->census, s->id.netns, differs);
}

static void say_member(const struct page *page, const struct verdict *verdict,
		       const struct verdict_socket *it)
{
	char local[ADDRESS_END_MAX], remote[ADDRESS_END_MAX], age[AGE_TEXT_MAX],
		owner[VERDICT_OWNER_MAX];
	const struct census_holder *holder = it->inherited ? NULL : it->owner;
	char thread[24] = "", fd[24] = "";

	if (holder && holder->tid != holder->pid)
		snprintf(thread, sizeof(thread), " thread %u", holder->tid);
	if (holder && !census_is_closing(holder))
		snprintf(fd, sizeof(fd), " fd %u", holder->fd);
	say(page, 4, "%9s  %s > %s  %s%s%s", age_text(&it->age, age),
	    verdict_end(verdict->census, it, true, 0, local),
	    verdict_end(verdict->census, it, false, 0, remote), verdict_owner(it, owner), thread,
	    fd);
}

static void say_members(const struct page *page, const struct verdict *verdict,
			const struct top_row *row)
{
	size_t told = 0;

	say(page, 0, "%s", "");
	say(page, 0, "all %zu, oldest first:", row->count);
	for (size_t i = row->group->first; i < verdict->n_sockets && told < MEMBERS_MAX; i++) {
		if (verdict->sockets[i].group != row->group->number)
			continue;
		say_member(page, verdict, &verdict->sockets[i]);
		told++;
	}
	if (told < row->count)
		say(page, 0, "and %zu more", row->count - told);
}

static void say_next(const struct page *page, const struct top_data *data,
		     const struct top_row *row)
{
	char text[RULES_TEXT_MAX];
	const char *next = top_text_next(data, row, text);

	say(page, 9, "next     %s", next[0] ? next : "-");
}

static void say_group(const struct page *page, const struct top_data *data,
		      const struct top_row *row)
{
	char owner[VERDICT_OWNER_MAX];
	const char *rule = top_text_rule(row);

	say(page, 0, "%s%s%s: %zu of %s", tcpstate_name(row->state), rule[0] ? ", " : "", rule,
	    row->count, verdict_owners(row->oldest, row->group->differs, owner));
	say(page, 0, "%s", "");
	say(page, 9, "why      %s",
	    rule[0] ? top_text_why(row) : "nothing is known to be wrong with it");
	if (rule[0])
		say_next(page, data, row);
	if (row->count > 1)
		say_age(page, "youngest", &row->group->youngest);
	say_age(page, row->count > 1 ? "oldest" : "age", &row->oldest->age);
	say_oldest(page, &data->verdict, row->oldest, row->group->differs);
	if (row->count > 1)
		say_members(page, &data->verdict, row);
}

static void say_filling(const struct page *page, const struct top_data *data,
			const struct top_row *row)
{
	const struct filling *filling = row->filling;
	char ends[FILLINGS_ENDS_MAX], text[RULES_TEXT_MAX];

	say(page, 0, "%s%s%s: %zu of %zu (%u %%)", row->state ? tcpstate_name(row->state) : "",
	    row->state ? ", " : "", filling->rule->id, filling->fill.count, filling->fill.room,
	    fillings_percent(filling));
	say(page, 0, "%s", "");
	say(page, 9, "why      %s", filling->rule->says);
	say_next(page, data, row);
	say(page, 9, "evidence %s", fillings_evidence(filling, text));
	if (fillings_ends(filling, ends)[0])
		say(page, 9, "ends     %s", ends);
	if (filling->id.netns)
		say_netns(page, &data->overview->census, filling->id.netns, 0);
}

void top_text_details(const struct top_data *data, const struct top_row *row, top_text_fn line,
		      void *ctx)
{
	const struct page page = {.line = line, .ctx = ctx};

	if (!row)
		say(&page, 0, "%s", "it is gone: nothing is left of it");
	else if (row->filling)
		say_filling(&page, data, row);
	else
		say_group(&page, data, row);
}
