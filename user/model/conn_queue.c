/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* conn_queue.c - see conn_queue.h. */
#include "model/conn_queue.h"

#include <stdlib.h>
#include <string.h>

#include "match.h"

/* It ended and is in the queue still; or accept() returned it before an event told of it. */
struct dead {
	uint64_t cookie;
	struct store_queue *at; /* NULL: it was returned */
	UT_hash_handle hh;
};

#define DEAD_MAX 65536

static bool is_asked(const struct conn_table *table)
{
	return table->config.waited && table->config.sees_accepts;
}

/* To be compared for equality. */
static uint64_t losses(const struct conn_table *table)
{
	return table->lost + table->missed + table->evicted;
}

static uint64_t misses(const struct conn_table *table)
{
	return losses(table) + table->unplaced;
}

/* ---- queues ---- */

static struct store_queue *need_queue(struct store *store, const struct store_listener *listener)
{
	struct conn_place key = {.netns = listener->key.netns, .port = listener->key.port};
	struct store_queue *queue;

	memcpy(key.addr, listener->key.addr, sizeof(key.addr));
	HASH_FIND(hh, store->queues, &key, sizeof(key), queue);
	if (queue)
		return queue;
	queue = calloc(1, sizeof(*queue));
	if (!queue)
		return NULL;
	queue->key = key;
	HASH_ADD(hh, store->queues, key, sizeof(queue->key), queue);
	if (TABLE_HAS(queue))
		return queue;
	free(queue);
	return NULL;
}

/* Finds the queue that it waits in. Before the first census is over not all listeners are known. */
static void place(struct conn_table *table, const struct store_entry *entry,
		  struct store_wait *wait)
{
	const struct store_listener *listener = store_listener_of(&table->store, &entry->conn);

	wait->at = listener ? need_queue(&table->store, listener) : NULL;
	if (!wait->at) {
		table->unplaced += table->counted;
		return;
	}
	wait->at->waiting++;
	if (wait->at->waiting + wait->at->dead > wait->at->peak)
		wait->at->peak = wait->at->waiting + wait->at->dead;
}

/* ---- those that ended ---- */

static void forget_dead(struct conn_table *table, struct dead *dead)
{
	if (dead->at)
		dead->at->dead--;
	HASH_DEL(table->dead, dead); // NOLINT(clang-analyzer-unix.Malloc): unlinks
	free(dead);
}

/* Those of one queue; with `all`, of all. */
static void forget_all_dead(struct conn_table *table, const struct store_queue *at, bool all)
{
	struct dead *dead, *next;

	HASH_ITER (hh, table->dead, dead, next) // NOLINT(clang-analyzer-unix.Malloc): unlinks
		if (all || dead->at == at)
			forget_dead(table, dead);
}

static struct dead *find_dead(const struct conn_table *table, uint64_t cookie)
{
	struct dead *dead;

	HASH_FIND(hh, table->dead, &cookie, sizeof(cookie), dead);
	return dead;
}

static void count_dead(const struct dead *dead)
{
	if (dead->at)
		dead->at->dead++;
}

static void keep_dead(struct conn_table *table, uint64_t cookie, struct store_queue *at)
{
	struct dead *dead;

	if (!cookie || find_dead(table, cookie))
		return;
	dead = HASH_COUNT(table->dead) < DEAD_MAX ? calloc(1, sizeof(*dead)) : NULL;
	if (dead) {
		dead->cookie = cookie;
		dead->at = at;
		HASH_ADD(hh, table->dead, cookie, sizeof(dead->cookie), dead);
		if (TABLE_HAS(dead)) {
			count_dead(dead);
			return;
		}
		free(dead);
	}
	table->unplaced++;
}

/*
 * Before 6.15 the kernel tells of a child when the handshake is over. With TCP Fast Open accept()
 * may return it before that. Where sockets are known by address only, the next one at this address
 * may be another.
 */
void conn_queue_returned(struct conn_table *table, uint64_t cookie)
{
	struct dead *dead;

	if (!is_asked(table))
		return;
	dead = find_dead(table, cookie);
	if (dead)
		forget_dead(table, dead);
	else if (!WIRE_ID_IS_ADDRESS(cookie))
		keep_dead(table, cookie, NULL);
}

