/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* process.c - what hinders the processes that hold a socket: of one, of all, of some of them; and
 * nothing of those who are well. */
#include "diagnosis/process.h"

#include <string.h>

#include "test.h"

#define MOST 4

struct one {
	uint32_t pid; /* 0: no more */
	uint8_t doing, flags;
};

static const struct {
	const char *name, *rule;
	bool of_listener;
	struct one holders[MOST];
	const char *evidence;
	uint32_t whose; /* 0: the rule's own command */
	bool halted;
} cases[] = {
	{"nobody", "not-accepted", true, {{0}}, "", 0, false},
	{"sleeping", "not-accepted", true, {{7, WIRE_DOES_SLEEP, WIRE_H_FREE}}, "", 0, false},
	{"running", "established-unread", false, {{7, WIRE_DOES_RUN, 0}}, "", 0, false},
	{"unknown", "established-unread", false, {{7, 0, 0}}, "", 0, false},
	{"stopped",
	 "established-unread",
	 false,
	 {{7, WIRE_DOES_STOPPED, 0}},
	 "its process is stopped by a signal (T)",
	 7,
	 true},
	{"stopped-threads",
	 "syn-received-queue-full",
	 true,
	 {{7, WIRE_DOES_STOPPED, WIRE_H_THREADS}},
	 "its listener's process is stopped by a signal (T)",
	 7,
	 true},
	{"closing",
	 "peer-silent",
	 false,
	 {{7, WIRE_DOES_SLEEP, WIRE_H_FREE | WIRE_H_CLOSING}},
	 "its process waits in close() (SO_LINGER)",
	 0,
	 false},
	{"closing-thread",
	 "peer-window-shut",
	 false,
	 {{7, WIRE_DOES_SLEEP, WIRE_H_THREADS | WIRE_H_CLOSING}},
	 "a thread of its process waits in close() (SO_LINGER)",
	 0,
	 false},
	{"frozen",
	 "close-wait-held",
	 false,
	 {{7, WIRE_DOES_FROZEN, WIRE_H_FULL}},
	 "its process is frozen by its cgroup",
	 7,
	 true},
	{"hung-threads",
	 "close-wait-unread",
	 false,
	 {{7, WIRE_DOES_HANG, WIRE_H_THREADS}},
	 "a thread of its process is in uninterruptible sleep now (D)",
	 7,
	 false},
	{"traced",
	 "accept-queue-full",
	 false,
	 {{7, WIRE_DOES_TRACED, 0}},
	 "its process is stopped by a debugger now (t)",
	 7,
	 false},
	{"full",
	 "not-accepted",
	 true,
	 {{7, WIRE_DOES_SLEEP, WIRE_H_FULL}},
	 "its listener's process is out of descriptors (limit 1024): accept() fails with EMFILE",
	 7,
	 false},
	/* Who is to read needs no descriptor. */
	{"full-reader",
	 "established-unread",
	 false,
	 {{7, WIRE_DOES_SLEEP, WIRE_H_FULL}},
	 "",
	 0,
	 false},
	/* What waits for the peer is not for the process to end. */
	{"peer", "fin-wait-2-held", false, {{7, WIRE_DOES_STOPPED, 0}}, "", 0, true},
	{"all",
	 "not-accepted",
	 true,
	 {{7, WIRE_DOES_STOPPED, 0}, {7, WIRE_DOES_STOPPED, 0}, {8, WIRE_DOES_STOPPED, 0}},
	 "the 2 processes that hold its listener are stopped by a signal (T)",
	 7,
	 true},
	{"some",
	 "not-accepted",
	 true,
	 {{7, WIRE_DOES_SLEEP, 0}, {8, WIRE_DOES_FROZEN, 0}, {9, WIRE_DOES_SLEEP, 0}},
	 "p[8], one of 3 that hold its listener, is frozen by its cgroup",
	 8,
	 false},
	/* What is so of all comes before what is so of one. */
	{"all-before-some",
	 "accept-queue-full",
	 false,
	 {{7, WIRE_DOES_STOPPED, WIRE_H_FULL}, {8, WIRE_DOES_SLEEP, WIRE_H_FULL}},
	 "the 2 processes that hold it are out of descriptors (limit 1024): accept() fails with "
	 "EMFILE",
	 7,
	 false},
	/* One look at one of several proves nothing. */
	{"some-hung",
	 "not-accepted",
	 true,
	 {{7, WIRE_DOES_HANG, 0}, {8, WIRE_DOES_SLEEP, 0}},
	 "",
	 0,
	 false},
	{"mixed-halted",
	 "not-accepted",
	 true,
	 {{7, WIRE_DOES_STOPPED, 0}, {8, WIRE_DOES_FROZEN, 0}},
	 "p[8], one of 2 that hold its listener, is frozen by its cgroup",
	 8,
	 true},
};

