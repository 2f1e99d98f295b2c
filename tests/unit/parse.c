/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * parse.c - text that a person typed: good text gives its value; bad text gives a reason, and
 * leaves what was there.
 */
#include "base/parse.h"

#include "base/clock.h"
#include "test.h"

#define UNTOUCHED 0xa5a5a5a5a5a5a5a5ULL

struct number_case {
	const char *text;
	bool good;
	uint64_t value;
};

/* Runs a table; the last of its row is what fails. */
static void run_table(const char *name, const struct number_case *cases, size_t n,
		      bool (*parse)(const char *text, uint64_t *ret, char *why))
{
	unsigned refused = 0;

	test_begin(name);
	for (size_t i = 0; i < n; i++) {
		uint64_t value = UNTOUCHED;
		char why[PARSE_WHY] = "";
		bool good = parse(cases[i].text, &value, why);

		test_context("'%.60s'", cases[i].text);
		CHECK_EQ(good, cases[i].good);
		CHECK_EQ(value, cases[i].good ? cases[i].value : UNTOUCHED);
		CHECK(good || (*why && strlen(why) < PARSE_WHY));
		refused += !good;
	}
	test_end("%zu texts, %u refused", n, refused);
}

static bool number(const char *text, uint64_t *ret, char *why)
{
	return parse_number(text, 5, 65535, ret, why);
}

static bool any_number(const char *text, uint64_t *ret, char *why)
{
	return parse_number(text, 0, UINT64_MAX, ret, why);
}

static bool duration(const char *text, uint64_t *ret, char *why)
{
	return parse_duration(text, false, ret, why);
}

static bool duration_or_0(const char *text, uint64_t *ret, char *why)
{
	return parse_duration(text, true, ret, why);
}

static const struct number_case numbers[] = {
	{"5", true, 5},
	{"65535", true, 65535},
	{"00080", true, 80},
	{"4", false, 0},
	{"65536", false, 0},
	{"", false, 0},
	{" 5", false, 0},
	{"5 ", false, 0},
	{"-5", false, 0},
	{"+5", false, 0},
	{"5x", false, 0},
	{"x", false, 0},
	{"0x10", false, 0},
	{"5.0", false, 0},
	{"1e3", false, 0},
	{"5\n", false, 0},
	{"18446744073709551615", false, 0},
	{"18446744073709551616", false, 0},
	{"99999999999999999999999999999999999999", false, 0},
	{"\xd9\xa5", false, 0}, /* an Arabic five */
};

static const struct number_case any_numbers[] = {
	{"0", true, 0},
	{"18446744073709551615", true, UINT64_MAX},
	{"18446744073709551616", false, 0},
	{"-1", false, 0},
	{"-0", false, 0},
};

static const struct number_case durations[] = {
	{"30", true, 30 * NS_PER_S},
	{"1.5s", true, 1500 * NS_PER_MS},
	{"1.5", true, 1500 * NS_PER_MS},
	{"500ms", true, 500 * NS_PER_MS},
	{"20us", true, 20 * NS_PER_US},
	{"7ns", true, 7},
	{"2m", true, 120 * NS_PER_S},
	{"2min", true, 120 * NS_PER_S},
	{"3h", true, 10800 * NS_PER_S},
	{"1d", true, 86400 * NS_PER_S},
	{"0.5h", true, 1800 * NS_PER_S},
	{"0.1", true, 100 * NS_PER_MS},
	{"0.001ms", true, NS_PER_US},
	{"0.000000001", true, 1},
	{"0.0000000009", false, 0},
	{"1.00000000000000000000000001", true, NS_PER_S},
	{"1000000000", true, 1000000000 * NS_PER_S},
	{"11574d", true, 11574 * 86400 * NS_PER_S},
	{"1000000000000000000ns", true, 1000000000 * NS_PER_S},
	{"1000000000.5", false, 0},
	{"11574.9d", false, 0},
	{"1000000001", false, 0},
	{"11575d", false, 0},
	{"1e30", false, 0},
	{"1e3", false, 0},
	{"99999999999999999999", false, 0},
	{"18446744073709551615d", false, 0},
	{"0", false, 0},
	{"0.0s", false, 0},
	{"0ms", false, 0},
	{"", false, 0},
	{"s", false, 0},
	{".5", false, 0},
	{"5.", false, 0},
	{"5.s", false, 0},
	{"1.5.5", false, 0},
	{"-1", false, 0},
	{"-1s", false, 0},
	{"+1s", false, 0},
	{"1 s", false, 0},
	{" 1s", false, 0},
	{"1s ", false, 0},
	{"1S", false, 0},
	{"1sec", false, 0},
	{"1s2", false, 0},
	{"1h30m", true, 5400 * NS_PER_S},
	{"1m30s", true, 90 * NS_PER_S},
	{"16m40s", true, 1000 * NS_PER_S},
	{"2min1s", true, 121 * NS_PER_S},
	{"12d4h", true, (12 * 24 + 4) * 3600 * NS_PER_S},
	{"3h07m", true, 11220 * NS_PER_S},
	{"1d1h1m1s1ms1us1ns", true, 90061001001001},
	{"1m1.5s", true, 61500 * NS_PER_MS},
	{"1m30", false, 0},
	{"30m1h", false, 0},
	{"1h1h", false, 0},
	{"1m1min", false, 0},
	{"1min1m", false, 0},
	{"5s30", false, 0},
	{"1.5h30m", false, 0},
	{"1.0h30m", false, 0},
	{"1.5.5s", false, 0},
	{"1h.5m", false, 0},
	{"1hm", false, 0},
	{"1h 30m", false, 0},
	{"1h-30m", false, 0},
	{"1h30x", false, 0},
	{"11574d24h", false, 0},
	{"1h30m ", false, 0},
	{"0h0m", false, 0},
	{"5x", false, 0},
	{"inf", false, 0},
	{"nan", false, 0},
	{"0x10", false, 0},
};