static bool was_returned(const struct conn_table *table, uint64_t cookie)
{
	const struct dead *dead = find_dead(table, cookie);

	return dead && !dead->at;
}

/* ---- waits that begin ---- */

static void begin(struct conn_table *table, struct store_entry *entry, uint64_t since,
		  bool is_exact)
{
	struct store_wait *wait;

	/* Nothing could be told of one that has no cookie. */
	if (!since || !entry->conn.id.cookie || was_returned(table, entry->conn.id.cookie))
		return;
	if (store_wait(&table->store, entry))
		store_end_wait(&table->store, entry);
	wait = store_begin_wait(&table->store, entry, since);
	if (!wait) {
		table->evicted++;
		return;
	}
	wait->is_exact = is_exact;
	wait->lost = entry->lost;
	place(table, entry, wait);
}

/* ---- waits that end ---- */

/* How long it waited, if both ends are known. The proof of its begin may be no more than that. */
static void measure(const struct conn_table *table, const struct store_wait *wait,
		    struct conn_event *event, uint32_t lost)
{
	uint64_t since = wait->since;

	event->dwell_known = DWELL_EXACT;
	if (!wait->is_exact || wait->lost != lost) {
		event->dwell_known = DWELL_AT_LEAST;
		if (wait->lost != lost && table->complete_since > since)
			since = table->complete_since;
	}
	if (since <= event->ts)
		event->dwell = event->ts - since;
	if (since > event->ts || (!event->dwell && event->dwell_known == DWELL_AT_LEAST))
		event->dwell_known = DWELL_UNKNOWN;
}

/* Tells the end of its wait, and takes it out of the queue. */
static void leave(struct conn_table *table, struct store_entry *entry,
		  const struct conn_event *event)
{
	const struct store_wait *wait = store_wait(&table->store, entry);
	struct conn_place listener = {.netns = entry->conn.id.netns, .port = entry->conn.id.lport};

	memcpy(listener.addr, entry->conn.id.laddr, sizeof(listener.addr));
	if (wait->at)
		listener = wait->at->key;
	store_end_wait(&table->store, entry);
	if (entry->wanted == MATCH_YES)
		table->config.waited(table->config.ctx, &entry->conn, event, &listener);
}

/* Somebody has accepted it by now, and nothing told when. */
static void leave_unseen(struct conn_table *table, struct store_entry *entry, uint64_t ts,
			 uint8_t cause)
{
	leave(table, entry,
	      &(struct conn_event){.ts = ts,
				   .from = TCPSTATE_ACCEPT_WAIT,
				   .to = entry->conn.state,
				   .cause = cause});
}

/* A record of accept() may be missing, or of a way that nothing tells of (io_uring). */
static bool is_surely_unaccepted(const struct store_wait *wait, const struct conn_step *move)
{
	return move->unaccepted && !wait->is_taken && !move->inexact && !move->met;
}

static void end(struct conn_table *table, struct store_entry *entry, const struct conn_step *move)
{
	const struct store_wait *wait = store_wait(&table->store, entry);
	struct store_queue *at = wait->at;
	struct conn_event event = {.ts = move->ts,
				   .from = TCPSTATE_ACCEPT_WAIT,
				   .to = WIRE_CLOSE,
				   .cause = move->cause};
	bool is_in_queue = is_surely_unaccepted(wait, move);

	if (is_in_queue)
		measure(table, wait, &event, move->lost);
	leave(table, entry, &event);
	if (is_in_queue && at && store_is_listened(&table->store, &at->key))
		keep_dead(table, entry->conn.id.cookie, at);
}

/* ---- what happens to a connection ---- */

/* Others it cannot be in before somebody has accepted it. */
static bool may_wait(uint8_t state)
{
	return state == WIRE_SYN_RECV || state == WIRE_ESTABLISHED || state == WIRE_CLOSE_WAIT;
}

void conn_queue_begin(struct conn_table *table, struct store_entry *entry, bool is_exact)
{
	if (is_asked(table) && entry->conn.owner.known != OWNER_EXACT)
		begin(table, entry, entry->born, is_exact);
}

