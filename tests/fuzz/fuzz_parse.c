/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fuzz_parse.c - a word that a person typed, by every parser of words: base/parse.h and others. */
#include "fuzz.h"

#include "base/address.h"
#include "base/clock.h"
#include "base/parse.h"
#include "base/tcpstate.h"
#include "cli/suggest.h"
#include "model/group.h"
#include "serve/endpoint.h"
#include "wire.h"

/* Where nothing was written. */
#define UNTOUCHED 0xa5a5a5a5a5a5a5a5ULL

static char why[PARSE_WHY];

/* Refused: there is a reason, and nothing was written. */
static bool is_told(bool ok, uint64_t number)
{
	FUZZ_CHECK(strnlen(why, PARSE_WHY) < PARSE_WHY);
	FUZZ_CHECK(ok || (why[0] && number == UNTOUCHED));
	why[0] = '\0';
	return ok;
}

static void parse_numbers(const char *text)
{
	static const struct {
		uint64_t min, max;
	} ranges[] = {{0, UINT64_MAX}, {1, INT32_MAX}, {0, 0}, {0x10000000, UINT32_MAX}};
	uint64_t number;

	for (size_t i = 0; i < COUNT(ranges); i++) {
		number = UNTOUCHED;
		if (is_told(parse_number(text, ranges[i].min, ranges[i].max, &number, why), number))
			FUZZ_CHECK(number >= ranges[i].min && number <= ranges[i].max);
	}
	for (int zero_ok = 0; zero_ok < 2; zero_ok++) {
		number = UNTOUCHED;
		if (is_told(parse_duration(text, zero_ok, &number, why), number))
			FUZZ_CHECK((number || zero_ok) && number <= 1000000000 * NS_PER_S);
	}
	number = UNTOUCHED;
	is_told(parse_size(text, &number, why), number);
}

static void parse_lists(const char *text)
{
	struct parse_ports ports = {0};

	if (is_told(parse_ports(text, &ports, why), UNTOUCHED))
		FUZZ_CHECK(ports.has_included || ports.has_excluded);
}

/* What is printed of an address is read as the same again. */
static void parse_addresses(const char *text)
{
	uint8_t addr[16], again[16];
	char printed[INET6_ADDRSTRLEN];
	struct match_prefix prefix;
	struct endpoint endpoint;
	unsigned width, width_again;

	if (parse_address(text, addr, &width)) {
		FUZZ_CHECK(parse_address(address_text(addr, printed), again, &width_again));
		FUZZ_CHECK(!memcmp(addr, again, sizeof(addr)));
	}
	is_told(parse_cidr(text, &prefix, why), UNTOUCHED);
	/* Not of every word: getaddrinfo() looks at files each time. */
	if (strchr(text, ':'))
		is_told(endpoint_parse(text, &endpoint, why), UNTOUCHED);
}

static void parse_words(const char *text)
{
	uint16_t states = tcpstate_parse_states(text);

	FUZZ_CHECK(tcpstate_parse(text) <= TCPSTATE_ACCEPT_WAIT &&
		   states < 2 << TCPSTATE_ACCEPT_WAIT);
	/* Of a long word there is no mistake to guess, and the guess takes time. */
	if (strlen(text) > 16)
		return;
	if (!states)
		is_told(suggest_state(text, why), UNTOUCHED);
	FUZZ_CHECK(group_key_parse(text) <= GROUP_KEEPALIVE);
	suggest_nearest(text, group_key_name);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = fuzz_text(bytes, len);

	parse_numbers(text);
	parse_lists(text);
	parse_addresses(text);
	parse_words(text);
	free(text);
	return 0;
}
