/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fields_values.c - see fields_values.h. */
#include "output/fields_values.h"

#include "diagnosis/next.h"
#include "base/tcpstate.h"
#include "match.h"
#include "output/format.h"
#include "output/stuck_text.h"
#include "record/decode.h"

typedef struct fields_value value_t;
typedef const struct fields_source source_t;

static value_t unknown(void)
{
	return (value_t){.is_known = false};
}

static value_t number(uint64_t value)
{
	return (value_t){.is_known = true, .number = value};
}

static value_t number_if(bool is_known, uint64_t value)
{
	return (value_t){.is_known = is_known, .number = value};
}

static value_t number_unless_0(uint64_t value)
{
	return number_if(value != 0, value);
}

/* Unless there is none, or an empty one. */
static value_t text(const char *value)
{
	return (value_t){.is_known = value && value[0], .text = value};
}

/* An empty one is one too. */
static value_t name(const char *value)
{
	return (value_t){.is_known = value != NULL, .text = value};
}

static value_t word(const struct word *value)
{
	return (value_t){.is_known = true, .word = value};
}

/* Known, and written by the list of its row. */
static value_t list(void)
{
	return number(0);
}

/* ---- all events ---- */

value_t fields_get_ts(source_t *s)
{
	return number(s->ts);
}

value_t fields_get_time(source_t *s)
{
	return number(s->ts + (uint64_t)s->meta->wall_offset);
}

/* ---- start, census ---- */

value_t fields_get_schema(source_t *s)
{
	(void)s;
	return number(FORMAT_SCHEMA);
}

value_t fields_get_version(source_t *s)
{
	return name(s->meta->version);
}

value_t fields_get_kernel(source_t *s)
{
	return name(s->meta->kernel);
}

value_t fields_get_transition_way(source_t *s)
{
	return name(s->meta->transition_way);
}

value_t fields_get_timewait_way(source_t *s)
{
	return name(s->meta->timewait_way);
}

value_t fields_get_sees_timewait(source_t *s)
{
	return number(s->meta->sees_timewait);
}

value_t fields_get_filter(source_t *s)
{
	return text(s->meta->filter);
}

value_t fields_get_sockets(source_t *s)
{
	return number(s->verdict->census->count);
}

value_t fields_get_namespaces(source_t *s)
{
	return number(s->verdict->census->namespaces);
}

value_t fields_get_missing_namespaces(source_t *s)
{
	return number(s->verdict->census->missing);
}

value_t fields_get_states(source_t *s)
{
	(void)s;
	return list();
}

/* ---- which socket, and whose ---- */

static const struct wire_snapshot *snapshot(source_t *s)
{
	return &s->it->socket->s;
}

static const struct wire_id *id_of(source_t *s)
{
	return s->conn ? &s->conn->id : s->it ? &snapshot(s)->id : &s->filling->id;
}

/* A namespace alone has no addresses, a source has no remote one. */
static value_t address_of(source_t *s, const uint8_t addr[16])
{
	bool is_there = !s->filling || match_addr_known(addr);

	return (value_t){.is_known = is_there, .address = addr};
}

value_t fields_get_laddr(source_t *s)
{
	return address_of(s, id_of(s)->laddr);
}

value_t fields_get_lport(source_t *s)
{
	return number_unless_0(id_of(s)->lport);
}

value_t fields_get_raddr(source_t *s)
{
	return address_of(s, id_of(s)->raddr);
}

value_t fields_get_rport(source_t *s)
{
	return number_unless_0(id_of(s)->rport);
}

value_t fields_get_device(source_t *s)
{
	return s->it ? text(census_device(s->verdict->census, snapshot(s), s->text)) : unknown();
}

value_t fields_get_family(source_t *s)
{
	static const struct word ipv4 = WORD("ipv4"), ipv6 = WORD("ipv6");

	return word(match_is_ipv4(s->conn->id.laddr) ? &ipv4 : &ipv6);
}

value_t fields_get_cookie(source_t *s)
{
	uint64_t cookie = id_of(s)->cookie;

	return number_unless_0(cookie & WIRE_ID_ADDRESS ? 0 : cookie);
}

