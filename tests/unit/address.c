/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* address.c - addresses as inet_ntop() writes them. */
#include "base/address.h"

#include <arpa/inet.h>

#include "test.h"

static void check(const uint8_t addr[16])
{
	char seen[INET6_ADDRSTRLEN], wanted[INET6_ADDRSTRLEN];

	CHECK_STR(address_text(addr, seen), inet_ntop(AF_INET6, addr, wanted, sizeof(wanted)));
}

static void test_ipv4(void)
{
	union {
		uint8_t bytes[16];
		uint64_t words[2];
	} addr = {.bytes = {[10] = 0xff, [11] = 0xff}};
	char seen[INET6_ADDRSTRLEN], wanted[INET6_ADDRSTRLEN];

	test_begin("address-ipv4");
	for (unsigned i = 0; i < 1024; i++) {
		memset(addr.bytes + 12, (int)(255 - i % 256), 4);
		addr.bytes[12 + i / 256] = (uint8_t)i;
		CHECK_STR(address_text(addr.bytes, seen),
			  inet_ntop(AF_INET, addr.bytes + 12, wanted, sizeof(wanted)));
	}
	test_end("every octet in every place");
}

/* Zero or not, and of every length, in every place. */
static void test_ipv6(void)
{
	struct test_random random = {.state = 6};
	union {
		uint8_t bytes[16];
		uint64_t words[2];
	} addr;
	unsigned n = 0;

	test_begin("address-ipv6");
	for (unsigned zeros = 0; zeros < 256; zeros++)
		for (unsigned round = 0; round < 100; round++, n++) {
			for (unsigned i = 0; i < 8; i++) {
				unsigned group = 1 + (unsigned)test_below(&random, 0xffff);

				group >>= 4 * test_below(&random, 4);
				group = zeros >> i & 1 ? 0 : group;
				addr.bytes[2 * i] = (uint8_t)(group >> 8);
				addr.bytes[2 * i + 1] = (uint8_t)group;
			}
			check(addr.bytes);
		}
	test_end("%u, with all patterns of zero groups", n);
}

static void test_known(void)
{
	static const struct {
		const char *text, *told;
	} addrs[] = {
		{"::", "::"},
		{"::1", "::1"},
		{"1::", "1::"},
		{"::10.0.0.9", "::10.0.0.9"},
		{"::1:0", "::0.1.0.0"},
		{"::ffff:10.0.0.9", "10.0.0.9"},
		{"::fffe:10.0.0.9", "::fffe:a00:9"},
		{"1:0:0:2:0:0:3:4", "1::2:0:0:3:4"},
		{"1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"},
		{"2001:db8::1", "2001:db8::1"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	};
	uint8_t addr[16] __attribute__((aligned(8)));
	char seen[INET6_ADDRSTRLEN];

	test_begin("address-known");
	for (size_t i = 0; i < COUNT(addrs); i++) {
		CHECK(inet_pton(AF_INET6, addrs[i].text, addr) == 1);
		CHECK_STR(address_text(addr, seen), addrs[i].told);
	}
	test_end("%zu", COUNT(addrs));
}

static void test_ends(void)
{
	const uint8_t v4[16] = {[10] = 0xff, [11] = 0xff, 10, 0, 0, 9}, v6[16] = {[15] = 1},
		      link[16] = {0xfe, 0x80, [15] = 1};
	char text[ADDRESS_END_MAX];
	uint8_t longest[16];

	test_begin("address-ends");
	CHECK_STR(address_end_text(v4, NULL, 443, text), "10.0.0.9:443");
	CHECK_STR(address_end_text(v4, NULL, 0, text), "10.0.0.9:*");
	CHECK_STR(address_end_text(v6, NULL, 443, text), "[::1]:443");
	CHECK_STR(address_end_text(NULL, NULL, 443, text), "*:443");
	CHECK_STR(address_end_text(NULL, NULL, 0, text), "*:*");
	CHECK_STR(address_end_text(link, "va2", 443, text), "[fe80::1%va2]:443");
	CHECK_STR(address_end_text(link, NULL, 443, text), "[fe80::1]:443");
	CHECK_STR(address_end_text(v6, "va2", 443, text), "[::1]:443");
	CHECK_STR(address_end_text(v4, "va2", 443, text), "10.0.0.9:443");
	CHECK_STR(address_device_text(link, "va2", text), "fe80::1%va2");
	CHECK_EQ(address_is_link_local((const uint8_t[16]){0xfe, 0xbf}), 1);
	CHECK_EQ(address_is_link_local((const uint8_t[16]){0xfe, 0xc0}), 0);
	memset(longest, 0xff, sizeof(longest));
	CHECK_EQ(strlen(address_end_text(longest, NULL, 65535, text)), strlen("[]:65535") + 39);
	test_end("IPv4, IPv6, neither");
}

int main(void)
{
	test_ipv4();
	test_ipv6();
	test_known();
	test_ends();
	return test_status();
}
