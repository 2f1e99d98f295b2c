/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * growing.h - stdio into memory that grows, for text that has to be whole: open_memstream() goes on
 * when memory runs out, with a hole in the text, and tells nobody.
 */
#ifndef TCPDWELL_GROWING_H
#define TCPDWELL_GROWING_H

#include <stdio.h>

struct growing {
	char *text; /* ends in NUL once it is closed; free() it */
	size_t len, room;
};

/* Into `growing`, which must outlive it. NULL if out of memory. */
FILE *growing_open(struct growing *growing);

/* 0; or -ENOMEM if not all of it is there, and then nothing is. `out` may be NULL. */
int growing_close(struct growing *growing, FILE *out);

#endif
