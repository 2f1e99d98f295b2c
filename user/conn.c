/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* conn.c - the connection model. See conn.h for what it promises. */
#include "conn.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "conn_cause.h"
#include "conn_store.h"
#include "match.h"

/* TCP_TIMEWAIT_LEN, include/net/tcp.h: 60 * HZ. */
#define TIMEWAIT_LEN_NS (60 * NS_PER_S)

/* How long a cancelled timer may leave open what ended it. Its expiry follows within microseconds.
 */
#define CANCEL_SETTLES_NS (500 * NS_PER_MS)

struct conn_table {
	struct conn_config config;
	struct store store;
	uint64_t evicted;
	uint64_t missed;         /* see note_missed() */
	uint64_t complete_since; /* ns: the last attach, loss or eviction */
	uint32_t lost;           /* the last wire_head.lost met */
};

/* ---- telling ---- */

static void decide_wanted(struct conn_table *table, struct store_entry *entry)
{
	entry->wanted = (uint8_t)table->config.wanted(table->config.ctx, &entry->conn);
}

static void flush_held(struct conn_table *table, struct store_entry *entry)
{
	struct store_held *held = entry->held;

	entry->held = NULL;
	for (unsigned i = 0; held && i < held->n; i++)
		table->config.event(table->config.ctx, &entry->conn, &held->events[i]);
	free(held);
}

/* Keeps it for later. Without memory, or past all a life can have, it is told as unwanted: not at
 * all. */
static void hold(struct conn_table *table, struct store_entry *entry,
		 const struct conn_event *event)
{
	if (!entry->held)
		entry->held = calloc(1, sizeof(*entry->held));
	if (!entry->held)
		table->evicted++;
	if (entry->held && entry->held->n < STORE_HELD_MAX)
		entry->held->events[entry->held->n++] = *event;
}

static void tell(struct conn_table *table, struct store_entry *entry,
		 const struct conn_event *event)
{
	decide_wanted(table, entry);
	if (entry->wanted == MATCH_UNDECIDED) {
		hold(table, entry, event);
		return;
	}
	if (entry->wanted == MATCH_NO) {
		free(entry->held);
		entry->held = NULL;
		return;
	}
	flush_held(table, entry);
	table->config.event(table->config.ctx, &entry->conn, event);
}

/* ---- states and dwells ---- */

static void measure(const struct conn_table *table, const struct store_entry *entry,
		    struct conn_event *event, uint32_t lost)
{
	uint64_t since = entry->conn.since;

	/* CLOSED is not dwelt in; a child's LISTEN is its listener's. */
	if (event->from == WIRE_CLOSE || (event->from == WIRE_LISTEN && event->to != WIRE_CLOSE))
		return;
	event->dwell_known = DWELL_EXACT;
	if (!entry->conn.since_exact || entry->lost != lost) {
		event->dwell_known = DWELL_AT_LEAST;
		if (entry->lost != lost && table->complete_since > since)
			since = table->complete_since;
	}
	if (since && since <= event->ts)
		event->dwell = event->ts - since;
	else
		event->dwell_known = DWELL_UNKNOWN;
	if (!event->dwell && event->dwell_known == DWELL_AT_LEAST)
		event->dwell_known = DWELL_UNKNOWN;
}

/* How well the begin of `to` is witnessed by the event that brought it there. */
static bool begin_is_witnessed(uint8_t from, uint8_t to)
{
	/* The child appears with the last segment of the handshake. Its SYN-RECEIVED began with the
	 * first, in a request socket, which no tracepoint tells. */
	return !(from == WIRE_LISTEN && to == WIRE_SYN_RECV);
}

static bool is_unsettled(const struct store_entry *entry)
{
	if (entry->is_mini)
		return entry->conn.state == WIRE_FIN_WAIT2;
	return entry->conn.state == WIRE_SYN_SENT && !entry->conn.id.lport &&
	       entry->wanted == MATCH_UNDECIDED;
}

struct move {
	uint64_t ts;
	uint32_t lost; /* wire_head.lost of the record that tells it */
	uint8_t to;
	uint8_t cause;
	bool inexact; /* `ts` is not when it happened, only when it surely had */
};