void conn_queue_moved(struct conn_table *table, struct store_entry *entry,
		      const struct conn_event *event, const struct conn_step *move)
{
	bool is_owned = entry->conn.owner.known == OWNER_EXACT;

	if (!store_wait(&table->store, entry))
		return;
	if (is_owned || (event->to != WIRE_CLOSE && !may_wait(event->to)))
		leave_unseen(table, entry, move->ts, move->cause);
	else if (event->to == WIRE_CLOSE)
		end(table, entry, move);
}

void conn_queue_accepted(struct conn_table *table, struct store_entry *entry,
			 const struct wire_accepted *a)
{
	const struct store_wait *wait = store_wait(&table->store, entry);
	struct conn_event event = {
		.ts = a->head.ts, .from = TCPSTATE_ACCEPT_WAIT, .to = entry->conn.state};

	if (!wait)
		return;
	measure(table, wait, &event, a->head.lost);
	leave(table, entry, &event);
}

/* ---- censuses ---- */

static void meet_waiting(struct conn_table *table, struct store_entry *entry)
{
	struct store_wait *wait = store_wait(&table->store, entry);

	/* Of one that is owned accept() is at work: the file comes behind its record. */
	if (!wait && entry->conn.owner.known != OWNER_EXACT) {
		begin(table, entry, entry->conn.since, false);
		wait = store_wait(&table->store, entry);
	}
	if (!wait)
		return;
	wait->is_taken = false;
}

static void meet_accepted(struct conn_table *table, struct store_entry *entry,
			  const struct wire_snapshot *s)
{
	struct store_wait *wait = store_wait(&table->store, entry);

	if (!wait)
		return;
	if (s->flags & WIRE_S_SUBFLOW)
		store_end_wait(&table->store, entry); /* nobody has to accept one that joins */
	else if (wait->is_taken)
		leave_unseen(table, entry, s->head.ts, CAUSE_NONE);
	else
		wait->is_taken = true; /* a program may be about to tell of it */
}

void conn_queue_met(struct conn_table *table, const struct wire_snapshot *s)
{
	bool is_accepted = s->flags & WIRE_S_FILE;
	struct store_entry *entry;

	if (!is_asked(table) || s->kind != WIRE_FULL || !may_wait(s->state) ||
	    s->flags & WIRE_S_ORPHAN || (is_accepted && !table->store.waiting_count))
		return;
	entry = store_find_sock(&table->store, s->id.cookie);
	if (entry && is_accepted)
		meet_accepted(table, entry, s);
	else if (entry)
		meet_waiting(table, entry);
}

/* Without this the table would keep every listener that ever was. */
static void forget_empty(struct conn_table *table)
{
	struct store *store = &table->store;
	struct store_queue *queue, *next;

	for (queue = store->queues; queue; queue = next) {
		next = queue->hh.next;
		if (store_is_listened(store, &queue->key))
			continue;
		forget_all_dead(table, queue, false);
		if (queue->waiting)
			continue;
		HASH_DEL(store->queues, queue); // NOLINT(clang-analyzer-unix.Malloc): unlinks
		free(queue);
	}
}

void conn_queue_census_ends(struct conn_table *table)
{
	struct store *store = &table->store;
	const struct store_entry *entry;

	if (!is_asked(table))
		return;
	for (entry = store->waiting_count ? store_first(store) : NULL; entry;
	     entry = store_next(store, entry)) {
		struct store_wait *wait = store_wait(store, entry);

		if (wait && !wait->at)
			place(table, entry, wait);
	}
	/* Those that were returned are told of by now. Since a loss all may have been. */
	forget_all_dead(table, NULL, table->dead_losses != losses(table));
	table->dead_losses = losses(table);
	forget_empty(table);
}

void conn_queue_release(struct conn_table *table)
{
	TABLE_RELEASE(table->dead, free);
}

/* ---- peaks ---- */

void conn_queue_forget_peaks(struct conn_table *table)
{
	for (struct store_queue *queue = table->store.queues; queue; queue = queue->hh.next)
		queue->peak = queue->waiting + queue->dead;
	table->peak_misses = misses(table);
}

bool conn_queue_is_sure(const struct conn_table *table)
{
	return is_asked(table) && table->peak_misses == misses(table);
}
