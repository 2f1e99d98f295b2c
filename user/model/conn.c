/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* conn.c - the connection model: full sockets, and the table. See conn.h for what it promises. */
#include "model/conn.h"

#include <stdlib.h>
#include <string.h>

#include "model/conn_cause.h"
#include "model/conn_handshake.h"
#include "model/conn_moves.h"
#include "model/conn_mini.h"
#include "model/conn_queue.h"
#include "model/conn_sample.h"
#include "model/conn_census.h"
#include "match.h"

/* Fills in what is not known of the connection yet; overwrites nothing. */
static void learn_identity(struct conn *conn, const struct wire_id *id)
{
	if (!conn->id.lport)
		conn->id.lport = id->lport;
	if (!conn->id.rport)
		conn->id.rport = id->rport;
	if (!match_addr_known(conn->id.laddr))
		memcpy(conn->id.laddr, id->laddr, sizeof(id->laddr));
	if (!match_addr_known(conn->id.raddr))
		memcpy(conn->id.raddr, id->raddr, sizeof(id->raddr));
}

/* ---- records: full sockets ---- */

/*
 * It left a state that it was not in: a transition in between was not told, although no record was
 * lost. A program does not run while it runs on the same CPU already, and some hosts run none for
 * what interrupts certain tasks: see "Missing transitions" in the manual. Where one is missing
 * others may be.
 */
static void note_missed(struct conn_table *table, struct store_entry *entry,
			const struct wire_transition *t)
{
	if (entry->lost == t->head.lost && conn_is_told(table, entry->conn.state))
		conn_note_missed(table, t->head.ts);
	entry->conn.state = t->from;
	entry->conn.since = 0;
	entry->conn.since_exact = false;
}

/*
 * This transition begins another life of the socket, and the end of the former was lost: a socket
 * that connects again has the same cookie, and other ports. If sockets are known by address only,
 * it may also be another socket at the same address, as a first move of a child shows that the
 * former could not make.
 */
static bool is_another_life(const struct store_entry *entry, const struct wire_transition *t)
{
	if (t->from == WIRE_CLOSE || !conn_may_be_same(&entry->conn.id, &t->id))
		return true;
	return WIRE_ID_IS_ADDRESS(t->id.cookie) && t->flags & WIRE_F_UNTOLD &&
	       entry->conn.state != WIRE_SYN_RECV;
}

/* A census met the socket before the tracer read its first event. */
static bool is_told_late(const struct store_entry *entry, const struct wire_transition *t)
{
	return entry->by_census && t->head.ts <= entry->born;
}

/*
 * After a whole census only a new socket can be unknown. This one entered its state by a move that
 * was not told, or the iterator passed over it; nobody knows when. Two censuses prove that a move
 * is missing.
 */
static void note_stranger(struct conn_table *table, struct store_entry *entry,
			  const struct wire_transition *t)
{
	bool born = t->from == WIRE_CLOSE || t->flags & WIRE_F_UNTOLD ||
		    (t->from == WIRE_LISTEN && t->to != WIRE_CLOSE);

	if (born || !table->counted || table->evicted || conn_census_owed(table) ||
	    !conn_census_covers(table, t->id.netns))
		return;
	entry->conn.since = 0;
	if (table->counted_twice && conn_is_told(table, t->from))
		conn_note_missed(table, t->head.ts);
}

/*
 * With two flags the kernel saw that there is no mini-socket (is_cut_orphan() in transition.bpf.c).
 * In FIN-WAIT-2, without a FIN and with TCP_LINGER2 negative, tcp_close() and
 * tcp_rcv_state_process() end it by RST and make none.
 */
static bool is_sure_end(const struct wire_transition *t)
{
	return t->error || t->flags & (WIRE_F_EXPIRED | WIRE_F_RST_SENT) ||
	       (t->from == WIRE_FIN_WAIT2 && t->flags & WIRE_F_LINGER2 &&
		!(t->flags & WIRE_F_FIN_SEEN));
}

/* This `-> CLOSE` is no end if a mini-socket takes over. */
static bool may_live_on(const struct wire_transition *t)
{
	return (t->from == WIRE_FIN_WAIT2 || t->from == WIRE_CLOSING) && !is_sure_end(t);
}

