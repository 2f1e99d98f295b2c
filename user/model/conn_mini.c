/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* conn_mini.c - see conn_mini.h. */
#include "model/conn_mini.h"

#include "base/clock.h"
#include "model/conn_cause.h"
#include "match.h"

/*
 * A timer's time is told in jiffies from the moment of telling, so one time may read as two, a
 * jiffy apart; and some jiffies apart where a CPU is late with its ticks (5.10, 6.12 and 6.18 in a
 * virtual machine).
 */
#define LATE_TICKS 10

static bool is_near(const struct conn_table *table, uint64_t a, uint64_t b, unsigned ticks)
{
	return (a > b ? a - b : b - a) <= ticks * table->config.tick_ns;
}

static bool is_same_time(const struct conn_table *table, uint64_t a, uint64_t b)
{
	return is_near(table, a, b, 1);
}

/* TIME-WAIT did not begin before FIN-WAIT-2, so a timer that expires this early is not its. */
static bool is_too_early_for_time_wait(const struct conn_table *table,
				       const struct store_entry *entry, uint64_t expires)
{
	uint64_t begin = entry->born > entry->conn.since ? entry->born : entry->conn.since;

	return expires + table->config.tick_ns < begin + WIRE_TIMEWAIT_LEN_NS;
}

/* A FIN without timestamps leaves that note as it is (tcp_timewait_state_process(), 6.18). Where
 * the record of the birth is missing, it goes by the time of `-> CLOSE`. */
static bool is_note_of_birth(const struct store_entry *entry, const struct wire_timewait *t)
{
	uint32_t born_ms = (uint32_t)(entry->born / NS_PER_MS);

	if (entry->entered)
		return t->entered == entry->entered;
	return t->entered - born_ms + CONN_SAME_MOMENT_MS <= 2 * CONN_SAME_MOMENT_MS;
}

/* When it entered its substate by the kernel's own note; 0 if that is the note of its birth. */
static uint64_t entered_at(const struct store_entry *entry, const struct wire_timewait *t)
{
	uint32_t now_ms = (uint32_t)(t->head.ts / NS_PER_MS);

	if (!t->entered || is_note_of_birth(entry, t))
		return 0;
	return t->head.ts - t->head.ts % NS_PER_MS - (uint32_t)(now_ms - t->entered) * NS_PER_MS;
}

/* When it was last known to be in FIN-WAIT-2. */
static uint64_t met_before_move(const struct conn_table *table, const struct store_entry *entry)
{
	const struct store_aside *aside = store_aside(&table->store, entry);

	return aside && !entry->seen_moving && aside->sample.met > entry->conn.since
		       ? aside->sample.met
		       : entry->conn.since;
}

/*
 * FIN-WAIT-2 turned into TIME-WAIT, and no tracepoint said so: the timer stayed in its bucket and
 * only `expires` moved, which tells when, to a jiffy. Unless a second FIN restarted TIME-WAIT
 * since, which moves `expires` once more, or the tick was late; then the kernel's note is the
 * truth, to a millisecond. Without that note FIN-WAIT-2 lasted at least until it was last met.
 */
static void move_silently(struct conn_table *table, struct store_entry *entry,
			  const struct wire_timewait *t, bool is_sure)
{
	struct conn_step move = {.lost = t->head.lost, .to = WIRE_TIME_WAIT};
	uint64_t entered = entered_at(entry, t), since = entry->conn.since;
	uint64_t told = entered ? entered : t->expires - WIRE_TIMEWAIT_LEN_NS;

	move.ts = told < since && is_same_time(table, told, since) ? since : told;
	move.met = entered ? 0 : met_before_move(table, entry);
	if (move.met && is_same_time(table, move.ts, move.met))
		move.met = 0;
	/* It contradicts what was witnessed: it is not the beginning, and nothing is. */
	if (move.ts < since || move.ts > t->head.ts || !is_sure)
		move.ts = t->head.ts;
	/* If records are missing, they may have told of a restart. */
	move.inexact = !is_sure || !is_same_time(table, move.ts, told) ||
		       move.ts < table->config.attached || entry->lost != t->head.lost;
	conn_move(table, entry, move);
}

/* Without a cookie, any mini-socket with these ports and addresses may be the one. */
static bool is_another(const struct store_entry *entry, const struct wire_timewait *t)
{
	return entry->conn.id.cookie && t->id.cookie && entry->conn.id.cookie != t->id.cookie;
}

