/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fields.c - the table of fields. See fields.h. */
#include "output/fields.h"

#include "record/decode.h"
#include "match.h"
#include "base/tcpstate.h"

#define NONE ((struct fields_value){.type = VALUE_NONE})

static struct fields_value text(const char *value)
{
	return (struct fields_value){.type = VALUE_TEXT, .text = value};
}

static struct fields_value name(const char *value)
{
	return (struct fields_value){.type = VALUE_NAME, .text = value};
}

static struct fields_value word(const struct word *value)
{
	return (struct fields_value){.type = VALUE_WORD, .word = value};
}

static struct fields_value address(const uint8_t value[16])
{
	return (struct fields_value){.type = VALUE_ADDRESS, .address = value};
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

static struct fields_value get_event(const struct fields_source *s)
{
	static const struct word names[] = {
		[EVENT_START] = WORD("start"),         [EVENT_TRANSITION] = WORD("transition"),
		[EVENT_HISTOGRAM] = WORD("histogram"), [EVENT_LOST] = WORD("lost"),
		[EVENT_SUMMARY] = WORD("summary"),
	};

	return word(&names[s->event]);
}

static struct fields_value get_ts(const struct fields_source *s)
{
	return number(s->ts);
}

static struct fields_value get_time(const struct fields_source *s)
{
	return (struct fields_value){.type = VALUE_TIME,
				     .number = s->ts + (uint64_t)s->sink->meta->wall_offset};
}

/* ---- start ---- */

static struct fields_value get_schema(const struct fields_source *s)
{
	(void)s;
	return number(FORMAT_SCHEMA);
}

static struct fields_value get_version(const struct fields_source *s)
{
	return name(s->sink->meta->version);
}

static struct fields_value get_kernel(const struct fields_source *s)
{
	return name(s->sink->meta->kernel);
}

static struct fields_value get_transition_way(const struct fields_source *s)
{
	return name(s->sink->meta->transition_way);
}

static struct fields_value get_timewait_way(const struct fields_source *s)
{
	return name(s->sink->meta->timewait_way);
}

static struct fields_value get_sees_timewait(const struct fields_source *s)
{
	return boolean(s->sink->meta->sees_timewait);
}

static struct fields_value get_filter(const struct fields_source *s)
{
	return s->sink->meta->filter[0] ? name(s->sink->meta->filter) : NONE;
}

/* ---- transition ---- */

static struct fields_value get_from(const struct fields_source *s)
{
	return word(tcpstate_word(s->transition->from));
}

static struct fields_value get_to(const struct fields_source *s)
{
	return word(tcpstate_word(s->transition->to));
}

static struct fields_value get_laddr(const struct fields_source *s)
{
	return address(s->conn->id.laddr);
}

static struct fields_value get_lport(const struct fields_source *s)
{
	return number_unless_0(s->conn->id.lport);
}

static struct fields_value get_raddr(const struct fields_source *s)
{
	return address(s->conn->id.raddr);
}

static struct fields_value get_rport(const struct fields_source *s)
{
	return number_unless_0(s->conn->id.rport);
}

static struct fields_value get_family(const struct fields_source *s)
{
	static const struct word ipv4 = WORD("ipv4"), ipv6 = WORD("ipv6");

