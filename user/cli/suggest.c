/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* suggest.c - see suggest.h. */
#include "cli/suggest.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/parse.h"
#include "base/tcpstate.h"

#define WORD_MAX 32 /* longer than any of our words */

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool is_same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Letters to change, add, take away or swap with their neighbour, to get from one to the other. */
static unsigned distance(const char *from, const char *to)
{
	unsigned steps[WORD_MAX + 1][WORD_MAX + 1];
	size_t rows = strlen(from), columns = strlen(to);

	for (unsigned i = 0; i <= rows; i++)
		steps[i][0] = i;
	for (unsigned k = 0; k <= columns; k++)
		steps[0][k] = k;
	for (size_t i = 1; i <= rows; i++)
		for (size_t k = 1; k <= columns; k++) {
			unsigned best = steps[i - 1][k - 1] + !is_same(from[i - 1], to[k - 1]);

			best = least(best, least(steps[i - 1][k], steps[i][k - 1]) + 1);
			if (i > 1 && k > 1 && is_same(from[i - 1], to[k - 2]) &&
			    is_same(from[i - 2], to[k - 1]))
				best = least(best, steps[i - 2][k - 2] + 1);
			steps[i][k] = best;
		}
	return steps[rows][columns];
}

const char *suggest_nearest(const char *word, const char *(*name)(unsigned i))
{
	const char *nearest = NULL, *candidate;
	size_t len = strlen(word);
	unsigned best = 2 + (unsigned)len / 5;

	if (len < 2 || len > WORD_MAX)
		return NULL;
	for (unsigned i = 0; (candidate = name(i)); i++) {
		unsigned steps = strlen(candidate) > WORD_MAX ? best : distance(word, candidate);

		if (steps < best) {
			best = steps;
			nearest = candidate;
		}
	}
	return nearest;
}

const char *suggest_state_name(unsigned i)
{
	static char names[TCPSTATE_NUMBERS][16];
	const char *name = tcpstate_name((uint8_t)(i + 1));

	if (i >= TCPSTATE_NUMBERS - 1)
		return tcpstate_set_name(i - (TCPSTATE_NUMBERS - 1));
	for (size_t k = 0; k < sizeof(names[i]); k++)
		names[i][k] = k < strlen(name) ? (char)tolower((unsigned char)name[k]) : '\0';
	return names[i];
}

bool suggest_state(const char *word, char *why)
{
	const char *nearest = suggest_nearest(word, suggest_state_name);

	if (nearest)
		return parse_refuse(why, "'%s' is no TCP state: did you mean %s?", word, nearest);
	return parse_refuse(why,
			    "'%s' is no TCP state (such as close-wait), and none of all, "
			    "connected, synchronized, bucket, big",
			    word);
}
