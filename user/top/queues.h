/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * top/queues.h - the accept queues of `top`: a line about the busiest, and a table of all. What the
 * kernel counts is always there; how long anybody waited, and how many at most, only where accept()
 * is told.
 */
#ifndef TCPDWELL_TOP_QUEUES_H
#define TCPDWELL_TOP_QUEUES_H

#include "top/cells.h"
#include "top/data.h"

/* Of at least one listener. */
void top_queues_line(const struct top_data *data, struct cells *cells, unsigned row);

/* A heading, and the queues from `first` on, in `rows` rows from `row` on. */
void top_queues_table(const struct top_data *data, struct cells *cells, unsigned row, unsigned rows,
		      size_t first);

#endif
