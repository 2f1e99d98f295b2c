/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* process.c - see process.h. */
#include "diagnosis/process.h"
#include "diagnosis/rules_socket.h"

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
static struct hindered look(bool to_accept, const struct census_holder *holders)
{
	struct hindered best = {0};

	for (size_t i = 0; i < HINDRANCES; i++) {
		struct hindered hindered = count_hindered(&hindrances[i], holders);

		if (!hindered.count || (hindrances[i].of_accept && !to_accept))
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

static struct hindered look_at_own(const struct rules_rule *rule,
				   const struct census_holder *holders)
{
	enum rules_waits waits_for = rule ? rule->waits_for : RULES_NO_PROCESS;

	if (waits_for != RULES_PROCESS && waits_for != RULES_ACCEPT)
		return (struct hindered){0};
	return look(waits_for == RULES_ACCEPT, holders);
}

static struct hindered look_at_peer(const struct rules_rule *rule, const struct wire_snapshot *peer,
				    const struct census_holder *holders)
{
	bool listens = peer->state == WIRE_LISTEN;
	bool in_kernel = peer->state == WIRE_SYN_RECV || (listens && !is_queue_full(peer));

	if (!rule || rule->waits_for != RULES_PEER || in_kernel)
		return (struct hindered){0};
	return look(listens || census_waits_for_accept(peer), holders);
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
	struct hindered hindered = look_at_own(rule, holders);

	*ret_whose = hindered.by ? hindered.holder : holders;
	return hindered.by ? hindered.by->next : NULL;
}

const char *process_peer_next(const struct rules_rule *rule, const struct wire_snapshot *peer,
			      const struct census_holder *holders,
			      const struct census_holder **ret_whose)
{
	struct hindered hindered = look_at_peer(rule, peer, holders);

	if (!hindered.by)
		return NULL;
	*ret_whose = hindered.holder;
	return hindered.by->next;
}

/* ---- words ---- */

/* What is held, and how a single process that holds it is called. */
struct held {
	const char *it, *holder;
};

static const struct held socket_held = {"it", "its process"};
static const struct held listener_held = {"its listener", "its listener's process"};
static const struct held peer_held = {"it", "which"}; /* its owner was named just before */

/* Who, and the verb. */
static void put_subject(const struct hindered *hindered, const struct held *held, char *text,
			size_t room)
{
	bool is_thread = !hindered->by->lasts && hindered->holder->flags & WIRE_H_THREADS;
	char comm[NAME_ROOM(sizeof(hindered->holder->comm))];

	if (hindered->all == 1)
		snprintf(text, room, "%s%s is", is_thread ? "a thread of " : "", held->holder);
	else if (hindered->count == hindered->all)
		snprintf(text, room, "the %u processes that hold %s are", hindered->all, held->it);
	else
		snprintf(text, room, "%s[%" PRIu32 "], one of %u that hold %s, is",
			 name_text(comm, sizeof(comm), hindered->holder->comm),
			 hindered->holder->pid, hindered->all, held->it);
}

/* Who, and what of. */
static void put_hindrance(const struct hindered *hindered, const struct held *held,
			  char text[RULES_TEXT_MAX])
{
	char subject[128], taken[32] = "";

	put_subject(hindered, held, subject, sizeof(subject));
	if (hindered->by->of_accept)
		snprintf(taken, sizeof(taken), " (limit %" PRIu32 ")", hindered->holder->limit);
	snprintf(text, RULES_TEXT_MAX, "%s %s%s%s", subject, hindered->by->is, taken,
		 hindered->by->of_accept ? ": accept() fails with EMFILE" : "");
}

const char *process_evidence(const struct rules_rule *rule, const struct census_holder *holders,
			     bool of_listener, char text[RULES_TEXT_MAX])
{
	struct hindered hindered = look_at_own(rule, holders);

	text[0] = '\0';
	if (holders && census_is_closing(holders))
		snprintf(text, RULES_TEXT_MAX, "%s process waits in close() (SO_LINGER)",
			 holders->flags & WIRE_H_THREADS ? "a thread of its" : "its");
	if (hindered.by)
		put_hindrance(&hindered, of_listener ? &listener_held : &socket_held, text);
	return text;
}

const char *process_peer_evidence(const struct rules_rule *rule, const struct wire_snapshot *peer,
				  const struct census_holder *holders, char text[RULES_TEXT_MAX])
{
	struct hindered hindered = look_at_peer(rule, peer, holders);

	text[0] = '\0';
	if (hindered.by)
		put_hindrance(&hindered, &peer_held, text);
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