static struct store_entry *mini_of(struct conn_table *table, const struct wire_timewait *t)
{
	struct store_entry *entry = store_find_mini(&table->store, &t->id);

	if (entry && is_another(entry, t)) {
		/*
		 * Another connection has the same ports and addresses: the end of the former was
		 * lost.
		 */
		store_remove(&table->store, entry);
		entry = NULL;
	}
	if (entry && !entry->conn.id.cookie)
		entry->conn.id.cookie = t->id.cookie;
	return entry;
}

/*
 * A mini-socket seen for the first time, without a full socket before it. Its timer proves how old
 * its TIME-WAIT is: if it expires in 20 s, it is 40 s old.
 */
static struct store_entry *first_sight_of_mini(struct conn_table *table,
					       const struct wire_timewait *t)
{
	struct store_entry *entry = conn_first_sight(table, &t->head, &t->id, t->substate,
						     STORE_MINI);

	if (!entry)
		return NULL;
	if (t->substate == WIRE_TIME_WAIT) {
		/*
		 * It may have moved there just now, without an event. So nothing proves how long it
		 * is in this state.
		 */
		entry->conn.since = t->head.ts;
		entry->unsure_if_born = t->op == WIRE_TW_ARMED || t->op == WIRE_TW_BORN;
	} else if (!t->id.cookie) {
		/*
		 * It may come from a full socket that the model knows: `-> CLOSE` of that socket
		 * will tell.
		 */
		entry->conn.since = 0;
	}
	entry->expires = t->expires;
	conn_decide_wanted(table, entry);
	return entry;
}

/*
 * Its timer was cancelled. If the timer was not where FIN-WAIT-2 had set it, TIME-WAIT began
 * before, without an event. If it was a few jiffies off, either that is so, or the tick was late:
 * then nobody knows when.
 */
static void move_before_cancel(struct conn_table *table, struct store_entry *entry)
{
	const struct store_cancel *cancel = store_cancelled(&table->store, entry);
	struct wire_timewait t;

	if (!cancel || cancel->in != WIRE_TIME_WAIT || entry->conn.state != WIRE_FIN_WAIT2 ||
	    is_same_time(table, entry->expires, cancel->expires) ||
	    is_too_early_for_time_wait(table, entry, cancel->expires))
		return;
	t = (struct wire_timewait){.head = {.ts = cancel->ts, .lost = cancel->lost},
				   .expires = cancel->expires,
				   .entered = cancel->entered};
	move_silently(table, entry, &t,
		      !is_near(table, entry->expires, cancel->expires, LATE_TICKS));
}

/* Only FIN-WAIT-2 and CLOSING become a mini-socket. */
static bool is_on_the_way(const struct store_entry *entry, const struct wire_timewait *t)
{
	return entry->conn.state == WIRE_FIN_WAIT2 ||
	       (entry->conn.state == WIRE_CLOSING && t->substate == WIRE_TIME_WAIT);
}

/*
 * The model has another state, so the moves between were lost: FIN-WAIT-2 began at an unknown time,
 * and `-> CLOSE` of the full socket will tell what came before TIME-WAIT.
 */
static void missed_the_way(struct store_entry *entry, const struct wire_timewait *t)
{
	entry->conn.state = t->substate;
	entry->conn.since = t->substate == WIRE_TIME_WAIT ? t->head.ts : 0;
	entry->conn.since_exact = false;
	entry->unsure_if_born = t->substate == WIRE_TIME_WAIT;
	if (entry->unsure_if_born)
		entry->lost = t->head.lost;
}

/* The full socket that it came from; NULL: not known, or it has connected again since. */
static struct store_entry *full_of(const struct conn_table *table, const struct wire_timewait *t)
{
	struct store_entry *entry = store_find_sock(&table->store, t->id.cookie);

	return entry && conn_may_be_same(&entry->conn.id, &t->id) ? entry : NULL;
}

/* False if it ran out of memory: the entry is gone. */
static bool become_mini(struct conn_table *table, struct store_entry *entry,
			const struct wire_timewait *t)
{
	if (store_become_mini(&table->store, entry, &t->id))
		return true;
	table->evicted++;
	conn_incomplete_until(table, t->head.ts);
	return false;
}

/*
 * When TIME-WAIT had begun at the latest: when its timer was set, to some jiffies. A timer that is
 * cancelled before its time may still be that of FIN-WAIT-2.
 */
