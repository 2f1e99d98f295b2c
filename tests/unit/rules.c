/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* rules.c - each rule fires on what it is for, and not on what looks like it and is well. */
#include "census_feeder.h"

#include <errno.h>

#include "diagnosis/fillings.h"
#include "diagnosis/fillings_text.h"
#include "diagnosis/rules.h"
#include "diagnosis/rules_text.h"

#define FULL     .kind = WIRE_FULL
#define ORPHAN   .flags = WIRE_S_ORPHAN
#define KERNEL   .flags = WIRE_S_FILE | WIRE_S_KERNEL
#define CHILD    .flags = NONE16
#define DEFERRED .flags = WIRE_S_DEFERRED
#define SHUT     .room = (uint32_t)NONE

/* Data that was sent again so often. */
#define LOST(tries) .age = 3000, .state = WIRE_ESTABLISHED, .unacked = 5, .retransmits = (tries)

static const struct {
	const char *name, *rule; /* NULL: none fires */
	struct snap snap;
	uint32_t waiting, backlog; /* of its listener */
	bool has_listener, unheld, halted;
	uint32_t fin_timeout;
} cases[] = {
	{"leak", "close-wait-leak", .snap = {.age = 301000}},
	/* Who is kept from closing it leaks nothing. */
	{"leak-of-the-stopped", "close-wait-held", .snap = {.age = 301000}, .halted = true},
	{"held-by-one-who-thinks", "close-wait-held", .snap = {.age = 299000}},
	{"held-for-a-second", "close-wait-held", .snap = {.age = 1100}},
	{"held-fresh", NULL, .snap = {.age = 900}},
	{"answer-flows", NULL, .snap = {.age = 600000, .sent = 10, .heard = 10, .unacked = 9000}},
	{"answer-of-a-line-now-and-then", NULL,
	 .snap = {.age = 5000, .sent = 5000, .flags = WIRE_S_FILE | WIRE_S_BEYOND}},
	{"answer-without-reading-the-end", NULL,
	 .snap = {.age = 5000, .unread = 1, .flags = WIRE_S_FILE | WIRE_S_BEYOND}},
	{"answer-was-sent", "close-wait-held",
	 .snap = {.age = 11000, .flags = WIRE_S_FILE | WIRE_S_BEYOND}},
	{"answer-under-way-is-no-leak", "close-wait-held",
	 .snap = {.age = 301000, .unacked = 9000, .retransmits = 1}},
	{"unread", "close-wait-unread", .snap = {.age = 5000, .unread = 6}},
	{"end-of-file-unread", "close-wait-unread", .snap = {.age = 5000, .unread = 1}},
	{"close-wait-orphan", NULL, .snap = {.age = 5000, ORPHAN}},
	{"close-wait-of-the-kernel", NULL, .snap = {.age = 5000, KERNEL}},
	{"in-flight", "no-process", .snap = {.age = 5000, .unread = 1}, .unheld = true},
	{"not-accepted", "not-accepted", .snap = {.age = 5000, .unread = 1, CHILD}},
	{"not-accepted-open", "not-accepted",
	 .snap = {.age = 5000, .state = WIRE_ESTABLISHED, CHILD}},
	{"not-accepted-yet", NULL, .snap = {.age = 500, .state = WIRE_ESTABLISHED, CHILD}},
	{"blocked-in-write", "peer-window-shut",
	 .snap = {.age = 5000, .unread = 1, .unsent = 9000, SHUT, .left = 300}},
	{"answer-to-nobody", "peer-silent",
	 .snap = {.age = 5000, .unread = 1, .unacked = 9000, .retransmits = 3}},

	{"held", "fin-wait-2-held", .snap = {.age = 5000, .state = WIRE_FIN_WAIT2}},
	{"held-idle", "fin-wait-2-idle", .snap = {.age = 301000, .state = WIRE_FIN_WAIT2}},
	{"answer-unread", "fin-wait-2-unread",
	 .snap = {.age = 301000, .state = WIRE_FIN_WAIT2, .unread = 4000}},
	{"answer-comes-and-waits", NULL,
	 .snap = {.age = 600000, .heard = 20, .state = WIRE_FIN_WAIT2, .unread = 4000}},
	{"answer-comes", NULL, .snap = {.age = 600000, .heard = 20, .state = WIRE_FIN_WAIT2}},
	{"reset-and-kept", "closed-held",
	 .snap = {.age = 5000, .state = WIRE_CLOSE, .rport = 4000}},
	{"reset-and-forgotten", "closed-leak",
	 .snap = {.age = 301000, .state = WIRE_CLOSE, .rport = 4000}},
	{"over-and-end-or-byte-unread", "closed-held",
	 .snap = {.age = 301000, .state = WIRE_CLOSE, .rport = 4000, .unread = 1}},
	{"over-and-answer-unread", "closed-held",
	 .snap = {.age = 301000, .state = WIRE_CLOSE, .rport = 4000, .unread = 5000}},
	{"reset-just-now", NULL, .snap = {.age = 900, .state = WIRE_CLOSE, .rport = 4000}},
	{"never-connected", NULL, .snap = {.age = 5000, .state = WIRE_CLOSE, .rport = NONE}},

	/* Sent, again after 200 and 400 ms; the peer was heard in the meantime. */
	{"large-ones-lost", "segments-lost",
	 .snap = {.age = 3000,
		  .sent = 300,
		  .heard = 200,
		  .state = WIRE_ESTABLISHED,
		  .unacked = 1200,
		  .retransmits = 2,
		  .rto = 800}},
	{"last-word-of-the-dead", "peer-silent",
	 .snap = {.age = 3000,
		  .sent = 300,
		  .heard = 900,
		  .state = WIRE_ESTABLISHED,
		  .unacked = 1200,
		  .retransmits = 2,
		  .rto = 800}},
	{"heard-long-ago", "peer-silent",
	 .snap = {.age = 90000,
		  .sent = 20000,
		  .heard = 11000,
		  .state = WIRE_ESTABLISHED,
		  .unacked = 1200,
		  .retransmits = 8,
		  .rto = 51200}},
	{"fin-lost-one-way", "segments-lost",
	 .snap = {.age = 3000,
		  .heard = 200,
		  .left = 500,
		  .state = WIRE_LAST_ACK,
		  ORPHAN,
		  .unacked = 1,
		  .retransmits = 2,
		  .rto = 800}},
	{"half-closed-just-now", NULL, .snap = {.age = 900, .state = WIRE_FIN_WAIT2}},
	{"orphan", "fin-wait-2-orphan",
	 .snap = {.age = 5000, .state = WIRE_FIN_WAIT2, .kind = WIRE_MINI, .left = 50000}},
	{"orphan-before-6.14", "fin-wait-2-orphan",
	 .snap = {.state = WIRE_FIN_WAIT2, .kind = WIRE_MINI, .left = 59000}, .fin_timeout = 60},
	{"orphan-before-6.14-just-now", NULL,
	 .snap = {.state = WIRE_FIN_WAIT2, .kind = WIRE_MINI, .left = 59900}, .fin_timeout = 60},
	{"orphan-before-6.14-of-unknown-timeout", NULL,
	 .snap = {.state = WIRE_FIN_WAIT2, .kind = WIRE_MINI, .left = 30000}},
	{"orphan-with-a-long-timeout", "fin-wait-2-orphan",
	 .snap = {.age = 5000, .state = WIRE_FIN_WAIT2, ORPHAN, .left = 50000}},

	/* Twice sent again, and what this host knows of it. */
	{"address-moved-away", "address-gone", .snap = {LOST(2), .way = WIRE_WAY_NO_ADDRESS}},
	{"address-gone-before-it-shows", NULL, .snap = {LOST(1), .way = WIRE_WAY_NO_ADDRESS}},
	{"address-gone-and-heard", "segments-lost",
	 .snap = {LOST(2), .way = WIRE_WAY_NO_ADDRESS, .sent = 300, .heard = 200, .rto = 800}},
	{"address-gone-syn", "address-gone",
	 .snap = {.age = 3000,
		  .state = WIRE_SYN_SENT,
		  .retransmits = 1,
		  .way = WIRE_WAY_NO_ADDRESS}},
	{"route-gone", "no-route",
	 .snap = {LOST(2), .way = WIRE_WAY_NO_ROUTE, .way_error = ENETUNREACH,
		  .soft_error = ENETUNREACH}},
	{"route-gone-at-keepalive", "no-route",
	 .snap = {.age = 90000,
		  .state = WIRE_ESTABLISHED,
		  .probes = 2,
		  .way = WIRE_WAY_NO_ROUTE,
		  .way_error = EACCES}},
	{"route-gone-and-the-peer-talks", "no-route",
	 .snap = {.age = 3000,
		  .state = WIRE_LAST_ACK,
		  .unsent = 1,
		  .room = 65536,
		  .sent = 3000,
		  .heard = 20,
		  .left = 180,
		  .way = WIRE_WAY_NO_ROUTE,
		  .way_error = ENETUNREACH}},
	{"route-gone-just-now", NULL,
	 .snap = {.age = 3000,
		  .state = WIRE_ESTABLISHED,
		  .unsent = 5,
		  .room = 65536,
		  .sent = 300,
		  .way = WIRE_WAY_NO_ROUTE,
		  .way_error = ENETUNREACH}},
	{"route-flaps", NULL,
	 .snap = {LOST(1), .way = WIRE_WAY_NO_ROUTE, .way_error = ENETUNREACH,
		  .soft_error = ENETUNREACH}},
	{"route-gone-and-idle", NULL,
	 .snap = {.age = 90000, .state = WIRE_ESTABLISHED, .way = WIRE_WAY_NO_ROUTE}},
	{"router-down", "no-neighbour",
	 .snap = {LOST(3), .way = WIRE_WAY_NO_NEIGHBOUR, .soft_error = EHOSTUNREACH}},
	{"router-says-no", "unreachable",
	 .snap = {LOST(3), .way = WIRE_WAY_THERE, .soft_error = EHOSTUNREACH}},
	{"filter-rejects", "unreachable", .snap = {LOST(3), .soft_error = ECONNREFUSED}},
	{"router-said-no-once", NULL,
	 .snap = {LOST(1), .way = WIRE_WAY_THERE, .soft_error = EHOSTUNREACH}},
	/* The 257th try: the kernel counts to 255. */
	{"router-says-no-all-the-time", "unreachable",
	 .snap = {.age = 60000,
		  .state = WIRE_ESTABLISHED,
		  .unacked = 5,
		  .retransmits = 1,
		  .way = WIRE_WAY_THERE,
		  .soft_error = EHOSTUNREACH}},
	{"filter-drops", "peer-silent", .snap = {LOST(3), .way = WIRE_WAY_THERE}},

	{"fin-unanswered", "peer-silent",
	 .snap = {.age = 3000, .state = WIRE_FIN_WAIT1, ORPHAN, .unacked = 1, .retransmits = 2}},
	{"fin-sent-again-once", NULL,
	 .snap = {.age = 3000, .state = WIRE_FIN_WAIT1, ORPHAN, .unacked = 1, .retransmits = 1}},
	{"closing-unanswered", "peer-silent",
	 .snap = {.age = 3000, .state = WIRE_CLOSING, ORPHAN, .unacked = 1, .retransmits = 7}},
	{"last-ack-unanswered", "peer-silent",
	 .snap = {.age = 3000, .state = WIRE_LAST_ACK, ORPHAN, .unacked = 1, .retransmits = 7}},
	{"fin-behind-window", "peer-window-shut",
	 .snap = {.age = 3000,
		  .state = WIRE_FIN_WAIT1,
		  ORPHAN,
		  .unsent = 90000,
		  SHUT,
		  .probes = 1}},
	/* Probes that nobody answers: there is no such peer. */
	{"probes-unanswered", "peer-silent",
	 .snap = {.age = 3000,
		  .state = WIRE_FIN_WAIT1,
		  ORPHAN,
		  .unsent = 90000,
		  SHUT,
		  .probes = 2}},
	{"window-shut-for-a-moment", NULL,
	 .snap = {.age = 3000, .sent = 300, .state = WIRE_ESTABLISHED, .unsent = 90000, SHUT}},
	{"window-shut-nothing-to-send", NULL,
	 .snap = {.age = 3000, .state = WIRE_ESTABLISHED, SHUT}},
	{"held-back", "unsent-data",
	 .snap = {.age = 3000, .state = WIRE_FIN_WAIT1, ORPHAN, .unsent = 90000}},
	{"draining", NULL,
	 .snap = {.age = 3000,
		  .sent = 300,
		  .state = WIRE_FIN_WAIT1,
		  ORPHAN,
		  .unsent = 90000,
		  .unacked = 3000}},
	{"only-the-fin-unsent", NULL,
	 .snap = {.age = 3000, .state = WIRE_FIN_WAIT1, ORPHAN, .unsent = 1}},

	{"syn", "syn-unanswered", .snap = {.age = 3000, .state = WIRE_SYN_SENT, .retransmits = 1}},
	{"syn-on-its-way", NULL, .snap = {.age = 900, .state = WIRE_SYN_SENT}},
	{"syn-ack", "syn-received-unanswered",
	 .snap = {.age = 3000, .state = WIRE_SYN_RECV, .kind = WIRE_REQUEST, .retransmits = 1}},
	{"syn-ack-with-room", "syn-received-unanswered",
	 .snap = {.age = 3000, .state = WIRE_SYN_RECV, .kind = WIRE_REQUEST, .retransmits = 1},
	 .has_listener = true, .waiting = 5, .backlog = 5},
	{"syn-ack-behind-queue", "syn-received-queue-full",
	 .snap = {.age = 3000, .state = WIRE_SYN_RECV, .kind = WIRE_REQUEST, .retransmits = 1},
	 .has_listener = true, .waiting = 6, .backlog = 5},
	{"deferred", "syn-received-deferred",
	 .snap = {.age = 3000, .state = WIRE_SYN_RECV, .kind = WIRE_REQUEST, DEFERRED},
	 .has_listener = true, .waiting = 5, .backlog = 5},
	{"deferred-just-now", NULL,
	 .snap = {.age = 900, .state = WIRE_SYN_RECV, .kind = WIRE_REQUEST, DEFERRED},
	 .has_listener = true},
	{"deferred-and-asked-again", "syn-received-deferred",
	 .snap = {.age = 30000,
		  .state = WIRE_SYN_RECV,
		  .kind = WIRE_REQUEST,
		  DEFERRED,
		  .retransmits = 1}},
	{"deferred-behind-queue", "syn-received-queue-full",
	 .snap = {.age = 3000, .state = WIRE_SYN_RECV, .kind = WIRE_REQUEST, DEFERRED},
	 .has_listener = true, .waiting = 6, .backlog = 5},
	/* It is in the queue itself. */
	{"fast-open-in-queue", "syn-received-unanswered",
	 .snap = {.age = 3000, .state = WIRE_SYN_RECV, CHILD, .retransmits = 1},
	 .has_listener = true, .waiting = 6, .backlog = 5},
	{"queue-full", "accept-queue-full",
	 .snap = {.state = WIRE_LISTEN, .unread = 129, .room = 128}},
	{"queue-just-not-full", NULL, .snap = {.state = WIRE_LISTEN, .unread = 128, .room = 128}},
	{"flood", "syn-queue-full",
	 .snap = {.state = WIRE_LISTEN, .room = 128, .half_open = 128, .overdue = 64}},
	{"flood-with-room", NULL,
	 .snap = {.state = WIRE_LISTEN, .room = 128, .half_open = 127, .overdue = 127}},
	/* Clients that answer in time. */
	{"burst", NULL,
	 .snap = {.state = WIRE_LISTEN, .room = 128, .half_open = 128, .overdue = 63}},
	{"no-backlog-nothing-open", NULL, .snap = {.state = WIRE_LISTEN, .room = 0}},
	{"flood-behind-full-queue", "accept-queue-full",
	 .snap = {.state = WIRE_LISTEN,
		  .unread = 129,
		  .room = 128,
		  .half_open = 128,
		  .overdue = 128}},

	{"reader-asleep", "established-unread",
	 .snap = {.age = 1000, .state = WIRE_ESTABLISHED, .unread = 4000}},
	{"reader-at-work", NULL, .snap = {.age = 999, .state = WIRE_ESTABLISHED, .unread = 4000}},
	{"keepalive-unanswered", "peer-silent",
	 .snap = {.age = 90000, .state = WIRE_ESTABLISHED, .probes = 2}},
	{"idle", NULL, .snap = {.age = 900000, .state = WIRE_ESTABLISHED}},
	{"time-wait", NULL,
	 .snap = {.age = 50000, .state = WIRE_TIME_WAIT, .kind = WIRE_MINI, .left = 10000}},
};

