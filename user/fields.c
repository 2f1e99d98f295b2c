/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fields.c - the table of fields. See fields.h. */
#include "fields.h"

#include <string.h>

#include "clock.h"
#include "match.h"
#include "tcpstate.h"

#define NONE ((struct fields_value){.type = VALUE_NONE})

static struct fields_value text(const char *value)
{
	return (struct fields_value){.type = VALUE_TEXT, .text = value};
}

static struct fields_value number(uint64_t value)
{
	return (struct fields_value){.type = VALUE_NUMBER, .number = value};
}

static struct fields_value number_unless_0(uint64_t value)
{
	return value ? number(value) : NONE;
}

static struct fields_value boolean(bool value)
{
	return (struct fields_value){.type = VALUE_BOOL, .number = value};
}

static struct fields_value special(enum fields_type type)
{
	return (struct fields_value){.type = type};
}

/* ---- all events ---- */

static struct fields_value get_event(struct fields_source *s)
{
	switch (s->event) {
	case EVENT_START:
		return text("start");
	case EVENT_TRANSITION:
		return text("transition");
	case EVENT_HISTOGRAM:
		return text("histogram");
	case EVENT_LOST:
		return text("lost");
	case EVENT_SUMMARY:
		return text("summary");
	}
	return NONE;
}

static struct fields_value get_ts(struct fields_source *s)
{
	return number(s->ts);
}

static struct fields_value get_time(struct fields_source *s)
{
	return text(clock_iso8601(s->ts + (uint64_t)s->sink->meta->wall_offset, s->text));
}

/* ---- start ---- */

static struct fields_value get_schema(struct fields_source *s)
{
	(void)s;
	return number(SINK_SCHEMA);
}

static struct fields_value get_version(struct fields_source *s)
{
	return text(s->sink->meta->version);
}

static struct fields_value get_kernel(struct fields_source *s)
{
	return text(s->sink->meta->kernel);
}

static struct fields_value get_transition_way(struct fields_source *s)
{
	return text(s->sink->meta->transition_way);
}

static struct fields_value get_timewait_way(struct fields_source *s)
{
	return text(s->sink->meta->timewait_way);
}

static struct fields_value get_sees_timewait(struct fields_source *s)
{
	return boolean(s->sink->meta->sees_timewait);
}

static struct fields_value get_filter(struct fields_source *s)
{
	return s->sink->meta->filter[0] ? text(s->sink->meta->filter) : NONE;
}

/* ---- transition ---- */

static struct fields_value get_from(struct fields_source *s)
{
	return text(tcpstate_name(s->transition->from));
}

static struct fields_value get_to(struct fields_source *s)
{
	return text(tcpstate_name(s->transition->to));
}

static struct fields_value get_laddr(struct fields_source *s)
{
	return text(group_address(s->conn->id.laddr, s->text));
}

static struct fields_value get_lport(struct fields_source *s)
{
	return number_unless_0(s->conn->id.lport);
}

static struct fields_value get_raddr(struct fields_source *s)
{
	return text(group_address(s->conn->id.raddr, s->text));
}

static struct fields_value get_rport(struct fields_source *s)
{
	return number_unless_0(s->conn->id.rport);
}

static struct fields_value get_family(struct fields_source *s)
{
	return text(match_is_ipv4(s->conn->id.laddr) ? "ipv4" : "ipv6");
}

static struct fields_value get_cookie(struct fields_source *s)
{
	return number_unless_0(s->conn->id.cookie & WIRE_ID_ADDRESS ? 0 : s->conn->id.cookie);
}

/* The cookie, or what stands for it. */
static struct fields_value get_socket(struct fields_source *s)
{
	return number_unless_0(s->conn->id.cookie & ~WIRE_ID_ADDRESS);
}

static struct fields_value get_netns(struct fields_source *s)
{
	return number_unless_0(s->conn->id.netns);
}

static struct fields_value get_pid(struct fields_source *s)
{
	return s->conn->owner.known != OWNER_UNKNOWN ? number(s->conn->owner.pid) : NONE;
}

static struct fields_value get_comm(struct fields_source *s)
{
	return s->conn->owner.known != OWNER_UNKNOWN ? text(s->conn->owner.comm) : NONE;
}

static struct fields_value get_pid_known(struct fields_source *s)
{
	return text(conn_owner_known_name(s->conn->owner.known));
}

