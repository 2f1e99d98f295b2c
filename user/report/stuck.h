/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * report/stuck.h - the part of a report that tells of the latest census: what was stuck then, and
 * the findings. Of either only so many, and how many more there are.
 */
#ifndef TCPDWELL_REPORT_STUCK_H
#define TCPDWELL_REPORT_STUCK_H

#include <jansson.h>

#include "diagnosis/overview.h"

#define REPORT_STUCK_ROWS     100
#define REPORT_STUCK_FINDINGS 40

/* Of a overview that was judged; JSON's null if it had no census. */
json_t *report_stuck_json(const struct overview *overview);

/* Of another namespace than ours its name, or its number. */
json_t *report_netns_json(const struct census *census, uint32_t netns);

#endif
