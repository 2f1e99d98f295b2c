/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fields_look.c - what the events of a look have: sockets and findings. See fields_values.h. */
#include "output/fields_value.h"
#include "output/fields_values.h"

#include "base/errno_name.h"
#include "diagnosis/fillings_text.h"
#include "diagnosis/next.h"
#include "diagnosis/process.h"
#include "output/stuck_text.h"

/* ---- stuck ---- */

value_t fields_get_age(source_t *s)
{
	return number_if(s->it->age.known != DWELL_UNKNOWN, s->it->age.ns);
}

value_t fields_get_age_known(source_t *s)
{
	return word(tcpstate_known_word(s->it->age.known));
}

value_t fields_get_age_from(source_t *s)
{
	return text(s->it->age.from);
}

static const struct rules_rule *rule_of(source_t *s)
{
	return s->filling ? s->filling->rule : s->it->rule;
}

value_t fields_get_rule(source_t *s)
{
	return rule_of(s) ? text(rule_of(s)->id) : unknown();
}

/* A finding also has what the listener says. */
value_t fields_get_evidence(source_t *s)
{
	if (s->filling)
		return text(fillings_evidence(s->filling, s->text));
	return text(s->finding ? stuck_text_evidence(s->verdict, s->it, s->text)
			       : verdict_evidence(s->it, s->text));
}

value_t fields_get_owner(source_t *s)
{
	if (s->filling)
		return unknown();
	return text(verdict_owners(s->it, s->finding ? s->finding->differs : 0, s->text));
}

static const struct verdict_finding *because(source_t *s)
{
	return s->finding ? s->finding->because : NULL;
}

value_t fields_get_because_rule(source_t *s)
{
	return text(because(s) ? s->verdict->sockets[because(s)->first].rule->id : NULL);
}

value_t fields_get_because_owner(source_t *s)
{
	if (!because(s))
		return unknown();
	return text(verdict_owners(&s->verdict->sockets[because(s)->first], because(s)->differs,
				   s->text));
}

value_t fields_get_inherited(source_t *s)
{
	return number(s->it->inherited);
}

value_t fields_get_orphan(source_t *s)
{
	return number(snapshot(s)->kind == WIRE_MINI || snapshot(s)->flags & WIRE_S_ORPHAN);
}

/* A listener's descriptor is not this connection's. */
value_t fields_get_fd(source_t *s)
{
	bool is_held = s->it->owner && !s->it->inherited && !census_is_closing(s->it->owner);

	return number_if(is_held, is_held ? s->it->owner->fd : 0);
}

value_t fields_get_tid(source_t *s)
{
	bool is_held = s->it->owner && !s->it->inherited;

	return number_if(is_held, is_held ? s->it->owner->tid : 0);
}

const char *fields_doing_name(unsigned i)
{
	return process_doing_name((uint8_t)(i + 1));
}

value_t fields_get_doing(source_t *s)
{
	return text(s->it->owner ? process_doing_name(s->it->owner->doing) : NULL);
}

value_t fields_get_out_of_descriptors(source_t *s)
{
	uint8_t flags = s->it->owner ? s->it->owner->flags : 0;

	return number_if(flags & (WIRE_H_FULL | WIRE_H_FREE), (flags & WIRE_H_FULL) != 0);
}

const char *fields_kind_name(unsigned i)
{
	static const char *const names[WIRE_OF_KINDS] = {"full", "mini", "request"};

	return i < WIRE_OF_KINDS ? names[i] : NULL;
}

value_t fields_get_kind(source_t *s)
{
	return text(fields_kind_name(snapshot(s)->kind));
}

static bool is_listener(source_t *s)
{
	return snapshot(s)->state == WIRE_LISTEN;
}

static value_t of_stream(source_t *s, uint32_t value)
{
	return number_if(is_full(s) && !is_listener(s), value);
}

value_t fields_get_unread(source_t *s)
{
	return of_stream(s, snapshot(s)->unread);
}

value_t fields_get_unsent(source_t *s)
{
	return of_stream(s, snapshot(s)->unsent);
}