static void test_cases(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		union decode_record rec = census_snapshot(&cases[i].snap);
		const struct wire_snapshot listener = {.unread = cases[i].waiting,
						       .room = cases[i].backlog};
		const struct wire_limits limits = {.fin_timeout = cases[i].fin_timeout};
		struct age age = age_of(&rec.snapshot, 4 * NS_PER_MS);
		const struct rules_case c = {.s = &rec.snapshot,
					     .listener = cases[i].has_listener ? &listener : NULL,
					     .halted = cases[i].halted,
					     .unheld = cases[i].unheld,
					     .limits = &limits,
					     .idle_ns = age.ns};
		const struct rules_rule *rule = rules_judge(&c, &age, 0);
		char name[64], text[RULES_TEXT_MAX];

		snprintf(name, sizeof(name), "rules-%s", cases[i].name);
		test_begin(name);
		CHECK_STR(rule ? rule->id : "none", cases[i].rule ? cases[i].rule : "none");
		test_end("%s: %s", rule ? rule->id : "no finding",
			 rules_evidence(&rec.snapshot, text));
	}
}

/* Every rule that speaks of one socket is one that a case above fires. */
static void test_all(void)
{
	const struct rules_rule *rule;
	unsigned n = 0;

	test_begin("rules-all");
	for (; (rule = rules_rule(n)); n++) {
		bool fired = false;

		for (size_t i = 0; i < COUNT(cases); i++)
			fired |= cases[i].rule && !strcmp(cases[i].rule, rule->id);
		test_context("%s", rule->id);
		CHECK(fired != (rule->fills != RULES_NO_ROOM));
		CHECK(rule->says[0] && rule->next[0]);
	}
	test_end("%u rules, each fires", n);
}

