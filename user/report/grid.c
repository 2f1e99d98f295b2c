/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* report/grid.c - see report/grid.h. */
#include "report/grid.h"

#include <string.h>

#include "base/clock.h"

/* With all columns in use that is 1.6 s, shorter than most runs: it only saves the first doublings.
 */
#define STEP_NS (10 * NS_PER_MS)

void report_grid_init(struct report_grid *grid, uint64_t begin)
{
	memset(grid, 0, sizeof(*grid));
	grid->begin = begin;
	grid->step = STEP_NS;
}

uint64_t report_grid_bound(unsigned row)
{
	static const uint64_t steps[] = {1000, 2000, 5000};
	uint64_t bound = steps[row % 3];

	if (row >= REPORT_GRID_ROWS - 1)
		return UINT64_MAX;
	for (unsigned decade = row / 3; decade; decade--)
		bound *= 10;
	return bound;
}

static unsigned row_of(uint64_t ns)
{
	unsigned row = 0;

	while (ns > report_grid_bound(row))
		row++;
	return row;
}

/* A cell that is full stays full. */
static void add_to(uint32_t *cell, uint32_t n)
{
	if (__builtin_add_overflow(*cell, n, cell))
		*cell = UINT32_MAX;
}

static void halve(uint32_t cells[REPORT_GRID_COLUMNS][REPORT_GRID_ROWS])
{
	for (unsigned to = 0; to < REPORT_GRID_COLUMNS; to++)
		for (unsigned row = 0; row < REPORT_GRID_ROWS; row++) {
			unsigned from = 2 * to;
			uint32_t left = from < REPORT_GRID_COLUMNS ? cells[from][row] : 0;

			cells[to][row] = left;
			if (from + 1 < REPORT_GRID_COLUMNS)
				add_to(&cells[to][row], cells[from + 1][row]);
		}
}

static void coarsen(struct report_grid *grid)
{
	for (unsigned state = 0; state < WIRE_STATES; state++)
		halve(grid->cells[state]);
	grid->step *= 2;
	grid->columns = (grid->columns + 1) / 2;
}

void report_grid_add(struct report_grid *grid, uint8_t state, uint64_t ts, uint64_t ns)
{
	uint64_t since = ts > grid->begin ? ts - grid->begin : 0;
	unsigned column;

	while (since / grid->step >= REPORT_GRID_COLUMNS)
		coarsen(grid);
	column = (unsigned)(since / grid->step);
	if (column >= grid->columns)
		grid->columns = column + 1;
	add_to(&grid->cells[state][column][row_of(ns)], 1);
}
