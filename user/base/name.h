/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * name.h - how text looks that others chose: names of processes, cgroups, namespaces and files,
 * what was typed, and what a recording's header says. Such bytes may steer a terminal, turn the
 * order of a line around or end a field early, so every output prints them through here.
 *
 * The rule: printable UTF-8 stays as it is, each byte of all else is written as \xNN (two digits,
 * lower case), and so is a backslash before an x. Different names thus stay different, and a reader
 * gets the bytes back by replacing each \xNN with its byte.
 *
 * Not printable are control characters (C0, DEL, C1), bytes that are no UTF-8, and characters that
 * cannot be seen or move what stands beside them: Unicode's format characters (bidirectional
 * controls among them), what is ignored by default (zero width, variation selectors), blanks and
 * separators other than the space, private use, noncharacters. No locale has a say.
 *
 * What comes out is text and not a name any more: writing it twice would turn its \x into \x5cx.
 */
#ifndef TCPDWELL_NAME_H
#define TCPDWELL_NAME_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that the text of a name of `n` bytes takes at most, NUL included. */
#define NAME_ROOM(n) (4 * (n) + 1)

/* The bytes of the UTF-8 character that begins `bytes`, which ends in NUL; 0 if none does. */
unsigned name_decode(const char *bytes, uint32_t *ret_character);

/* As append.h does it: at most 4 * strlen(name) bytes. */
char *name_append(char *to, const char *name);

/* The same, with its end, in `room` > 0 bytes: what does not fit is cut between characters. */
const char *name_text(char *text, size_t room, const char *name);

/* Bytes of a text that fit into `room` > 0 bytes with its end, cut between characters. */
size_t name_fit(const char *text, size_t room);

/* Columns that a text takes where each character takes one. */
size_t name_columns(const char *text);

/* Bytes of the first `columns` of them. */
size_t name_cut(const char *text, size_t columns);

#endif
