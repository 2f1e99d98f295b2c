/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_noise.c - the connection model fed with noise: records that are each well formed, in an
 * order that no kernel makes, with losses. Nothing it tells can be true; but it may not crash, has
 * to stay within its bounds, and what it calls exact lies between two times that were both told,
 * for that connection, with nothing lost in between.
 */
#include "base/clock.h"
#include "model/conn.h"
#include "test.h"

#define RECORDS      20000
#define COOKIES      6
#define PORTS        3
#define ATTACHED     (100 * NS_PER_S)
#define TIMEWAIT_LEN (60 * NS_PER_S)

struct noise {
	struct test_random random;
	union decode_record fed[RECORDS];
	unsigned n;
	unsigned told, exact, waits;
};

static unsigned below(struct noise *noise, unsigned n)
{
	return (unsigned)test_below(&noise->random, n);
}

static struct wire_id some_id(struct noise *noise)
{
	struct wire_id id = {.cookie = below(noise, COOKIES),
			     .lport = (uint16_t)below(noise, PORTS),
			     .rport = (uint16_t)below(noise, 2),
			     .netns = 1};

	id.laddr[15] = (uint8_t)below(noise, 2);
	return id;
}

static void fill_mini(struct noise *noise, struct wire_timewait *t)
{
	t->id = some_id(noise);
	t->op = (uint8_t)(1 + below(noise, WIRE_TW_OPS - 1));
	t->substate = (uint8_t)(WIRE_FIN_WAIT2 + below(noise, 2));
	t->cause = (uint8_t)below(noise, WIRE_TW_CAUSES);
	t->entered = (uint32_t)below(noise, 1000);
	t->expires = t->head.ts + below(noise, 70) * NS_PER_S;
}

static void fill_transition(struct noise *noise, struct wire_transition *t)
{
	t->id = some_id(noise);
	t->from = (uint8_t)(1 + below(noise, WIRE_STATES - 1));
	t->to = (uint8_t)(1 + below(noise, WIRE_STATES - 1));
	t->flags = (uint16_t)below(noise, WIRE_F_ALL + 1);
	t->error = below(noise, 3) ? 0 : (int32_t)below(noise, 130);
}

static void fill_handshake(struct noise *noise, struct wire_handshake *h)
{
	h->id = some_id(noise);
	h->op = (uint8_t)(1 + below(noise, WIRE_HS_OPS - 1));
	h->cause = (uint8_t)below(noise, WIRE_HS_CAUSES);
	h->flags = (uint8_t)below(noise, WIRE_HS_ALL + 1);
}

static uint16_t fill(struct noise *noise, union decode_record *rec)
{
	switch (below(noise, 11)) {
	case 0:
		rec->head.kind = WIRE_TICK;
		return sizeof(rec->head);
	case 1:
		rec->head.kind = WIRE_SOCKET;
		rec->socket.id = some_id(noise);
		rec->socket.state = (uint8_t)(1 + below(noise, WIRE_STATES - 1));
		return sizeof(rec->socket);
	case 2:
		rec->head.kind = WIRE_SWEPT;
		rec->swept.netns = 1;
		rec->swept.blind = !below(noise, 10);
		return sizeof(rec->swept);
	case 3:
		rec->head.kind = WIRE_ACCEPTED;
		rec->accepted.id = some_id(noise);
		rec->accepted.pid = below(noise, 3);
		return sizeof(rec->accepted);
	case 4:
	case 5:
		rec->head.kind = WIRE_TIMEWAIT;
		fill_mini(noise, &rec->timewait);
		return sizeof(rec->timewait);
	case 6:
	case 7:
		rec->head.kind = WIRE_HANDSHAKE;
		fill_handshake(noise, &rec->handshake);
		return sizeof(rec->handshake);
	default:
		rec->head.kind = WIRE_TRANSITION;
		fill_transition(noise, &rec->transition);
		return sizeof(rec->transition);
	}
}

/* Does this record speak of that moment, of that connection? */
static bool speaks_of(const union decode_record *rec, const struct conn *conn, uint64_t moment)
{
	bool is_mini = rec->head.kind == WIRE_TIMEWAIT;

	if (rec->head.ts != moment && !(is_mini && rec->timewait.expires == moment + TIMEWAIT_LEN))
		return false;
	if (rec->head.kind == WIRE_TRANSITION)
		return rec->transition.id.cookie == conn->id.cookie;
	return is_mini && (rec->timewait.id.cookie == conn->id.cookie || !rec->timewait.id.cookie ||
			   !conn->id.cookie);
}

/* Two records speak of its begin and of its end, and carry the same count of losses. */
static bool is_witnessed(const struct noise *noise, const struct conn *conn,
			 const struct conn_event *event)
{
	uint64_t begin = event->ts - event->dwell;

	for (unsigned i = 0; i < noise->n; i++) {
		if (!speaks_of(&noise->fed[i], conn, begin))
			continue;
		for (unsigned k = 0; k < noise->n; k++)
			if (noise->fed[k].head.lost == noise->fed[i].head.lost &&
			    speaks_of(&noise->fed[k], conn, event->ts))
				return true;
	}
	return false;
}

static void on_event(void *ctx, const struct conn *conn, const struct conn_event *event)
{
	struct noise *noise = ctx;

	noise->told++;
	CHECK(event->from > 0 && event->from < WIRE_STATES);
	CHECK(event->to > 0 && event->to < WIRE_STATES);
	CHECK(event->from != event->to);
	CHECK((event->cause != CAUSE_NONE) == (event->to == WIRE_CLOSE));
	CHECK(event->dwell_known != DWELL_UNKNOWN || !event->dwell);
	if (event->dwell_known != DWELL_EXACT)
		return;
	noise->exact++;
	CHECK(event->dwell <= event->ts - ATTACHED);
	test_check(is_witnessed(noise, conn, event), __LINE__,
		   "cookie %llu at %" PRIu64 ": %s>%s told as exact %" PRIu64,
		   (unsigned long long)conn->id.cookie, event->ts, tcpstate_name(event->from),
		   tcpstate_name(event->to), event->dwell);
}

