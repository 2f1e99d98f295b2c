/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fillings.h - what no socket shows alone: that the sockets of a census fill what there is room for
 * (rules_rule.fills), by more than half.
 */
#ifndef TCPDWELL_FILLINGS_H
#define TCPDWELL_FILLINGS_H

#include "diagnosis/rules.h"

struct filling {
	const struct rules_rule *rule;
	struct wire_id id;  /* the namespace; of a destination also its address, port and ours */
	size_t count, room; /* sockets, and how many there can be */
};

struct fillings {
	struct filling *all; /* in the order of the rules */
	size_t n;
};

/* Counts the sockets that `match` asks for (NULL: all). 0 or -ENOMEM. */
int fillings_make(struct fillings *fillings, const struct census *census,
		  const struct match_config *match);
void fillings_release(struct fillings *fillings);

#endif