static const struct rules_rule *rule_named(const char *id)
{
	unsigned i = 0;

	while (rules_rule(i) && strcmp(rules_rule(i)->id, id) != 0)
		i++;
	return rules_rule(i);
}

static const struct census_holder *list_of(const struct one *ones, struct census_holder *room)
{
	size_t n = 0;

	for (; n < MOST && ones[n].pid; n++) {
		room[n] = (struct census_holder){.next = &room[n + 1],
						 .pid = ones[n].pid,
						 .comm = "p",
						 .limit = 1024,
						 .doing = ones[n].doing,
						 .flags = ones[n].flags};
	}
	if (n)
		room[n - 1].next = NULL;
	return n ? room : NULL;
}

/* Of the other end, by the state that it is in. */
static void test_peer(void)
{
	static const struct {
		const char *rule;
		uint8_t state, file, doing, flags;
		uint32_t unread; /* of a listener: how many wait, where two may */
		const char *evidence;
	} ends[] = {
		{"peer-window-shut", WIRE_ESTABLISHED, 1, WIRE_DOES_STOPPED, 0, 9,
		 "which is stopped by a signal (T)"},
		{"peer-window-shut", WIRE_ESTABLISHED, 1, WIRE_DOES_SLEEP, WIRE_H_FULL, 9, ""},
		{"fin-wait-2-held", WIRE_ESTABLISHED, 0, WIRE_DOES_SLEEP, WIRE_H_FULL, 9,
		 "which is out of descriptors (limit 1024): accept() fails with EMFILE"},
		{"fin-wait-2-idle", WIRE_CLOSE_WAIT, 1, WIRE_DOES_HANG, WIRE_H_THREADS, 0,
		 "a thread of which is in uninterruptible sleep now (D)"},
		{"syn-unanswered", WIRE_LISTEN, 1, WIRE_DOES_FROZEN, 0, 3,
		 "which is frozen by its cgroup"},
		{"syn-unanswered", WIRE_LISTEN, 1, WIRE_DOES_FROZEN, 0, 2, ""},
		{"syn-unanswered", WIRE_SYN_RECV, 0, WIRE_DOES_FROZEN, 0, 0, ""},
		{"close-wait-held", WIRE_FIN_WAIT2, 1, WIRE_DOES_STOPPED, 0, 0, ""},
		{"peer-silent", WIRE_ESTABLISHED, 1, WIRE_DOES_STOPPED, 0, 0, ""},
	};

	test_begin("process-peer");
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const struct wire_snapshot peer = {.kind = WIRE_FULL,
						   .state = ends[i].state,
						   .flags = ends[i].file ? WIRE_S_FILE : 0,
						   .unread = ends[i].unread,
						   .room = 2};
		const struct one ones[MOST] = {{7, ends[i].doing, ends[i].flags}};
		struct census_holder room[MOST + 1];
		const struct census_holder *holders = list_of(ones, room), *whose = NULL;
		const struct rules_rule *rule = rule_named(ends[i].rule);
		char text[RULES_TEXT_MAX];

		CHECK_STR(process_peer_evidence(rule, &peer, holders, text), ends[i].evidence);
		CHECK(!process_peer_next(rule, &peer, holders, &whose) == !text[0]);
		CHECK(!whose == !text[0]);
	}
	test_end("%zu", sizeof(ends) / sizeof(ends[0]));
}

int main(void)
{
	test_peer();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct rules_rule *rule = rule_named(cases[i].rule);
		struct census_holder room[MOST + 1];
		const struct census_holder *holders = list_of(cases[i].holders, room), *whose;
		char name[64], text[RULES_TEXT_MAX];
		const char *next = process_next(rule, holders, &whose);

		snprintf(name, sizeof(name), "process-%s", cases[i].name);
		test_begin(name);
		CHECK_STR(process_evidence(rule, holders, cases[i].of_listener, text),
			  cases[i].evidence);
		CHECK_EQ(next && whose ? whose->pid : 0, cases[i].whose);
		CHECK(cases[i].whose || whose == holders);
		CHECK_EQ(process_is_halted(holders), cases[i].halted);
		test_end("%s", text[0] ? text : "nothing is said");
	}
	return test_status();
}
