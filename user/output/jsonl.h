/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * jsonl.h - JSON, one object a line, written value by value:
 *
 *     jsonl_begin(&json, out);
 *     jsonl_key(&json, &(struct word)WORD("\"pid\":"));
 *     jsonl_number(&json, 42);
 *     jsonl_end(&json);
 *
 * Commas come by themselves, lists and objects nest: jsonl_open(&json, '[') ... jsonl_close(&json,
 * ']').
 *
 * Written by hand against the rule to take a library, because of a measurement: building and
 * dumping such an object with jansson 2.14 takes 8 to 10 us, writing it 0.3 us. At 250,000
 * transitions a second that is two cores or a thirteenth of one, and the reader that falls behind
 * loses events. The tests read every line back. Documents that are made once (the page of `report`,
 * the schema, the head of a recording) are jansson's.
 */
#ifndef TCPDWELL_JSONL_H
#define TCPDWELL_JSONL_H

#include <stdbool.h>

#include "base/append.h"
#include "base/line_buffer.h"

struct jsonl {
	struct line_buffer line;
	char *to; /* at least APPEND_ROOM bytes behind it are free, for what closes */
};

void jsonl_begin(struct jsonl *json, FILE *out);
void jsonl_end(struct jsonl *json);

/* What a piece takes at most, of what has a limit. */
#define JSONL_ROOM (3 * APPEND_ROOM)

static inline char *jsonl_room(struct jsonl *json)
{
	return line_buffer_room(&json->line, json->to, JSONL_ROOM);
}

/* `key` is the name as it is written, with its quotes and the colon. */
static inline void jsonl_key(struct jsonl *json, const struct word *key)
{
	json->to = append_word(jsonl_room(json), key);
}

/* The same of a name that is only known now; it is ours. */
void jsonl_key_text(struct jsonl *json, const char *key);

void jsonl_open(struct jsonl *json, char bracket);
void jsonl_close(struct jsonl *json, char bracket);

void jsonl_null(struct jsonl *json);
void jsonl_bool(struct jsonl *json, bool value);

/*
 * How many, or how long. Above 2^53 readers disagree about integers (RFC 8259, section 6): what is
 * more is rounded down to what a double holds, so that all of them read what is written. In ns that
 * is 1 ns of 104 days.
 */
static inline void jsonl_number(struct jsonl *json, uint64_t value)
{
	unsigned lost = value >> 53 ? 11 - (unsigned)__builtin_clzll(value) : 0;

	json->to = append_char(append_number(jsonl_room(json), value >> lost << lost), ',');
}

/* A number that is a name or a moment, of any size: a string of its digits. */
void jsonl_id(struct jsonl *json, uint64_t value);

/* Ours, without anything to escape. */
static inline void jsonl_word(struct jsonl *json, const struct word *word)
{
	char *to = append_word(append_char(jsonl_room(json), '"'), word);

	json->to = append_char(append_char(to, '"'), ',');
}

/* Printable text, of any length. */
void jsonl_text(struct jsonl *json, const char *text);

/* What others chose, by the rule of name.h: of its first JSONL_NAME_MAX bytes. */
#define JSONL_NAME_MAX 256
void jsonl_name(struct jsonl *json, const char *name);

/* ns since 1970, and 16 bytes as in wire_id. */
void jsonl_time(struct jsonl *json, uint64_t wall_ns);
void jsonl_address(struct jsonl *json, const uint8_t addr[16]);

#endif
