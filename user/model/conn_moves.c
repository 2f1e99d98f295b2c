/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* conn_moves.c - see conn_moves.h. */
#include "model/conn_moves.h"

#include <stdlib.h>
#include <string.h>

#include "match.h"

/* ---- telling ---- */

void conn_decide_wanted(struct conn_table *table, struct store_entry *entry)
{
	entry->wanted = (uint8_t)table->config.wanted(table->config.ctx, &entry->conn);
}

/* Tells the events that were held until it was known that the connection is wanted. */
static void flush_held(struct conn_table *table, struct store_entry *entry)
{
	struct store_held *held = store_take_held(&table->store, entry);

	for (unsigned i = 0; held && i < held->n; i++)
		table->config.event(table->config.ctx, &entry->conn, &held->events[i]);
	free(held);
}

/*
 * Keeps the event for later. Without memory, or if it holds more events than a life can have, it
 * drops the event.
 */
static void hold(struct conn_table *table, struct store_entry *entry,
		 const struct conn_event *event)
{
	struct store_held *held = store_hold(&table->store, entry);

	if (!held)
		table->evicted++;
	else if (held->n < STORE_HELD_MAX)
		held->events[held->n++] = *event;
}

static void tell(struct conn_table *table, struct store_entry *entry,
		 const struct conn_event *event)
{
	conn_decide_wanted(table, entry);
	if (entry->wanted == MATCH_UNDECIDED) {
		hold(table, entry, event);
		return;
	}
	if (entry->wanted == MATCH_NO) {
		free(store_take_held(&table->store, entry));
		return;
	}
	flush_held(table, entry);
	table->config.event(table->config.ctx, &entry->conn, event);
}

/* ---- states and dwells ---- */

static void measure(const struct conn_table *table, const struct store_entry *entry,
		    struct conn_event *event, const struct conn_step *move)
{
	uint64_t since = entry->conn.since, until = move->met ? move->met : event->ts;

	if (!conn_event_is_dwell(event))
		return;
	event->dwell_known = DWELL_EXACT;
	if (!entry->conn.since_exact || move->met || entry->lost != move->lost) {
		event->dwell_known = DWELL_AT_LEAST;
		if (entry->lost != move->lost && table->complete_since > since)
			since = table->complete_since;
	}
	if (since && since <= until)
		event->dwell = until - since;
	else
		event->dwell_known = DWELL_UNKNOWN;
	if (!event->dwell && event->dwell_known == DWELL_AT_LEAST)
		event->dwell_known = DWELL_UNKNOWN;
}

/* What a loss may have hidden is not known: the same socket may have begun anew. */
static uint64_t idle_of(const struct store_entry *entry, const struct conn_step *move)
{
	uint64_t since = entry->conn.since_exact ? entry->conn.since : 0;

	if (entry->conn.state != WIRE_ESTABLISHED || entry->is_mini || move->met || move->inexact ||
	    entry->lost != move->lost)
		return 0;
	if (entry->data > since)
		since = entry->data;
	return since && since < move->ts ? move->ts - since : 0;
}

static bool is_unsettled(const struct conn_table *table, const struct store_entry *entry)
{
	if (entry->is_mini && table->config.samples)
		return true;
	if (entry->is_mini)
		return entry->conn.state == WIRE_FIN_WAIT2 && !entry->moves_are_told;
	return entry->conn.state == WIRE_SYN_SENT && !entry->conn.id.lport &&
	       entry->wanted == MATCH_UNDECIDED;
}

bool conn_update_unsettled(struct conn_table *table, struct store_entry *entry)
{
	bool done = store_set_unsettled(&table->store, entry, is_unsettled(table, entry));

	if (done)
		store_keep(&table->store, entry);
	else
		store_give_up(&table->store, entry);
	return done;
}

void conn_move(struct conn_table *table, struct store_entry *entry, struct conn_step move)
{
	struct conn *conn = &entry->conn;
	struct conn_event event = {.ts = move.ts,
				   .from = conn->state,
				   .to = move.to,
				   .cause = move.cause,
				   .idle = idle_of(entry, &move),
				   .syns = move.syns,
				   .overflowed = move.overflowed};

	event.idle_seen = event.idle && entry->idle_ms * NS_PER_MS >= event.idle / 4;
	measure(table, entry, &event, &move);
	if (move.inexact && !move.met)
		event.dwell_known = DWELL_UNKNOWN, event.dwell = 0;
	if (!entry->is_mini)
		entry->data = entry->idle_ms = 0;
	conn->since_exact = !move.inexact && !move.met;
	conn->since = move.ts;
	conn->state = move.to;
	entry->lost = move.lost;
	entry->doubts = table->doubts;
	entry->census = table->census;
	entry->unmet = entry->found = entry->by_census = 0;
	if (move.to == WIRE_LISTEN)
		store_listen(&table->store, entry);
	store_touch(&table->store, entry);
	tell(table, entry, &event);
	table->moved(table, entry, &event, &move);
	conn_update_unsettled(table, entry);
}