static void move_to(struct conn_table *table, struct store_entry *entry, struct move move)
{
	struct conn *conn = &entry->conn;
	struct conn_event event = {
		.ts = move.ts, .from = conn->state, .to = move.to, .cause = move.cause};

	measure(table, entry, &event, move.lost);
	if (move.inexact)
		event.dwell_known = DWELL_UNKNOWN, event.dwell = 0;
	conn->since_exact = !move.inexact && begin_is_witnessed(conn->state, move.to);
	conn->since = move.ts;
	conn->state = move.to;
	entry->lost = move.lost;
	entry->missed = table->missed;
	if (move.to == WIRE_LISTEN)
		store_listen(&table->store, entry);
	store_touch(&table->store, entry);
	tell(table, entry, &event);
	store_set_unsettled(&table->store, entry, is_unsettled(entry));
}

static void end(struct conn_table *table, struct store_entry *entry, struct move move)
{
	move.to = WIRE_CLOSE;
	move_to(table, entry, move);
	store_remove(&table->store, entry);
}

/* ---- entries ---- */

/* Something is missing before `ts`. Records may carry an earlier time than those before them: never
 * back. */
static void incomplete_until(struct conn_table *table, uint64_t ts)
{
	if (ts > table->complete_since)
		table->complete_since = ts;
}

static void evict_one(struct conn_table *table)
{
	struct store_entry *oldest = table->store.all;

	if (!oldest)
		return;
	store_remove(&table->store, oldest);
	table->evicted++;
}

/*
 * First sight of a connection in `state`. That it was in it since events are complete is a proof
 * only because any move since would have been told.
 */
static struct store_entry *first_sight(struct conn_table *table, const struct wire_head *head,
				       const struct wire_id *id, uint8_t state, bool is_mini)
{
	struct store_entry *entry;

	if (table->store.count >= table->config.max) {
		evict_one(table);
		incomplete_until(table, head->ts);
	}
	entry = store_add(&table->store, id, is_mini);
	if (!entry) {
		table->evicted++;
		incomplete_until(table, head->ts);
		return NULL;
	}
	entry->missed = table->missed;
	entry->conn.uid = CONN_NO_UID;
	entry->conn.state = state;
	/* Two states that it may have entered unseen: see begin_is_witnessed() and feed_swept(). */
	if (state != WIRE_SYN_SENT && state != WIRE_SYN_RECV)
		entry->conn.since = table->complete_since;
	entry->lost = head->lost;
	entry->wanted = MATCH_UNDECIDED;
	return entry;
}

/* Fills in what the connection did not know of itself; never overwrites what it did. */
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

static void learn_owner(struct conn_table *table, struct conn *conn,
			const struct wire_transition *t)
{
	conn->uid = t->uid;
	if (t->cgroup)
		conn->cgroup = t->cgroup;
	/* What an error ended, a system call that is not its owner's may have (proves_owner() in
	 * transition.bpf.c); nor is who kills a listener its owner. */
	if (t->flags & WIRE_F_KILLED || (t->to == WIRE_CLOSE && t->error))
		return;
	if (t->flags & WIRE_F_OWNED) {
		conn->owner.known = OWNER_EXACT;
		conn->owner.pid = t->pid;
		memcpy(conn->owner.comm, t->comm, sizeof(conn->owner.comm));
	} else if (t->from == WIRE_LISTEN && t->to == WIRE_SYN_RECV) {
		conn->owner = store_listener_owner(&table->store, &conn->id);
		if (conn->owner.known != OWNER_UNKNOWN)
			conn->owner.known = OWNER_INHERITED;
	}
}

/* ---- records: full sockets ---- */

/* A TIME-WAIT first seen when its timer was set turns out to have been born then. */
static void told_as_born(struct conn_table *table, struct store_entry *mini,
			 const struct wire_transition *t)
{
	struct move move = {.ts = mini->conn.since, .lost = mini->lost, .to = mini->conn.state};

	mini->unsure_if_born = false;
	mini->conn.state = t->from;
	mini->conn.since = table->complete_since;
	learn_owner(table, &mini->conn, t);
	move_to(table, mini, move);
}