value_t fields_get_unacked(source_t *s)
{
	return of_stream(s, snapshot(s)->unacked);
}

value_t fields_get_window(source_t *s)
{
	return of_stream(s, snapshot(s)->room);
}

value_t fields_get_probes(source_t *s)
{
	return of_stream(s, snapshot(s)->probes);
}

value_t fields_get_retransmits(source_t *s)
{
	bool sends = snapshot(s)->kind != WIRE_MINI && !is_listener(s);

	return number_if(sends, snapshot(s)->retransmits);
}

value_t fields_get_soft_error(source_t *s)
{
	uint8_t error = snapshot(s)->soft_error;

	return error ? text(errno_name(error, s->text)) : unknown();
}

const char *fields_way_name(unsigned i)
{
	static const char *const names[WIRE_WAYS - 1] = {"there", "no-address", "no-route",
							 "no-neighbour"};

	return i < WIRE_WAYS - 1 ? names[i] : NULL;
}

value_t fields_get_way(source_t *s)
{
	uint8_t way = snapshot(s)->way;

	return way ? text(fields_way_name(way - 1U)) : unknown();
}

value_t fields_get_peer_state(source_t *s)
{
	return text(s->it->peer ? tcpstate_name(s->it->peer->s.state) : NULL);
}

value_t fields_get_peer_owner(source_t *s)
{
	return s->it->peer ? text(verdict_peer_owner(s->verdict->census, s->it, s->text))
			   : unknown();
}

value_t fields_get_peer_cookie(source_t *s)
{
	uint64_t cookie = s->it->peer ? s->it->peer->s.id.cookie : 0;

	return number_unless_0(WIRE_ID_IS_ADDRESS(cookie) ? 0 : cookie);
}

value_t fields_get_peer_netns(source_t *s)
{
	return number_unless_0(s->it->peer ? s->it->peer->s.id.netns : 0);
}

value_t fields_get_timer(source_t *s)
{
	const struct wire_snapshot *socket = snapshot(s);

	return number_if(socket->timer > socket->head.ts, socket->timer - socket->head.ts);
}

const char *fields_ends_name(unsigned i)
{
	return ends_by_name(i + 1);
}

value_t fields_get_ends_by(source_t *s)
{
	return text(ends_by_name(s->it->ends.by));
}

value_t fields_get_ends_in(source_t *s)
{
	return number_if(s->it->ends.is_timed, s->it->ends.in_ns);
}

value_t fields_get_keepalive(source_t *s)
{
	const struct wire_limits *limits = census_limits_of(s->verdict->census,
							    snapshot(s)->id.netns);

	return text(ends_keepalive(snapshot(s), limits, s->text));
}

value_t fields_get_user_timeout(source_t *s)
{
	return number_unless_0(snapshot(s)->user_timeout_ms * NS_PER_MS);
}

value_t fields_get_waiting(source_t *s)
{
	return number_if(is_listener(s), snapshot(s)->unread);
}

value_t fields_get_backlog(source_t *s)
{
	return number_if(is_listener(s), snapshot(s)->room);
}

value_t fields_get_half_open(source_t *s)
{
	return number_if(is_listener(s), snapshot(s)->half_open);
}

value_t fields_get_holders(source_t *s)
{
	(void)s;
	return list();
}

value_t fields_get_listener_holders(source_t *s)
{
	(void)s;
	return list();
}

/* ---- finding ---- */

value_t fields_get_room(source_t *s)
{
	return s->filling ? number(s->filling->fill.room) : unknown();
}

value_t fields_get_gone_in(source_t *s)
{
	bool is_known = s->filling && s->filling->gone_in_ns;

	return number_if(is_known, is_known ? s->filling->gone_in_ns : 0);
}

value_t fields_get_says(source_t *s)
{
	return text(rule_of(s)->says);
}

value_t fields_get_next(source_t *s)
{
	const struct census *census = s->verdict->census;

	if (s->filling)
		return text(next_command_of_room(rule_of(s), census, &s->filling->id, s->text));
	return text(next_command(rule_of(s), census, s->it->socket, s->it->peer, s->text));
}