/*
 * The kernel did not tell LISTEN -> SYN-RECEIVED. An accepted child makes both moves with the
 * segment that completes the handshake, microseconds apart (with Fast Open it makes the first with
 * the SYN).
 */
static void appear(struct conn_table *table, struct store_entry *entry,
		   const struct wire_transition *t)
{
	struct wire_transition birth = *t;

	birth.from = WIRE_LISTEN;
	birth.to = WIRE_SYN_RECV;
	birth.flags = t->flags & WIRE_F_TRANSPARENT;
	conn_learn_owner(table, &entry->conn, &birth);
	conn_handshake_child(table, entry, t->head.ts);
	conn_queue_begin(table, entry, !(t->flags & WIRE_F_FAST_OPEN));
}

/* A connect() that failed before it sent a SYN has sent none. */
static uint16_t syns_of(const struct wire_transition *t)
{
	if ((t->from != WIRE_SYN_SENT && t->from != WIRE_SYN_RECV) || t->flags & WIRE_F_UNSENT)
		return 0;
	return t->resent + 1;
}

/* The kernel forgets a SYN that it answers by a cookie: how many SYN-ACKs it sent, nobody knows. */
static bool may_be_of_cookie(const struct store_entry *entry, const struct wire_transition *t)
{
	return t->from == WIRE_SYN_RECV && !entry->conn.since_exact && !t->resent;
}

static void feed_transition(struct conn_table *table, const struct wire_transition *t)
{
	struct conn_step move = {.ts = t->head.ts,
				 .lost = t->head.lost,
				 .to = t->to,
				 .syns = syns_of(t),
				 .unaccepted = t->unaccepted};
	struct store_entry *entry;

	if (table->config.samples)
		conn_sample_give_way(table, t);
	else if (conn_mini_take_husk(table, t))
		return;
	entry = store_find_sock(&table->store, t->id.cookie);
	if (entry && (is_another_life(entry, t) || is_told_late(entry, t))) {
		store_remove(&table->store, entry);
		entry = NULL;
	}
	if (!entry) {
		if (t->from == t->to)
			return;
		entry = conn_first_sight(table, &t->head, &t->id, t->from, STORE_SOCK);
		if (!entry)
			return;
		note_stranger(table, entry, t);
		if (t->flags & WIRE_F_UNTOLD)
			appear(table, entry, t);
	}
	learn_identity(&entry->conn, &t->id);
	conn_learn_owner(table, &entry->conn, t);
	entry->conn.is_listener = conn_is_of_listener(t);
	if (t->from == t->to) /* close() after shutdown() tells FIN-WAIT-2 a second time */
		return;
	if (t->from == WIRE_LISTEN && t->to == WIRE_SYN_RECV) {
		conn_handshake_child(table, entry, t->head.ts);
		conn_queue_begin(table, entry, true);
		return;
	}
	if (entry->is_opening)
		move.overflowed = conn_handshake_tell(table, entry, t);
	if (may_be_of_cookie(entry, t))
		move.syns = 0;
	if (entry->conn.state != t->from)
		note_missed(table, entry, t);
	else if (t->flags & WIRE_F_FAST_OPEN && !(t->flags & WIRE_F_UNTOLD) && !entry->by_census &&
		 entry->conn.since == entry->born)
		entry->conn.since_exact = true;
	if (t->to != WIRE_CLOSE) {
		conn_move(table, entry, move);
		/* Nothing tells how it leaves this state. */
		if (!conn_is_told(table, t->to))
			store_remove(&table->store, entry);
		return;
	}
	if (table->config.samples && may_live_on(t) && conn_sample_hold(table, entry, t))
		return;
	if (may_live_on(t) && table->config.sees_timewait && entry->lost != t->head.lost) {
		conn_mini_assume(table, entry, t);
		return;
	}
	move.cause = (uint8_t)conn_cause_of_close(t);
	/* Where mini-sockets are not seen, an end without an error may not be the end. */
	if (may_live_on(t) && !table->config.sees_timewait) {
		move.cause = CAUSE_UNKNOWN;
		entry->conn.since_exact = false;
	}
	conn_end(table, entry, move);
}