/* The full socket whose life a mini-socket took over reports CLOSE. Its connection did not end. */
static bool is_husk(struct conn_table *table, const struct wire_transition *t)
{
	struct store_entry *mini;

	if (t->to != WIRE_CLOSE)
		return false;
	mini = store_find_mini(&table->store, &t->id);
	if (!mini || !mini->expects_husk ||
	    (mini->conn.id.cookie && mini->conn.id.cookie != t->id.cookie))
		return false;
	mini->expects_husk = false;
	mini->conn.id.cookie = t->id.cookie;
	if (mini->unsure_if_born && mini->conn.state == WIRE_TIME_WAIT && t->from != WIRE_TIME_WAIT)
		told_as_born(table, mini, t);
	return true;
}

/*
 * It left a state that it was not in: a transition in between was not told, although no record was
 * lost. Kernels do that: a program does not run while it runs on the same CPU already, and some
 * transitions of softirqs never reach one (seen on 6.18 with RPS, some per 10,000). Where one is
 * missing others may be, and an end leaves no trace.
 */
static void note_missed(struct conn_table *table, struct store_entry *entry,
			const struct wire_transition *t)
{
	if (entry->lost == t->head.lost)
		table->missed++;
	entry->conn.state = t->from;
	entry->conn.since = 0;
	entry->conn.since_exact = false;
}

/*
 * The kernel did not tell of LISTEN -> SYN-RECEIVED. Both moves of an accepted child are made by
 * the segment that completes the handshake, microseconds apart (or the first, with Fast Open, by
 * the SYN): it is told here, and how long SYN-RECEIVED lasted is not known.
 */
static void tell_accept(struct conn_table *table, struct store_entry *entry,
			const struct wire_transition *t)
{
	struct wire_transition accept = *t;

	accept.from = WIRE_LISTEN;
	accept.to = WIRE_SYN_RECV;
	accept.flags = 0;
	learn_owner(table, &entry->conn, &accept);
	entry->conn.state = WIRE_LISTEN;
	move_to(table, entry,
		(struct move){.ts = t->head.ts, .lost = t->head.lost, .to = WIRE_SYN_RECV});
}

static void feed_transition(struct conn_table *table, const struct wire_transition *t)
{
	struct move move = {.ts = t->head.ts, .lost = t->head.lost, .to = t->to};
	struct store_entry *entry;

	if (is_husk(table, t))
		return;
	entry = store_find_sock(&table->store, t->id.cookie);
	if (entry &&
	    t->from == WIRE_CLOSE) { /* another life of this socket: the former's end was lost */
		store_remove(&table->store, entry);
		entry = NULL;
	}
	if (!entry) {
		if (t->from == t->to)
			return;
		entry = first_sight(table, &t->head, &t->id, t->from, false);
		if (!entry)
			return;
		if (t->flags & WIRE_F_UNTOLD)
			tell_accept(table, entry, t);
	}
	learn_identity(&entry->conn, &t->id);
	learn_owner(table, &entry->conn, t);
	entry->conn.is_listener = conn_is_of_listener(t);
	if (t->from == t->to) /* close() after shutdown() says FIN-WAIT-2 again */
		return;
	if (entry->conn.state != t->from)
		note_missed(table, entry, t);
	if (t->to != WIRE_CLOSE) {
		move_to(table, entry, move);
		return;
	}
	move.cause = (uint8_t)conn_cause_of_close(t);
	/* Where a mini-socket may have taken over unseen, an end without an error is not known to
	 * be one. */
	if ((t->from == WIRE_FIN_WAIT2 || t->from == WIRE_CLOSING) && !t->error &&
	    (!table->config.sees_timewait || entry->lost != t->head.lost)) {
		move.cause = CAUSE_UNKNOWN;
		entry->conn.since_exact = false;
	}
	end(table, entry, move);
}

/* An iterator met a full socket: all it adds is identity. */
static void feed_socket(struct conn_table *table, const struct wire_socket *s)
{
	struct store_entry *entry = store_find_sock(&table->store, s->id.cookie);

	/* What the iterator met before this move is of another attempt to connect. */
	if (!entry || entry->conn.state != s->state || s->head.ts < entry->conn.since)
		return;
	learn_identity(&entry->conn, &s->id);
	decide_wanted(table, entry);
	if (entry->wanted == MATCH_YES)
		flush_held(table, entry);
	store_set_unsettled(&table->store, entry, is_unsettled(entry));
}

/*
 * A sweep went through this namespace. A SYN-SENT that it did not name, and that still waits for
 * its port to say whether it is wanted, is not: it moved on, and the filter in the kernel kept that
 * from us.
 */
