/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* connection.c - see connection.h. */
#include "model/connection.h"

bool conn_is_dwell(uint8_t from, uint8_t to)
{
	return from != WIRE_CLOSE && !(from == WIRE_LISTEN && to != WIRE_CLOSE);
}

bool conn_event_is_dwell(const struct conn_event *event)
{
	return conn_is_dwell(event->from, event->to) && event->cause != CAUSE_NO_PORT;
}

bool conn_is_of_listener(const struct wire_transition *t)
{
	return t->to == WIRE_LISTEN || (t->from == WIRE_LISTEN && t->to == WIRE_CLOSE);
}

const char *conn_owner_known_name(uint8_t known)
{
	static const char *const names[OWNER_KNOWNS] = {[OWNER_UNKNOWN] = "unknown",
							[OWNER_INHERITED] = "inherited",
							[OWNER_EXACT] = "exact"};

	return known < OWNER_KNOWNS ? names[known] : "?";
}
