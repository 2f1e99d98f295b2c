/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * feeder.h - hand-made records for the connection model, and what it tells, as lines of text.
 *
 * A scenario is a table of records and a table of lines. Times are in ms, as on a clock that is at
 * 1000 when we attach. A line is "when FROM>TO dwell cause", the dwell "=500" exact, ">=500" a
 * lower bound, "?" unknown; ms again, or with "ns" where that is no whole number.
 */
#ifndef FEEDER_H
#define FEEDER_H

#include "base/clock.h"
#include "model/conn.h"
#include "record/decode.h"
#include "cli/command_line.h"
#include "model/selection.h"
#include "base/parse.h"
#include "test.h"

#define FEEDER_ATTACHED 1000
#define FEEDER_TICK     4
#define FEEDER_EVENTS   64
#define FEEDER_LINE     160

/* 0 in a table reads "as usual"; this reads 0. */
#define NONE (-1)

/* Of wire_limits, if nobody has changed them. */
#define USUAL_PATIENCE                                                                   \
	.retries2 = 15, .syn_retries = 6, .syn_linear_timeouts = 4, .synack_retries = 5, \
	.keepalive_s = 7200, .keepalive_every_s = 75, .keepalive_probes = 9,             \
	.listen_overflows = UINT64_MAX, .listen_drops = UINT64_MAX

struct rec {
	uint64_t ms;
	uint32_t lost;
	uint8_t kind;              /* WIRE_*; as usual: a transition */
	int64_t cookie;            /* as usual: 7 */
	int32_t lport, rport;      /* as usual: 40000, 443 */
	const char *laddr, *raddr; /* as usual: 10.0.0.1, 10.0.0.2 */
	uint32_t netns;            /* as usual: 4026531840 */

	uint8_t from, to; /* of a transition */
	uint16_t flags;
	int32_t error;
	uint32_t pid, uid;
	const char *comm;
	uint64_t cgroup;

	uint8_t resent;
	bool unaccepted; /* ... of its end */
	uint32_t ago;    /* us: how long ago the SYN-ACK was sent */

	uint8_t op, substate, cause; /* of a mini-socket, and of a request */
	uint32_t tw_entered;         /* ms; 0: this kernel has no note of it */
	uint64_t expires;            /* ms */

	uint8_t state; /* of a socket an iterator met */
	uint8_t blind; /* of a sweep */

	uint8_t of;     /* WIRE_FULL ... of a snapshot */
	uint64_t acked; /* ms: the last segment of the peer; 0: as usual, none */
	uint64_t began; /* ms: the kernel's note */
	uint8_t begins; /* of a census */
	uint64_t at;    /* the cookie of the listener that it waits at */
	uint64_t data;  /* ms: the last data of a snapshot; 0: as usual, none */
};

#define MOVE(when, before, after, ...)                                               \
	{                                                                            \
		.ms = when, .from = WIRE_##before, .to = WIRE_##after, ##__VA_ARGS__ \
	}
#define MINI(when, what, in, until, ...)                                                        \
	{                                                                                       \
		.ms = when, .kind = WIRE_TIMEWAIT, .op = WIRE_TW_##what, .substate = WIRE_##in, \
		.expires = until, ##__VA_ARGS__                                                 \
	}
#define MET(when, in, ...)                                                         \
	{                                                                          \
		.ms = when, .kind = WIRE_SOCKET, .state = WIRE_##in, ##__VA_ARGS__ \
	}
#define REQUEST(when, what, ...)                                                          \
	{                                                                                 \
		.ms = when, .kind = WIRE_HANDSHAKE, .op = WIRE_HS_##what, .cookie = NONE, \
		##__VA_ARGS__                                                             \
	}
#define TICK(when, ...)                                      \
	{                                                    \
		.ms = when, .kind = WIRE_TICK, ##__VA_ARGS__ \
	}
#define SWEPT(when, ...)                                      \
	{                                                     \
		.ms = when, .kind = WIRE_SWEPT, ##__VA_ARGS__ \
	}

#define ACCEPTED(when, number, name, ...)                                                     \
	{                                                                                     \
		.ms = when, .kind = WIRE_ACCEPTED, .pid = number, .comm = name, ##__VA_ARGS__ \
	}

#define THERE(when, in, ...)                                                         \
	{                                                                            \
		.ms = when, .kind = WIRE_SNAPSHOT, .state = WIRE_##in, ##__VA_ARGS__ \
	}