static void feed_swept(struct conn_table *table, const struct wire_swept *s)
{
	struct store_entry *entry, *next;

	for (entry = table->store.unsettled; entry; entry = next) {
		next = entry->unsettled_next;
		if (!entry->is_mini && entry->wanted == MATCH_UNDECIDED &&
		    entry->conn.id.netns == s->netns && entry->conn.since < s->head.ts)
			store_remove(&table->store, entry);
	}
}

/* ---- records: mini-sockets ---- */

/* Times of a timer are told in jiffies from the moment of telling: the same one may read a jiffy
 * apart. */
static bool is_same_time(const struct conn_table *table, uint64_t a, uint64_t b)
{
	return (a > b ? a - b : b - a) <= table->config.tick_ns;
}

/* The kernel's own note of when it entered its substate, 0 if there is none later than that of
 * `entry`. */
static uint64_t entered_at(const struct store_entry *entry, const struct wire_timewait *t)
{
	uint32_t now_ms = (uint32_t)(t->head.ts / NS_PER_MS);

	if (!t->entered || t->entered == entry->entered)
		return 0;
	return t->head.ts - t->head.ts % NS_PER_MS - (uint32_t)(now_ms - t->entered) * NS_PER_MS;
}

/*
 * FIN-WAIT-2 turned into TIME-WAIT, and no tracepoint said so: the timer stayed in its bucket and
 * only `expires` moved, which tells when, to a jiffy. Unless a segment restarted TIME-WAIT since,
 * which moves `expires` once more; then the kernel's note is the truth, to a millisecond. A kernel
 * without that note leaves this open: see LIMITATIONS in the man page.
 */
static void move_silently(struct conn_table *table, struct store_entry *entry,
			  const struct wire_timewait *t)
{
	struct move move = {.lost = t->head.lost, .to = WIRE_TIME_WAIT};
	uint64_t told = t->expires - TIMEWAIT_LEN_NS, entered = entered_at(entry, t);

	if (entered && entered + table->config.tick_ns + NS_PER_MS < told)
		told = entered;
	move.ts = told;
	if (move.ts > t->head.ts)
		move.ts = t->head.ts;
	if (move.ts < entry->conn.since)
		move.ts = entry->conn.since;
	/* More than a jiffy off, it contradicts what was witnessed: then it is not its beginning.
	 * Nor surely so if records are missing, which may have told of a restart. */
	move.inexact = !is_same_time(table, move.ts, told) || move.ts < table->config.attached ||
		       entry->lost != t->head.lost;
	move_to(table, entry, move);
}

static struct store_entry *mini_of(struct conn_table *table, const struct wire_timewait *t)
{
	struct store_entry *entry = store_find_mini(&table->store, &t->id);

	if (entry && entry->conn.id.cookie && t->id.cookie &&
	    entry->conn.id.cookie != t->id.cookie) {
		/* Another connection of the same ports and addresses: the end of the former was
		 * lost. */
		store_remove(&table->store, entry);
		entry = NULL;
	}
	return entry;
}

/*
 * First sight of a mini-socket that no full socket of ours became. A TIME-WAIT may be as old as its
 * timer says: that it expires in 20 s proves 40 s of it.
 */
static struct store_entry *first_sight_of_mini(struct conn_table *table,
					       const struct wire_timewait *t)
{
	struct store_entry *entry = first_sight(table, &t->head, &t->id, t->substate, true);

	if (!entry)
		return NULL;
	if (t->substate == WIRE_TIME_WAIT) {
		/* It may have moved there without an event, just now: that it was in FIN-WAIT-2 or
		 * TIME-WAIT since events are complete proves neither. */
		entry->conn.since = t->head.ts;
		entry->unsure_if_born = t->op == WIRE_TW_ARMED;
	}
	entry->expires = t->expires;
	decide_wanted(table, entry);
	return entry;
}

/*
 * Its timer was taken off. If it stood elsewhere than where FIN-WAIT-2 had set it, TIME-WAIT had
 * begun before, without an event.
 */
static void move_before_cancel(struct conn_table *table, struct store_entry *entry)
{
	struct wire_timewait t = {.head = {.ts = entry->cancelled, .lost = entry->cancelled_lost},
				  .expires = entry->cancelled_expires,
				  .entered = entry->cancelled_entered};

	if (entry->cancelled && entry->cancelled_in == WIRE_TIME_WAIT &&
	    entry->conn.state == WIRE_FIN_WAIT2 &&
	    !is_same_time(table, entry->expires, entry->cancelled_expires))
		move_silently(table, entry, &t);
}

