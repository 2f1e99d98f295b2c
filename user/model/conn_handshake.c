/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* conn_handshake.c - see conn_handshake.h. */
#include "model/conn_handshake.h"

#include "base/clock.h"
#include "match.h"

/* The kernel notes the SYN-ACK in us; two handshakes of one client and port are further apart. */
#define SAME_BEGIN_NS NS_PER_MS

/* ---- children ---- */

void conn_handshake_child(struct conn_table *table, struct store_entry *entry, uint64_t ts)
{
	struct store_cancel appeared = {.ts = ts, .lost = entry->lost};

	entry->conn.state = WIRE_SYN_RECV;
	entry->conn.since = entry->born = ts;
	entry->conn.since_exact = false;
	entry->is_opening = true;
	conn_decide_wanted(table, entry);
	if (!store_set_cancelled(&table->store, entry, &appeared))
		store_give_up(&table->store, entry);
}

/*
 * When the SYN-ACK was sent; 0: not known. A child of Fast Open is made by the SYN. Of others the
 * kernel takes the time until the ACK for a round trip, unless the SYN-ACK was sent again: then
 * only the request knows.
 */
static uint64_t begin_of(const struct store_entry *entry, const struct store_entry *taken,
			 const struct wire_transition *t)
{
	uint64_t us = t->from == WIRE_SYN_RECV && t->to == WIRE_ESTABLISHED ? t->handshake_us : 0;

	if (t->flags & WIRE_F_FAST_OPEN)
		return t->flags & WIRE_F_UNTOLD ? 0 : entry->born;
	if (taken && taken->conn.since_exact)
		return taken->conn.since;
	return us && us * NS_PER_US < t->head.ts ? t->head.ts - us * NS_PER_US : 0;
}

/* `began` is 0 if nobody knows. */
static void tell_begin(struct conn_table *table, struct store_entry *entry, uint64_t began,
		       uint32_t lost)
{
	entry->is_opening = false;
	entry->conn.state = WIRE_LISTEN;
	entry->conn.since = 0;
	conn_move(table, entry,
		  (struct conn_step){.ts = began ? began : entry->born,
				     .lost = lost,
				     .to = WIRE_SYN_RECV,
				     .inexact = !began});
}

/* ---- requests ---- */

static bool is_another(const struct store_entry *request, const struct wire_handshake *h)
{
	uint64_t a = request->conn.since, b = h->began;

	return request->conn.since_exact && b && (a > b ? a - b : b - a) > SAME_BEGIN_NS;
}

/* Whoever sends SYNs makes requests: they take little room from connections. */
#define SHARE_OF_ROOM 8

struct sight {
	const struct wire_head *head;
	const struct wire_id *id;
	uint64_t began; /* 0: nobody knows */
	uint64_t cgroup;
	uint32_t uid;
	bool is_told; /* by an event; each census meets it anew */
};

/* NULL: there is no room, or it is not wanted. */
static struct store_entry *first_sight(struct conn_table *table, const struct sight *sight)
{
	struct store_entry *entry;

	if (table->store.count >= table->config.max ||
	    table->store.requests.count > table->config.max / SHARE_OF_ROOM) {
		table->evicted += sight->is_told;
		return NULL;
	}
	entry = conn_first_sight(table, sight->head, sight->id, WIRE_LISTEN, STORE_REQUEST);
	if (!entry)
		return NULL;
	entry->conn.uid = sight->uid;
	entry->conn.cgroup = sight->cgroup;
	conn_inherit(table, &entry->conn);
	entry->conn.state = WIRE_SYN_RECV;
	entry->conn.since = sight->began;
	entry->conn.since_exact = sight->began != 0;
	entry->is_opening = true;
	conn_decide_wanted(table, entry);
	if (entry->wanted != MATCH_NO)
		return entry;
	store_remove(&table->store, entry);
	return NULL;
}

/* NULL: it is new, and there is no room for it, or it is not wanted. */
static struct store_entry *request_of(struct conn_table *table, const struct wire_handshake *h)
{
	struct store_entry *entry = store_find_request(&table->store, &h->id);