/* The cookie, or what stands for it. */
value_t fields_get_socket(source_t *s)
{
	return number_unless_0(id_of(s)->cookie & ~WIRE_ID_ADDRESS);
}

value_t fields_get_netns(source_t *s)
{
	return number_unless_0(id_of(s)->netns);
}

value_t fields_get_netns_name(source_t *s)
{
	return text(census_name(s->verdict->census, WIRE_NAME_NETNS, snapshot(s)->id.netns));
}

static bool has_owner(source_t *s)
{
	return s->conn ? s->conn->owner.known != OWNER_UNKNOWN : s->it->owner != NULL;
}

value_t fields_get_pid(source_t *s)
{
	if (!has_owner(s))
		return unknown();
	return number(s->conn ? s->conn->owner.pid : s->it->owner->pid);
}

value_t fields_get_comm(source_t *s)
{
	if (!has_owner(s))
		return unknown();
	return name(s->conn ? s->conn->owner.comm : s->it->owner->comm);
}

value_t fields_get_pid_known(source_t *s)
{
	return text(conn_owner_known_name(s->conn->owner.known));
}

static bool is_full(source_t *s)
{
	return snapshot(s)->kind == WIRE_FULL;
}

value_t fields_get_uid(source_t *s)
{
	if (s->conn)
		return number_if(s->conn->uid != CONN_NO_UID, s->conn->uid);
	return number_if(is_full(s), snapshot(s)->uid);
}

value_t fields_get_cgroup(source_t *s)
{
	return number_unless_0(s->conn ? s->conn->cgroup : snapshot(s)->cgroup);
}

value_t fields_get_cgroup_name(source_t *s)
{
	return text(census_name(s->verdict->census, WIRE_NAME_CGROUP, snapshot(s)->cgroup));
}

/* ---- transition ---- */

value_t fields_get_from(source_t *s)
{
	return word(tcpstate_word(s->transition->from));
}

value_t fields_get_to(source_t *s)
{
	return word(tcpstate_word(s->transition->to));
}

value_t fields_get_dwell(source_t *s)
{
	return number_if(s->transition->dwell_known != DWELL_UNKNOWN, s->transition->dwell);
}

value_t fields_get_dwell_known(source_t *s)
{
	return word(tcpstate_known_word(s->transition->dwell_known));
}

value_t fields_get_cause(source_t *s)
{
	return s->transition->cause ? word(tcpstate_cause_word(s->transition->cause)) : unknown();
}

/* ---- histogram ---- */

value_t fields_get_state(source_t *s)
{
	return word(tcpstate_word(s->histogram ? s->histogram->state : snapshot(s)->state));
}

value_t fields_get_by(source_t *s)
{
	return s->histogram->by->n ? list() : unknown();
}

value_t fields_get_begin(source_t *s)
{
	return number(s->summary ? s->summary->begin : s->histogram->begin);
}

value_t fields_get_whole(source_t *s)
{
	return number(s->histogram->whole);
}

/* A state whose begin this kernel does not show has no dwells, which is not the same as none. */
static bool is_visible(source_t *s)
{
	return s->meta->sees_timewait || s->histogram->state != WIRE_TIME_WAIT;
}

value_t fields_get_visible(source_t *s)
{
	return number(is_visible(s));
}

/* Of what a rule found too. */
value_t fields_get_count(source_t *s)
{
	if (s->histogram)
		return number_if(is_visible(s), s->histogram->cell->hist.count);
	return number(s->filling ? s->filling->fill.count : s->finding->count);
}

value_t fields_get_partial(source_t *s)
{
	return number_if(is_visible(s), s->histogram->cell->hist.partial);
}

static value_t if_any(source_t *s, uint64_t value)
{
	return number_if(s->histogram->cell->hist.count, value);
}

value_t fields_get_min(source_t *s)
{
	return if_any(s, s->histogram->cell->hist.min);
}

value_t fields_get_p50(source_t *s)
{
	return if_any(s, hist_quantile(&s->histogram->cell->hist, 0.50));
}

value_t fields_get_p90(source_t *s)
{
	return if_any(s, hist_quantile(&s->histogram->cell->hist, 0.90));
}