#define HOLDS(when, number, name, ...)                                                      \
	{                                                                                   \
		.ms = when, .kind = WIRE_HOLDER, .pid = number, .comm = name, ##__VA_ARGS__ \
	}
#define WAITS_AT(when, listener, ...)                                          \
	{                                                                      \
		.ms = when, .kind = WIRE_QUEUED, .at = listener, ##__VA_ARGS__ \
	}
#define CENSUS_BEGINS(when, ...)                                            \
	{                                                                   \
		.ms = when, .kind = WIRE_CENSUS, .begins = 1, ##__VA_ARGS__ \
	}
#define CENSUS_ENDS(when, ...)                                 \
	{                                                      \
		.ms = when, .kind = WIRE_CENSUS, ##__VA_ARGS__ \
	}

#define HELD_BY(number, name) .flags = WIRE_F_OWNED, .pid = number, .comm = name

struct feeder {
	struct options options; /* the filter */
	struct conn_table *table;
	struct conn last; /* the connection of the last event */
	char lines[FEEDER_EVENTS][FEEDER_LINE];
	unsigned n;
	bool show_owner, show_idle;
};

TEST_INLINE void feeder_time(uint64_t ns, char text[24])
{
	if (ns % NS_PER_MS)
		snprintf(text, 24, "%" PRIu64 "ns", ns);
	else
		snprintf(text, 24, "%llu", (unsigned long long)ns / NS_PER_MS);
}

TEST_INLINE void feeder_take(void *ctx, const struct conn *conn, const struct conn_event *event)
{
	static const char *const signs[DWELL_KNOWNS] = {"?", ">=", "="};
	struct feeder *feeder = ctx;
	char ts[24], dwell[24], *line = feeder->lines[feeder->n];
	int len;

	feeder->last = *conn;
	if (feeder->n == FEEDER_EVENTS)
		return;
	feeder_time(event->ts, ts);
	feeder_time(event->dwell, dwell);
	len = snprintf(line, FEEDER_LINE, "%s %s>%s %s%s%s%s%s", ts, tcpstate_name(event->from),
		       tcpstate_name(event->to), signs[event->dwell_known],
		       event->dwell_known || event->dwell ? dwell : "", event->cause ? " " : "",
		       tcpstate_cause_name(event->cause), event->overflowed ? " overflowed" : "");
	if (feeder->show_owner)
		snprintf(line + len, FEEDER_LINE - (size_t)len, " %u %s %s", conn->owner.pid,
			 conn->owner.comm, conn_owner_known_name(conn->owner.known));
	if (feeder->show_idle && event->idle)
		snprintf(line + len, FEEDER_LINE - (size_t)len, " idle %llu%s",
			 (unsigned long long)event->idle / NS_PER_MS,
			 event->idle_seen ? " seen" : "");
	feeder->n++;
}

/* The same, behind it the listener's port. */
TEST_INLINE void feeder_take_wait(void *ctx, const struct conn *conn,
				  const struct conn_event *event, const struct conn_place *listener)
{
	struct feeder *feeder = ctx;
	char *line = feeder->n < FEEDER_EVENTS ? feeder->lines[feeder->n] : NULL;
	size_t len;

	feeder_take(ctx, conn, event);
	len = line ? strlen(line) : 0;
	if (line)
		snprintf(line + len, FEEDER_LINE - len, " at %u.%u:%u", listener->addr[12],
			 listener->addr[15], listener->port);
}

TEST_INLINE int feeder_wanted(void *ctx, const struct conn *conn)
{
	return selection_wants(&((struct feeder *)ctx)->options.selection, conn);
}

/* Options as typed, separated by spaces; NULL: none. */
TEST_INLINE void feeder_options(struct options *options, const char *typed)
{
	char text[256], *argv[32] = {(char *)"test"}, *rest = text, *word;
	int argc = 1;

	snprintf(text, sizeof(text), "%s", typed ? typed : "");
	while ((word = strsep(&rest, " ")))
		if (*word)
			argv[argc++] = word;
	if (command_line_parse(options, argc, argv))
		abort();
}

struct feeder_setup {
	const char *filter; /* options; NULL: none */
	size_t max;         /* 0: plenty */
	bool blind;         /* this kernel shows no mini-sockets */
	bool samples;       /* only sweeps show them */
	bool waits;         /* accept() is told, and it is asked how long connections wait ... */
	bool handshakes;    /* ends of half-open handshakes are told */
	bool show_owner;
	bool show_idle; /* behind a line "idle 500", or "idle 500 seen" */
};