	if (entry && is_another(entry, h)) { /* the former's end was lost */
		store_remove(&table->store, entry);
		entry = NULL;
	}
	if (!entry)
		entry = first_sight(table, &(struct sight){.head = &h->head,
							   .id = &h->id,
							   .began = h->began,
							   .uid = h->uid,
							   .is_told = true,
							   .cgroup = h->cgroup});
	if (!entry)
		return NULL;
	entry->born = h->head.ts;
	entry->conn.uid = h->uid; /* a census does not tell */
	return entry;
}

/* tcp_check_req() notes that it puts off an ACK: for want of room, or of data. */
static bool has_overflowed(const struct wire_handshake *h)
{
	return (h->flags & (WIRE_HS_ACKED | WIRE_HS_DEFERS)) == WIRE_HS_ACKED;
}

static void wait_for_more(struct conn_table *table, struct store_entry *entry,
			  const struct wire_handshake *h, enum tcpstate_cause cause)
{
	struct store_cancel last = {.ts = h->head.ts,
				    .lost = h->head.lost,
				    .entered = h->resent + 1U,
				    .in = (uint8_t)cause,
				    .overflowed = has_overflowed(h)};

	store_clear_cancelled(&table->store, entry);
	if (!store_set_cancelled(&table->store, entry, &last))
		store_give_up(&table->store, entry);
}

/*
 * reqsk_timer_handler() ends it if its listener is closed or the SYN-ACK was sent often enough.
 */
static enum tcpstate_cause cause_by_timer(const struct wire_handshake *h)
{
	if (h->flags & WIRE_HS_CLOSED)
		return h->flags & WIRE_HS_MOVES ? CAUSE_UNKNOWN : CAUSE_NO_LISTENER;
	if (has_overflowed(h) && h->flags & WIRE_HS_FULL)
		return CAUSE_QUEUE_FULL;
	return CAUSE_TIMED_OUT;
}

static void feed_expired(struct conn_table *table, const struct wire_handshake *h)
{
	struct store_entry *entry = request_of(table, h);

	if (entry)
		wait_for_more(table, entry, h, cause_by_timer(h));
}

static void feed_armed(struct conn_table *table, const struct wire_handshake *h)
{
	struct store_entry *entry = request_of(table, h);

	if (entry)
		store_clear_cancelled(&table->store, entry);
}

/* The child follows, and tells. */
static void feed_taken(struct conn_table *table, const struct wire_handshake *h)
{
	struct store_entry *entry = request_of(table, h);

	if (entry)
		wait_for_more(table, entry, h, CAUSE_NONE);
}

static enum tcpstate_cause cause_of_end(const struct wire_handshake *h)
{
	static const enum tcpstate_cause causes[WIRE_HS_CAUSES] = {
		[WIRE_HS_BY_UNKNOWN] = CAUSE_UNKNOWN,      [WIRE_HS_BY_SEGMENT] = CAUSE_RESET,
		[WIRE_HS_BY_KILL] = CAUSE_KILLED,          [WIRE_HS_BY_ICMP] = CAUSE_UNREACHABLE,
		[WIRE_HS_BY_LISTENER] = CAUSE_NO_LISTENER,
	};

	uint8_t by = h->cause;

	/* tcp_v4_rcv() itself ends it without a listener, and else calls tcp_check_req(), which the
	 * stack may not show. */
	if (by == WIRE_HS_BY_LISTENER && !(h->flags & WIRE_HS_CLOSED))
		by = WIRE_HS_BY_SEGMENT;
	/* Without room tcp_check_req() ends it too, with tcp_abort_on_overflow. */
	if (by == WIRE_HS_BY_SEGMENT && h->flags & WIRE_HS_RESETS)
		return CAUSE_UNKNOWN;
	return causes[by];
}

static void end(struct conn_table *table, struct store_entry *entry, const struct conn_step *end)
{
	tell_begin(table, entry, entry->conn.since, end->lost);
	conn_end(table, entry, *end);
}

static void feed_ended(struct conn_table *table, const struct wire_handshake *h)
{
	struct store_entry *entry = request_of(table, h);

	if (entry)
		end(table, entry,
		    &(struct conn_step){.ts = h->head.ts,
					.lost = h->head.lost,
					.cause = (uint8_t)cause_of_end(h),
					.syns = h->resent + 1U,
					.overflowed = has_overflowed(h)});
}

