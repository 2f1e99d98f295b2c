/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* endpoint.c - see endpoint.h. */
#include "serve/endpoint.h"

#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/parse.h"
#include "base/shortage.h"

/* "fe80::1%eth0" is the longest. */
#define HOST_MAX (INET6_ADDRSTRLEN + IF_NAMESIZE)

/* ---- as typed ---- */

/* getaddrinfo() takes "127.1" and "0177.0.0.1" for 127.0.0.1; we take an address as it is printed.
 */
static bool is_as_printed(const struct addrinfo *found, const char *host)
{
	char text[HOST_MAX];

	return !getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof(text), NULL, 0,
			    NI_NUMERICHOST) &&
	       !strcmp(text, host);
}

/* An empty `host` is any address. */
static bool set_address(struct endpoint *ret_endpoint, int family, const char *host,
			const char *port, char *why)
{
	struct addrinfo *found = NULL,
			hints = {.ai_family = family,
				 .ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	bool good = !getaddrinfo(*host ? host : NULL, port, &hints, &found) &&
		    (family == AF_INET6 || is_as_printed(found, host));

	if (good) {
		*ret_endpoint = (struct endpoint){.len = found->ai_addrlen, .both = !*host};
		memcpy(&ret_endpoint->addr, found->ai_addr, found->ai_addrlen);
	}
	if (found)
		freeaddrinfo(found);
	return good ||
	       parse_refuse(why, "'%s' is not an IPv%d address%s", host, family == AF_INET6 ? 6 : 4,
			    strchr(host, '%') ? " with an interface of this host"
					      : ", and names are not looked up");
}

bool endpoint_parse(const char *text, struct endpoint *ret_endpoint, char *why)
{
	char host[64] = "", port_text[8];
	uint64_t port = ENDPOINT_PORT;
	int len = 0;
	bool is_ipv4 = *text != '[' && *text != ':';

	/* `len` is set if all of it was there. */
	sscanf(text, is_ipv4 ? "%63[^:]%n" : "[%63[^]]]%n", host, &len);
	text += len;
	if (*text ? *text != ':' : !len)
		return parse_refuse(why, "not an address with a port");
	if (*text && !parse_number(text + 1, 0, UINT16_MAX, &port, why))
		return false;
	snprintf(port_text, sizeof(port_text), "%u", (unsigned)port);
	return set_address(ret_endpoint, is_ipv4 ? AF_INET : AF_INET6, host, port_text, why);
}

/* ---- as a socket ---- */

static const char *text_of(const struct sockaddr *addr, socklen_t len, char text[ENDPOINT_TEXT_MAX])
{
	char host[HOST_MAX] = "?", port[8] = "?";

	getnameinfo(addr, len, host, sizeof(host), port, sizeof(port),
		    NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(text, ENDPOINT_TEXT_MAX, addr->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
		 port);
	return text;
}

const char *endpoint_text(int fd, char text[ENDPOINT_TEXT_MAX])
{
	struct sockaddr_storage addr = {0};
	socklen_t len = sizeof(addr);

	getsockname(fd, (struct sockaddr *)&addr, &len);
	return text_of((struct sockaddr *)&addr, len, text);
}

static int open_socket(const struct sockaddr *addr, socklen_t len, bool both)
{
	int fd = socket(addr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
	int only = 0, err;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (both)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	if (!bind(fd, addr, len) && !listen(fd, SOMAXCONN))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static void tell_refusal(const struct endpoint *endpoint, int err)
{
	char text[ENDPOINT_TEXT_MAX];
	const struct sockaddr *addr = (const struct sockaddr *)&endpoint->addr;
	/* At the same place in either family. */
	uint16_t port = ntohs(((const struct sockaddr_in *)addr)->sin_port);

	diag_error("cannot listen on '%s': %s", text_of(addr, endpoint->len, text), strerror(err));
	if (err == EADDRINUSE)
		diag_hint("`ss -tlnp 'sport = :%u'` tells who does; name another port, or 0 for "
			  "any free one",
			  port);
	else if (err == EADDRNOTAVAIL)
		diag_hint("it has to be an address of this host: `ip addr` lists them");
	else if (err == EACCES)
		diag_hint("a port below `sysctl net.ipv4.ip_unprivileged_port_start` takes "
			  "CAP_NET_BIND_SERVICE");
	else
		diag_hint("%s", shortage_cure(err, "127.0.0.1:9798 is where it listens unless told "
						   "otherwise"));
}

/* A host without IPv6 has any address of IPv4 still. */
int endpoint_listen(const struct endpoint *endpoint)
{
	const struct sockaddr *addr = (const struct sockaddr *)&endpoint->addr;
	struct sockaddr_in any = {.sin_family = AF_INET};
	int fd = open_socket(addr, endpoint->len, endpoint->both);

	if (endpoint->both && (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)) {
		any.sin_port = ((const struct sockaddr_in6 *)addr)->sin6_port;
		fd = open_socket((struct sockaddr *)&any, sizeof(any), false);
	}
	if (fd < 0)
		tell_refusal(endpoint, -fd);
	return fd;
}
