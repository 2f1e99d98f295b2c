/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * cells.h - a screen in memory: rows of cells, each one character and how it looks. What is put
 * beyond an edge is cut, whatever the size, so who draws need not ask.
 *
 * A cell takes one column. Letters of Latin, Greek and Cyrillic stand as they are; what is no
 * letter of these, is wider or narrower than a column, or is no UTF-8, is a '?'. Names are put by
 * the rule of name.h.
 */
#ifndef TCPDWELL_CELLS_H
#define TCPDWELL_CELLS_H

#include <stdint.h>

/* Colours only stress what is also said in words. */
#define CELLS_BOLD    (1 << 0)
#define CELLS_REVERSE (1 << 1)
#define CELLS_RED     (1 << 2)
#define CELLS_YELLOW  (1 << 3)
#define CELLS_GREEN   (1 << 4)
#define CELLS_DIM     (1 << 5)

struct cell {
	uint32_t letter; /* Unicode */
	uint8_t look;    /* CELLS_* */
};

struct cells {
	unsigned rows, cols;
	struct cell *at; /* rows * cols, row by row */
};

/* Begin with {0}. All blank, of that size. 0 or -ENOMEM: then it has no rows. */
int cells_clear(struct cells *cells, unsigned rows, unsigned cols);
void cells_release(struct cells *cells);

/* Text from `col` on, at most `width` columns; cut text ends in '+'. The columns taken. */
unsigned cells_put(struct cells *cells, unsigned row, unsigned col, unsigned width, uint8_t look,
		   const char *text);

/* The same, ending at the right of `width`. */
unsigned cells_put_right(struct cells *cells, unsigned row, unsigned col, unsigned width,
			 uint8_t look, const char *text);

/* Adds a look to what is there. */
void cells_look(struct cells *cells, unsigned row, unsigned col, unsigned width, uint8_t look);

/* How many columns a text takes. */
unsigned cells_width(const char *text);

/*
 * How many bytes of `text` make a line of at most `width` columns, cut between words where there
 * are any: 0 only for "" or no width. What comes next begins behind the blanks that follow.
 */
unsigned cells_line(const char *text, unsigned width);

/* The letter in UTF-8, with its end. */
const char *cells_utf8(uint32_t letter, char text[5]);

#endif