static bool is_birth(const union decode_record *rec, uint64_t cookie)
{
	const struct wire_transition *t = &rec->transition;

	return rec->head.kind == WIRE_TRANSITION && t->id.cookie == cookie &&
	       ((t->from == WIRE_LISTEN && t->to == WIRE_SYN_RECV) || t->flags & WIRE_F_UNTOLD);
}

static bool is_end_of_wait(const union decode_record *rec, uint64_t cookie, uint8_t to)
{
	if (rec->head.kind == WIRE_ACCEPTED)
		return rec->accepted.id.cookie == cookie && to != WIRE_CLOSE;
	return rec->head.kind == WIRE_TRANSITION && rec->transition.id.cookie == cookie &&
	       rec->transition.to == WIRE_CLOSE && to == WIRE_CLOSE;
}

/* Between the record that made the child and the one that took it out, nothing was lost. */
static bool wait_is_witnessed(const struct noise *noise, uint64_t cookie,
			      const struct conn_event *event)
{
	const union decode_record *end = &noise->fed[noise->n - 1];

	for (unsigned i = 0; i < noise->n; i++)
		if (noise->fed[i].head.ts == event->ts - event->dwell &&
		    noise->fed[i].head.lost == end->head.lost && is_birth(&noise->fed[i], cookie))
			return is_end_of_wait(end, cookie, event->to);
	return false;
}

static void on_wait(void *ctx, const struct conn *conn, const struct conn_event *event,
		    const struct conn_place *listener)
{
	struct noise *noise = ctx;

	noise->waits++;
	CHECK_EQ(event->from, TCPSTATE_ACCEPT_WAIT);
	CHECK_EQ(event->to, conn->state);
	CHECK((event->cause != CAUSE_NONE) == (event->to == WIRE_CLOSE));
	CHECK_EQ(listener->netns, conn->id.netns);
	CHECK(event->dwell_known != DWELL_UNKNOWN || !event->dwell);
	if (event->dwell_known == DWELL_EXACT)
		test_check(wait_is_witnessed(noise, conn->id.cookie, event), __LINE__,
			   "cookie %llu at %" PRIu64 ": told as exact %" PRIu64,
			   (unsigned long long)conn->id.cookie, event->ts, event->dwell);
}

struct depth {
	size_t waiting, queued;
};

static void count_waiting(void *ctx, const struct conn *conn, const struct conn_place *listener,
			  bool in_doubt)
{
	(void)listener;
	(void)in_doubt;
	CHECK_EQ(conn->state, TCPSTATE_ACCEPT_WAIT);
	((struct depth *)ctx)->waiting++;
}

static void count_queued(void *ctx, const struct conn_queue *queue)
{
	CHECK(queue->now <= queue->peak);
	((struct depth *)ctx)->queued += queue->now;
}

/* Each cookie waits in one queue, as an entry or as one that has ended. */
static void check_depth(const struct conn_table *table)
{
	struct depth depth = {0};

	conn_each_waiting(table, count_waiting, &depth);
	conn_each_queue(table, count_queued, &depth);
	CHECK(depth.waiting < COOKIES);
	CHECK(depth.queued < 2 * COOKIES);
}

static int some_wanted(void *ctx, const struct conn *conn)
{
	(void)ctx;
	return conn->id.lport ? conn->id.lport != 1 : 2; /* MATCH_NO, MATCH_YES, MATCH_UNDECIDED */
}

static void run(struct noise *noise, size_t max, bool samples)
{
	struct conn_config config = {.attached = ATTACHED,
				     .tick_ns = 4 * NS_PER_MS,
				     .max = max,
				     .sees_timewait = true,
				     .samples = samples,
				     .wanted = some_wanted,
				     .event = on_event,
				     .sees_accepts = true,
				     .waited = on_wait,
				     .ctx = noise};
	struct conn_table *table = conn_table_new(&config);
	uint64_t now = ATTACHED;
	uint32_t lost = 0;

	for (unsigned i = 0; i < RECORDS / 10; i++) {
		union decode_record *rec = &noise->fed[noise->n++];
		uint32_t netns[4];

		memset(rec, 0, sizeof(*rec));
		now += 1 + test_below(&noise->random, NS_PER_S);
		lost += !below(noise, 50);
		rec->head.ts = now;
		rec->head.lost = lost;
		rec->head.len = fill(noise, rec);
		conn_feed(table, rec);
		CHECK(conn_stats(table).count <= max);
		CHECK(conn_stats(table).unsettled <= conn_stats(table).count);
		CHECK(conn_unsettled(table, netns, 4) <= 1);
		check_depth(table);
	}
	conn_table_free(table);
}

int main(void)
{
	static struct noise noise;
	unsigned told = 0, exact = 0, waits = 0, runs = 60;

	test_begin("conn-noise");
	for (unsigned seed = 1; seed <= runs; seed++) {
		memset(&noise, 0, sizeof(noise));
		noise.random.state = seed * 40503;
		test_context("seed %u", seed);
		run(&noise, seed % 3 ? 100 : 3, seed % 2);
		told += noise.told, exact += noise.exact, waits += noise.waits;
	}
	test_end("%u runs of %u records: %u told, %u exact, each witnessed; %u waits", runs,
		 RECORDS / 10, told, exact, waits);
	return test_status();
}
