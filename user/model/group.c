/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* group.c - the keys of --by, a row each. See group.h. */
#include "model/group.h"

#include <string.h>

#include "base/address.h"
#include "base/append.h"
#include "base/name.h"

#define UNKNOWN '?'

static char *number_or_unknown(char *to, uint64_t number)
{
	return number ? append_number(to, number) : append_char(to, UNKNOWN);
}

static char *local_port(char *to, const struct conn *conn)
{
	return number_or_unknown(to, conn->id.lport);
}

static char *remote_port(char *to, const struct conn *conn)
{
	return number_or_unknown(to, conn->id.rport);
}

static char *address(char *to, const struct conn *conn)
{
	return address_append(to, conn->id.raddr);
}

static char *inherited_mark(char *to, const struct conn *conn)
{
	return conn->owner.known == OWNER_INHERITED ? append_char(to, '~') : to;
}

static char *comm(char *to, const struct conn *conn)
{
	if (conn->owner.known == OWNER_UNKNOWN)
		return append_char(to, UNKNOWN);
	return name_append(inherited_mark(to, conn), conn->owner.comm);
}

static char *pid(char *to, const struct conn *conn)
{
	if (conn->owner.known == OWNER_UNKNOWN)
		return append_char(to, UNKNOWN);
	return append_number(inherited_mark(to, conn), conn->owner.pid);
}

static char *uid(char *to, const struct conn *conn)
{
	return conn->uid == CONN_NO_UID ? append_char(to, UNKNOWN) : append_number(to, conn->uid);
}

static char *cgroup(char *to, const struct conn *conn)
{
	return number_or_unknown(to, conn->cgroup);
}

static char *netns(char *to, const struct conn *conn)
{
	return number_or_unknown(to, conn->id.netns);
}

static char *keepalive(char *to, const struct conn *conn)
{
	(void)conn;
	return append_char(to, UNKNOWN);
}

/* `state` is there because people type it; histograms are by state anyway. */
static char *state(char *to, const struct conn *conn)
{
	(void)conn;
	return to;
}

static const struct {
	const char *name;
	char *(*put)(char *to, const struct conn *conn);
} keys[] = {
	[GROUP_STATE] = {"state", state},
	[GROUP_LOCAL_PORT] = {"local-port", local_port},
	[GROUP_REMOTE_PORT] = {"remote-port", remote_port},
	[GROUP_ADDRESS] = {"address", address},
	[GROUP_COMM] = {"comm", comm},
	[GROUP_PID] = {"pid", pid},
	[GROUP_UID] = {"uid", uid},
	[GROUP_CGROUP] = {"cgroup", cgroup},
	[GROUP_NETNS] = {"netns", netns},
	[GROUP_KEEPALIVE] = {"keepalive", keepalive},
};

int group_key_parse(const char *name)
{
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i].name, name))
			return (int)i;
	return -1;
}

const char *group_key_name(unsigned key)
{
	return key < sizeof(keys) / sizeof(keys[0]) ? keys[key].name : NULL;
}

bool group_has(const struct group_by *by, enum group_key key)
{
	bool found = false;

	for (unsigned i = 0; i < by->n; i++)
		found |= by->keys[i] == key;
	return found;
}

char *group_append_value(char *to, unsigned key, const struct conn *conn)
{
	return keys[key].put(to, conn);
}

const char *group_value(unsigned key, const struct conn *conn, char text[GROUP_TEXT_MAX])
{
	*group_append_value(text, key, conn) = '\0';
	return text;
}

_Static_assert(NAME_ROOM(sizeof(((struct conn_owner *)0)->comm) - 1) + 1 <= GROUP_VALUE_MAX &&
		       INET6_ADDRSTRLEN <= GROUP_VALUE_MAX,
	       "no value is longer");
_Static_assert(GROUP_KEYS_MAX *GROUP_VALUE_MAX <= GROUP_TEXT_MAX, "no key is longer");

const char *group_values(const struct group_by *by, const struct conn *conn,
			 char text[GROUP_TEXT_MAX])
{
	char *to = text;

	for (unsigned i = 0; i < by->n; i++) {
		if (i)
			*to++ = '\t';
		to = group_append_value(to, by->keys[i], conn);
	}
	*to = '\0';
	return text;
}
