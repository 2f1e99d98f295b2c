/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* conn_sample.c - see conn_sample.h. Function names are the kernel's. */
#include "model/conn_sample.h"

#include "base/clock.h"
#include "model/conn_cause.h"
#include "model/conn_mini.h"

/* A mini-socket is gone if so many sweeps in a row do not meet it. */
#define UNMET_MAX 2

static uint64_t met(const struct conn_table *table, const struct store_entry *entry)
{
	return store_sample(&table->store, entry)->met;
}

/* ---- ends ---- */

/*
 * No sweep met a mini-socket, but one may have lived between two sweeps. So it is not known why the
 * connection ended, nor whether it left its state then.
 */
static void end_held(struct conn_table *table, struct store_entry *entry)
{
	entry->conn.since_exact = false;
	conn_end(table, entry,
		 (struct conn_step){.ts = entry->born,
				    .lost = store_sample(&table->store, entry)->held_lost,
				    .cause = CAUSE_UNKNOWN});
}

/*
 * Its timer had run out when a sweep met it last, so it ended by its timer; the timer wheel is late
 * by up to seconds. No other end leaves anything to see.
 */
static uint8_t cause_of_end(const struct conn_table *table, const struct store_entry *entry)
{
	struct wire_timewait expired = {.op = WIRE_TW_EXPIRED, .substate = entry->conn.state};

	return met(table, entry) >= entry->expires ? (uint8_t)conn_cause_of_timewait(&expired)
						   : CAUSE_UNKNOWN;
}

/* It ended before `ts`. */
static void end(struct conn_table *table, struct store_entry *entry, uint64_t ts, uint8_t cause)
{
	/* The cookie shows that it is the same one, whatever was lost. */
	bool sure = entry->conn.id.cookie && !WIRE_ID_IS_ADDRESS(entry->conn.id.cookie);
	uint32_t lost = sure ? entry->lost : table->lost;

	if (entry->is_held) {
		end_held(table, entry);
		return;
	}
	if (entry->seen_moving)
		conn_move(table, entry,
			  (struct conn_step){.ts = met(table, entry),
					     .lost = lost,
					     .to = WIRE_TIME_WAIT,
					     .inexact = true});
	conn_end(table, entry,
		 (struct conn_step){
			 .ts = ts, .lost = lost, .cause = cause, .met = met(table, entry)});
}

/* ---- a full socket closes ---- */

static bool is_another(const struct store_entry *entry, uint64_t cookie)
{
	return entry->conn.id.cookie && cookie && entry->conn.id.cookie != cookie;
}

bool conn_sample_hold(struct conn_table *table, struct store_entry *entry,
		      const struct wire_transition *t)
{
	struct store_entry *former = store_find_mini(&table->store, &t->id);

	/*
	 * A sweep met it before `-> CLOSE` of its full socket was read: the next sweep will tell.
	 */
	if (former && !former->born && !is_another(former, t->id.cookie))
		store_remove(&table->store, former);
	else if (former)
		end(table, former, t->head.ts, CAUSE_UNKNOWN);
	if (!store_become_mini(&table->store, entry, &t->id)) {
		table->evicted++;
		conn_incomplete_until(table, t->head.ts);
		return true;
	}
	entry->is_held = true;
	entry->fin_seen = t->from == WIRE_CLOSING || t->flags & WIRE_F_FIN_SEEN;
	entry->born = t->head.ts;
	/* The timer of FIN-WAIT-2 as it is by default, and at most: tcp_fin_timeout. */
	entry->expires = t->head.ts + WIRE_TIMEWAIT_LEN_NS;
	if (conn_update_unsettled(table, entry))
		store_sample(&table->store, entry)->held_lost = t->head.lost;
	return true;
}

void conn_sample_give_way(struct conn_table *table, const struct wire_transition *t)
{
	struct store_entry *former;

	if (t->to == WIRE_CLOSE || t->from == t->to)
		return;
	former = store_find_mini(&table->store, &t->id);
	if (former && met(table, former) < t->head.ts && former->born < t->head.ts)
		end(table, former, t->head.ts, CAUSE_UNKNOWN);
}

