/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parse.c - see parse.h. */
#include "base/parse.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define DURATION_MAX_S 1000000000ULL
#define PIECE_MAX      256

bool parse_refuse(char *why, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, PARSE_WHY, fmt, args);
	va_end(args);
	return false;
}

/* The digits at *text, which moves behind them. */
static bool take_digits(const char **text, uint64_t *ret_number, char *why)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return parse_refuse(why, **text ? "not a whole number" : "empty");
	errno = 0;
	*ret_number = strtoull(*text, &end, 10);
	if (errno)
		return parse_refuse(why, "too large");
	*text = end;
	return true;
}

bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret_number, char *why)
{
	uint64_t number = 0;

	if (!take_digits(&text, &number, why))
		return false;
	if (*text)
		return parse_refuse(why, "not a whole number");
	if (max == UINT64_MAX && number < min)
		return parse_refuse(why, "must be at least %" PRIu64, min);
	if (number < min || number > max)
		return parse_refuse(why, "not within %" PRIu64 "-%" PRIu64, min, max);
	*ret_number = number;
	return true;
}

/* From large to small, as they have to stand in a text; "" only in one that has no other. */
static const struct {
	const char *name;
	uint64_t ns;
} duration_units[] = {
	{"d", 86400 * NS_PER_S}, {"h", 3600 * NS_PER_S}, {"min", 60 * NS_PER_S},
	{"m", 60 * NS_PER_S},    {"s", NS_PER_S},        {"", NS_PER_S},
	{"ms", NS_PER_MS},       {"us", NS_PER_US},      {"ns", 1},
};

/* The unit at *text, which moves behind it: ns. 0 if it is none. */
static uint64_t take_unit(const char **text, char *why)
{
	size_t len = strcspn(*text, "0123456789.");

	for (size_t i = 0; i < sizeof(duration_units) / sizeof(duration_units[0]); i++)
		if (strlen(duration_units[i].name) == len &&
		    !strncmp(*text, duration_units[i].name, len)) {
			*text += len;
			return duration_units[i].ns;
		}
	parse_refuse(why, "unknown unit '%.*s': us, ms, s, m, h or d", (int)len, *text);
	return 0;
}

/* The digits behind a decimal point at *text, which moves behind them: in 10^-9. */
static bool take_fraction(const char **text, uint64_t *ret_fraction, char *why)
{
	uint64_t scale = NS_PER_S;

	*ret_fraction = 0;
	if (**text != '.')
		return true;
	if (!isdigit((unsigned char)*++*text))
		return parse_refuse(why, "no digits after the point");
	for (; isdigit((unsigned char)**text); ++*text) {
		scale /= 10;
		*ret_fraction += (uint64_t)(**text - '0') * scale;
	}
	return true;
}

/* One number with its unit at *text, which moves behind them. */
static bool take_duration(const char **text, uint64_t *ret_ns, uint64_t *ret_unit, char *why)
{
	uint64_t whole = 0, fraction = 0, unit;
	bool has_point;

	if (!isdigit((unsigned char)**text))
		return parse_refuse(why, "not a duration such as 30, 1.5s, 500ms, 2m or 1h30m");
	if (!take_digits(text, &whole, why))
		return false;
	has_point = **text == '.';
	if (!take_fraction(text, &fraction, why))
		return false;
	if (has_point && (*text)[strcspn(*text, "0123456789")])
		return parse_refuse(why, "only the last number may have a decimal point");
	unit = take_unit(text, why);
	if (!unit)
		return false;
	if (whole > DURATION_MAX_S * NS_PER_S / unit)
		return parse_refuse(why, "longer than %llu s", DURATION_MAX_S);
	*ret_ns = whole * unit + (uint64_t)((double)fraction / NS_PER_S * (double)unit + 0.5);
	*ret_unit = unit;
	return true;
}

bool parse_duration(const char *text, bool zero_ok, uint64_t *ret_ns, char *why)
{
	uint64_t sum = 0, ns = 0, unit = 0, before = UINT64_MAX;
	const char *begin = text;

	do {
		const char *part = text;

		if (!take_duration(&text, &ns, &unit, why))
			return false;
		if (part != begin && !isalpha((unsigned char)text[-1]))
			return parse_refuse(why, "'%s' has no unit", part);
		if (unit >= before)
			return parse_refuse(why, "'%s': write each unit once, the largest first",
					    part);
		sum += ns;
		before = unit;
		if (sum > DURATION_MAX_S * NS_PER_S)
			return parse_refuse(why, "longer than %llu s", DURATION_MAX_S);
	} while (*text);
	if (!sum && !zero_ok)
		return parse_refuse(why, "must be longer than 0");
	*ret_ns = sum;
	return true;
}

