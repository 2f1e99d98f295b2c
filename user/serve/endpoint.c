/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* endpoint.c - see endpoint.h. */
#include "serve/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/parse.h"

#define HOST_MAX 64

/* ---- as typed ---- */

static void set_any(struct endpoint *endpoint, uint16_t port)
{
	struct sockaddr_in6 *any = (struct sockaddr_in6 *)&endpoint->addr;

	any->sin6_family = AF_INET6;
	any->sin6_addr = in6addr_any;
	any->sin6_port = htons(port);
	endpoint->len = sizeof(*any);
	endpoint->both = true;
}

static bool set_ipv4(struct endpoint *endpoint, const char *host, uint16_t port, char *why)
{
	struct sockaddr_in *addr = (struct sockaddr_in *)&endpoint->addr;

	addr->sin_family = AF_INET;
	addr->sin_port = htons(port);
	endpoint->len = sizeof(*addr);
	return inet_pton(AF_INET, host, &addr->sin_addr) == 1 ||
	       parse_refuse(why, "'%s' is no address, and names are not looked up", host);
}

/* A link-local address names its interface: fe80::1%eth0. */
static bool set_ipv6(struct endpoint *endpoint, char *host, uint16_t port, char *why)
{
	struct sockaddr_in6 *addr = (struct sockaddr_in6 *)&endpoint->addr;
	char *interface = strchr(host, '%');

	if (interface)
		*interface++ = '\0';
	addr->sin6_family = AF_INET6;
	addr->sin6_port = htons(port);
	addr->sin6_scope_id = interface ? if_nametoindex(interface) : 0;
	endpoint->len = sizeof(*addr);
	if (inet_pton(AF_INET6, host, &addr->sin6_addr) != 1)
		return parse_refuse(why, "'%s' is no IPv6 address", host);
	return !interface || addr->sin6_scope_id ||
	       parse_refuse(why, "there is no interface '%s'", interface);
}

/* Splits at the last colon, brackets around what holds colons itself. False if it is neither. */
static bool split(const char *text, char host[HOST_MAX], const char **ret_port, bool *ret_ipv6,
		  char *why)
{
	const char *end = strchr(text, *text == '[' ? ']' : ':');
	size_t len = end ? (size_t)(end - text) : strlen(text);

	*ret_ipv6 = *text == '[';
	if (*ret_ipv6 && !end)
		return parse_refuse(why, "'[' without ']'");
	if (!*ret_ipv6 && end && strchr(end + 1, ':'))
		return parse_refuse(why, "an IPv6 address goes in brackets: [::1]:%d",
				    ENDPOINT_PORT);
	if (len >= HOST_MAX)
		return parse_refuse(why, "too long for an address");
	snprintf(host, HOST_MAX, "%.*s", (int)(len - *ret_ipv6), text + *ret_ipv6);
	text += len + *ret_ipv6;
	if (*text && *text != ':')
		return parse_refuse(why, "'%s' after the address is no port", text);
	*ret_port = *text ? text + 1 : NULL;
	return true;
}

bool endpoint_parse(const char *text, struct endpoint *ret_endpoint, char *why)
{
	struct endpoint endpoint = {0};
	const char *port_text = NULL;
	uint64_t port = ENDPOINT_PORT;
	char host[HOST_MAX] = "";
	bool ipv6 = false;

	if (!split(text, host, &port_text, &ipv6, why))
		return false;
	if (port_text && !parse_number(port_text, 0, UINT16_MAX, &port, why))
		return false;
	if (!*host && (ipv6 || !port_text))
		return parse_refuse(why, "no address");
	if (!*host)
		set_any(&endpoint, (uint16_t)port);
	else if (ipv6 ? !set_ipv6(&endpoint, host, (uint16_t)port, why)
		      : !set_ipv4(&endpoint, host, (uint16_t)port, why))
		return false;
	*ret_endpoint = endpoint;
	return true;
}

/* ---- as a socket ---- */

static const char *text_of(const struct sockaddr_storage *addr, char text[ENDPOINT_TEXT_MAX])
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
	bool is_v6 = addr->ss_family == AF_INET6;
	char host[INET6_ADDRSTRLEN] = "?", interface[IF_NAMESIZE] = "";
	/* Behind a failed getsockname() it is 0. NOLINTNEXTLINE(clang-analyzer-core.*) */
	uint16_t port = ntohs(is_v6 ? v6->sin6_port : v4->sin_port);

	inet_ntop(addr->ss_family, is_v6 ? (const void *)&v6->sin6_addr : &v4->sin_addr, host,
		  sizeof(host));
	if (is_v6 && v6->sin6_scope_id)
		if_indextoname(v6->sin6_scope_id, interface);
	snprintf(text, ENDPOINT_TEXT_MAX, "%s%s%s%s%s:%u", is_v6 ? "[" : "", host,
		 *interface ? "%" : "", interface, is_v6 ? "]" : "", port);
	return text;
}

const char *endpoint_text(int fd, char text[ENDPOINT_TEXT_MAX])
{
	struct sockaddr_storage addr = {0};
	socklen_t len = sizeof(addr);

	getsockname(fd, (struct sockaddr *)&addr, &len);
	return text_of(&addr, text);
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

static void tell_refusal(const struct sockaddr_storage *addr, int err)
{
	char text[ENDPOINT_TEXT_MAX];
	uint16_t port = ntohs(((const struct sockaddr_in *)addr)->sin_port);

	diag_error("cannot listen on '%s': %s", text_of(addr, text), strerror(err));
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
		diag_hint("127.0.0.1:%d is where it listens unless told otherwise", ENDPOINT_PORT);
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
		tell_refusal(&endpoint->addr, -fd);
	return fd;
}