static uint64_t latest_begin(const struct conn_table *table, const struct store_entry *entry,
			     const struct wire_timewait *t)
{
	uint64_t set = t->expires - WIRE_TIMEWAIT_LEN_NS + LATE_TICKS * table->config.tick_ns;
	bool is_its = t->op != WIRE_TW_CANCELLED || t->expires <= t->head.ts;

	return is_its && t->expires > WIRE_TIMEWAIT_LEN_NS && set > entry->conn.since &&
			       set < t->head.ts
		       ? set
		       : t->head.ts;
}

/*
 * A mini-socket that the model does not know, of a full socket that it does: the birth was not
 * told, nor `-> CLOSE`, which the same segment or timer makes, microseconds later. NULL: there is
 * none.
 */
static struct store_entry *adopt(struct conn_table *table, const struct wire_timewait *t)
{
	struct store_entry *entry = full_of(table, t);

	if (!entry)
		return NULL;
	if (entry->lost == t->head.lost && conn_is_told(table, entry->conn.state))
		conn_note_missed(table, t->head.ts);
	if (!become_mini(table, entry, t))
		return NULL;
	entry->expires = t->expires;
	entry->entered = t->entered;
	entry->born = entry->conn.since; /* at the earliest */
	if (!is_on_the_way(entry, t))
		missed_the_way(entry, t);
	else if (t->substate != entry->conn.state)
		conn_move(table, entry,
			  (struct conn_step){.ts = latest_begin(table, entry, t),
					     .lost = t->head.lost,
					     .to = WIRE_TIME_WAIT,
					     .inexact = true});
	return entry;
}

/* Of a mini-socket that something happened to. NULL if there is no memory. */
static struct store_entry *mini_known_or_met(struct conn_table *table,
					     const struct wire_timewait *t)
{
	struct store_entry *entry = mini_of(table, t);

	if (!entry)
		entry = adopt(table, t);
	return entry ? entry : first_sight_of_mini(table, t);
}

static void feed_armed(struct conn_table *table, const struct wire_timewait *t)
{
	struct conn_step move = {.ts = t->head.ts, .lost = t->head.lost, .to = t->substate};
	struct store_entry *entry = mini_of(table, t);
	bool is_new;

	if (entry && t->op == WIRE_TW_BORN) { /* the former's end was lost */
		store_remove(&table->store, entry);
		entry = NULL;
	}
	if (entry) {
		bool cancelled = store_cancelled(&table->store, entry);

		move_before_cancel(table, entry);
		store_clear_cancelled(&table->store, entry);
		if (entry->conn.state ==
		    t->substate) { /* restarted by a segment: still TIME-WAIT */
			entry->expires = t->expires;
			return;
		}
		entry->expires = t->expires;
		/* What was lost would tell whether it was restarted or moved. */
		move.inexact = !cancelled && entry->lost != t->head.lost;
		conn_move(table, entry, move);
		return;
	}
	entry = full_of(table, t);
	is_new = !entry;
	if (is_new)
		entry = first_sight_of_mini(table, t);
	else if (!become_mini(table, entry, t))
		entry = NULL;
	if (!entry)
		return;
	store_expect_husk(&table->store, entry, true);
	entry->born = t->head.ts;
	entry->moves_are_told = t->op == WIRE_TW_BORN;
	entry->seen_moving = false;
	entry->expires = t->expires;
	entry->entered = t->entered;
	if (!is_new && !is_on_the_way(entry, t)) {
		if (entry->lost == t->head.lost && conn_is_told(table, entry->conn.state))
			conn_note_missed(table, t->head.ts);
		missed_the_way(entry, t);
	}
	if (entry->conn.state != t->substate)
		conn_move(table, entry, move);
	else
		conn_update_unsettled(table, entry);
}

/*
 * If it ends when its timer was set for, it was in TIME-WAIT since the timer was last set, even if
 * we came later. A cancelled timer proves nothing: it may still be that of FIN-WAIT-2. Neither does
 * one that says it was set before the mini-socket was there: the tick was later than we allow for.
 */
void conn_mini_prove(const struct conn_table *table, struct store_entry *entry,
		     const struct wire_timewait *t)
{
	uint64_t set = t->expires - WIRE_TIMEWAIT_LEN_NS;
	uint64_t since = set + LATE_TICKS * table->config.tick_ns;

	if (entry->conn.state == WIRE_TIME_WAIT && !entry->conn.since_exact &&
	    t->expires > WIRE_TIMEWAIT_LEN_NS && since < entry->conn.since &&
	    set + table->config.tick_ns >= entry->born)
		entry->conn.since = since;
}

