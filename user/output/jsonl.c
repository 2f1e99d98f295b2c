/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* jsonl.c - see jsonl.h. A value is followed by its comma; what closes takes the place of the last.
 */
#include "output/jsonl.h"

#include "base/address.h"
#include "base/clock.h"
#include "base/name.h"

void jsonl_begin(struct jsonl *json, FILE *out)
{
	json->to = append_char(line_buffer_begin(&json->line, out), '{');
}

void jsonl_end(struct jsonl *json)
{
	jsonl_close(json, '}');
	json->to[-1] = '\n'; /* instead of the comma */
	line_buffer_send(&json->line, json->to);
}

void jsonl_key_text(struct jsonl *json, const char *key)
{
	jsonl_text(json, key);
	json->to[-1] = ':';
}

void jsonl_open(struct jsonl *json, char bracket)
{
	json->to = append_char(jsonl_room(json), bracket);
}

void jsonl_close(struct jsonl *json, char bracket)
{
	if (json->to[-1] == ',')
		json->to--;
	json->to = append_char(append_char(json->to, bracket), ',');
}

void jsonl_null(struct jsonl *json)
{
	static const struct word null = WORD("null,");

	json->to = append_word(jsonl_room(json), &null);
}

void jsonl_bool(struct jsonl *json, bool value)
{
	static const struct word yes = WORD("true,"), no = WORD("false,");

	json->to = append_word(jsonl_room(json), value ? &yes : &no);
}

/* The quotes of what stands between. */
static char *begin_string(struct jsonl *json)
{
	return append_char(jsonl_room(json), '"');
}

static void end_string(struct jsonl *json, char *to)
{
	json->to = append_char(append_char(to, '"'), ',');
}

void jsonl_id(struct jsonl *json, uint64_t value)
{
	end_string(json, append_number(begin_string(json), value));
}

void jsonl_text(struct jsonl *json, const char *text)
{
	char *to = begin_string(json);

	while (*text) {
		to = line_buffer_room(&json->line, to, JSONL_ROOM);
		for (unsigned n = 0; n < APPEND_ROOM && *text; n++) {
			if (*text == '"' || *text == '\\')
				*to++ = '\\';
			*to++ = *text++;
		}
	}
	end_string(json, to);
}

void jsonl_name(struct jsonl *json, const char *name)
{
	char text[NAME_ROOM(JSONL_NAME_MAX)];

	jsonl_text(json, name_text(text, sizeof(text), name));
}

void jsonl_time(struct jsonl *json, uint64_t wall_ns)
{
	end_string(json, clock_append_iso8601(begin_string(json), wall_ns));
}

void jsonl_address(struct jsonl *json, const uint8_t addr[16])
{
	end_string(json, address_append(begin_string(json), addr));
}