static const struct number_case durations_or_0[] = {
	{"0", true, 0}, {"0ms", true, 0}, {"0.0d", true, 0}, {"", false, 0}, {"-0", false, 0},
};

static const struct number_case sizes[] = {
	{"65536", true, 65536},
	{"64k", true, 65536},
	{"64K", true, 65536},
	{"4M", true, 4 << 20},
	{"4m", true, 4 << 20},
	{"1G", true, 1 << 30},
	{"0", true, 0},
	{"17179869183G", true, 17179869183ULL << 30},
	{"17179869184G", false, 0},
	{"18446744073709551615", true, UINT64_MAX},
	{"18446744073709551616", false, 0},
	{"18014398509481984k", false, 0},
	{"2T", false, 0},
	{"4MB", false, 0},
	{"4MiB", false, 0},
	{"4 M", false, 0},
	{"4M ", false, 0},
	{"1.5M", false, 0},
	{"-4M", false, 0},
	{"M", false, 0},
	{"", false, 0},
	{"1e6", false, 0},
};

/* ---- ports ---- */

static const struct {
	const char *text;
	bool good;
	const char *included, *excluded; /* some of the ports, and after '/' some that are not */
} port_lists[] = {
	{"80", true, "80/79,81", ""},
	{"80,443,8000-8999,!8080", true, "80,443,8000,8080,8999/81,7999,9000", "8080/80,8000"},
	{"1-65535", true, "1,2,63,64,65,65535", ""},
	{"!80", true, "", "80/81"},
	{"!80-90,!100", true, "", "80,85,90,100/79,91"},
	{"80-80", true, "80/79,81", ""},
	{"80,80", true, "80/81", ""},
	{"65535", true, "65535/65534,1", ""},
	{"", false, "", ""},
	{",", false, "", ""},
	{"80,", false, "", ""},
	{",80", false, "", ""},
	{"80,,443", false, "", ""},
	{"0", false, "", ""},
	{"65536", false, "", ""},
	{"0-80", false, "", ""},
	{"80-65536", false, "", ""},
	{"90-80", false, "", ""},
	{"-80", false, "", ""},
	{"80-", false, "", ""},
	{"80-90-100", false, "", ""},
	{"80 ", false, "", ""},
	{"80, 443", false, "", ""},
	{"!", false, "", ""},
	{"!!80", false, "", ""},
	{"80!", false, "", ""},
	{"80-!90", false, "", ""},
	{"http", false, "", ""},
	{"80x", false, "", ""},
	{"0x50", false, "", ""},
	{"99999999999999999999", false, "", ""},
	{"-1", false, "", ""},
};

static bool has_port(const struct match_ports *ports, unsigned long port)
{
	return ports->bits[port / 64] >> port % 64 & 1;
}

/* "80,81/82": the first are in it, those behind the slash are not. */
static void check_ports(const struct match_ports *ports, const char *wanted)
{
	bool in = true;
	char *end;

	while (*wanted) {
		unsigned long port = strtoul(wanted, &end, 10);

		test_check(has_port(ports, port) == in, __LINE__, "port %lu is %sin the set", port,
			   in ? "not " : "");
		in = in && *end != '/';
		wanted = *end ? end + 1 : end;
	}
}

static void test_ports(void)
{
	static const struct parse_ports nothing;
	unsigned refused = 0;

	test_begin("parse-ports");
	for (size_t i = 0; i < COUNT(port_lists); i++) {
		struct parse_ports ports = {0};
		char why[PARSE_WHY] = "";
		bool good = parse_ports(port_lists[i].text, &ports, why);

		test_context("'%s'", port_lists[i].text);
		CHECK_EQ(good, port_lists[i].good);
		CHECK(good || *why);
		check_ports(&ports.included, port_lists[i].included);
		check_ports(&ports.excluded, port_lists[i].excluded);
		CHECK_EQ(ports.has_included, *port_lists[i].included != '\0');
		CHECK_EQ(ports.has_excluded, *port_lists[i].excluded != '\0');
		CHECK(good || !memcmp(&ports, &nothing, sizeof(ports)));
		CHECK(!has_port(&ports.included, 0) && !has_port(&ports.excluded, 0));
		refused += !good;
	}
	test_end("%zu lists, %u refused", COUNT(port_lists), refused);
}