	return word(match_is_ipv4(s->conn->id.laddr) ? &ipv4 : &ipv6);
}

static struct fields_value get_cookie(const struct fields_source *s)
{
	return number_unless_0(s->conn->id.cookie & WIRE_ID_ADDRESS ? 0 : s->conn->id.cookie);
}

/* The cookie, or what stands for it. */
static struct fields_value get_socket(const struct fields_source *s)
{
	return number_unless_0(s->conn->id.cookie & ~WIRE_ID_ADDRESS);
}

static struct fields_value get_netns(const struct fields_source *s)
{
	return number_unless_0(s->conn->id.netns);
}

static struct fields_value get_pid(const struct fields_source *s)
{
	return s->conn->owner.known != OWNER_UNKNOWN ? number(s->conn->owner.pid) : NONE;
}

static struct fields_value get_comm(const struct fields_source *s)
{
	return s->conn->owner.known != OWNER_UNKNOWN ? name(s->conn->owner.comm) : NONE;
}

static struct fields_value get_pid_known(const struct fields_source *s)
{
	return text(conn_owner_known_name(s->conn->owner.known));
}

static struct fields_value get_uid(const struct fields_source *s)
{
	return s->conn->uid != CONN_NO_UID ? number(s->conn->uid) : NONE;
}

static struct fields_value get_cgroup(const struct fields_source *s)
{
	return number_unless_0(s->conn->cgroup);
}

static struct fields_value get_dwell(const struct fields_source *s)
{
	return s->transition->dwell_known != DWELL_UNKNOWN ? number(s->transition->dwell) : NONE;
}

static struct fields_value get_dwell_known(const struct fields_source *s)
{
	return word(tcpstate_known_word(s->transition->dwell_known));
}

static struct fields_value get_cause(const struct fields_source *s)
{
	return s->transition->cause ? word(tcpstate_cause_word(s->transition->cause)) : NONE;
}

/* ---- histogram ---- */

static struct fields_value get_state(const struct fields_source *s)
{
	return word(tcpstate_word(s->histogram->state));
}

static struct fields_value get_by(const struct fields_source *s)
{
	return s->histogram->by->n ? special(VALUE_GROUP) : NONE;
}

static struct fields_value get_begin(const struct fields_source *s)
{
	return number(s->summary ? s->summary->begin : s->histogram->begin);
}

static struct fields_value get_whole(const struct fields_source *s)
{
	return boolean(s->histogram->whole);
}

/* A state whose begin this kernel does not show has no dwells, which is not the same as none. */
static bool is_visible(const struct fields_source *s)
{
	return s->sink->meta->sees_timewait || s->histogram->state != WIRE_TIME_WAIT;
}

static struct fields_value get_visible(const struct fields_source *s)
{
	return boolean(is_visible(s));
}

static struct fields_value get_count(const struct fields_source *s)
{
	return is_visible(s) ? number(s->histogram->cell->hist.count) : NONE;
}

static struct fields_value get_partial(const struct fields_source *s)
{
	return is_visible(s) ? number(s->histogram->cell->hist.partial) : NONE;
}

static struct fields_value if_any(const struct fields_source *s, uint64_t value)
{
	return s->histogram->cell->hist.count ? number(value) : NONE;
}

static struct fields_value get_min(const struct fields_source *s)
{
	return if_any(s, s->histogram->cell->hist.min);
}

static struct fields_value get_p50(const struct fields_source *s)
{
	return if_any(s, hist_quantile(&s->histogram->cell->hist, 0.50));
}

static struct fields_value get_p90(const struct fields_source *s)
{
	return if_any(s, hist_quantile(&s->histogram->cell->hist, 0.90));
}

static struct fields_value get_p99(const struct fields_source *s)
{
	return if_any(s, hist_quantile(&s->histogram->cell->hist, 0.99));
}

static struct fields_value get_max(const struct fields_source *s)
{
	return if_any(s, s->histogram->cell->hist.max);
}

static struct fields_value get_mean(const struct fields_source *s)
{
	return if_any(s, hist_mean(&s->histogram->cell->hist));
}

static struct fields_value get_still(const struct fields_source *s)
{
	return is_visible(s) ? number(s->histogram->cell->still.count) : NONE;
}

static struct fields_value get_still_in_doubt(const struct fields_source *s)
{
	return is_visible(s) ? number(s->histogram->cell->still.in_doubt) : NONE;
}

static struct fields_value get_oldest(const struct fields_source *s)
{
	const struct histset_still *still = &s->histogram->cell->still;

	return is_visible(s) && still->oldest_known ? number(still->oldest) : NONE;
}

static struct fields_value get_oldest_known(const struct fields_source *s)
{
	const struct histset_still *still = &s->histogram->cell->still;

