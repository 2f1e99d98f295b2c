/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * expr.h - filter expressions in the words of ss(8), compiled for match.h.
 *
 *	[ {state|exclude} STATE ]... [ EXPRESSION ]
 *
 * State words come first, as with ss: they choose states of interest and are no condition that
 * could be negated. The expression is of conditions on either end (src, dst, sport, dport) with
 * `and`, `or`, `not` and parentheses. What binds is what ss does (iproute2 6.1 tried, and
 * misc/ssfilter.y), not what its manual page says: `and`, `or` and nothing between two conditions
 * are equals and read from left to right, `not` takes the one condition or parenthesis behind it.
 *
 * More is understood than ss does, in no other sense: parentheses and operators need no space
 * around them, `dst != HOST`, `[ADDR]/LEN`. What ss can ask and tcpdwell does not know is refused:
 * autobound, dev, fwmark, cgroup, names of hosts.
 */
#ifndef TCPDWELL_EXPR_H
#define TCPDWELL_EXPR_H

#include <stdbool.h>
#include <stdint.h>

#include "match.h"
#include "base/parse.h"

#define EXPR_TEXT_MAX 1024 /* bytes of an expression, with its end */

struct expr {
	struct match_program program; /* n 0: there were state words only */
	uint8_t family;               /* 4 or 6 where inet: or inet6: was said, else 0 */
	uint16_t states;              /* bit 1 << WIRE_*; never empty */
	bool has_states;
	const char *condition; /* where in the text the expression begins, behind the state words */
};

/* Is this, or its first word, what an expression can begin with? */
bool expr_begins(const char *text);

/* False, with `why` (PARSE_WHY bytes) naming the word that is wrong, and then `ret_expr` is
 * untouched. */
bool expr_parse(const char *text, struct expr *ret_expr, char *why);

#endif