TEST_INLINE void feeder_init(struct feeder *feeder, struct feeder_setup setup)
{
	struct conn_config config = {.attached = FEEDER_ATTACHED * NS_PER_MS,
				     .tick_ns = FEEDER_TICK * NS_PER_MS,
				     .max = setup.max ? setup.max : 1000,
				     .sees_timewait = !setup.blind,
				     .samples = setup.samples,
				     .wanted = feeder_wanted,
				     .event = feeder_take,
				     .sees_handshakes = setup.handshakes,
				     .sees_accepts = setup.waits,
				     .waited = feeder_take_wait,
				     .ctx = feeder};

	memset(feeder, 0, sizeof(*feeder));
	feeder_options(&feeder->options, setup.filter);
	feeder->show_owner = setup.show_owner;
	feeder->show_idle = setup.show_idle;
	feeder->table = conn_table_new(&config);
	if (!feeder->table)
		abort();
}

TEST_INLINE void feeder_address(const char *text, uint8_t addr[16])
{
	struct match_prefix prefix;
	char why[PARSE_WHY];

	if (!parse_cidr(text, &prefix, why))
		abort();
	memcpy(addr, prefix.addr, 16);
}

TEST_INLINE struct wire_id feeder_id(const struct rec *rec)
{
	struct wire_id id = {.cookie = rec->cookie == NONE ? 0
				       : rec->cookie       ? (uint64_t)rec->cookie
							   : 7,
			     .lport = (uint16_t)(rec->lport == NONE ? 0
						 : rec->lport       ? rec->lport
								    : 40000),
			     .rport = (uint16_t)(rec->rport == NONE ? 0
						 : rec->rport       ? rec->rport
								    : 443),
			     .netns = rec->netns ? rec->netns : 4026531840u};

	feeder_address(rec->laddr ? rec->laddr : "10.0.0.1", id.laddr);
	feeder_address(rec->raddr ? rec->raddr : "10.0.0.2", id.raddr);
	return id;
}

TEST_INLINE struct wire_head feeder_head(const struct rec *rec, uint16_t kind, size_t len)
{
	return (struct wire_head){
		.ts = rec->ms * NS_PER_MS, .lost = rec->lost, .kind = kind, .len = (uint16_t)len};
}

/* The record as it comes from the kernel. */
TEST_INLINE union decode_record feeder_record(const struct rec *rec)
{
	union decode_record to = {0};
	uint16_t kind = rec->kind ? rec->kind : WIRE_TRANSITION;

	if (kind == WIRE_TRANSITION) {
		to.transition = (struct wire_transition){
			.head = feeder_head(rec, kind, sizeof(to.transition)),
			.id = feeder_id(rec),
			.cgroup = rec->cgroup,
			.uid = rec->uid,
			.pid = rec->ago ? rec->ago : rec->pid,
			.resent = rec->resent,
			.unaccepted = rec->unaccepted,
			.error = (int16_t)rec->error,
			.from = rec->from,
			.to = rec->to,
			.flags = rec->flags};
		if (rec->comm)
			memcpy(to.transition.comm, rec->comm, strnlen(rec->comm, 15));
	} else if (kind == WIRE_TIMEWAIT) {
		to.timewait =
			(struct wire_timewait){.head = feeder_head(rec, kind, sizeof(to.timewait)),
					       .id = feeder_id(rec),
					       .expires = rec->expires * NS_PER_MS,
					       .op = rec->op,
					       .substate = rec->substate,
					       .cause = rec->cause,
					       .entered = rec->tw_entered};
	} else if (kind == WIRE_HANDSHAKE) {
		to.handshake = (struct wire_handshake){
			.head = feeder_head(rec, kind, sizeof(to.handshake)),
			.id = feeder_id(rec),
			.cgroup = rec->cgroup,
			.began = rec->began * NS_PER_MS,
			.op = rec->op,
			.cause = rec->cause,
			.flags = (uint8_t)rec->flags,
			.uid = rec->uid};
	} else if (kind == WIRE_SOCKET) {
		to.socket = (struct wire_socket){.head = feeder_head(rec, kind, sizeof(to.socket)),
						 .id = feeder_id(rec),
						 .state = rec->state};
	} else if (kind == WIRE_SWEPT) {
		to.swept = (struct wire_swept){.head = feeder_head(rec, kind, sizeof(to.swept)),
					       .netns = feeder_id(rec).netns,
					       .blind = rec->blind};
	} else if (kind == WIRE_ACCEPTED) {
		to.accepted =
			(struct wire_accepted){.head = feeder_head(rec, kind, sizeof(to.accepted)),
					       .id = feeder_id(rec),
					       .pid = rec->pid};
		if (rec->comm)
			memcpy(to.accepted.comm, rec->comm, strnlen(rec->comm, 15));
	} else if (kind == WIRE_SNAPSHOT) {
		to.snapshot =
			(struct wire_snapshot){.head = feeder_head(rec, kind, sizeof(to.snapshot)),
					       .id = feeder_id(rec),
					       .timer = rec->expires * NS_PER_MS,
					       .acked = rec->acked * NS_PER_MS,
					       .began = rec->began * NS_PER_MS,
					       .received = rec->data * NS_PER_MS,
					       .uid = rec->uid,
					       .flags = rec->flags,
					       .state = rec->state,
					       .kind = rec->of};
	} else if (kind == WIRE_HOLDER) {
		to.holder = (struct wire_holder){.head = feeder_head(rec, kind, sizeof(to.holder)),
						 .cookie = feeder_id(rec).cookie,
						 .pid = rec->pid};
		if (rec->comm)
			memcpy(to.holder.comm, rec->comm, strnlen(rec->comm, 15));
	} else if (kind == WIRE_QUEUED) {
		to.queued = (struct wire_queued){.head = feeder_head(rec, kind, sizeof(to.queued)),
						 .cookie = feeder_id(rec).cookie,
						 .listener = rec->at};
	} else if (kind == WIRE_CENSUS) {
		to.census = (struct wire_census){.head = feeder_head(rec, kind, sizeof(to.census)),
						 .begins = rec->begins};
	} else {
		to.head = feeder_head(rec, kind, sizeof(to.head));
	}
	return to;
}