static struct fields_value get_uid(struct fields_source *s)
{
	return s->conn->uid != CONN_NO_UID ? number(s->conn->uid) : NONE;
}

static struct fields_value get_cgroup(struct fields_source *s)
{
	return number_unless_0(s->conn->cgroup);
}

static struct fields_value get_dwell(struct fields_source *s)
{
	return s->transition->dwell_known != DWELL_UNKNOWN ? number(s->transition->dwell) : NONE;
}

static struct fields_value get_dwell_known(struct fields_source *s)
{
	return text(tcpstate_known_name(s->transition->dwell_known));
}

static struct fields_value get_cause(struct fields_source *s)
{
	return s->transition->cause ? text(tcpstate_cause_name(s->transition->cause)) : NONE;
}

/* ---- histogram ---- */

static struct fields_value get_state(struct fields_source *s)
{
	return text(tcpstate_name(s->histogram->state));
}

static struct fields_value get_by(struct fields_source *s)
{
	return s->histogram->by->n ? special(VALUE_GROUP) : NONE;
}

static struct fields_value get_begin(struct fields_source *s)
{
	return number(s->summary ? s->summary->begin : s->histogram->begin);
}

static struct fields_value get_whole(struct fields_source *s)
{
	return boolean(s->histogram->whole);
}

/* A state whose begin this kernel does not show has no dwells, which is not the same as none. */
static bool is_visible(const struct fields_source *s)
{
	return s->sink->meta->sees_timewait || s->histogram->state != WIRE_TIME_WAIT;
}

static struct fields_value get_visible(struct fields_source *s)
{
	return boolean(is_visible(s));
}

static struct fields_value get_count(struct fields_source *s)
{
	return is_visible(s) ? number(s->histogram->cell->hist.count) : NONE;
}

static struct fields_value get_partial(struct fields_source *s)
{
	return is_visible(s) ? number(s->histogram->cell->hist.partial) : NONE;
}

static struct fields_value if_any(struct fields_source *s, uint64_t value)
{
	return s->histogram->cell->hist.count ? number(value) : NONE;
}

static struct fields_value get_min(struct fields_source *s)
{
	return if_any(s, s->histogram->cell->hist.min);
}

static struct fields_value get_p50(struct fields_source *s)
{
	return if_any(s, hist_quantile(&s->histogram->cell->hist, 0.50));
}

static struct fields_value get_p90(struct fields_source *s)
{
	return if_any(s, hist_quantile(&s->histogram->cell->hist, 0.90));
}

static struct fields_value get_p99(struct fields_source *s)
{
	return if_any(s, hist_quantile(&s->histogram->cell->hist, 0.99));
}

static struct fields_value get_max(struct fields_source *s)
{
	return if_any(s, s->histogram->cell->hist.max);
}

static struct fields_value get_mean(struct fields_source *s)
{
	return if_any(s, hist_mean(&s->histogram->cell->hist));
}

static struct fields_value get_still(struct fields_source *s)
{
	return is_visible(s) ? number(s->histogram->cell->still.count) : NONE;
}

static struct fields_value get_still_in_doubt(struct fields_source *s)
{
	return is_visible(s) ? number(s->histogram->cell->still.in_doubt) : NONE;
}

static struct fields_value get_oldest(struct fields_source *s)
{
	const struct histset_still *still = &s->histogram->cell->still;

	return is_visible(s) && still->count ? number(still->oldest) : NONE;
}

static struct fields_value get_oldest_known(struct fields_source *s)
{
	const struct histset_still *still = &s->histogram->cell->still;

	if (!is_visible(s) || !still->count)
		return NONE;
	return text(tcpstate_known_name(still->oldest_exact ? DWELL_EXACT : DWELL_AT_LEAST));
}

static struct fields_value get_buckets(struct fields_source *s)
{
	return s->histogram->cell->hist.count ? special(VALUE_BUCKETS) : NONE;
}

/* ---- lost, summary ---- */

static struct fields_value get_lost_kind(struct fields_source *s)
{
	return text(sink_lost_kind(s->lost->kind));
}

static struct fields_value get_lost_count(struct fields_source *s)
{
	return number(s->lost->count);
}

static struct fields_value get_transitions(struct fields_source *s)
{
	return number(s->summary->transitions);
}

static struct fields_value get_connections(struct fields_source *s)
{
	return number(s->summary->connections);
}

