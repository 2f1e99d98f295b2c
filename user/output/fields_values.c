/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fields_values.c - what all events have, and those of a run and of the kernel. See
 * fields_values.h. */
#include "output/fields_value.h"
#include "output/fields_values.h"

#include "base/tcpstate.h"
#include "match.h"
#include "output/format.h"
#include "record/decode.h"

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
	if (s->filling)
		return s->filling->device[0] ? text(s->filling->device) : unknown();
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

	return number_unless_0(WIRE_ID_IS_ADDRESS(cookie) ? 0 : cookie);
}

/* The cookie, or what stands for it. */
value_t fields_get_socket(source_t *s)
{
	uint64_t id = id_of(s)->cookie;

	return number_unless_0(WIRE_ID_IS_ADDRESS(id) ? id & ~WIRE_ID_ADDRESS : id);
}

/* A finding of many places names none. */
static bool is_in_many_namespaces(source_t *s)
{
	return s->finding && s->finding->namespaces > 1;
}

static bool is_in_many_cgroups(source_t *s)
{
	return s->finding && s->finding->cgroups > 1;
}

value_t fields_get_netns(source_t *s)
{
	return number_unless_0(is_in_many_namespaces(s) ? 0 : id_of(s)->netns);
}

value_t fields_get_netns_name(source_t *s)
{
	if (is_in_many_namespaces(s))
		return unknown();
	return text(census_name(s->verdict->census, WIRE_NAME_NETNS, id_of(s)->netns));
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

value_t fields_get_uid(source_t *s)
{
	if (s->conn)
		return number_if(s->conn->uid != CONN_NO_UID, s->conn->uid);
	return number_if(is_full(s), snapshot(s)->uid);
}

value_t fields_get_cgroup(source_t *s)
{
	if (s->conn)
		return number_unless_0(s->conn->cgroup);
	return number_unless_0(s->filling || is_in_many_cgroups(s) ? 0 : snapshot(s)->cgroup);
}

value_t fields_get_cgroup_name(source_t *s)
{
	if (s->filling || is_in_many_cgroups(s))
		return unknown();
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

value_t fields_get_syns(source_t *s)
{
	return number_if(s->transition->syns, s->transition->syns);
}

value_t fields_get_overflowed(source_t *s)
{
	return number_if(s->transition->overflowed, 1);
}

/* ---- idle peak ---- */

value_t fields_get_peak(source_t *s)
{
	return number(s->idle_peak->peak->at);
}

value_t fields_get_peak_by(source_t *s)
{
	return word(idle_peaks_by_word(s->idle_peak->peak->by));
}

value_t fields_get_reached(source_t *s)
{
	return number(s->idle_peak->peak->reached);
}

/* ---- histogram ---- */

value_t fields_get_state(source_t *s)
{
	if (s->transition)
		return word(tcpstate_word(s->transition->to));
	return word(tcpstate_word(s->histogram ? s->histogram->state : snapshot(s)->state));
}

value_t fields_get_by(source_t *s)
{
	return s->histogram->by->n ? list() : unknown();
}

value_t fields_get_begin(source_t *s)
{
	if (s->idle_peak)
		return number(s->idle_peak->begin);
	return number(s->summary ? s->summary->begin : s->histogram->begin);
}

value_t fields_get_whole(source_t *s)
{
	return number(s->histogram->whole);
}

/* A state whose begin this kernel does not show has no dwells, which is not the same as none. */
static bool is_visible(source_t *s)
{
	if (s->histogram->state == TCPSTATE_ACCEPT_WAIT)
		return s->meta->sees_accepts;
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
	if (s->idle_peak)
		return number(s->idle_peak->peak->count);
	return number(s->filling ? s->filling->fill.count : s->finding->count);
}

value_t fields_get_partial(source_t *s)
{
	return number_if(is_visible(s), s->histogram->cell->hist.partial);
}

value_t fields_get_syns_resent(source_t *s)
{
	return number_if(tcpstate_sends_syns(s->histogram->state), s->histogram->cell->syns_resent);
}

value_t fields_get_overflowed_count(source_t *s)
{
	return number_if(s->histogram->state == WIRE_SYN_RECV, s->histogram->cell->overflowed);
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

value_t fields_get_lost_handshake(source_t *s)
{
	return number(s->summary->lost[WIRE_HANDSHAKE]);
}

value_t fields_get_lost_skipped(source_t *s)
{
	return number(s->summary->lost[WIRE_SKIPPED]);
}

value_t fields_get_evicted(source_t *s)
{
	return number(s->summary->evicted);
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