/* Answers to keepalive move on what the socket proves; who has watched knows more. */
static void test_watched(void)
{
	const struct snap alive[] = {{.age = 200}, {.age = 200, .state = WIRE_FIN_WAIT2}};
	const char *const rules[] = {"close-wait-held", "fin-wait-2-held"};

	test_begin("rules-watched");
	for (size_t i = 0; i < COUNT(alive); i++) {
		union decode_record rec = census_snapshot(&alive[i]);
		struct age age = age_of(&rec.snapshot, 4 * NS_PER_MS);
		struct rules_case c = {.s = &rec.snapshot, .idle_ns = age.ns};
		const struct rules_rule *rule;

		CHECK(!rules_judge(&c, &age, 0));
		c.idle_ns = 10 * NS_PER_S;
		rule = rules_judge(&c, &age, 0);
		CHECK_STR(rule ? rule->id : "none", rules[i]);
	}
	test_end("seen to be held for 10 s, the last ACK came 0.2 s ago");
}

/* --patience: what was held is a leak. */
static void test_patience(void)
{
	const struct snap snaps[] = {{.age = 1900}, {.age = 2100}, {.age = 301000}};
	const char *const rules[] = {"close-wait-held", "close-wait-leak", "close-wait-leak"};

	test_begin("rules-patience");
	for (size_t i = 0; i < COUNT(snaps); i++) {
		union decode_record rec = census_snapshot(&snaps[i]);
		struct age age = age_of(&rec.snapshot, 4 * NS_PER_MS);
		const struct rules_case c = {.s = &rec.snapshot, .idle_ns = age.ns};

		CHECK_STR(rules_judge(&c, &age, 2 * NS_PER_S)->id, rules[i]);
	}
	test_end("2 s: what is 2.1 s old is a leak, 1.9 s is not");
}

