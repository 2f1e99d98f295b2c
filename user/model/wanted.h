/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * wanted.h - is this connection one that the options ask for? By its identity, and by what only
 * user space asks: its owner, its user, its cgroup.
 */
#ifndef TCPDWELL_WANTED_H
#define TCPDWELL_WANTED_H

#include "model/conn.h"
#include "cli/options.h"

/* MATCH_NO, MATCH_YES, or MATCH_UNDECIDED while too little is known of it. */
int wanted(const struct options *options, const struct conn *conn);

#endif