/* ---- addresses ---- */

static const struct {
	const char *text;
	bool good;
	unsigned bits;       /* of 128 */
	uint8_t first, last; /* bytes 12 and 15 of the address */
} cidrs[] = {
	{"10.0.0.0/8", true, 104, 10, 0},
	{"192.0.2.7", true, 128, 192, 7},
	{"192.0.2.7/32", true, 128, 192, 7},
	{"0.0.0.0/0", true, 96, 0, 0},
	{"::1", true, 128, 0, 1},
	{"::/0", true, 0, 0, 0},
	{"2001:db8::/32", true, 32, 0, 0},
	{"::ffff:10.0.0.1", true, 128, 10, 1},
	{"::ffff:10.0.0.0/104", true, 104, 10, 0},
	{"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", true, 128, 255, 255},
	{"10.0.0.1/8", false, 0, 0, 0},
	{"10.0.0.0/33", false, 0, 0, 0},
	{"10.0.0.0/", false, 0, 0, 0},
	{"10.0.0.0/-1", false, 0, 0, 0},
	{"10.0.0.0/8x", false, 0, 0, 0},
	{"10.0.0.0/8/8", false, 0, 0, 0},
	{"10.0.0.0/255.0.0.0", false, 0, 0, 0},
	{"10.0.0", false, 0, 0, 0},
	{"10.0.0.256", false, 0, 0, 0},
	{"10.0.0.0.0", false, 0, 0, 0},
	{"10.0.0.1 ", false, 0, 0, 0},
	{"", false, 0, 0, 0},
	{"/8", false, 0, 0, 0},
	{"::/129", false, 0, 0, 0},
	{"::1/64", false, 0, 0, 0},
	{":::1", false, 0, 0, 0},
	{"fe80::1%eth0", false, 0, 0, 0},
	{"example.org", false, 0, 0, 0},
	{"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555555555", false, 0, 0, 0},
};

static unsigned mask_bits(const struct match_prefix *prefix)
{
	return (unsigned)(__builtin_popcountll(prefix->mask[0]) +
			  __builtin_popcountll(prefix->mask[1]));
}

static void test_cidr(void)
{
	unsigned refused = 0;

	test_begin("parse-cidr");
	for (size_t i = 0; i < COUNT(cidrs); i++) {
		struct match_prefix prefix, before;
		char why[PARSE_WHY] = "";
		uint8_t addr[16];
		bool good;

		memset(&prefix, 0xa5, sizeof(prefix));
		before = prefix;
		good = parse_cidr(cidrs[i].text, &prefix, why);
		memcpy(addr, prefix.addr, 16);
		test_context("'%s'", cidrs[i].text);
		CHECK_EQ(good, cidrs[i].good);
		CHECK(good || *why);
		CHECK(good || !memcmp(&prefix, &before, sizeof(prefix)));
		CHECK(!good || mask_bits(&prefix) == cidrs[i].bits);
		CHECK(!good || (addr[12] == cidrs[i].first && addr[15] == cidrs[i].last));
		refused += !good;
	}
	test_end("%zu texts, %u refused", COUNT(cidrs), refused);
}

/* ---- lists ---- */

static bool join(void *ctx, const char *piece, char *why)
{
	char *text = ctx;

	if (!strcmp(piece, "stop")) {
		snprintf(why, PARSE_WHY, "stopped");
		return false;
	}
	strcat(strcat(text, piece), "|");
	return true;
}

static void test_list(void)
{
	char text[1024], why[PARSE_WHY], long_piece[300];

	test_begin("parse-list");
	memset(long_piece, 'x', sizeof(long_piece) - 1);
	long_piece[sizeof(long_piece) - 1] = '\0';
	text[0] = why[0] = '\0';
	CHECK(parse_list("a,bc,d", join, text, why));
	CHECK_STR(text, "a|bc|d|");
	text[0] = '\0';
	CHECK(!parse_list("a,stop,d", join, text, why));
	CHECK_STR(text, "a|");
	CHECK_STR(why, "stopped");
	CHECK(!parse_list("", join, text, why));
	CHECK(!parse_list("a,", join, text, why));
	CHECK(!parse_list(",a", join, text, why));
	CHECK(!parse_list(long_piece, join, text, why));
	long_piece[255] = '\0';
	text[0] = '\0';
	CHECK(parse_list(long_piece, join, text, why));
	CHECK_EQ(strlen(text), 256);
	test_end("pieces, empty ones, the longest, one too long");
}

int main(void)
{
	run_table("parse-number", numbers, COUNT(numbers), number);
	run_table("parse-any-number", any_numbers, COUNT(any_numbers), any_number);
	run_table("parse-duration", durations, COUNT(durations), duration);
	run_table("parse-duration-or-0", durations_or_0, COUNT(durations_or_0), duration_or_0);
	run_table("parse-size", sizes, COUNT(sizes), parse_size);
	test_ports();
	test_cidr();
	test_list();
	return test_status();
}