TEST_INLINE void feeder_feed(struct feeder *feeder, const struct rec *rec)
{
	union decode_record bytes = feeder_record(rec), decoded;

	if (decode(&bytes, bytes.head.len, &decoded) != bytes.head.len)
		abort();
	conn_feed(feeder->table, &decoded);
}

TEST_INLINE void feeder_release(struct feeder *feeder)
{
	conn_table_free(feeder->table);
}

/* ---- scenarios ---- */

#define SCENARIO_RECORDS 24
#define SCENARIO_LINES   16

struct scenario {
	const char *name;
	struct feeder_setup setup;
	struct rec feed[SCENARIO_RECORDS]; /* up to the first with ms 0 */
	const char *tells[SCENARIO_LINES];
	size_t count, unsettled, husks; /* at the end */
	uint64_t evicted;
	bool judges_doubt; /* the next three count */
	uint64_t missed;
	unsigned owed;
	size_t in_doubt;
};

TEST_INLINE void scenario_count_doubt(void *ctx, const struct conn *conn, bool in_doubt)
{
	(void)conn;
	*(size_t *)ctx += in_doubt;
}

TEST_INLINE void scenario_run(const struct scenario *scenario)
{
	static struct feeder feeder;
	struct conn_stats stats;
	unsigned records, n;

	test_begin(scenario->name);
	feeder_init(&feeder, scenario->setup);
	for (records = 0; records < SCENARIO_RECORDS && scenario->feed[records].ms; records++)
		feeder_feed(&feeder, &scenario->feed[records]);
	for (n = 0; n < SCENARIO_LINES && scenario->tells[n]; n++)
		CHECK_STR(n < feeder.n ? feeder.lines[n] : "(nothing)", scenario->tells[n]);
	for (; n < feeder.n; n++)
		CHECK_STR(feeder.lines[n], "(nothing)");
	stats = conn_stats(feeder.table);
	CHECK_EQ(stats.count, scenario->count);
	CHECK_EQ(stats.unsettled, scenario->unsettled);
	CHECK_EQ(stats.husks, scenario->husks);
	CHECK_EQ(stats.evicted, scenario->evicted);
	if (scenario->judges_doubt) {
		size_t in_doubt = 0;

		conn_each(feeder.table, scenario_count_doubt, &in_doubt);
		CHECK_EQ(stats.missed, scenario->missed);
		CHECK_EQ(stats.owed, scenario->owed);
		CHECK_EQ(in_doubt, scenario->in_doubt);
	}
	test_end("%u records, %u transitions%s%s", records, feeder.n, feeder.n ? ", last " : "",
		 feeder.n ? feeder.lines[feeder.n - 1] : "");
	feeder_release(&feeder);
}

#endif
