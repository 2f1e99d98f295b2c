/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* values.c - see values.h. */
#include "report/values.h"

#include <stdlib.h>
#include <string.h>

json_t *values_text(const char *bytes)
{
	size_t len = strlen(bytes);
	char *text = malloc(2 * len + 1), *to = text;
	json_t *json;

	if (!text)
		return NULL;
	for (const char *from = bytes; *from; from++) {
		unsigned char c = (unsigned char)*from;

		if (c < 0x80) {
			*to++ = (char)c;
		} else {
			*to++ = (char)(0xc0 | c >> 6);
			*to++ = (char)(0x80 | (c & 0x3f));
		}
	}
	*to = '\0';
	json = json_string(text);
	free(text);
	return json;
}

json_t *values_known_text(const char *text)
{
	return text && text[0] ? values_text(text) : json_null();
}

json_t *values_number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

json_t *values_number_if(bool is_known, uint64_t value)
{
	return is_known ? values_number(value) : json_null();
}