bool parse_size(const char *text, uint64_t *ret_bytes, char *why)
{
	static const char suffixes[] = "kmg";
	const char *suffix;
	uint64_t number = 0;
	int shift = 0;

	if (!take_digits(&text, &number, why))
		return false;
	if (*text) {
		suffix = strchr(suffixes, tolower((unsigned char)*text));
		if (!suffix || text[1])
			return parse_refuse(why, "unknown unit '%s': k, M or G", text);
		shift = 10 * (int)(suffix - suffixes + 1);
	}
	if (number > UINT64_MAX >> shift)
		return parse_refuse(why, "too large");
	*ret_bytes = number << shift;
	return true;
}

bool parse_list(const char *text, bool (*item)(void *ctx, const char *piece, char *why), void *ctx,
		char *why)
{
	const char *begin = text;
	char piece[PIECE_MAX];

	for (;;) {
		size_t len = strcspn(text, ",");

		if (!len)
			return parse_refuse(why, *begin ? "empty entry in the list" : "empty");
		if (len >= sizeof(piece))
			return parse_refuse(why, "entry longer than %zu characters",
					    sizeof(piece) - 1);
		memcpy(piece, text, len);
		piece[len] = '\0';
		if (!item(ctx, piece, why))
			return false;
		if (!text[len])
			return true;
		text += len + 1;
	}
}

static bool take_port(const char **text, uint64_t *ret_port, char *why)
{
	if (!take_digits(text, ret_port, why))
		return false;
	if (*ret_port < 1 || *ret_port > 65535)
		return parse_refuse(why, "port %" PRIu64 " is not within 1-65535", *ret_port);
	return true;
}

static bool add_ports(void *ctx, const char *piece, char *why)
{
	struct parse_ports *ports = ctx;
	bool excluded = *piece == '!';
	const char *text = piece + excluded;
	uint64_t first = 0, last;

	if (!take_port(&text, &first, why))
		return false;
	last = first;
	if (*text == '-') {
		text++;
		if (!take_port(&text, &last, why))
			return false;
	}
	if (*text)
		return parse_refuse(why, "'%s' is not a port or a range of ports", piece);
	if (last < first)
		return parse_refuse(why, "range %s is reversed: write %" PRIu64 "-%" PRIu64, piece,
				    last, first);
	for (uint64_t port = first; port <= last; port++) {
		struct match_ports *set = excluded ? &ports->excluded : &ports->included;

		set->bits[port / 64] |= 1ULL << port % 64;
	}
	*(excluded ? &ports->has_excluded : &ports->has_included) = true;
	return true;
}

bool parse_ports(const char *text, struct parse_ports *ports, char *why)
{
	struct parse_ports wanted = *ports;

	if (!parse_list(text, add_ports, &wanted, why))
		return false;
	*ports = wanted;
	return true;
}

bool parse_address(const char *text, uint8_t ret_addr[16], unsigned *ret_width)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	uint8_t v4[4], v6[16];

	if (inet_pton(AF_INET, text, v4) == 1) {
		memcpy(ret_addr, mapped, sizeof(mapped));
		memcpy(ret_addr + 12, v4, sizeof(v4));
		*ret_width = 32;
		return true;
	}
	if (inet_pton(AF_INET6, text, v6) != 1)
		return false;
	memcpy(ret_addr, v6, sizeof(v6));
	*ret_width = 128;
	return true;
}

void parse_mask(const uint8_t addr[16], unsigned bits, struct match_prefix *ret_prefix)
{
	uint8_t mask[16] = {0};

	for (unsigned i = 0; i < bits; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	memcpy(ret_prefix->addr, addr, sizeof(mask));
	memcpy(ret_prefix->mask, mask, sizeof(mask));
	for (unsigned i = 0; i < 2; i++)
		ret_prefix->addr[i] &= ret_prefix->mask[i];
}

bool parse_cidr(const char *text, struct match_prefix *ret_prefix, char *why)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	struct match_prefix prefix;
	char host[INET6_ADDRSTRLEN];
	uint8_t addr[16];
	uint64_t bits;
	unsigned width;

	if (len >= sizeof(host))
		return parse_refuse(why, "not an address");
	memcpy(host, text, len);
	host[len] = '\0';
	if (!parse_address(host, addr, &width))
		return parse_refuse(why, "'%s' is not an IPv4 or IPv6 address", host);
	bits = width;
	if (slash && !parse_number(slash + 1, 0, width, &bits, why))
		return parse_refuse(why, "prefix length '%s' is not within 0-%u", slash + 1, width);
	parse_mask(addr, 128 - width + (unsigned)bits, &prefix);
	if (memcmp(prefix.addr, addr, sizeof(addr)) != 0)
		return parse_refuse(why, "bits are set beyond the prefix length %s", slash);
	*ret_prefix = prefix;
	return true;
}