static void feed_ended(struct conn_table *table, const struct wire_timewait *t)
{
	struct store_entry *entry = mini_known_or_met(table, t);

	if (!entry)
		return;
	if (entry->conn.state == WIRE_FIN_WAIT2 && t->substate == WIRE_TIME_WAIT)
		move_silently(table, entry, t, true);
	conn_mini_prove(table, entry, t);
	conn_end(table, entry,
		 (struct conn_step){.ts = t->head.ts,
				    .lost = t->head.lost,
				    .cause = (uint8_t)conn_cause_of_timewait(t)});
}

/*
 * Its timer was cancelled: to be set again, because it expires, or for an end that no event names.
 */
static void feed_cancelled(struct conn_table *table, const struct wire_timewait *t)
{
	struct store_cancel cancel = {.ts = t->head.ts,
				      .expires = t->expires,
				      .lost = t->head.lost,
				      .entered = t->entered,
				      .in = t->substate};
	struct store_entry *entry = mini_known_or_met(table, t);

	if (entry && !store_set_cancelled(&table->store, entry, &cancel))
		store_give_up(&table->store, entry);
}

/* May this still be the timer of FIN-WAIT-2? */
static bool may_be_unmoved(const struct conn_table *table, const struct store_entry *entry,
			   const struct wire_timewait *t)
{
	return is_near(table, entry->expires, t->expires, LATE_TICKS) ||
	       is_too_early_for_time_wait(table, entry, t->expires);
}

/*
 * The kernel sets TIME-WAIT an instant before it moves the timer. With the timer where it was,
 * either the FIN came within moments of the beginning of the wait, or we met that instant; the next
 * sweep tells.
 */
static void feed_seen(struct conn_table *table, const struct wire_timewait *t)
{
	struct store_entry *entry = store_find_mini(&table->store, &t->id);

	if (!entry || entry->moves_are_told || is_another(entry, t) ||
	    entry->conn.state != WIRE_FIN_WAIT2)
		return;
	if (t->substate != WIRE_TIME_WAIT) {
		if (entry->is_unsettled)
			store_sample(&table->store, entry)->met = t->head.ts;
		return;
	}
	if (!entry->seen_moving && may_be_unmoved(table, entry, t)) {
		entry->seen_moving = true;
		return;
	}
	move_silently(table, entry, t, true);
	entry->expires = t->expires;
}

bool conn_mini_met(struct conn_table *table, const struct store_entry *entry,
		   const struct wire_snapshot *s)
{
	struct wire_timewait t = {.head = s->head,
				  .id = s->id,
				  .expires = s->timer,
				  .entered = (uint32_t)(s->began / NS_PER_MS),
				  .op = WIRE_TW_SEEN,
				  .substate = s->state};

	if (entry->moves_are_told || entry->conn.state != WIRE_FIN_WAIT2 ||
	    s->state != WIRE_TIME_WAIT)
		return false;
	feed_seen(table, &t);
	return true;
}

/* The function that made the move told it. */
static void feed_moved(struct conn_table *table, const struct wire_timewait *t)
{
	struct store_entry *entry = mini_of(table, t);

	if (!entry || entry->conn.state != WIRE_FIN_WAIT2 || t->substate != WIRE_TIME_WAIT)
		return;
	if (entry->expects_husk && !entry->conn.id.cookie) {
		/*
		 * The full socket's `-> CLOSE` follows and tells whose it is, and when FIN-WAIT-2
		 * began.
		 */
		entry->conn.state = WIRE_TIME_WAIT;
		entry->conn.since = entry->born = t->head.ts;
		entry->lost = t->head.lost;
	} else
		conn_move(table, entry,
			  (struct conn_step){
				  .ts = t->head.ts, .lost = t->head.lost, .to = WIRE_TIME_WAIT});
}

void conn_mini_feed(struct conn_table *table, const struct wire_timewait *t)
{
	static void (*const ops[WIRE_TW_OPS])(struct conn_table *, const struct wire_timewait *) = {
		[WIRE_TW_ARMED] = feed_armed, [WIRE_TW_EXPIRED] = feed_ended,
		[WIRE_TW_ENDED] = feed_ended, [WIRE_TW_CANCELLED] = feed_cancelled,
		[WIRE_TW_SEEN] = feed_seen,   [WIRE_TW_BORN] = feed_armed,
		[WIRE_TW_MOVED] = feed_moved,
	};

	ops[t->op](table, t);
}