	if (!is_visible(s) || !still->count)
		return NONE;
	return word(tcpstate_known_word(still->oldest_known));
}

static struct fields_value get_buckets(const struct fields_source *s)
{
	return s->histogram->cell->hist.count ? special(VALUE_BUCKETS) : NONE;
}

/* ---- lost, summary ---- */

static struct fields_value get_lost_kind(const struct fields_source *s)
{
	return text(decode_kind_name(s->lost->kind));
}

static struct fields_value get_lost_count(const struct fields_source *s)
{
	return number(s->lost->count);
}

static struct fields_value get_transitions(const struct fields_source *s)
{
	return number(s->summary->transitions);
}

static struct fields_value get_connections(const struct fields_source *s)
{
	return number(s->summary->connections);
}

static struct fields_value get_lost_transition(const struct fields_source *s)
{
	return number(s->summary->lost[WIRE_TRANSITION]);
}

static struct fields_value get_lost_timewait(const struct fields_source *s)
{
	return number(s->summary->lost[WIRE_TIMEWAIT]);
}

static struct fields_value get_lost_accepted(const struct fields_source *s)
{
	return number(s->summary->lost[WIRE_ACCEPTED]);
}

static struct fields_value get_evicted(const struct fields_source *s)
{
	return number(s->summary->evicted);
}

#define ALL (EVENT_START | EVENT_TRANSITION | EVENT_HISTOGRAM | EVENT_LOST | EVENT_SUMMARY)

#define ROW(name, events, get)                           \
	{                                                \
		name, WORD("\"" name "\":"), events, get \
	}

const struct fields_row fields[] = {
	ROW("event", ALL, get_event),
	ROW("ts_ns", ALL, get_ts),
	ROW("time", ALL, get_time),

	ROW("schema", EVENT_START, get_schema),
	ROW("version", EVENT_START, get_version),
	ROW("kernel", EVENT_START, get_kernel),
	ROW("transitions_by", EVENT_START, get_transition_way),
	ROW("timewait_by", EVENT_START, get_timewait_way),
	ROW("timewait_visible", EVENT_START, get_sees_timewait),
	ROW("filter", EVENT_START, get_filter),

	ROW("from", EVENT_TRANSITION, get_from),
	ROW("to", EVENT_TRANSITION, get_to),
	ROW("laddr", EVENT_TRANSITION, get_laddr),
	ROW("lport", EVENT_TRANSITION, get_lport),
	ROW("raddr", EVENT_TRANSITION, get_raddr),
	ROW("rport", EVENT_TRANSITION, get_rport),
	ROW("family", EVENT_TRANSITION, get_family),
	ROW("cookie", EVENT_TRANSITION, get_cookie),
	ROW("socket", EVENT_TRANSITION, get_socket),
	ROW("netns", EVENT_TRANSITION, get_netns),
	ROW("pid", EVENT_TRANSITION, get_pid),
	ROW("comm", EVENT_TRANSITION, get_comm),
	ROW("pid_known", EVENT_TRANSITION, get_pid_known),
	ROW("uid", EVENT_TRANSITION, get_uid),
	ROW("cgroup", EVENT_TRANSITION, get_cgroup),
	ROW("dwell_ns", EVENT_TRANSITION, get_dwell),
	ROW("dwell_known", EVENT_TRANSITION, get_dwell_known),
	ROW("cause", EVENT_TRANSITION, get_cause),

	ROW("state", EVENT_HISTOGRAM, get_state),
	ROW("by", EVENT_HISTOGRAM, get_by),
	ROW("begin_ns", EVENT_HISTOGRAM | EVENT_SUMMARY, get_begin),
	ROW("whole_run", EVENT_HISTOGRAM, get_whole),
	ROW("visible", EVENT_HISTOGRAM, get_visible),
	ROW("count", EVENT_HISTOGRAM, get_count),
	ROW("partial", EVENT_HISTOGRAM, get_partial),
	ROW("min_ns", EVENT_HISTOGRAM, get_min),
	ROW("p50_ns", EVENT_HISTOGRAM, get_p50),
	ROW("p90_ns", EVENT_HISTOGRAM, get_p90),
	ROW("p99_ns", EVENT_HISTOGRAM, get_p99),
	ROW("max_ns", EVENT_HISTOGRAM, get_max),
	ROW("mean_ns", EVENT_HISTOGRAM, get_mean),
	ROW("still", EVENT_HISTOGRAM, get_still),
	ROW("still_in_doubt", EVENT_HISTOGRAM, get_still_in_doubt),
	ROW("oldest_ns", EVENT_HISTOGRAM, get_oldest),
	ROW("oldest_known", EVENT_HISTOGRAM, get_oldest_known),
	ROW("buckets", EVENT_HISTOGRAM, get_buckets),

	ROW("lost_kind", EVENT_LOST, get_lost_kind),
	ROW("lost_count", EVENT_LOST, get_lost_count),

	ROW("transitions", EVENT_SUMMARY, get_transitions),
	ROW("connections", EVENT_SUMMARY, get_connections),
	ROW("lost_transition", EVENT_SUMMARY, get_lost_transition),
	ROW("lost_timewait", EVENT_SUMMARY, get_lost_timewait),
	ROW("lost_accepted", EVENT_SUMMARY, get_lost_accepted),
	ROW("evicted", EVENT_SUMMARY, get_evicted),
};

_Static_assert(sizeof(fields) / sizeof(fields[0]) == FIELDS, "FIELDS counts the rows");

const struct fields_row *const *fields_of(enum fields_event event)
{
	static const struct fields_row *rows[EVENT_SUMMARY + 1][FIELDS + 1];
	const struct fields_row **to = rows[event];

	if (!*to)
		for (const struct fields_row *row = fields; row < fields + FIELDS; row++)
			if (row->events & event)
				*to++ = row;
	return rows[event];
}
