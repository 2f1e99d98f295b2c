/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * report.h - the command `report`: one page, from a run or from a recording. The page is whole by
 * itself: its style, its script (user/report/, put into a string when tcpdwell is built) and its
 * data are in it, and it asks for nothing else.
 */
#ifndef TCPDWELL_REPORT_H
#define TCPDWELL_REPORT_H

#include "cli/options.h"

/* The exit status. */
int report_run(const struct options *options);

#endif
