/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* report/grid.c - dwells over time: where they go, and that none is forgotten however long a run
 * is. */
#include "report/grid.h"

#include "base/clock.h"
#include "model/hist.h"
#include "test.h"

static struct report_grid grid;

static uint64_t total(uint8_t state)
{
	uint64_t sum = 0;

	for (unsigned column = 0; column < REPORT_GRID_COLUMNS; column++)
		for (unsigned row = 0; row < REPORT_GRID_ROWS; row++)
			sum += grid.cells[state][column][row];
	return sum;
}

/* Each row's bound is one of a histogram: what is in a row is a whole number of buckets. */
static void test_bounds(void)
{
	test_begin("report-grid-bounds");
	CHECK_EQ(report_grid_bound(0), 1000);
	CHECK_EQ(report_grid_bound(1), 2000);
	CHECK_EQ(report_grid_bound(2), 5000);
	CHECK_EQ(report_grid_bound(3), 10000);
	CHECK_EQ(report_grid_bound(REPORT_GRID_ROWS - 2), 10000000ULL * NS_PER_S);
	CHECK_EQ(report_grid_bound(REPORT_GRID_ROWS - 1), UINT64_MAX);
	for (unsigned row = 0; row < REPORT_GRID_ROWS; row++)
		CHECK_EQ(hist_bound(hist_bucket(report_grid_bound(row))), report_grid_bound(row));
	test_end("%u rows, from 1 us to 10^7 s", REPORT_GRID_ROWS);
}

static void test_place(void)
{
	test_begin("report-grid-place");
	report_grid_init(&grid, NS_PER_S);
	report_grid_add(&grid, WIRE_TIME_WAIT, NS_PER_S + grid.step - 1, 1000);
	report_grid_add(&grid, WIRE_TIME_WAIT, NS_PER_S + grid.step, 1001);
	report_grid_add(&grid, WIRE_CLOSE_WAIT, 5, 0); /* before the beginning, and short */
	report_grid_add(&grid, WIRE_CLOSE_WAIT, NS_PER_S, UINT64_MAX);
	CHECK_EQ(grid.cells[WIRE_TIME_WAIT][0][0], 1);
	CHECK_EQ(grid.cells[WIRE_TIME_WAIT][1][1], 1);
	CHECK_EQ(grid.cells[WIRE_CLOSE_WAIT][0][0], 1);
	CHECK_EQ(grid.cells[WIRE_CLOSE_WAIT][0][REPORT_GRID_ROWS - 1], 1);
	CHECK_EQ(grid.columns, 2);
	test_end("both bounds of a column and a row");
}

/* A thousand a decade of time, from 1 ms to 10^7 s. */
static void test_coarser(void)
{
	uint64_t added = 0, step;

	test_begin("report-grid-coarser");
	report_grid_init(&grid, 0);
	step = grid.step;
	for (uint64_t decade = NS_PER_MS; decade <= 1000000 * NS_PER_S; decade *= 10)
		for (unsigned i = 0; i < 1000; i++, added++)
			report_grid_add(&grid, WIRE_ESTABLISHED, decade + decade * 9 / 1000 * i,
					i * 1000);
	CHECK_EQ(total(WIRE_ESTABLISHED), added);
	CHECK(grid.columns <= REPORT_GRID_COLUMNS && grid.columns > REPORT_GRID_COLUMNS / 2);
	CHECK(grid.step > step && !(grid.step % step));
	/* Time that was far away at once. */
	report_grid_add(&grid, WIRE_ESTABLISHED, UINT64_MAX, 1);
	CHECK_EQ(total(WIRE_ESTABLISHED), added + 1);
	test_end("%" PRIu64 " in %u columns of %" PRIu64 " s", added, grid.columns,
		 (uint64_t)(grid.step / NS_PER_S));
}

static void test_full(void)
{
	test_begin("report-grid-full");
	report_grid_init(&grid, 0);
	grid.cells[WIRE_LISTEN][0][0] = UINT32_MAX;
	grid.cells[WIRE_LISTEN][1][0] = 7;
	report_grid_add(&grid, WIRE_LISTEN, 0, 1);
	CHECK_EQ(grid.cells[WIRE_LISTEN][0][0], UINT32_MAX);
	report_grid_add(&grid, WIRE_LISTEN, grid.step * REPORT_GRID_COLUMNS, 1);
	CHECK_EQ(grid.cells[WIRE_LISTEN][0][0], UINT32_MAX);
	test_end("a cell that is full stays full, also when two become one");
}

int main(void)
{
	test_bounds();
	test_place();
	test_coarser();
	test_full();
	return test_status();
}