value_t fields_get_p99(source_t *s)
{
	return if_any(s, hist_quantile(&s->histogram->cell->hist, 0.99));
}

value_t fields_get_max(source_t *s)
{
	return if_any(s, s->histogram->cell->hist.max);
}

value_t fields_get_mean(source_t *s)
{
	return if_any(s, hist_mean(&s->histogram->cell->hist));
}

value_t fields_get_still(source_t *s)
{
	return number_if(is_visible(s), s->histogram->cell->still.count);
}

value_t fields_get_still_in_doubt(source_t *s)
{
	return number_if(is_visible(s), s->histogram->cell->still.in_doubt);
}

/* Of a histogram and of a finding: known as DWELL_*, or -1 if nothing is there. */
static int oldest_known(source_t *s)
{
	const struct histset_still *still;

	if (!s->histogram)
		return s->it ? s->it->age.known : -1;
	still = &s->histogram->cell->still;
	if (!is_visible(s) || !still->count)
		return -1;
	return still->oldest_known;
}

value_t fields_get_oldest(source_t *s)
{
	int known = oldest_known(s);

	if (known < 0 || known == DWELL_UNKNOWN)
		return unknown();
	return number(s->histogram ? s->histogram->cell->still.oldest : s->it->age.ns);
}

value_t fields_get_oldest_known(source_t *s)
{
	int known = oldest_known(s);

	return known < 0 ? unknown() : word(tcpstate_known_word((uint8_t)known));
}

value_t fields_get_buckets(source_t *s)
{
	return s->histogram->cell->hist.count ? list() : unknown();
}

/* ---- lost, summary ---- */

value_t fields_get_lost_kind(source_t *s)
{
	return text(decode_kind_name(s->lost->kind));
}

value_t fields_get_lost_count(source_t *s)
{
	return number(s->lost->count);
}

value_t fields_get_transitions(source_t *s)
{
	return number(s->summary->transitions);
}

value_t fields_get_connections(source_t *s)
{
	return number(s->summary->connections);
}

value_t fields_get_lost_transition(source_t *s)
{
	return number(s->summary->lost[WIRE_TRANSITION]);
}

value_t fields_get_lost_timewait(source_t *s)
{
	return number(s->summary->lost[WIRE_TIMEWAIT]);
}

value_t fields_get_lost_accepted(source_t *s)
{
	return number(s->summary->lost[WIRE_ACCEPTED]);
}

value_t fields_get_evicted(source_t *s)
{
	return number(s->summary->evicted);
}

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
			       : rules_evidence(snapshot(s), s->text));
}

value_t fields_get_owner(source_t *s)
{
	if (s->filling)
		return unknown();
	return text(verdict_owners(s->it, s->finding ? s->finding->differs : 0, s->text));
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
	bool is_held = s->it->owner && !s->it->inherited;

	return number_if(is_held, is_held ? s->it->owner->fd : 0);
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

value_t fields_get_timer(source_t *s)
{
	const struct wire_snapshot *socket = snapshot(s);

	return number_if(socket->timer > socket->head.ts, socket->timer - socket->head.ts);
}

value_t fields_get_waiting(source_t *s)
{
	return number_if(is_listener(s), snapshot(s)->unread);
}

value_t fields_get_backlog(source_t *s)
{
	return number_if(is_listener(s), snapshot(s)->room);
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

value_t fields_get_says(source_t *s)
{
	return text(rule_of(s)->says);
}

value_t fields_get_next(source_t *s)
{
	const struct census *census = s->verdict->census;

	if (s->filling)
		return text(next_command_of_room(rule_of(s), census, &s->filling->id, s->text));
	return text(next_command(rule_of(s), census, s->it->socket, s->text));
}

/* ---- feature ---- */

value_t fields_get_feature(source_t *s)
{
	return text(s->feature->feature);
}

value_t fields_get_gives(source_t *s)
{
	return text(s->feature->gives);
}

value_t fields_get_without(source_t *s)
{
	return text(s->feature->without);
}

value_t fields_get_ways(source_t *s)
{
	(void)s;
	return list();
}
