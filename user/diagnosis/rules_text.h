/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* rules_text.h - what of a socket proves what a rule says of it, in words. */
#ifndef TCPDWELL_RULES_TEXT_H
#define TCPDWELL_RULES_TEXT_H

#include "diagnosis/rules.h"

/* "5 retransmits, next try in 3.20s"; "" if there is nothing to say. */
const char *rules_evidence(const struct wire_snapshot *s, char text[RULES_TEXT_MAX]);

#endif
