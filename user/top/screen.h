/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * screen.h - the terminal: cells onto it, keys from it, and all of it as it was when we leave, be
 * that in order, by a signal that kills, or by a crash. There is one terminal, so all of this is
 * about that one. The only module that knows the terminal library.
 */
#ifndef TCPDWELL_SCREEN_H
#define TCPDWELL_SCREEN_H

#include "top/cells.h"

/* Keys are letters, in Unicode, and these. */
enum screen_key {
	KEY_OF_NONE = 0, /* nothing was typed */
	KEY_OF_ENTER = '\n',
	KEY_OF_ESCAPE = 27,
	KEY_OF_BACKSPACE = 127,
	KEY_OF_UP = 0x110000,
	KEY_OF_DOWN,
	KEY_OF_LEFT,
	KEY_OF_RIGHT,
	KEY_OF_PAGE_UP,
	KEY_OF_PAGE_DOWN,
	KEY_OF_HOME,
	KEY_OF_END,
	KEY_OF_DELETE,
	KEY_OF_RESIZED, /* the terminal has another size: draw anew */
};

/*
 * Can there be a screen: are standard input and output a terminal, and is it one that is known? 0,
 * or -errno after the error was told. What it reads files for, screen_open() need not read again.
 */
int screen_check(void);

/* After stop_on_signals(): the second signal puts the terminal in order before it kills. 0, or
 * -errno after the error was told. */
int screen_open(void);

/* The terminal as it was. Does nothing if it is. */
void screen_close(void);

void screen_size(unsigned *ret_rows, unsigned *ret_cols);

/* `col` of `row` gets the cursor; row < 0: there is none. */
void screen_put(const struct cells *cells, int row, int col);

/* Does not wait. */
int screen_key(void);

#endif
