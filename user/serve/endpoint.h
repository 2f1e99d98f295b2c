/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * endpoint.h - an address and a port to listen on, as a person types it and as a socket has it.
 */
#ifndef TCPDWELL_ENDPOINT_H
#define TCPDWELL_ENDPOINT_H

#include <stdbool.h>
#include <sys/socket.h>

#define ENDPOINT_PORT 9798 /* unless another is named */

struct endpoint {
	struct sockaddr_storage addr;
	socklen_t len;
	bool both; /* any address, IPv6 and IPv4; `addr` is that of IPv6 */
};

/*
 * "127.0.0.1:9798", "192.0.2.7", "[::1]:9798", "[fe80::1%eth0]", ":9798" (any address). Port 0 is
 * any free one. Names are not looked up. As in parse.h: false leaves a reason in `why`.
 */
bool endpoint_parse(const char *text, struct endpoint *ret_endpoint, char *why);

/* A non-blocking socket that listens there; -errno after the error was told. */
int endpoint_listen(const struct endpoint *endpoint);

/* Where a socket listens, as a URL has it: "127.0.0.1:9798", "[::1]:9798". */
#define ENDPOINT_TEXT_MAX 80
const char *endpoint_text(int fd, char text[ENDPOINT_TEXT_MAX]);

#endif
