/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * csv.h - CSV after RFC 4180, cell by cell, with quotes only where they are needed:
 *
 *     csv_begin(&csv, out);
 *     csv_number(&csv, 42);
 *     csv_skip(&csv, 2);
 *     csv_end(&csv);
 *
 * A text that a spreadsheet would run as a formula (it begins with = + - @, or their wide forms),
 * or that begins with an apostrophe, gets an apostrophe in front: whoever reads it takes one off.
 */
#ifndef TCPDWELL_CSV_H
#define TCPDWELL_CSV_H

#include <stdbool.h>

#include "base/append.h"
#include "base/line_buffer.h"

struct csv {
	struct line_buffer line;
	char *to;
};

void csv_begin(struct csv *csv, FILE *out);
void csv_end(struct csv *csv);

/* Empty cells: at most APPEND_ROOM. */
void csv_skip(struct csv *csv, unsigned n);

void csv_bool(struct csv *csv, bool value);
void csv_number(struct csv *csv, uint64_t value);

/* Ours, without anything to quote. */
void csv_word(struct csv *csv, const struct word *word);

/* Printable text, of any length. */
void csv_text(struct csv *csv, const char *text);

/* What others chose, by the rule of name.h: of its first CSV_NAME_MAX bytes. */
#define CSV_NAME_MAX 256
void csv_name(struct csv *csv, const char *name);

/* ns since 1970, and 16 bytes as in wire_id. */
void csv_time(struct csv *csv, uint64_t wall_ns);
void csv_address(struct csv *csv, const uint8_t addr[16]);

/* A cell of "number:number" separated by blanks, pair by pair; csv_pairs_end() ends it. UINT64_MAX
 * is "inf". */
void csv_pair(struct csv *csv, uint64_t left, uint64_t right);
void csv_pairs_end(struct csv *csv);

#endif
