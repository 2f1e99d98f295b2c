/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* negotiate.c - see negotiate.h. */
#include "serve/negotiate.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* What is offered: the media type, and the version if its range names one. */
static const struct {
	const char *type, *subtype, *version;
} offers[METRICS_FORMATS] = {
	[METRICS_PROMETHEUS] = {"text", "plain", "0.0.4"},
	[METRICS_OPENMETRICS] = {"application", "openmetrics-text", "1.0.0"},
};

/* How well a range fits an offer: not, any type, any subtype, named, named with its version. */
enum fit { FIT_NONE, FIT_ANY, FIT_TYPE, FIT_NAMED, FIT_VERSION };

struct answer {
	enum fit fit;
	int quality; /* thousandths */
};

static bool is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && !strncasecmp(text, word, len);
}

static void trim(const char **text, size_t *len)
{
	while (*len && isspace((unsigned char)**text)) {
		++*text;
		--*len;
	}
	while (*len && isspace((unsigned char)(*text)[*len - 1]))
		--*len;
}

/* The piece before `separator`, and `*rest` behind it; false at the end. Quoted strings are whole.
 */
static bool next_piece(const char **rest, const char *end, char separator, const char **ret_piece,
		       size_t *ret_len)
{
	const char *begin = *rest, *c;
	bool quoted = false;

	if (begin >= end)
		return false;
	for (c = begin; c < end && (quoted || *c != separator); c++) {
		if (*c == '"')
			quoted = !quoted;
		else if (quoted && *c == '\\' && c + 1 < end)
			c++;
	}
	*ret_piece = begin;
	*ret_len = (size_t)(c - begin);
	*rest = c + 1;
	trim(ret_piece, ret_len);
	return true;
}

/* "0.75" to 750; what is no such number is 0: nobody wanted it then. */
static int parse_quality(const char *text, size_t len)
{
	int quality = 0, place = 1000;

	for (size_t i = 0; i < len; i++) {
		if (i == 1 && text[i] == '.')
			continue;
		if (!isdigit((unsigned char)text[i]) || (i != 0 && i < 2) || i > 4)
			return 0;
		quality += (text[i] - '0') * place;
		place /= 10;
	}
	return quality > 1000 ? 1000 : quality;
}

static enum fit fit_type(const char *range, size_t len, enum metrics_format format)
{
	const char *slash = memchr(range, '/', len);
	size_t before = slash ? (size_t)(slash - range) : 0, after = slash ? len - before - 1 : 0;

	if (!slash)
		return FIT_NONE;
	if (is_word(range, before, "*") && is_word(slash + 1, after, "*"))
		return FIT_ANY;
	if (!is_word(range, before, offers[format].type))
		return FIT_NONE;
	if (is_word(slash + 1, after, "*"))
		return FIT_TYPE;
	return is_word(slash + 1, after, offers[format].subtype) ? FIT_NAMED : FIT_NONE;
}

/* One range, "text/plain;version=0.0.4;q=0.5". Parameters but for these two are none of ours. */
static struct answer fit_range(const char *range, size_t len, enum metrics_format format)
{
	const char *rest = range, *end = range + len, *piece = "";
	struct answer answer = {.quality = 1000};
	size_t n = 0;

	if (next_piece(&rest, end, ';', &piece, &n))
		answer.fit = fit_type(piece, n, format);
	while (answer.fit && next_piece(&rest, end, ';', &piece, &n)) {
		const char *equals = memchr(piece, '=', n);
		size_t before = equals ? (size_t)(equals - piece) : n;
		const char *value = equals ? equals + 1 : "";
		size_t after = equals ? n - before - 1 : 0;

		if (after > 1 && *value == '"' && value[after - 1] == '"') {
			value++;
			after -= 2;
		}
		if (is_word(piece, before, "q"))
			answer.quality = parse_quality(value, after);
		else if (is_word(piece, before, "version"))
			answer.fit = is_word(value, after, offers[format].version) ? FIT_VERSION
										   : FIT_NONE;
	}
	return answer;
}

/* Of the ranges that fit, the most precise one counts. */
static struct answer fit_all(const char *accept, enum metrics_format format)
{
	const char *rest = accept, *end = accept + strlen(accept), *range;
	struct answer best = {0};
	size_t len;

	while (next_piece(&rest, end, ',', &range, &len)) {
		struct answer answer = fit_range(range, len, format);

		if (answer.fit > best.fit ||
		    (answer.fit == best.fit && answer.quality > best.quality))
			best = answer;
	}
	return best;
}

enum metrics_format negotiate_format(const char *accept)
{
	struct answer text, open;

	if (!accept)
		return METRICS_PROMETHEUS;
	text = fit_all(accept, METRICS_PROMETHEUS);
	open = fit_all(accept, METRICS_OPENMETRICS);
	if (!open.quality || open.fit == FIT_NONE)
		return METRICS_PROMETHEUS;
	if (text.fit == FIT_NONE || open.quality != text.quality)
		return text.fit == FIT_NONE || open.quality > text.quality ? METRICS_OPENMETRICS
									   : METRICS_PROMETHEUS;
	if (open.fit != text.fit)
		return open.fit > text.fit ? METRICS_OPENMETRICS : METRICS_PROMETHEUS;
	return open.fit >= FIT_NAMED ? METRICS_OPENMETRICS : METRICS_PROMETHEUS;
}
