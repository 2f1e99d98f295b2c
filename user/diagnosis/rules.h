/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * rules.h - why a socket is stuck: a table of rules, each resting on fields of the kernel's socket
 * and on nothing else. A rule that fires is a finding; no rule firing is an answer too.
 */
#ifndef TCPDWELL_RULES_H
#define TCPDWELL_RULES_H

#include <stdbool.h>
#include <stdio.h>

#include "model/age.h"
#include "model/census.h"
#include "match.h"

/* What a rule may look at. */
struct rules_case {
	const struct wire_snapshot *s;
	const struct wire_snapshot *listener; /* that it came from; NULL: none, or not known */
	bool unheld;                      /* it has a file, and no process has a descriptor of it */
	const struct wire_limits *limits; /* of its namespace; NULL: not known */
};

struct rules_rule { // NOLINT(clang-analyzer-optin.performance.Padding): in the order of its table
	const char *id;
	uint16_t states; /* 1 << WIRE_* */
	bool (*test)(const struct rules_case *c);
	bool needs_age;   /* what it tests is normal for a moment */
	const char *says; /* of one such socket */
	const char *next; /* the next command to type, {pid} {fd} {lport} ... to be filled in;
			   * {in}: what enters its namespace */
};

/* NULL past the last. */
const struct rules_rule *rules_rule(unsigned i);

/* Nothing younger than this is called stuck by a rule that needs an age, whatever the user asks. */
#define RULES_MIN_AGE_NS 1000000000ULL

/* The first rule that fires for this socket, NULL if none does. */
const struct rules_rule *rules_judge(const struct rules_case *c, const struct age *age,
				     uint64_t min_ns);

/* One id a line, for the test that compares the man page with this table. */
void rules_print_list(FILE *out);

#define RULES_TEXT_MAX 256

/* What of the socket proves it: "5 retransmits, the next in 3.2s". */
const char *rules_evidence(const struct wire_snapshot *s, char text[RULES_TEXT_MAX]);

/* `next` of a rule, filled in for this socket. */
const char *rules_next(const struct rules_rule *rule, const struct census *census,
		       const struct census_socket *socket, char text[RULES_TEXT_MAX]);

/*
 * What no socket shows alone: TIME-WAITs that fill what there is room for. Calls `fn` for each
 * destination or namespace that is more than half full; of those that `match` asks for, NULL: all.
 */
struct rules_filling {
	const char *id; /* "time-wait-ports", "time-wait-table" */
	const char *says;
	const char *next;
	struct wire_id id_of; /* of one of them: local address, destination, namespace */
	size_t count, room;   /* TIME-WAITs, and how many there can be */
};

/* Its next command, filled in. */
const char *rules_filling_next(const struct rules_filling *filling, const struct census *census,
			       char text[RULES_TEXT_MAX]);

void rules_fillings(const struct census *census, const struct match_config *match,
		    void (*fn)(void *ctx, const struct rules_filling *), void *ctx);

#endif