void conn_handshake_feed(struct conn_table *table, const struct wire_handshake *h)
{
	static void (*const ops[WIRE_HS_OPS])(struct conn_table *,
					      const struct wire_handshake *) = {
		[WIRE_HS_EXPIRED] = feed_expired,
		[WIRE_HS_ARMED] = feed_armed,
		[WIRE_HS_TAKEN] = feed_taken,
		[WIRE_HS_ENDED] = feed_ended,
	};

	ops[h->op](table, h);
}

/* Without what tells its end it would stay for ever. */
static struct store_entry *meet_unknown(struct conn_table *table, const struct wire_snapshot *s)
{
	if (!table->config.sees_handshakes || !conn_is_told(table, WIRE_SYN_RECV))
		return NULL;
	return first_sight(table, &(struct sight){.head = &s->head,
						  .id = &s->id,
						  .began = s->began,
						  .uid = CONN_NO_UID,
						  .cgroup = s->cgroup});
}

void conn_handshake_met(struct conn_table *table, const struct wire_snapshot *s)
{
	struct store_entry *entry = store_find_request(&table->store, &s->id);

	if (!entry)
		entry = meet_unknown(table, s);
	if (!entry)
		return;
	entry->census = table->census;
	entry->unmet = 0;
}

/* ---- what nothing follows ---- */

/* That its timer was set again may have been lost, or another listener has taken it. */
static void settle_request(struct conn_table *table, struct store_entry *entry,
			   const struct store_cancel *cancel)
{
	/* Its child was given up before it moved, or nobody knows who has it. */
	if (cancel->in == CAUSE_NONE || cancel->in == CAUSE_UNKNOWN)
		store_remove(&table->store, entry);
	else if (cancel->lost != table->lost)
		store_clear_cancelled(&table->store, entry);
	else
		end(table, entry,
		    &(struct conn_step){.ts = cancel->ts,
					.lost = cancel->lost,
					.cause = cancel->in,
					.syns = (uint16_t)cancel->entered,
					.overflowed = cancel->overflowed});
}

void conn_handshake_settle(struct conn_table *table, struct store_entry *entry,
			   const struct store_cancel *cancel)
{
	if (entry->is_request) {
		settle_request(table, entry, cancel);
		return;
	}
	/* Fast Open: it stays in SYN-RECEIVED, and its next move will tell that it does. */
	store_clear_cancelled(&table->store, entry);
	tell_begin(table, entry, 0, cancel->lost);
}

/* reqsk_timer_handler() may be at work while a segment makes the child: then the timer is not taken
 * off, and nothing is told of that. So long it does not take. */
#define HANDLER_NS (100 * NS_PER_MS)

/*
 * The request that this child was made of, as it told; NULL: it told nothing. Another one of these
 * ports is of a handshake before: it ended, or what became of it was lost.
 */
static struct store_entry *taken_by(struct conn_table *table, const struct store_entry *child)
{
	struct store_entry *request = store_find_request(&table->store, &child->conn.id);
	const struct store_cancel *last = request ? store_cancelled(&table->store, request) : NULL;
	struct store_cancel ended;

	if (!request || (last && last->in == CAUSE_NONE))
		return request;
	if (last && last->ts + HANDLER_NS < child->born) {
		ended = *last;
		settle_request(table, request, &ended);
		request = store_find_request(&table->store, &child->conn.id);
	}
	if (request)
		store_remove(&table->store, request);
	return NULL;
}

bool conn_handshake_tell(struct conn_table *table, struct store_entry *entry,
			 const struct wire_transition *t)
{
	struct store_entry *request = taken_by(table, entry);
	uint64_t began = begin_of(entry, request, t);
	bool is_next = t->from == WIRE_SYN_RECV && began != entry->born;
	const struct store_cancel *last = request ? store_cancelled(&table->store, request) : NULL;
	bool overflowed = t->from == WIRE_SYN_RECV && last && last->overflowed;

	store_clear_cancelled(&table->store, entry);
	/* Between a birth and its next move only the birth's own time says when; and what is
	 * missing behind it, the next move tells. */
	tell_begin(table, entry, began, is_next ? t->head.lost : entry->lost);
	if (request)
		store_remove(&table->store, request);
	return overflowed;
}
