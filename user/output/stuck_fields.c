/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stuck_fields.c - the table. See stuck_fields.h. */
#include "output/stuck_fields.h"

#include <stdio.h>

#include "base/address.h"
#include "match.h"
#include "base/tcpstate.h"

#define NONE      ((struct fields_value){.type = VALUE_NONE})
#define TEXT(t)   ((struct fields_value){.type = VALUE_TEXT, .text = (t)})
#define NAME(n)   ((struct fields_value){.type = VALUE_NAME, .text = (n)})
#define NUMBER(n) ((struct fields_value){.type = VALUE_NUMBER, .number = (n)})
#define BOOL(b)   ((struct fields_value){.type = VALUE_BOOL, .number = (b)})

typedef struct fields_value value_t;
typedef struct stuck_fields_source source_t;

static const struct wire_snapshot *snapshot(const source_t *source)
{
	return &source->it->socket->s;
}

static value_t text_or_none(const char *text)
{
	return text && text[0] ? TEXT(text) : NONE;
}

static value_t name_or_none(const char *name)
{
	return name && name[0] ? NAME(name) : NONE;
}

static value_t number_or_none(uint64_t number)
{
	return number ? NUMBER(number) : NONE;
}

static value_t state(source_t *source)
{
	return TEXT(tcpstate_name(snapshot(source)->state));
}

static value_t age_ns(source_t *source)
{
	return source->it->age.known == DWELL_UNKNOWN ? NONE : NUMBER(source->it->age.ns);
}

static value_t age_known(source_t *source)
{
	return TEXT(tcpstate_known_name(source->it->age.known));
}

static value_t age_from(source_t *source)
{
	return text_or_none(source->it->age.from);
}

static value_t rule(source_t *source)
{
	return source->it->rule ? TEXT(source->it->rule->id) : NONE;
}

static value_t evidence(source_t *source)
{
	return text_or_none(rules_evidence(snapshot(source), source->text));
}

static value_t owner(source_t *source)
{
	return TEXT(verdict_owner(source->it, source->text));
}

static value_t inherited(source_t *source)
{
	return BOOL(source->it->inherited);
}

static value_t orphan(source_t *source)
{
	return BOOL(snapshot(source)->kind == WIRE_MINI || snapshot(source)->flags & WIRE_S_ORPHAN);
}

static value_t pid(source_t *source)
{
	return source->it->owner ? NUMBER(source->it->owner->pid) : NONE;
}

static value_t comm(source_t *source)
{
	return source->it->owner ? NAME(source->it->owner->comm) : NONE;
}

/* A listener's descriptor is not this connection's. */
static value_t fd(source_t *source)
{
	bool held = source->it->owner && !source->it->inherited;

	return held ? NUMBER(source->it->owner->fd) : NONE;
}

static value_t laddr(source_t *source)
{
	return TEXT(address_text(snapshot(source)->id.laddr, source->text));
}

static value_t lport(source_t *source)
{
	return NUMBER(snapshot(source)->id.lport);
}

static value_t raddr(source_t *source)
{
	return TEXT(address_text(snapshot(source)->id.raddr, source->text));
}

static value_t rport(source_t *source)
{
	return NUMBER(snapshot(source)->id.rport);
}

static value_t netns(source_t *source)
{
	return number_or_none(snapshot(source)->id.netns);
}

static value_t netns_name(source_t *source)
{
	return name_or_none(
		census_name(source->verdict->census, WIRE_NAME_NETNS, snapshot(source)->id.netns));
}

static value_t cookie(source_t *source)
{
	uint64_t id = snapshot(source)->id.cookie;

	return id & WIRE_ID_ADDRESS ? NONE : number_or_none(id);
}

static bool is_full(const source_t *source)
{
	return snapshot(source)->kind == WIRE_FULL;
}

static value_t uid(source_t *source)
{
	return is_full(source) ? NUMBER(snapshot(source)->uid) : NONE;
}

static value_t cgroup(source_t *source)
{
	return number_or_none(snapshot(source)->cgroup);
}

static value_t cgroup_name(source_t *source)
{
	return name_or_none(
		census_name(source->verdict->census, WIRE_NAME_CGROUP, snapshot(source)->cgroup));
}

static value_t kind(source_t *source)
{
	static const char *const kinds[WIRE_OF_KINDS] = {"full", "mini", "request"};

	return TEXT(kinds[snapshot(source)->kind]);
}

static bool is_listener(const source_t *source)
{
	return snapshot(source)->state == WIRE_LISTEN;
}

static value_t of_stream(const source_t *source, uint32_t number)
{
	return is_full(source) && !is_listener(source) ? NUMBER(number) : NONE;
}

static value_t unread(source_t *source)
{
	return of_stream(source, snapshot(source)->unread);
}

static value_t unsent(source_t *source)
{
	return of_stream(source, snapshot(source)->unsent);
}

static value_t unacked(source_t *source)
{
	return of_stream(source, snapshot(source)->unacked);
}

static value_t window(source_t *source)
{
	return of_stream(source, snapshot(source)->room);
}

static value_t probes(source_t *source)
{
	return of_stream(source, snapshot(source)->probes);
}

static value_t retransmits(source_t *source)
{
	bool sends = snapshot(source)->kind != WIRE_MINI && !is_listener(source);

	return sends ? NUMBER(snapshot(source)->retransmits) : NONE;
}

static value_t timer_ns(source_t *source)
{
	const struct wire_snapshot *s = snapshot(source);

	return s->timer > s->head.ts ? NUMBER(s->timer - s->head.ts) : NONE;
}

static value_t waiting(source_t *source)
{
	return is_listener(source) ? NUMBER(snapshot(source)->unread) : NONE;
}

static value_t backlog(source_t *source)
{
	return is_listener(source) ? NUMBER(snapshot(source)->room) : NONE;
}

#define ROW(name)           \
	{                   \
#name, name \
	}

static const struct stuck_fields_row rows[] = {
	ROW(state),    ROW(age_ns),      ROW(age_known),  ROW(age_from),    ROW(rule),
	ROW(evidence), ROW(owner),       ROW(inherited),  ROW(orphan),      ROW(pid),
	ROW(comm),     ROW(fd),          ROW(laddr),      ROW(lport),       ROW(raddr),
	ROW(rport),    ROW(netns),       ROW(netns_name), ROW(cookie),      ROW(uid),
	ROW(cgroup),   ROW(cgroup_name), ROW(kind),       ROW(unread),      ROW(unsent),
	ROW(unacked),  ROW(window),      ROW(probes),     ROW(retransmits), ROW(timer_ns),
	ROW(waiting),  ROW(backlog),
};

const struct stuck_fields_row *stuck_fields_row(unsigned i)
{
	return i < sizeof(rows) / sizeof(rows[0]) ? &rows[i] : NULL;
}
