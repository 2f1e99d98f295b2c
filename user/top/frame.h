/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * top/frame.h - one picture of `top`, a pure function of what is known, what was chosen and the
 * size of the screen. No terminal, no clock: the same arguments, the same cells.
 *
 *     header      host, kernel, time, pause, losses; how TIME-WAIT is seen; the filter
 *     states      how many are in each, moves into it, percentiles of dwells, the oldest
 *     queues      the accept queue at which most wait
 *     list        what is stuck, what is alike as one line
 *     why, next   of the selected line
 *     keys, or the filter line, or a message
 *
 * Where there is little room the header loses lines first, then the states become two lines of
 * words, then nothing but the list is left. Columns that do not fit are left out whole.
 */
#ifndef TCPDWELL_TOP_FRAME_H
#define TCPDWELL_TOP_FRAME_H

#include "top/cells.h"
#include "top/data.h"
#include "top/ui.h"

struct top_cursor {
	int row, col; /* row < 0: none */
};

/* `cells` is cleared to its size before. `host` is its name. */
void top_frame(const struct top_data *data, const struct top_ui *ui, const char *host,
	       struct cells *cells, struct top_fit *ret_fit, struct top_cursor *ret_cursor);

#endif
