/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* proc_text.c - see proc_text.h. */
#include "kernel/proc_text.h"

#include <stdio.h>
#include <string.h>

/* The name may have anything in it, so what counts is the last parenthesis. */
pid_t proc_text_parent(const char *stat)
{
	const char *name_end = strrchr(stat, ')');
	int parent;

	return name_end && sscanf(name_end, ") %*c %d", &parent) == 1 ? parent : 0;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* mountinfo writes what separates its fields as \ooo. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (text[0] == '\\' && is_octal(text[1]) && is_octal(text[2]) &&
		    is_octal(text[3])) {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
				       (text[3] - '0'));
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

bool proc_text_netns_mount(const char *line, char ret_point[PATH_MAX])
{
	_Static_assert(PATH_MAX == 4096, "as many as are read below");

	if (!strstr(line, " net:[") || sscanf(line, "%*s %*s %*s net:[%*u] %4095s", ret_point) != 1)
		return false;
	unescape(ret_point);
	return true;
}
