/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* filling.c - see filling.h. Function names are the kernel's, net/ipv4. */
#include "diagnosis/filling.h"

#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/tcpstate.h"

size_t filling_all_ports(const struct wire_limits *limits)
{
	size_t range = (size_t)limits->port_high - limits->port_low + 1;

	return range > limits->ports_reserved ? range - limits->ports_reserved : 0;
}

bool filling_has_port(const struct wire_snapshot *s, const struct wire_limits *limits)
{
	return s->id.lport >= limits->port_low && s->id.lport <= limits->port_high &&
	       s->kind != WIRE_REQUEST && (s->state != WIRE_CLOSE || s->flags & WIRE_S_BOUND);
}

/* tcp_twsk_unique(): ns from when on connect() takes over such a port; 0: never. */
static uint64_t reusable_from(const struct wire_snapshot *s, const struct wire_limits *limits)
{
	bool local = s->device == ADDRESS_LOOPBACK_IFINDEX || address_is_loopback(s->id.laddr) ||
		     address_is_loopback(s->id.raddr);
	uint64_t entered = s->began ? s->began : s->timer - WIRE_TIMEWAIT_LEN_NS;

	return s->state == WIRE_TIME_WAIT && s->flags & WIRE_S_TIMESTAMPS &&
			       (limits->tw_reuse == 1 || (limits->tw_reuse == 2 && local))
		       ? entered + limits->tw_reuse_delay_ms * NS_PER_MS
		       : 0;
}

static bool is_reusable(const struct wire_snapshot *s, const struct wire_limits *limits)
{
	uint64_t from = reusable_from(s, limits);

	return from && from < s->head.ts;
}

bool filling_takes_one(const struct wire_snapshot *s, const struct wire_limits *limits)
{
	return s->state != WIRE_LISTEN && !(s->flags & WIRE_S_BOUND) && !is_reusable(s, limits);
}

bool filling_is_towards(const struct wire_snapshot *s, const struct wire_id *id)
{
	return s->id.netns == id->netns && s->id.rport == id->rport &&
	       !memcmp(s->id.laddr, id->laddr, sizeof(id->laddr)) &&
	       !memcmp(s->id.raddr, id->raddr, sizeof(id->raddr)) &&
	       (!s->device || s->device == id->cookie);
}

bool fillings_has(const struct filling *filling, const struct census *census,
		  const struct wire_snapshot *s)
{
	const struct wire_id *id = &filling->id;
	const struct wire_limits *limits = census_limits_of(census, id->netns);

	if (s->id.netns != id->netns || !limits)
		return false;
	if (filling->kind == RULES_TABLE)
		return s->kind == WIRE_MINI;
	if (!filling_has_port(s, limits))
		return false;
	if (filling->kind == RULES_DESTINATION)
		return filling_takes_one(s, limits) && filling_is_towards(s, id);
	/* A server's connections have one port, which is its listener's. */
	return (filling->fill.any_address || !memcmp(s->id.laddr, id->laddr, sizeof(id->laddr))) &&
	       (s->state == WIRE_LISTEN || !census_has_listener(census, &s->id));
}

uint64_t fillings_leaves(const struct filling *filling, const struct census *census,
			 const struct wire_snapshot *s)
{
	const struct wire_limits *limits = census_limits_of(census, filling->id.netns);
	uint64_t reusable = filling->kind == RULES_DESTINATION ? reusable_from(s, limits) : 0;

	return reusable ? reusable : s->kind == WIRE_MINI ? s->timer : 0;
}

uint8_t fillings_state(const struct filling *filling)
{
	const size_t *states = filling->fill.states;
	uint8_t most = tcpstate_order[0];

	for (unsigned i = 1; i < TCPSTATE_STATES; i++)
		if (states[tcpstate_order[i]] > states[most])
			most = tcpstate_order[i];
	return states[most] ? most : 0;
}

unsigned fillings_percent(const struct filling *filling)
{
	return (unsigned)(filling->fill.count * 100 / filling->fill.room);
}
