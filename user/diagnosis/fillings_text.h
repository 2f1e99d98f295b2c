/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fillings_text.h - what many sockets use up, in words: where, and what proves it. */
#ifndef TCPDWELL_FILLINGS_TEXT_H
#define TCPDWELL_FILLINGS_TEXT_H

#include "base/address.h"
#include "diagnosis/fillings.h"

/* "10.0.0.1:* > 10.0.0.2:443", "10.0.0.1:* > 10.0.0.2:443 dev eth1", "10.0.0.1:*", "*:*"; "" of a
 * namespace. */
#define FILLINGS_ENDS_MAX (2 * ADDRESS_END_MAX + 8 + CENSUS_DEVICE_MAX)
const char *fillings_ends(const struct filling *filling, char text[FILLINGS_ENDS_MAX]);

/* "5 left, gone in about 40s at this rate; 12 ESTABLISHED, 3 TIME-WAIT; 12 held by nginx[4711], 2
 * by curl[4712]"; what fails if none is left. */
const char *fillings_evidence(const struct filling *filling, char text[RULES_TEXT_MAX]);

#endif
