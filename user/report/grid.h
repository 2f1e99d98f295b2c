/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * report/grid.h - dwells over time, by state: how many ended when, and how long they were, in a
 * grid whose size is fixed however long a run is. Time that does not fit any more makes all columns
 * twice as wide: nothing is forgotten, it only gets coarser.
 */
#ifndef TCPDWELL_REPORT_GRID_H
#define TCPDWELL_REPORT_GRID_H

#include <stdint.h>

#include "wire.h"

#define REPORT_GRID_COLUMNS 160
/* 1, 2 and 5 of 13 decades from 1 us on, 10^7 s, and what exceeds that. */
#define REPORT_GRID_ROWS 41

struct report_grid {
	uint64_t begin;   /* ns, CLOCK_MONOTONIC; what is before it counts into the first column */
	uint64_t step;    /* ns, the width of a column */
	unsigned columns; /* that have something in them or before them */
	uint32_t cells[WIRE_STATES][REPORT_GRID_COLUMNS][REPORT_GRID_ROWS];
};

/* Empties it. */
void report_grid_init(struct report_grid *grid, uint64_t begin);

/* A dwell of `ns` in `state` ended at `ts`. */
void report_grid_add(struct report_grid *grid, uint8_t state, uint64_t ts, uint64_t ns);

/* Inclusive upper bound of a row in ns; UINT64_MAX for the last. */
uint64_t report_grid_bound(unsigned row);

#endif
