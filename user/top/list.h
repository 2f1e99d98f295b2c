/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * top/list.h - the lines of the list of `top`, in columns: which ones depends on the width of the
 * screen, and on --by. What is not the same for all of a line is a '*'.
 */
#ifndef TCPDWELL_TOP_LIST_H
#define TCPDWELL_TOP_LIST_H

#include "top/cells.h"
#include "base/clock.h"
#include "top/data.h"

struct top_list {
	const struct group_by *by;
	struct cells *cells;
	const struct verdict *verdict; /* that its rows are of */
};

void top_list_heading(const struct top_list *list, unsigned row);
void top_list_row(const struct top_list *list, unsigned at, const struct top_row *row,
		  bool is_selected);

/* In at most `width` columns, 3 or more: 12345, 1234k. Rounded down. */
void top_list_number(uint64_t number, unsigned width, char text[CLOCK_TEXT_MAX]);

#endif