static void put(struct census *census, union decode_record rec)
{
	if (census_add(census, &rec))
		abort();
}

/* `n` TIME-WAITs to one destination, of 20 ports and 40 places. */
static const char *filled_by(int n, uint16_t first_port, char text[256])
{
	struct census census = {0};
	struct fillings fillings;

	text[0] = '\0';
	put(&census, census_limits(CENSUS_NETNS, 30000, 30019, 40));
	for (int i = 0; i < n; i++)
		put(&census, census_snapshot(&(struct snap){.cookie = i + 1,
							    .lport = first_port + i,
							    .kind = WIRE_MINI,
							    .state = WIRE_TIME_WAIT,
							    .left = 10000}));
	if (fillings_make(&fillings, &census, NULL))
		abort();
	for (size_t i = 0; i < fillings.n; i++)
		snprintf(text + strlen(text), 256 - strlen(text), "%s %zu/%zu;",
			 fillings.all[i].rule->id, fillings.all[i].fill.count,
			 fillings.all[i].fill.room);
	fillings_release(&fillings);
	census_release(&census);
	return text;
}

/* 20 TIME-WAITs of 20 ports whose peer sends timestamps; 10 of the ports may be reserved. */
static const char *reused_by(uint8_t tw_reuse, const char *raddr, uint16_t reserved, char text[256])
{
	struct census census = {0};
	union decode_record limits = census_limits(CENSUS_NETNS, 30000, 30019, 4000);
	struct fillings fillings;

	limits.limits.tw_reuse = tw_reuse;
	limits.limits.ports_reserved = reserved;
	put(&census, limits);
	for (int i = 0; i < 20; i++)
		put(&census,
		    census_snapshot(&(struct snap){.cookie = i + 1,
						   .lport = 30000 + i,
						   .raddr = raddr,
						   .kind = WIRE_MINI,
						   .state = WIRE_TIME_WAIT,
						   .flags = WIRE_S_ORPHAN | WIRE_S_TIMESTAMPS,
						   .left = 10000}));
	if (fillings_make(&fillings, &census, NULL))
		abort();
	snprintf(text, 256, "%zu", fillings.n ? fillings.all[0].fill.room : 0);
	fillings_release(&fillings);
	census_release(&census);
	return text;
}