static struct fields_value get_lost_transition(struct fields_source *s)
{
	return number(s->summary->lost[WIRE_TRANSITION]);
}

static struct fields_value get_lost_timewait(struct fields_source *s)
{
	return number(s->summary->lost[WIRE_TIMEWAIT]);
}

static struct fields_value get_lost_accepted(struct fields_source *s)
{
	return number(s->summary->lost[WIRE_ACCEPTED]);
}

static struct fields_value get_evicted(struct fields_source *s)
{
	return number(s->summary->evicted);
}

#define ALL (EVENT_START | EVENT_TRANSITION | EVENT_HISTOGRAM | EVENT_LOST | EVENT_SUMMARY)

static const struct fields_row rows[] = {
	{"event", ALL, get_event},
	{"ts_ns", ALL, get_ts},
	{"time", ALL, get_time},

	{"schema", EVENT_START, get_schema},
	{"version", EVENT_START, get_version},
	{"kernel", EVENT_START, get_kernel},
	{"transitions_by", EVENT_START, get_transition_way},
	{"timewait_by", EVENT_START, get_timewait_way},
	{"timewait_visible", EVENT_START, get_sees_timewait},
	{"filter", EVENT_START, get_filter},

	{"from", EVENT_TRANSITION, get_from},
	{"to", EVENT_TRANSITION, get_to},
	{"laddr", EVENT_TRANSITION, get_laddr},
	{"lport", EVENT_TRANSITION, get_lport},
	{"raddr", EVENT_TRANSITION, get_raddr},
	{"rport", EVENT_TRANSITION, get_rport},
	{"family", EVENT_TRANSITION, get_family},
	{"cookie", EVENT_TRANSITION, get_cookie},
	{"socket", EVENT_TRANSITION, get_socket},
	{"netns", EVENT_TRANSITION, get_netns},
	{"pid", EVENT_TRANSITION, get_pid},
	{"comm", EVENT_TRANSITION, get_comm},
	{"pid_known", EVENT_TRANSITION, get_pid_known},
	{"uid", EVENT_TRANSITION, get_uid},
	{"cgroup", EVENT_TRANSITION, get_cgroup},
	{"dwell_ns", EVENT_TRANSITION, get_dwell},
	{"dwell_known", EVENT_TRANSITION, get_dwell_known},
	{"cause", EVENT_TRANSITION, get_cause},

	{"state", EVENT_HISTOGRAM, get_state},
	{"by", EVENT_HISTOGRAM, get_by},
	{"begin_ns", EVENT_HISTOGRAM | EVENT_SUMMARY, get_begin},
	{"whole_run", EVENT_HISTOGRAM, get_whole},
	{"visible", EVENT_HISTOGRAM, get_visible},
	{"count", EVENT_HISTOGRAM, get_count},
	{"partial", EVENT_HISTOGRAM, get_partial},
	{"min_ns", EVENT_HISTOGRAM, get_min},
	{"p50_ns", EVENT_HISTOGRAM, get_p50},
	{"p90_ns", EVENT_HISTOGRAM, get_p90},
	{"p99_ns", EVENT_HISTOGRAM, get_p99},
	{"max_ns", EVENT_HISTOGRAM, get_max},
	{"mean_ns", EVENT_HISTOGRAM, get_mean},
	{"still", EVENT_HISTOGRAM, get_still},
	{"still_in_doubt", EVENT_HISTOGRAM, get_still_in_doubt},
	{"oldest_ns", EVENT_HISTOGRAM, get_oldest},
	{"oldest_known", EVENT_HISTOGRAM, get_oldest_known},
	{"buckets", EVENT_HISTOGRAM, get_buckets},

	{"lost_kind", EVENT_LOST, get_lost_kind},
	{"lost_count", EVENT_LOST, get_lost_count},

	{"transitions", EVENT_SUMMARY, get_transitions},
	{"connections", EVENT_SUMMARY, get_connections},
	{"lost_transition", EVENT_SUMMARY, get_lost_transition},
	{"lost_timewait", EVENT_SUMMARY, get_lost_timewait},
	{"lost_accepted", EVENT_SUMMARY, get_lost_accepted},
	{"evicted", EVENT_SUMMARY, get_evicted},
};

const struct fields_row *fields_row(unsigned i)
{
	return i < sizeof(rows) / sizeof(rows[0]) ? &rows[i] : NULL;
}
