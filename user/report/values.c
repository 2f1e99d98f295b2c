/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* values.c - see values.h. */
#include "report/values.h"

#include <stdlib.h>
#include <string.h>

#include "base/name.h"

static bool is_whole;

static void *allocate(size_t size)
{
	void *memory = malloc(size);

	is_whole &= memory != NULL;
	return memory;
}

void values_begin(void)
{
	is_whole = true;
	json_set_alloc_funcs(allocate, free);
}

bool values_are_whole(void)
{
	return is_whole;
}

char *values_dump(const json_t *json, size_t flags)
{
	char *text = json_dumps(json, flags);

	if (text && is_whole)
		return text;
	free(text);
	return NULL;
}

json_t *values_name(const char *name)
{
	char *text = name && name[0] ? allocate(NAME_ROOM(strlen(name))) : NULL;
	json_t *json;

	if (!name || !name[0])
		return json_null();
	if (!text)
		return NULL;
	*name_append(text, name) = '\0';
	json = json_string(text);
	free(text);
	return json;
}

json_t *values_text(const char *text)
{
	return text && text[0] ? json_string(text) : json_null();
}

json_t *values_number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

json_t *values_number_if(bool is_known, uint64_t value)
{
	return is_known ? values_number(value) : json_null();
}