static void test_reuse(void)
{
	char text[256];

	test_begin("rules-reuse");
	CHECK_STR(reused_by(0, "127.0.0.1", 0, text), "20");
	CHECK_STR(reused_by(1, "10.0.0.2", 0, text), "0");
	CHECK_STR(reused_by(2, "10.0.0.2", 0, text), "20");
	CHECK_STR(reused_by(2, "127.0.0.1", 0, text), "0");
	CHECK_STR(reused_by(2, "::1", 0, text), "0");
	CHECK_STR(reused_by(0, "10.0.0.2", 5, text), "15");
	test_end("tcp_tw_reuse 0, 1 and 2, loopback, reserved ports");
}

/* Sockets that are alike, of `n` ports from `lport` on. */
struct row {
	int n, lport, rport;
	const char *laddr;
	uint16_t flags;
	uint8_t state, kind;
	uint32_t pid;
};

#define OPEN  WIRE_ESTABLISHED, WIRE_FULL
#define ENDED WIRE_TIME_WAIT, WIRE_MINI
#define HEARS WIRE_LISTEN, WIRE_FULL
#define BOUND (WIRE_S_FILE | WIRE_S_BOUND)

static const struct {
	const char *name, *reserved, *told;
	struct row rows[3];
} places[] = {
	{"bound",
	 NULL,
	 "bind-ports 20/20 10.0.0.5:* 8 by 7;",
	 {{12, 30000, 443, "10.0.0.5", BOUND, ENDED, 0},
	  {8, 30012, 80, "10.0.0.5", BOUND, OPEN, 7}}},
	{"bound-half", NULL, "", {{10, 30000, 443, "10.0.0.5", BOUND, OPEN, 0}}},
	{"bound-ipv6",
	 NULL,
	 "bind-ports 11/20 [2001:db8::5]:*;",
	 {{11, 30000, 443, "2001:db8::5", BOUND, OPEN, 0}}},
	{"bound-apart",
	 NULL,
	 "",
	 {{6, 30000, 443, "10.0.0.5", BOUND, OPEN, 0},
	  {6, 30006, 443, "10.0.0.6", BOUND, OPEN, 0}}},
	{"bound-any",
	 NULL,
	 "bind-ports 18/20 *:*;",
	 {{9, 30000, 443, "10.0.0.5", BOUND, OPEN, 0},
	  {9, 30009, 443, "10.0.0.6", BOUND, OPEN, 0}}},
	{"bound-twice",
	 NULL,
	 "",
	 {{10, 30000, 443, "10.0.0.5", BOUND, OPEN, 0},
	  {10, 30000, 80, "10.0.0.5", BOUND, OPEN, 0}}},
	{"bound-and-reserved",
	 "29000-30004,30019-30019",
	 "bind-ports 14/14 10.0.0.5:*;",
	 {{20, 30000, 443, "10.0.0.5", BOUND, OPEN, 0}}},
	{"wildcard",
	 NULL,
	 "bind-ports 15/20 10.0.0.5:*;",
	 {{5, 30000, 0, "0.0.0.0", BOUND, HEARS, 0}, {10, 30005, 443, "10.0.0.5", BOUND, OPEN, 0}}},
	{"listens",
	 NULL,
	 "connect-ports 19/19 10.0.0.5:* > 10.0.0.2:443;",
	 {{1, 30000, 0, "0.0.0.0", BOUND, HEARS, 0},
	  {1, 30000, 50000, "10.0.0.5", BOUND, OPEN, 0},
	  {19, 30001, 443, "10.0.0.5", WIRE_S_FILE, OPEN, 0}}},
	{"listens-there",
	 NULL,
	 "connect-ports 19/19 10.0.0.5:* > 10.0.0.2:443;",
	 {{1, 30000, 50000, "10.0.0.5", BOUND, OPEN, 0},
	  {1, 30000, 0, "10.0.0.5", BOUND, HEARS, 0},
	  {19, 30001, 443, "10.0.0.5", WIRE_S_FILE, OPEN, 0}}},
	{"chosen",
	 NULL,
	 "connect-ports 11/20 10.0.0.5:* > 10.0.0.2:443 11 by 9;",
	 {{11, 30000, 443, "10.0.0.5", WIRE_S_FILE, OPEN, 9}}},
	{"chosen-for-two",
	 NULL,
	 "",
	 {{10, 30000, 443, "10.0.0.5", WIRE_S_FILE, OPEN, 0},
	  {10, 30010, 80, "10.0.0.5", WIRE_S_FILE, OPEN, 0}}},
	{"chosen-of-what-is-left",
	 NULL,
	 "time-wait-ports 8/8 10.0.0.6:* > 10.0.0.2:443;bind-ports 20/20 *:*;"
	 "bind-ports 12/20 10.0.0.5:*;",
	 {{12, 30000, 443, "10.0.0.5", BOUND, OPEN, 0},
	  {8, 30012, 443, "10.0.0.6", WIRE_S_ORPHAN, ENDED, 0}}},
	{"over", NULL, "", {{20, 30000, 443, "10.0.0.5", WIRE_S_FILE, WIRE_CLOSE, WIRE_FULL, 0}}},
	{"requests", NULL, "", {{20, 30000, 443, "10.0.0.5", 0, WIRE_SYN_RECV, WIRE_REQUEST, 0}}},
};

