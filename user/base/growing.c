/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* growing.c - see growing.h. */
#include "base/growing.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 4096

/* Room for what comes and a NUL behind it. */
static bool make_room(struct growing *growing, size_t len)
{
	size_t room = growing->room ? growing->room : ROOM_FIRST;
	char *text;

	while (room - growing->len <= len)
		room *= 2;
	if (room == growing->room)
		return true;
	text = realloc(growing->text, room);
	if (!text)
		return false;
	growing->text = text;
	growing->room = room;
	text[growing->len] = '\0';
	return true;
}

/* 0 is an error, which the stream keeps. */
static ssize_t take(void *cookie, const char *bytes, size_t len)
{
	struct growing *growing = cookie;

	if (!make_room(growing, len)) {
		errno = ENOMEM;
		return 0;
	}
	memcpy(growing->text + growing->len, bytes, len);
	growing->len += len;
	growing->text[growing->len] = '\0';
	return (ssize_t)len;
}

FILE *growing_open(struct growing *growing)
{
	*growing = (struct growing){0};
	return make_room(growing, 0)
		       ? fopencookie(growing, "w", (cookie_io_functions_t){.write = take})
		       : NULL;
}

int growing_close(struct growing *growing, FILE *out)
{
	bool good = out && !ferror(out);

	if (out && fclose(out))
		good = false;
	if (good)
		return 0;
	free(growing->text);
	*growing = (struct growing){0};
	return -ENOMEM;
}
