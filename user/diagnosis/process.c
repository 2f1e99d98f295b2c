/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* process.c - see process.h. */
#include "diagnosis/process.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/name.h"

/* ---- what hinders ---- */

/*
 * One look at one thread proves nothing of the others, and not much of a process alone: where
 * others can do the work, only what lasts is worth a word.
 */
static const struct hindrance {
	uint8_t doing;  /* WIRE_DOES_* of those it hinders; or */
	bool lasts;     /* until somebody ends it, and it is of all threads */
	bool of_accept; /* it is out of descriptors, whatever it is doing */
	const char *is;
	const char *next;
} hindrances[] = {
	{.doing = WIRE_DOES_FROZEN,
	 .lasts = true,
	 .is = "frozen by its cgroup",
	 .next = "grep -s . $(findmnt -nft cgroup2 -o TARGET)$(sed -n 's/^0:://p' "
		 "{proc}/cgroup)/cgroup.events /sys/fs/cgroup/freezer$(sed -n "
		 "'s/.*:freezer://p' {proc}/cgroup)/freezer.state"},
	{.doing = WIRE_DOES_STOPPED,
	 .lasts = true,
	 .is = "stopped by a signal (T)",
	 .next = "grep State {proc}/status"},
	{.of_accept = true,
	 .lasts = true,
	 .is = "out of descriptors",
	 .next = "ls {proc}/fd | wc -l; grep files {proc}/limits"},
	{.doing = WIRE_DOES_TRACED,
	 .is = "stopped by a debugger now (t)",
	 .next = "grep -E 'State|TracerPid' {proc}/status"},
	{.doing = WIRE_DOES_HANG,
	 .is = "in uninterruptible sleep now (D)",
	 .next = "grep State {proc}/status; cat {proc}/wchan {proc}/stack"},
};

#define HINDRANCES (sizeof(hindrances) / sizeof(hindrances[0]))

static bool hinders(const struct hindrance *hindrance, const struct census_holder *holder)
{
	return hindrance->of_accept ? holder->flags & WIRE_H_FULL
				    : holder->doing == hindrance->doing;
}

/* Of the processes that hold it, whom something hinders. */
struct hindered {
	const struct hindrance *by;         /* NULL: nobody */
	const struct census_holder *holder; /* the first of them */
	unsigned count, all;
};

static struct hindered count_hindered(const struct hindrance *by,
				      const struct census_holder *holders)
{
	struct hindered hindered = {.by = by};

	for (; holders; holders = census_next_process(holders)) {
		hindered.all++;
		if (!hinders(by, holders))
			continue;
		if (!hindered.count++)
			hindered.holder = holders;
	}
	return hindered;
}

/* What hinders all of them before what hinders one. */
static struct hindered look(const struct rules_rule *rule, const struct census_holder *holders)
{
	struct hindered best = {0};

	for (size_t i = 0; rule && rule->waits_for && i < HINDRANCES; i++) {
		struct hindered hindered = count_hindered(&hindrances[i], holders);

		if (!hindered.count || (hindrances[i].of_accept && rule->waits_for != RULES_ACCEPT))
			continue;
		/* What is of a moment, and perhaps of one thread, says nothing of several. */
		if (hindered.all > 1 && !hindrances[i].lasts)
			continue;
		if (hindered.count == hindered.all)
			return hindered;
		if (!best.by)
			best = hindered;
	}
	return best;
}

bool process_is_halted(const struct census_holder *holders)
{
	bool is_halted = holders;

	for (; holders; holders = holders->next)
		is_halted &= holders->doing == WIRE_DOES_FROZEN ||
			     holders->doing == WIRE_DOES_STOPPED;
	return is_halted;
}

const char *process_next(const struct rules_rule *rule, const struct census_holder *holders,
			 const struct census_holder **ret_whose)
{
	struct hindered hindered = look(rule, holders);

	*ret_whose = hindered.by ? hindered.holder : holders;
	return hindered.by ? hindered.by->next : NULL;
}

/* ---- words ---- */

/* Who, and the verb. */
static void put_subject(const struct hindered *hindered, bool of_listener, char *text, size_t room)
{
	const char *what = of_listener ? "its listener" : "it";
	bool is_thread = !hindered->by->lasts && hindered->holder->flags & WIRE_H_THREADS;
	char comm[NAME_ROOM(sizeof(hindered->holder->comm))];

	if (hindered->all == 1)
		snprintf(text, room, "%s%s process is", is_thread ? "a thread of " : "",
			 of_listener ? "its listener's" : "its");
	else if (hindered->count == hindered->all)
		snprintf(text, room, "the %u processes that hold %s are", hindered->all, what);
	else
		snprintf(text, room, "%s[%" PRIu32 "], one of %u that hold %s, is",
			 name_text(comm, sizeof(comm), hindered->holder->comm),
			 hindered->holder->pid, hindered->all, what);
}

const char *process_evidence(const struct rules_rule *rule, const struct census_holder *holders,
			     bool of_listener, char text[RULES_TEXT_MAX])
{
	struct hindered hindered = look(rule, holders);
	char subject[128], taken[32] = "";

	text[0] = '\0';
	if (holders && census_is_closing(holders))
		snprintf(text, RULES_TEXT_MAX, "%s process waits in close() (SO_LINGER)",
			 holders->flags & WIRE_H_THREADS ? "a thread of its" : "its");
	if (!hindered.by)
		return text;
	put_subject(&hindered, of_listener, subject, sizeof(subject));
	if (hindered.by->of_accept)
		snprintf(taken, sizeof(taken), " (limit %" PRIu32 ")", hindered.holder->limit);
	snprintf(text, RULES_TEXT_MAX, "%s %s%s%s", subject, hindered.by->is, taken,
		 hindered.by->of_accept ? ": accept() fails with EMFILE" : "");
	return text;
}

const char *process_doing_name(uint8_t doing)
{
	static const char *const names[WIRE_DOINGS] = {
		[WIRE_DOES_RUN] = "running",          [WIRE_DOES_SLEEP] = "sleeping",
		[WIRE_DOES_HANG] = "uninterruptible", [WIRE_DOES_TRACED] = "traced",
		[WIRE_DOES_STOPPED] = "stopped",      [WIRE_DOES_FROZEN] = "frozen"};

	return doing < WIRE_DOINGS ? names[doing] : NULL;
}