/* ---- a sweep ---- */

/*
 * It took over from a full socket. If the peer's FIN had come, that was straight into TIME-WAIT:
 * tcp_fin() calls tcp_time_wait() and closes the full socket.
 */
static void take_over(struct conn_table *table, struct store_entry *entry,
		      const struct wire_timewait *t)
{
	uint32_t born_ms = (uint32_t)(entry->born / NS_PER_MS);

	entry->is_held = false;
	if (t->entered - born_ms + CONN_SAME_MOMENT_MS <= 2 * CONN_SAME_MOMENT_MS)
		entry->entered = t->entered; /* its birth, not its move to TIME-WAIT */
	if (entry->fin_seen && t->substate == WIRE_TIME_WAIT)
		conn_move(table, entry,
			  (struct conn_step){.ts = entry->born,
					     .lost = store_sample(&table->store, entry)->held_lost,
					     .to = WIRE_TIME_WAIT});
}

/* It was there before the attach, or its full socket is not known. */
static struct store_entry *adopt(struct conn_table *table, const struct wire_timewait *t)
{
	struct store_entry *entry;

	/* `-> CLOSE` of the full socket is not read yet; or the socket has connected again. */
	if (store_find_sock(&table->store, t->id.cookie))
		return NULL;
	entry = conn_first_sight(table, &t->head, &t->id, t->substate, STORE_MINI);
	if (!entry)
		return NULL;
	/*
	 * No event tells the move to TIME-WAIT; and without a cookie any socket with these ports
	 * may be the one.
	 */
	if (t->substate == WIRE_TIME_WAIT)
		entry->conn.since = t->head.ts;
	else if (!t->id.cookie)
		entry->conn.since = 0;
	entry->entered = t->entered;
	conn_decide_wanted(table, entry);
	return conn_update_unsettled(table, entry) ? entry : NULL;
}

void conn_sample_seen(struct conn_table *table, const struct wire_timewait *t)
{
	struct store_entry *entry = store_find_mini(&table->store, &t->id);
	struct store_sample *sample;

	/* Nothing else tells of them where this is asked. */
	if (t->op != WIRE_TW_SEEN)
		return;
	if (entry && is_another(entry, t->id.cookie)) {
		end(table, entry, t->head.ts, CAUSE_UNKNOWN);
		entry = NULL;
	}
	if (!entry)
		entry = adopt(table, t);
	if (!entry)
		return;
	if (entry->is_held)
		take_over(table, entry, t);
	/* A sweep met it in TIME-WAIT twice: its timer is its own by now, and tells its age. */
	if (met(table, entry) && entry->conn.state == WIRE_TIME_WAIT)
		conn_mini_prove(table, entry, t);
	conn_mini_feed(table, t);
	if (entry->conn.state == t->substate)
		entry->expires = t->expires;
	sample = store_sample(&table->store, entry);
	sample->met = t->head.ts;
	sample->unmet = 0;
}

static void feed_unmet(struct conn_table *table, struct store_entry *entry,
		       const struct wire_swept *s)
{
	struct store_sample *sample = store_sample(&table->store, entry);
	uint64_t last = entry->is_held ? entry->born : sample->met;

	if (last >= s->head.ts || ++sample->unmet < UNMET_MAX)
		return;
	/* The namespace could not be entered: it may be gone, or only closed to us. */
	end(table, entry, s->head.ts, s->blind ? CAUSE_UNKNOWN : cause_of_end(table, entry));
}

void conn_sample_swept(struct conn_table *table, const struct wire_swept *s)
{
	struct store_entry *entry = store_first_unsettled(&table->store), *next;

	for (size_t n = table->store.unsettled_count; n; n--, entry = next) {
		next = store_next_unsettled(&table->store, entry);
		if (entry->conn.id.netns != s->netns)
			continue;
		/* Puts them behind those of other namespaces, so that all have their turn. */
		store_defer(&table->store, entry);
		if (entry->is_mini)
			feed_unmet(table, entry, s);
	}
}