/*
 * Only FIN-WAIT-2, or CLOSING, turns into a mini-socket. In any other state the way there was lost:
 * then FIN-WAIT-2 began at an unknown time, and where TIME-WAIT came from the husk will tell.
 */
static void missed_the_way(struct store_entry *entry, const struct wire_timewait *t)
{
	bool known = entry->conn.state == WIRE_FIN_WAIT2 ||
		     (entry->conn.state == WIRE_CLOSING && t->substate == WIRE_TIME_WAIT);

	if (known)
		return;
	entry->conn.state = t->substate;
	entry->conn.since = t->substate == WIRE_TIME_WAIT ? t->head.ts : 0;
	entry->conn.since_exact = false;
	entry->unsure_if_born = t->substate == WIRE_TIME_WAIT;
}

static void feed_armed(struct conn_table *table, const struct wire_timewait *t)
{
	struct move move = {.ts = t->head.ts, .lost = t->head.lost, .to = t->substate};
	struct store_entry *entry = mini_of(table, t);

	if (entry) {
		bool cancelled = entry->cancelled;

		move_before_cancel(table, entry);
		store_set_cancelled(&table->store, entry, 0);
		if (entry->conn.state == t->substate) /* restarted by a segment: still TIME-WAIT */
			return;
		/* Restarted or moved? That was in what is lost. */
		move.inexact = !cancelled && entry->lost != t->head.lost;
		move_to(table, entry, move);
		return;
	}
	entry = store_find_sock(&table->store, t->id.cookie);
	if (!entry)
		entry = first_sight_of_mini(table, t);
	else if (!store_become_mini(&table->store, entry, &t->id)) {
		table->evicted++;
		incomplete_until(table, t->head.ts);
		entry = NULL;
	}
	if (!entry)
		return;
	entry->expects_husk = true;
	entry->seen_moving = false;
	entry->expires = t->expires;
	entry->entered = t->entered;
	missed_the_way(entry, t);
	if (entry->conn.state != t->substate)
		move_to(table, entry, move);
	else
		store_set_unsettled(&table->store, entry, is_unsettled(entry));
}

/*
 * That it ends with its timer set for then proves TIME-WAIT since its last restart, even if we came
 * later. A timer that is only taken off proves nothing: it may still be that of FIN-WAIT-2.
 */
static void prove_by_timer(const struct conn_table *table, struct store_entry *entry,
			   const struct wire_timewait *t)
{
	/* A lower bound errs to the safe side: `expires` is right to a jiffy. */
	uint64_t since = t->expires - TIMEWAIT_LEN_NS + table->config.tick_ns;

	if (entry->conn.state == WIRE_TIME_WAIT && !entry->conn.since_exact &&
	    t->expires > TIMEWAIT_LEN_NS && since < entry->conn.since)
		entry->conn.since = since;
}

static void feed_ended(struct conn_table *table, const struct wire_timewait *t)
{
	struct store_entry *entry = mini_of(table, t);

	if (!entry)
		entry = first_sight_of_mini(table, t);
	if (!entry)
		return;
	if (entry->conn.state == WIRE_FIN_WAIT2 && t->substate == WIRE_TIME_WAIT)
		move_silently(table, entry, t);
	prove_by_timer(table, entry, t);
	end(table, entry,
	    (struct move){.ts = t->head.ts,
			  .lost = t->head.lost,
			  .cause = (uint8_t)conn_cause_of_timewait(t)});
}

/* Its timer is taken off. To be set anew, because it is expiring, or for an end that the stack did
 * not name. */
static void feed_cancelled(struct conn_table *table, const struct wire_timewait *t)
{
	struct store_entry *entry = mini_of(table, t);

	if (!entry)
		entry = first_sight_of_mini(table, t);
	if (!entry)
		return;
	if (!entry->cancelled)
		store_set_cancelled(&table->store, entry, t->head.ts);
	entry->cancelled_expires = t->expires;
	entry->cancelled_lost = t->head.lost;
	entry->cancelled_in = t->substate;
	entry->cancelled_entered = t->entered;
}

