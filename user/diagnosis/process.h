/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * process.h - why a process does not do what a socket waits for: somebody has stopped or frozen it,
 * it hangs in the kernel, it has no descriptor left. Holders are those of the socket, or of the
 * listener of one that nobody has accepted: a list of census.h, NULL if there are none.
 */
#ifndef TCPDWELL_PROCESS_H
#define TCPDWELL_PROCESS_H

#include "diagnosis/rules.h"

/* Does none of its holders run, until somebody lets it? False if there are none. */
bool process_is_halted(const struct census_holder *holders);

/* In words; "" if nothing is known to hinder them. "its process is frozen by its cgroup"; of
 * several, whether all of them are, or who is. `of_listener`: the holders are its listener's. */
const char *process_evidence(const struct rules_rule *rule, const struct census_holder *holders,
			     bool of_listener, char text[RULES_TEXT_MAX]);

/* The command that shows that, as rules_rule.next, and whose pid it wants. NULL: that of the rule.
 */
const char *process_next(const struct rules_rule *rule, const struct census_holder *holders,
			 const struct census_holder **ret_whose);

/* The same of the other end, if the rule waits for whoever holds that, or the listener that it is
 * or waits at: "which is stopped by a signal (T)". While the kernel alone answers, as a
 * listener does that has room, it is "". */
const char *process_peer_evidence(const struct rules_rule *rule, const struct wire_snapshot *peer,
				  const struct census_holder *holders, char text[RULES_TEXT_MAX]);

/* NULL: nothing is known to hinder them; then `ret_whose` is not set. */
const char *process_peer_next(const struct rules_rule *rule, const struct wire_snapshot *peer,
			      const struct census_holder *holders,
			      const struct census_holder **ret_whose);

/* What WIRE_DOES_* is called; NULL: not known. */
const char *process_doing_name(uint8_t doing);

#endif
