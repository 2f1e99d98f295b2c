/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* group.c - the keys of --by, a row each. See group.h. */
#include "group.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "line.h"
#include "match.h"

#define UNKNOWN "?"

const char *group_address(const uint8_t addr[16], char *text)
{
	char *end = text;

	if (match_is_ipv4(addr)) {
		for (unsigned i = 12; i < 16; i++) {
			if (i > 12)
				*end++ = '.';
			end = line_number(end, addr[i], 1);
		}
		return text;
	}
	return inet_ntop(AF_INET6, addr, text, INET6_ADDRSTRLEN);
}

static void number_or_unknown(uint64_t number, char *text)
{
	if (number)
		line_number(text, number, 1);
	else
		strcpy(text, UNKNOWN);
}

static void local_port(const struct conn *conn, char *text)
{
	number_or_unknown(conn->id.lport, text);
}

static void remote_port(const struct conn *conn, char *text)
{
	number_or_unknown(conn->id.rport, text);
}

static void address(const struct conn *conn, char *text)
{
	group_address(conn->id.raddr, text);
}

static const char *inherited_mark(const struct conn *conn)
{
	return conn->owner.known == OWNER_INHERITED ? "~" : "";
}

/* A name may hold anything; a tab would read as the next value. */
static void comm(const struct conn *conn, char *text)
{
	snprintf(text, GROUP_TEXT_MAX, "%s%s", inherited_mark(conn),
		 conn->owner.known != OWNER_UNKNOWN ? conn->owner.comm : UNKNOWN);
	for (; *text; text++)
		if ((unsigned char)*text < ' ')
			*text = '?';
}

static void pid(const struct conn *conn, char *text)
{
	if (conn->owner.known == OWNER_UNKNOWN)
		strcpy(text, UNKNOWN);
	else
		snprintf(text, GROUP_TEXT_MAX, "%s%u", inherited_mark(conn), conn->owner.pid);
}

static void uid(const struct conn *conn, char *text)
{
	if (conn->uid == CONN_NO_UID)
		strcpy(text, UNKNOWN);
	else
		snprintf(text, GROUP_TEXT_MAX, "%u", conn->uid);
}

static void cgroup(const struct conn *conn, char *text)
{
	number_or_unknown(conn->cgroup, text);
}

static void netns(const struct conn *conn, char *text)
{
	number_or_unknown(conn->id.netns, text);
}

/* `state` is there because people type it; histograms are by state anyway. */
static void state(const struct conn *conn, char *text)
{
	(void)conn;
	*text = '\0';
}

static const struct {
	const char *name;
	void (*value)(const struct conn *conn, char *text);
} keys[] = {
	{"state", state},
	{"local-port", local_port},
	{"remote-port", remote_port},
	{"address", address},
	{"comm", comm},
	{"pid", pid},
	{"uid", uid},
	{"cgroup", cgroup},
	{"netns", netns},
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

const char *group_value(unsigned key, const struct conn *conn, char text[GROUP_TEXT_MAX])
{
	keys[key].value(conn, text);
	return text;
}

const char *group_values(const struct group_by *by, const struct conn *conn,
			 char text[GROUP_TEXT_MAX])
{
	char value[GROUP_TEXT_MAX];
	size_t len = 0;

	*text = '\0';
	for (unsigned i = 0; i < by->n && len < GROUP_TEXT_MAX; i++)
		len += (size_t)snprintf(text + len, GROUP_TEXT_MAX - len, "%s%s", i ? "\t" : "",
					group_value(by->keys[i], conn, value));
	return text;
}