/* An iterator met a full socket: that tells its addresses and ports, and nothing else. */
static void feed_socket(struct conn_table *table, const struct wire_socket *s)
{
	struct store_entry *entry = store_find_sock(&table->store, s->id.cookie);

	/* The iterator met it before this move: what it saw was another attempt to connect. */
	if (!entry || entry->conn.state != s->state || s->head.ts < entry->conn.since)
		return;
	learn_identity(&entry->conn, &s->id);
	conn_reconsider(table, entry);
}

/*
 * The accepting process owns the connection, not the listener. An unknown connection stays unknown,
 * since nothing tells its state. Where sockets are known by address only, another socket may have
 * taken this one's place.
 */
static void feed_accepted(struct conn_table *table, const struct wire_accepted *a)
{
	struct store_entry *entry = store_find_sock(&table->store, a->id.cookie);

	if (!entry)
		conn_queue_returned(table, a->id.cookie);
	if (!entry || entry->conn.is_listener || !conn_may_be_same(&entry->conn.id, &a->id))
		return;
	conn_own(&entry->conn, a->pid, a->comm);
	conn_reconsider(table, entry);
	conn_queue_accepted(table, entry, a);
}

/*
 * A sweep went through this namespace. A SYN-SENT whose port is not known yet, and that the sweep
 * did not meet, is unwanted: it moved on, and the filter in the kernel dropped the event.
 */
static void feed_swept(struct conn_table *table, const struct wire_swept *s)
{
	struct store_entry *entry, *next;

	if (table->config.samples)
		conn_sample_swept(table, s);
	for (entry = store_first_unsettled(&table->store); entry && !s->blind; entry = next) {
		next = store_next_unsettled(&table->store, entry);
		if (!entry->is_mini && entry->wanted == MATCH_UNDECIDED &&
		    entry->conn.id.netns == s->netns && entry->conn.since < s->head.ts)
			store_remove(&table->store, entry);
	}
}

/* ---- the table ---- */

/*
 * Removes the entries that ran out of memory, and counts them as evicted at `ts`. No caller holds
 * an entry now.
 */
static void drop_given_up(struct conn_table *table, uint64_t ts)
{
	struct store_entry *entry;

	while ((entry = store_first_given_up(&table->store))) {
		store_remove(&table->store, entry);
		table->evicted++;
		conn_incomplete_until(table, ts);
	}
}

/* What nothing has followed for so long that nothing will. */
static void settle(struct conn_table *table, uint64_t now)
{
	struct store_entry *entry;

	while ((entry = store_first_cancelled(&table->store))) {
		struct store_cancel cancel = *store_cancelled(&table->store, entry);

		if (cancel.ts + CONN_SETTLES_NS >= now)
			return;
		if (entry->is_mini)
			conn_mini_settle(table, entry, &cancel);
		else
			conn_handshake_settle(table, entry, &cancel);
	}
}

/* It is `now` at least: ends the wait for records that never came. */
static void advance(struct conn_table *table, uint64_t now)
{
	settle(table, now);
	conn_census_overdue(table, now);
	drop_given_up(table, now);
}

void conn_feed(struct conn_table *table, const union decode_record *rec)
{
	if ((int32_t)(rec->head.lost - table->lost) > 0) {
		table->lost = rec->head.lost;
		conn_incomplete_until(table, rec->head.ts);
	}
	advance(table, rec->head.ts);
	if (rec->head.kind == WIRE_TRANSITION)
		feed_transition(table, &rec->transition);
	else if (rec->head.kind == WIRE_TIMEWAIT && table->config.samples)
		conn_sample_seen(table, &rec->timewait);
	else if (rec->head.kind == WIRE_TIMEWAIT)
		conn_mini_feed(table, &rec->timewait);
	else if (rec->head.kind == WIRE_HANDSHAKE)
		conn_handshake_feed(table, &rec->handshake);
	else if (rec->head.kind == WIRE_SOCKET)
		feed_socket(table, &rec->socket);
	else if (rec->head.kind == WIRE_SWEPT && table->in_census)
		conn_census_swept(table, &rec->swept);
	else if (rec->head.kind == WIRE_SWEPT)
		feed_swept(table, &rec->swept);
	else if (rec->head.kind == WIRE_ACCEPTED)
		feed_accepted(table, &rec->accepted);
	else if (rec->head.kind == WIRE_SNAPSHOT)
		conn_census_snapshot(table, &rec->snapshot);
	else if (rec->head.kind == WIRE_HOLDER)
		conn_census_holder(table, &rec->holder);
	else if (rec->head.kind == WIRE_QUEUED)
		conn_census_queued(table, &rec->queued);
	else if (rec->head.kind == WIRE_CENSUS)
		conn_census_bounds(table, &rec->census);
	drop_given_up(table, rec->head.ts);
}