/* A TIME-WAIT that was first seen when its timer was set was born then. */
static void told_as_born(struct conn_table *table, struct store_entry *mini,
			 const struct wire_transition *t)
{
	struct conn_step move = {
		.ts = mini->conn.since, .lost = mini->lost, .to = mini->conn.state};

	mini->unsure_if_born = false;
	mini->conn.state = t->from;
	mini->conn.since = table->complete_since;
	mini->conn.since_exact = false;
	conn_learn_owner(table, &mini->conn, t);
	conn_move(table, mini, move);
}

/*
 * The peer's FIN makes it TIME-WAIT, and then there is no other way than a mini-socket, unless
 * there is no room, or a system call cuts the connection. Its timer is set for no more than
 * TIME-WAIT.
 */
void conn_mini_assume(struct conn_table *table, struct store_entry *entry,
		      const struct wire_transition *t)
{
	bool has_ended = t->from == WIRE_CLOSING || t->flags & WIRE_F_FIN_SEEN;
	bool is_sure = !(t->flags & (WIRE_F_TW_FULL | WIRE_F_HELD | WIRE_F_LINGER2));
	struct wire_timewait born = {.head = t->head,
				     .id = t->id,
				     .expires = t->head.ts + WIRE_TIMEWAIT_LEN_NS,
				     .substate = has_ended ? WIRE_TIME_WAIT : WIRE_FIN_WAIT2};
	struct store_entry *former = mini_of(table, &born);
	uint32_t lost = entry->lost;

	if (former) /* its end was lost */
		store_remove(&table->store, former);
	if (!become_mini(table, entry, &born))
		return;
	entry->born = t->head.ts;
	entry->expires = born.expires;
	if (has_ended && is_sure)
		conn_move(table, entry,
			  (struct conn_step){
				  .ts = t->head.ts, .lost = t->head.lost, .to = WIRE_TIME_WAIT});
	else if (has_ended) {
		missed_the_way(entry, &born);
		entry->lost = lost; /* in doubt */
	}
	/* The birth came some microseconds before. */
	if (has_ended)
		entry->conn.since_exact = false;
	conn_update_unsettled(table, entry);
}

/*
 * A mini-socket that does not know the identity of its full socket (WIRE_ID_ADDRESS) has learnt it
 * from the husk: its birth is told again, now as that of a connection with a past.
 */
static struct store_entry *born_again(struct conn_table *table, struct store_entry *mini,
				      const struct wire_transition *t)
{
	struct wire_timewait born = {.head = {.ts = mini->born, .lost = mini->lost},
				     .id = mini->conn.id,
				     .expires = mini->expires,
				     .entered = mini->entered,
				     .op = mini->moves_are_told ? WIRE_TW_BORN : WIRE_TW_ARMED,
				     .substate = mini->conn.state};

	store_remove(&table->store, mini);
	born.id.cookie = t->id.cookie;
	feed_armed(table, &born);
	return store_find_mini(&table->store, &born.id);
}

/*
 * The full socket whose life a mini-socket took over reports CLOSE. Its connection did not end.
 * tcp_time_wait() is called in FIN-WAIT-2 and in CLOSING and in no other state (5.10 to 7.3).
 */
bool conn_mini_take_husk(struct conn_table *table, const struct wire_transition *t)
{
	struct store_entry *mini;

	if (t->to != WIRE_CLOSE || (t->from != WIRE_FIN_WAIT2 && t->from != WIRE_CLOSING))
		return false;
	mini = store_find_mini(&table->store, &t->id);
	if (!mini || !mini->expects_husk ||
	    (mini->conn.id.cookie && mini->conn.id.cookie != t->id.cookie))
		return false;
	if (!mini->conn.id.cookie && store_find_sock(&table->store, t->id.cookie))
		mini = born_again(table, mini, t);
	if (!mini)
		return true;
	store_expect_husk(&table->store, mini, false);
	mini->conn.id.cookie = t->id.cookie;
	if (mini->unsure_if_born && mini->conn.state == WIRE_TIME_WAIT)
		told_as_born(table, mini, t);
	return true;
}

void conn_mini_settle(struct conn_table *table, struct store_entry *entry,
		      const struct store_cancel *cancel)
{
	move_before_cancel(table, entry);
	/* That its timer was set again may have been lost: its end, or a census, will tell. */
	if (cancel->lost != table->lost)
		store_clear_cancelled(&table->store, entry);
	else
		conn_end(table, entry,
			 (struct conn_step){
				 .ts = cancel->ts, .lost = cancel->lost, .cause = CAUSE_UNKNOWN});
}
