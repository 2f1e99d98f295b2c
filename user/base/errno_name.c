/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* errno_name.c - see errno_name.h. Which ICMP gives which error: icmp_err_convert[],
 * icmpv6_err_convert(); which route: fib_props[], ip6_rt_type_to_error(). */
#include "base/errno_name.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#define NAMED(error) error, #error

static const struct {
	int error;
	const char *name, *about;
} errors[] = {
	{NAMED(ENETUNREACH), "network unreachable"},
	{NAMED(EHOSTUNREACH), "host unreachable"},
	{NAMED(EACCES), "prohibited"},
	{NAMED(EPERM), "not permitted"},
	{NAMED(EINVAL), "refused by the route"},
	{NAMED(ECONNREFUSED), "port unreachable"},
	{NAMED(ENOPROTOOPT), "protocol unreachable"},
	{NAMED(EPROTO), "parameter problem"},
	{NAMED(EHOSTDOWN), "host unknown"},
	{NAMED(ENONET), "host isolated"},
	{NAMED(EOPNOTSUPP), "source route failed"},
	{NAMED(EMSGSIZE), "packet too big"},
	{NAMED(ENETDOWN), "network down"},
	{NAMED(ENODEV), "no such device"},
	{NAMED(EADDRNOTAVAIL), "address not available"},
	{NAMED(EAGAIN), "out of resources"},
	{NAMED(ENOBUFS), "out of buffers"},
	{NAMED(ENOMEM), "out of memory"},
	{NAMED(ETIMEDOUT), "timed out"},
	{NAMED(ECONNRESET), "reset"},
	{NAMED(EPIPE), "broken pipe"},
};

#define ERRORS (sizeof(errors) / sizeof(errors[0]))

static size_t find(int error)
{
	size_t i = 0;

	while (i < ERRORS && errors[i].error != error)
		i++;
	return i;
}

const char *errno_name(int error, char text[ERRNO_NAME_MAX])
{
	size_t i = find(error);

	if (i < ERRORS)
		return errors[i].name;
	snprintf(text, ERRNO_NAME_MAX, "%d", error);
	return text;
}

const char *errno_about(int error)
{
	size_t i = find(error);

	return i < ERRORS ? errors[i].about : "error";
}
