/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * group.h - what --by names: the value of a property of a connection, as text.
 */
#ifndef TCPDWELL_GROUP_H
#define TCPDWELL_GROUP_H

#include "model/connection.h"

#define GROUP_KEYS_MAX  8
#define GROUP_VALUE_MAX 64 /* with what separates it from the next */
#define GROUP_TEXT_MAX  512

enum group_key {
	GROUP_STATE,
	GROUP_LOCAL_PORT,
	GROUP_REMOTE_PORT,
	GROUP_ADDRESS,
	GROUP_COMM,
	GROUP_PID,
	GROUP_UID,
	GROUP_CGROUP,
	GROUP_NETNS,
	GROUP_KEEPALIVE, /* no event tells it, only a census: here it is unknown */
};

struct group_by {
	unsigned n;                   /* 0: all connections are one group */
	uint8_t keys[GROUP_KEYS_MAX]; /* GROUP_STATE ... */
};

/* -1 if there is no key of that name. The names are those of group_key_name(). */
int group_key_parse(const char *name);

/* NULL past the last. */
const char *group_key_name(unsigned key);

/* Is this one of the keys? */
bool group_has(const struct group_by *by, enum group_key key);

/*
 * The value of one key: "443", "nginx", "10.0.0.9"; "?" where it is not known; "~nginx", "~4711"
 * where the owner is inherited from the listener, and the connection not yet seen held by it. A
 * name is text already, by the rule of name.h.
 */
const char *group_value(unsigned key, const struct conn *conn, char text[GROUP_TEXT_MAX]);

/* All values, separated by tabs: what groups are told apart by. */
const char *group_values(const struct group_by *by, const struct conn *conn,
			 char text[GROUP_TEXT_MAX]);

/* One value as append.h does it, with GROUP_VALUE_MAX bytes of room. */
char *group_append_value(char *to, unsigned key, const struct conn *conn);

#endif
