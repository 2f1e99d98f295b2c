/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fuzz_name.c - a name that others chose, made printable, cut to every width, and read back. */
#include "fuzz.h"

#include <jansson.h>

#include "base/name.h"
#include "kernel/cgroup_name.h"

static unsigned digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* As name.h says how the bytes come back. */
static void check_reversible(const char *text, const char *name)
{
	for (; *text; name++) {
		bool escaped = text[0] == '\\' && text[1] == 'x';
		unsigned byte = escaped ? digit(text[2]) << 4 | digit(text[3]) : (uint8_t)*text;

		FUZZ_CHECK((uint8_t)*name == byte);
		text += escaped ? 4 : 1;
	}
	FUZZ_CHECK(!*name);
}

static void check_cuts(const char *name, const char *whole)
{
	char cut[64];

	for (size_t room = 1; room <= sizeof(cut); room += room / 4 + 1) {
		name_text(cut, room, name);
		FUZZ_CHECK(strlen(cut) < room && fuzz_is_clean(cut, ""));
		FUZZ_CHECK(!strncmp(cut, whole, strlen(cut)));
		memcpy(cut, whole, name_fit(whole, room));
		cut[name_fit(whole, room)] = '\0';
		FUZZ_CHECK(strlen(cut) < room && fuzz_is_clean(cut, ""));
	}
	for (size_t columns = 0; columns < 20; columns += 3) {
		size_t n = name_cut(whole, columns);

		FUZZ_CHECK(n <= strlen(whole));
		FUZZ_CHECK(name_columns(whole + n) ==
			   (name_columns(whole) > columns ? name_columns(whole) - columns : 0));
	}
}

static void check_json(const char *text)
{
	json_t *json = json_string(text);

	FUZZ_CHECK(json);
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *name = fuzz_text(bytes, len), *whole = malloc(NAME_ROOM(len));
	char path[CGROUP_NAME_MAX];

	if (!whole)
		abort();
	*name_append(whole, name) = '\0';
	FUZZ_CHECK(fuzz_is_clean(whole, ""));
	check_reversible(whole, name);
	check_cuts(name, whole);
	check_json(whole);
	FUZZ_CHECK(cgroup_name(name, path) == path && strlen(path) < CGROUP_NAME_MAX);
	free(whole);
	free(name);
	return 0;
}