/*
 * The kernel sets TIME-WAIT an instant before it moves the timer. With the timer where it was,
 * either the FIN came within the jiffy in which the wait began, or we met that instant; the next
 * sweep tells.
 */
static void feed_seen(struct conn_table *table, const struct wire_timewait *t)
{
	struct store_entry *entry = store_find_mini(&table->store, &t->id);

	if (!entry || entry->conn.id.cookie != t->id.cookie ||
	    entry->conn.state != WIRE_FIN_WAIT2 || t->substate != WIRE_TIME_WAIT)
		return;
	if (is_same_time(table, entry->expires, t->expires) && !entry->seen_moving)
		entry->seen_moving = true;
	else
		move_silently(table, entry, t);
}

static void feed_timewait(struct conn_table *table, const struct wire_timewait *t)
{
	static void (*const ops[WIRE_TW_OPS])(struct conn_table *, const struct wire_timewait *) = {
		[WIRE_TW_ARMED] = feed_armed, [WIRE_TW_EXPIRED] = feed_ended,
		[WIRE_TW_ENDED] = feed_ended, [WIRE_TW_CANCELLED] = feed_cancelled,
		[WIRE_TW_SEEN] = feed_seen,
	};

	ops[t->op](table, t);
}

/* ---- the table ---- */

void conn_advance(struct conn_table *table, uint64_t now)
{
	struct store_entry *entry;

	while ((entry = table->store.cancelled) && entry->cancelled + CANCEL_SETTLES_NS < now) {
		move_before_cancel(table, entry);
		end(table, entry,
		    (struct move){
			    .ts = entry->cancelled, .lost = table->lost, .cause = CAUSE_UNKNOWN});
	}
}

void conn_feed(struct conn_table *table, const union decode_record *rec)
{
	if ((int32_t)(rec->head.lost - table->lost) > 0) {
		table->lost = rec->head.lost;
		incomplete_until(table, rec->head.ts);
	}
	conn_advance(table, rec->head.ts);
	if (rec->head.kind == WIRE_TRANSITION)
		feed_transition(table, &rec->transition);
	else if (rec->head.kind == WIRE_TIMEWAIT)
		feed_timewait(table, &rec->timewait);
	else if (rec->head.kind == WIRE_SOCKET)
		feed_socket(table, &rec->socket);
	else if (rec->head.kind == WIRE_SWEPT)
		feed_swept(table, &rec->swept);
}

struct conn_table *conn_table_new(const struct conn_config *config)
{
	struct conn_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->config = *config;
	table->complete_since = config->attached;
	return table;
}

void conn_table_free(struct conn_table *table)
{
	if (!table)
		return;
	store_release(&table->store);
	free(table);
}

struct conn_stats conn_stats(const struct conn_table *table)
{
	return (struct conn_stats){.count = table->store.count,
				   .evicted = table->evicted,
				   .missed = table->missed,
				   .unsettled = table->store.unsettled_count};
}

size_t conn_unsettled(const struct conn_table *table, uint32_t *ret_netns, size_t max)
{
	const struct store_entry *entry;
	size_t n = 0, i;

	for (entry = table->store.unsettled; entry; entry = entry->unsettled_next) {
		for (i = 0; i < n && ret_netns[i] != entry->conn.id.netns; i++)
			;
		if (i == n && n < max)
			ret_netns[n++] = entry->conn.id.netns;
	}
	return n;
}

void conn_each(const struct conn_table *table,
	       void (*fn)(void *ctx, const struct conn *conn, bool in_doubt), void *ctx)
{
	const struct store_entry *entry;

	for (entry = table->store.all; entry; entry = entry->next)
		if (entry->wanted == MATCH_YES)
			fn(ctx, &entry->conn,
			   entry->lost != table->lost || entry->missed != table->missed);
}

bool conn_is_of_listener(const struct wire_transition *t)
{
	return t->to == WIRE_LISTEN || (t->from == WIRE_LISTEN && t->to == WIRE_CLOSE);
}

const char *conn_owner_known_name(uint8_t known)
{
	static const char *const names[OWNER_KNOWNS] = {[OWNER_UNKNOWN] = "unknown",
							[OWNER_INHERITED] = "inherited",
							[OWNER_EXACT] = "exact"};

	return known < OWNER_KNOWNS ? names[known] : "?";
}