static void put_row(struct census *census, const struct row *row, int cookie)
{
	for (int i = 0; i < row->n; i++) {
		put(census, census_snapshot(&(struct snap){.cookie = cookie + i,
							   .laddr = row->laddr,
							   .lport = row->lport + i,
							   .rport = row->rport ? row->rport : NONE,
							   .flags = row->flags,
							   .kind = row->kind,
							   .state = row->state,
							   .left = 10000}));
		if (row->pid)
			put(census, census_holder(cookie + i, row->pid, "curl", 3));
	}
}

static void tell_fillings(const struct census *census, char text[512])
{
	struct fillings fillings;
	char ends[FILLINGS_ENDS_MAX];

	text[0] = '\0';
	if (fillings_make(&fillings, census, NULL))
		abort();
	for (size_t i = 0; i < fillings.n; i++) {
		const struct filling *f = &fillings.all[i];

		snprintf(text + strlen(text), 512 - strlen(text), "%s %zu/%zu %s", f->rule->id,
			 f->fill.count, f->fill.room, fillings_ends(f, ends));
		for (unsigned k = 0; k < FILLINGS_HOLDERS && f->most[k].who; k++)
			snprintf(text + strlen(text), 512 - strlen(text), " %zu by %u",
				 f->most[k].count, f->most[k].who->pid);
		if (f->held_by_others)
			snprintf(text + strlen(text), 512 - strlen(text), " %zu by others",
				 f->held_by_others);
		snprintf(text + strlen(text), 512 - strlen(text), ";");
	}
	fillings_release(&fillings);
}

