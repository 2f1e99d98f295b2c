/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conditions.h - what may hold of a look at the host: that a rule found something, or that more
 * sockets than a number are in a state.
 */
#ifndef TCPDWELL_CONDITIONS_H
#define TCPDWELL_CONDITIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "diagnosis/overview.h"

#define CONDITIONS_MAX     32
#define CONDITION_WORD_MAX 32
#define CONDITION_TEXT_MAX 64

struct condition {
	char word[CONDITION_WORD_MAX]; /* the rule, or the state as it was typed */
	const struct rules_rule *rule; /* NULL: it is about states */
	uint32_t states;               /* 1 << WIRE_*, and 1 << TCPSTATE_ACCEPT_WAIT: connections
					* that wait for accept() */
	uint64_t least;                /* so many sockets, or more; of a rule 1 */
};

/* "close-wait-leak", "close-wait > 1000", "close-wait >= 1000". */
const char *condition_text(const struct condition *condition, char text[CONDITION_TEXT_MAX]);

/* The rule of that name; NULL: none. */
const struct rules_rule *condition_rule(const char *id);

/* How many there are of it now, of what is selected: sockets; of a rule about what many fill, the
 * rooms that are meant. After overview_judge(). */
uint64_t condition_count(const struct condition *condition, const struct overview *overview);

/* Whose the oldest of those is that its rule found, as verdict_owner() writes it; "" if it found
 * none. */
const char *condition_owner(const struct condition *condition, const struct overview *overview,
			    char text[VERDICT_OWNER_MAX]);

#endif
