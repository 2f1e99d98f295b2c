/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * parse.h - text that a person typed, into values. Every function takes all of the text or nothing:
 * empty, negative, trailing and out-of-range text is refused, outputs are then untouched, and `why`
 * (PARSE_WHY bytes) says in a few words what is wrong. True is success.
 */
#ifndef TCPDWELL_PARSE_H
#define TCPDWELL_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "match.h"

#define PARSE_WHY 160

/* Says into `why` what is wrong; always false, so that it can be returned. */
bool parse_refuse(char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A whole number in decimal, min..max. */
bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret_number, char *why);

/*
 * "30" (seconds), "1.5s", "500ms", "20us", "2m", "3h", "1d", "1h30m": to ns. Each unit stands once,
 * the largest first; only the last number may have a decimal point. At most 10^9 s; zero only if
 * `zero_ok`.
 */
bool parse_duration(const char *text, bool zero_ok, uint64_t *ret_ns, char *why);

/* "65536", "64k", "4M", "1G" (powers of 1024) to bytes. */
bool parse_size(const char *text, uint64_t *ret_bytes, char *why);

/* What a list of ports says: either set may be empty, not both. */
struct parse_ports {
	struct match_ports included, excluded;
	bool has_included, has_excluded;
};

/* "80,443,8000-8999,!8080": ports and ranges, 1-65535; what follows `!` is taken out. Adds to
 * `ports`. */
bool parse_ports(const char *text, struct parse_ports *ports, char *why);

/* "192.0.2.7" (mapped, of 32 bits) or "2001:db8::1" (of 128 bits). */
bool parse_address(const char *text, uint8_t ret_addr[16], unsigned *ret_width);

/* The first `bits` of 128 count, the others are cleared. */
void parse_mask(const uint8_t addr[16], unsigned bits, struct match_prefix *ret_prefix);

/* "10.0.0.0/8", "::1", "192.0.2.7": bits beyond the prefix length must be 0. */
bool parse_cidr(const char *text, struct match_prefix *ret_prefix, char *why);

/*
 * Calls `item` for each piece of a comma-separated list, copied to a buffer of its own. An empty
 * piece is refused. False as soon as `item` is.
 */
bool parse_list(const char *text, bool (*item)(void *ctx, const char *piece, char *why), void *ctx,
		char *why);

#endif