void conn_end(struct conn_table *table, struct store_entry *entry, struct conn_step move)
{
	move.to = WIRE_CLOSE;
	conn_move(table, entry, move);
	store_remove(&table->store, entry);
}

/* ---- entries ---- */

bool conn_may_be_same(const struct wire_id *known, const struct wire_id *id)
{
	return (!known->lport || !id->lport || known->lport == id->lport) &&
	       (!known->rport || !id->rport || known->rport == id->rport) &&
	       (!match_addr_known(known->raddr) || !match_addr_known(id->raddr) ||
		!memcmp(known->raddr, id->raddr, sizeof(id->raddr))) &&
	       known->netns == id->netns;
}

/* Something is missing before `ts`. Records may carry an earlier time than those before them: never
 * back. */
void conn_incomplete_until(struct conn_table *table, uint64_t ts)
{
	if (ts > table->complete_since)
		table->complete_since = ts;
}

bool conn_is_told(const struct conn_table *table, uint8_t state)
{
	return !table->config.told || table->config.told & 1 << state;
}

bool conn_is_in_doubt(const struct conn_table *table, const struct store_entry *entry)
{
	return entry->lost != table->lost || entry->doubts != table->doubts || entry->is_held;
}

void conn_note_missed(struct conn_table *table, uint64_t ts)
{
	table->missed++;
	table->doubts++;
	conn_incomplete_until(table, ts);
}

/* A listener is quiet for weeks, and others inherit from it: it is passed over, some at a time. */
#define PASSED_OVER_MAX 16

static void evict_one(struct conn_table *table)
{
	struct store_entry *oldest = store_first(&table->store);

	for (unsigned n = 0; oldest && oldest->conn.is_listener && n < PASSED_OVER_MAX; n++) {
		store_touch(&table->store, oldest);
		oldest = store_first(&table->store);
	}
	if (!oldest)
		return;
	store_remove(&table->store, oldest);
	table->evicted++;
}

/*
 * First sight of a connection in `state`. That it was in it since events are complete is a proof
 * only because any move since would have been told.
 */
struct store_entry *conn_first_sight(struct conn_table *table, const struct wire_head *head,
				     const struct wire_id *id, uint8_t state, enum store_kind kind)
{
	struct store_entry *entry;

	if (table->store.count >= table->config.max) {
		evict_one(table);
		conn_incomplete_until(table, head->ts);
	}
	entry = store_add(&table->store, id, kind);
	if (!entry) {
		table->evicted++;
		conn_incomplete_until(table, head->ts);
		return NULL;
	}
	entry->doubts = table->doubts;
	entry->census = table->census;
	entry->conn.uid = CONN_NO_UID;
	entry->conn.state = state;
	/* Two states that it may have entered unseen: see conn_handshake.h and feed_swept(). */
	if (state != WIRE_SYN_SENT && state != WIRE_SYN_RECV)
		entry->conn.since = table->complete_since;
	entry->lost = head->lost;
	entry->wanted = MATCH_UNDECIDED;
	return entry;
}

void conn_own(struct conn *conn, uint32_t pid, const char comm[16])
{
	conn->owner.known = OWNER_EXACT;
	conn->owner.pid = pid;
	memcpy(conn->owner.comm, comm, sizeof(conn->owner.comm));
}

void conn_inherit(struct conn_table *table, struct conn *conn)
{
	conn->owner = (struct conn_owner){.known = OWNER_UNKNOWN};
	/* Since a loss another process may listen there. */
	if (table->listeners == table->lost)
		conn->owner = store_listener_owner(&table->store, conn);
	if (conn->owner.known != OWNER_UNKNOWN)
		conn->owner.known = OWNER_INHERITED;
}

void conn_reconsider(struct conn_table *table, struct store_entry *entry)
{
	conn_decide_wanted(table, entry);
	if (entry->wanted == MATCH_YES)
		flush_held(table, entry);
	conn_update_unsettled(table, entry);
}

void conn_learn_owner(struct conn_table *table, struct conn *conn, const struct wire_transition *t)
{
	bool is_passive = t->from == WIRE_LISTEN || t->from == WIRE_SYN_RECV ||
			  t->to == WIRE_LISTEN;

	conn->uid = t->uid;
	if (is_passive && !conn->is_listener) /* a listener that is counted: store_listen() */
		conn->is_transparent = t->flags & WIRE_F_TRANSPARENT;
	if (t->cgroup)
		conn->cgroup = t->cgroup;
	/* What an error ended, a system call that is not its owner's may have (proves_owner() in
	 * transition.bpf.c); nor is who kills a listener its owner. */
	if (t->flags & WIRE_F_KILLED || (t->to == WIRE_CLOSE && t->error))
		return;
	if (t->flags & WIRE_F_OWNED) {
		conn_own(conn, t->pid, t->comm);
	} else if (t->from == WIRE_LISTEN && t->to == WIRE_SYN_RECV) {
		conn_inherit(table, conn);
	}
}
