/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* queues.h - the accept queues of a report, as JSON: see data.h. */
#ifndef TCPDWELL_REPORT_QUEUES_H
#define TCPDWELL_REPORT_QUEUES_H

#include <jansson.h>

#include "diagnosis/overview.h"

/* More listeners are counted, not listed. */
#define REPORT_QUEUES_ROWS 50

/* Call overview_look_at_queues() first. */
json_t *report_queues_json(const struct overview *overview);

#endif