struct conn_table *conn_table_new(const struct conn_config *config)
{
	struct conn_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	store_init(&table->store);
	table->config = *config;
	table->complete_since = config->attached;
	table->moved = conn_queue_moved;
	return table;
}

void conn_table_free(struct conn_table *table)
{
	if (!table)
		return;
	store_release(&table->store);
	conn_census_release(table);
	conn_queue_release(table);
	free(table);
}

struct conn_stats conn_stats(const struct conn_table *table)
{
	return (struct conn_stats){.count = table->store.count,
				   .evicted = table->evicted,
				   .missed = table->missed,
				   .husks = table->store.husks_expected,
				   .owed = conn_census_owed(table),
				   .unsettled = table->store.unsettled_count};
}

size_t conn_unsettled(const struct conn_table *table, uint32_t *ret_netns, size_t max)
{
	const struct store_entry *entry;
	size_t n = 0, i;

	for (entry = store_first_unsettled(&table->store); entry;
	     entry = store_next_unsettled(&table->store, entry)) {
		for (i = 0; i < n && ret_netns[i] != entry->conn.id.netns; i++)
			;
		if (i == n && n < max)
			ret_netns[n++] = entry->conn.id.netns;
	}
	return n;
}

/* The last census did not find it, or not so: the next one decides. */
static bool is_contradicted(const struct store_entry *entry)
{
	return entry->unmet || entry->found;
}

void conn_each(const struct conn_table *table,
	       void (*fn)(void *ctx, const struct conn *conn, bool in_doubt), void *ctx)
{
	const struct store_entry *entry;

	for (entry = store_first(&table->store); entry; entry = store_next(&table->store, entry))
		if (entry->wanted == MATCH_YES)
			fn(ctx, &entry->conn,
			   conn_is_in_doubt(table, entry) || is_contradicted(entry));
}

/* ---- accept queues ---- */

void conn_each_waiting(const struct conn_table *table, conn_waiting_fn fn, void *ctx)
{
	const struct store *store = &table->store;
	const struct store_entry *entry;

	for (entry = store->waiting_count ? store_first(store) : NULL; entry;
	     entry = store_next(store, entry)) {
		const struct store_wait *wait = store_wait(store, entry);
		struct conn conn = entry->conn;

		if (!wait || entry->wanted != MATCH_YES)
			continue;
		conn.state = TCPSTATE_ACCEPT_WAIT;
		conn.since = wait->since;
		conn.since_exact = wait->is_exact;
		fn(ctx, &conn, wait->at ? &wait->at->key : NULL,
		   wait->is_taken || is_contradicted(entry) || conn_is_in_doubt(table, entry));
	}
}

void conn_each_queue(const struct conn_table *table,
		     void (*fn)(void *ctx, const struct conn_queue *queue), void *ctx)
{
	for (const struct store_queue *queue = table->store.queues; queue; queue = queue->hh.next)
		fn(ctx, &(struct conn_queue){.listener = queue->key,
					     .now = queue->waiting + queue->dead,
					     .peak = queue->peak});
}

void conn_queues_forget_peaks(struct conn_table *table)
{
	conn_queue_forget_peaks(table);
}

bool conn_queues_are_sure(const struct conn_table *table)
{
	return table->counted && conn_census_knows_queues(table) && conn_queue_is_sure(table);
}