/* Of 20 ports, some of them reserved. */
static void test_places(void)
{
	char name[64], text[512];

	for (size_t i = 0; i < COUNT(places); i++) {
		union decode_record limits = census_limits(CENSUS_NETNS, 30000, 30019, 4000);
		struct census census = {0};

		snprintf(name, sizeof(name), "rules-ports-%s", places[i].name);
		test_begin(name);
		limits.limits.ports_reserved = places[i].reserved ? 6 : 0;
		put(&census, limits);
		if (places[i].reserved)
			put(&census,
			    census_named(WIRE_NAME_RESERVED, CENSUS_NETNS, places[i].reserved));
		for (int row = 0; row < 3; row++)
			put_row(&census, &places[i].rows[row], 1 + 100 * row);
		tell_fillings(&census, text);
		CHECK_STR(text, places[i].told);
		census_release(&census);
		test_end("%s", text[0] ? text : "nothing");
	}
}

static void test_evidence(void)
{
	const struct rules_rule *rule;
	struct filling filling = {
		.fill = {.room = 20, .count = 20, .states = {[WIRE_TIME_WAIT] = 20}},
		.none_connects = true};
	char text[RULES_TEXT_MAX];
	unsigned i = 0;

	test_begin("rules-ports-evidence");
	while ((rule = rules_rule(i)) && rule->fills != RULES_SOURCE)
		i++;
	filling.rule = rule;
	CHECK_STR(fillings_evidence(&filling, text),
		  "none left: bind() to port 0 fails with EADDRINUSE, connect() without bind() "
		  "fails with EADDRNOTAVAIL; 20 TIME-WAIT");
	filling.fill.count = 19;
	filling.fill.states[WIRE_TIME_WAIT] = 18;
	filling.fill.states[WIRE_ESTABLISHED] = 1;
	filling.none_connects = false;
	CHECK_STR(fillings_evidence(&filling, text), "1 left; 1 ESTABLISHED, 18 TIME-WAIT");
	CHECK(fillings_state(&filling) == WIRE_TIME_WAIT && fillings_percent(&filling) == 95);
	test_end("what is left, what fails");
}

