/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* endpoint.c - where to listen: what may be typed, what it means, what is refused. */
#include "serve/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/parse.h"
#include "test.h"

static const struct {
	const char *text;
	int family; /* 0: refused */
	const char *host;
	uint16_t port;
} cases[] = {
	{"127.0.0.1:9798", AF_INET, "127.0.0.1", 9798},
	{"127.0.0.1", AF_INET, "127.0.0.1", ENDPOINT_PORT},
	{"0.0.0.0:80", AF_INET, "0.0.0.0", 80},
	{"192.0.2.7:0", AF_INET, "192.0.2.7", 0},
	{"192.0.2.7:65535", AF_INET, "192.0.2.7", 65535},
	{"[::1]:9798", AF_INET6, "::1", 9798},
	{"[::1]", AF_INET6, "::1", ENDPOINT_PORT},
	{"[::]:1", AF_INET6, "::", 1},
	{"[fe80::1%lo]:1", AF_INET6, "fe80::1", 1},
	{"[2001:db8::7]:443", AF_INET6, "2001:db8::7", 443},
	{":9798", AF_INET6, "::", 9798},
	{"", 0, NULL, 0},
	{":", 0, NULL, 0},
	{"9798", 0, NULL, 0},
	{"::1", 0, NULL, 0},
	{"::1:9798", 0, NULL, 0},
	{"[::1", 0, NULL, 0},
	{"[]:1", 0, NULL, 0},
	{"[127.0.0.1]:1", 0, NULL, 0},
	{"[::1]9798", 0, NULL, 0},
	{"[::1]:", 0, NULL, 0},
	{"[::1%nowhere]:1", 0, NULL, 0},
	{"127.1:80", 0, NULL, 0},
	{"2130706433:80", 0, NULL, 0},
	{"127.0.0.1:", 0, NULL, 0},
	{"127.0.0.1:65536", 0, NULL, 0},
	{"127.0.0.1:-1", 0, NULL, 0},
	{"127.0.0.1:80x", 0, NULL, 0},
	{"127.0.0.1: 80", 0, NULL, 0},
	{"127.0.0.1:http", 0, NULL, 0},
	{"127.0.0.256:80", 0, NULL, 0},
	{"localhost:80", 0, NULL, 0},
	{"http://127.0.0.1:80", 0, NULL, 0},
	{"1111111111111111111111111111111111111111111111111111111111111111111111111111:1", 0, NULL,
	 0},
};

int main(void)
{
	unsigned refused = 0;

	test_begin("endpoint-texts");
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct endpoint endpoint = {.len = 12345};
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)&endpoint.addr;
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&endpoint.addr;
		char why[PARSE_WHY] = "", host[INET6_ADDRSTRLEN] = "";
		bool good = endpoint_parse(cases[i].text, &endpoint, why), is_v6;

		test_context("'%.60s'", cases[i].text);
		CHECK_EQ(good, cases[i].family != 0);
		refused += !good;
		if (!good) {
			CHECK(*why && endpoint.len == 12345);
			continue;
		}
		is_v6 = endpoint.addr.ss_family == AF_INET6;
		CHECK_EQ(endpoint.addr.ss_family, cases[i].family);
		CHECK_EQ(ntohs(v4->sin_port), cases[i].port);
		CHECK_STR(inet_ntop(endpoint.addr.ss_family,
				    is_v6 ? (const void *)&v6->sin6_addr : &v4->sin_addr, host,
				    sizeof(host)),
			  cases[i].host);
		CHECK_EQ(endpoint.both, *cases[i].text == ':');
	}
	test_end("%zu texts, %u refused", COUNT(cases), refused);
	return test_status();
}