static void test_way_evidence(void)
{
	static const struct {
		uint8_t way, way_error, soft_error;
		const char *said;
	} ways[] = {
		{WIRE_WAY_NO_ROUTE, ENETUNREACH, ENETUNREACH, "no route (ENETUNREACH)"},
		{WIRE_WAY_NO_ROUTE, EHOSTUNREACH, 0, "route unreachable (EHOSTUNREACH)"},
		{WIRE_WAY_NO_ROUTE, EACCES, 0, "route prohibited (EACCES)"},
		{WIRE_WAY_NO_ROUTE, EINVAL, 0, "blackhole route (EINVAL)"},
		{WIRE_WAY_NO_ROUTE, EACCES, ENETUNREACH,
		 "route prohibited (EACCES), network unreachable (ENETUNREACH)"},
		{WIRE_WAY_NO_ADDRESS, 0, EINVAL,
		 "10.0.0.1 is no local address, refused by the route (EINVAL)"},
		{WIRE_WAY_NO_NEIGHBOUR, 0, EHOSTUNREACH,
		 "next hop does not answer, host unreachable (EHOSTUNREACH)"},
		{WIRE_WAY_THERE, 0, EPROTO, "parameter problem (EPROTO)"},
		{WIRE_WAY_UNKNOWN, 0, 254, "error (254)"},
		{WIRE_WAY_THERE, 0, 0, ""},
	};
	char text[RULES_TEXT_MAX];

	test_begin("rules-way-evidence");
	for (size_t i = 0; i < COUNT(ways); i++) {
		union decode_record rec =
			census_snapshot(&(struct snap){.state = WIRE_ESTABLISHED,
						       .way = ways[i].way,
						       .way_error = ways[i].way_error,
						       .soft_error = ways[i].soft_error});

		CHECK_STR(rules_evidence(&rec.snapshot, text), ways[i].said);
	}
	test_end("%zu ways, in words", COUNT(ways));
}

static void test_fillings(void)
{
	char text[256];

	test_begin("rules-fillings");
	CHECK_STR(filled_by(10, 30000, text), "");
	CHECK_STR(filled_by(11, 30000, text), "time-wait-ports 11/20;");
	CHECK_STR(filled_by(20, 40000, text), "");
	CHECK_STR(filled_by(21, 40000, text), "time-wait-table 21/40;");
	test_end("more than half of the ports, or of the table");
}

/* What is told of a machine with these numbers, in words. */
static const char *told_of_host(const struct wire_host *told, char text[RULES_TEXT_MAX])
{
	struct census census = {.host = *told};
	struct fillings fillings;
	char evidence[RULES_TEXT_MAX];

	text[0] = '\0';
	put(&census, census_snapshot(&(struct snap){
			     .cookie = 1, .state = WIRE_FIN_WAIT1, .flags = WIRE_S_ORPHAN}));
	put(&census, census_snapshot(&(struct snap){.cookie = 2}));
	if (fillings_make(&fillings, &census, NULL))
		abort();
	for (size_t i = 0; i < fillings.n; i++)
		snprintf(text + strlen(text), RULES_TEXT_MAX - strlen(text), "%s %zu/%zu %s;",
			 fillings.all[i].rule->id, fillings.all[i].fill.count,
			 fillings.all[i].fill.room, fillings_evidence(&fillings.all[i], evidence));
	fillings_release(&fillings);
	census_release(&census);
	return text;
}

static void test_host(void)
{
	static const struct {
		const char *name;
		struct wire_host host;
		const char *told;
	} hosts[] = {
		{"orphans-half", {.orphans = 50, .max_orphans = 100}, ""},
		{"orphans-over-half",
		 {.orphans = 51, .max_orphans = 100},
		 "orphan-limit 51/100 49 left; 1 FIN-WAIT-1;"},
		{"orphans-over",
		 {.orphans = 101, .max_orphans = 100},
		 "orphan-limit 101/100 none left: close() resets; 1 FIN-WAIT-1;"},
		{"memory-below", {.memory = 200, .memory_pressure = 200, .memory_max = 300}, ""},
		{"memory-pressure",
		 {.memory = 201, .memory_pressure = 200, .memory_max = 300},
		 "tcp-memory 201/300 in pages; the kernel saves memory from 200 on, 99 left;"},
		{"memory-over",
		 {.memory = 300, .memory_pressure = 200, .memory_max = 300},
		 "tcp-memory 300/300 in pages; the kernel saves memory from 200 on, none left;"},
		{"limits-unseen", {.orphans = 1000, .memory = 1000}, ""},
	};
	char name[64], text[RULES_TEXT_MAX];

	for (size_t i = 0; i < COUNT(hosts); i++) {
		snprintf(name, sizeof(name), "rules-host-%s", hosts[i].name);
		test_begin(name);
		CHECK_STR(told_of_host(&hosts[i].host, text), hosts[i].told);
		test_end("%s", text[0] ? text : "nothing is said");
	}
}

int main(void)
{
	test_host();
	test_cases();
	test_all();
	test_watched();
	test_patience();
	test_fillings();
	test_reuse();
	test_places();
	test_evidence();
	test_way_evidence();
	return test_status();
}
