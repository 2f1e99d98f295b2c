/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_truth.c - the connection model against the truth. Random lives of connections are made up,
 * with what each was in and when; the records that the kernel would send are fed, less some that
 * are lost, from an attach in the middle on, into a table that may be too small. Then whatever is
 * told must be true: an exact dwell to the ns, a lower bound never above the truth. And with
 * nothing lost, all of it must be told.
 */
#include "base/clock.h"
#include "model/conn.h"
#include "test.h"

#define LIVES        400
#define VISITS_MAX   10
#define RECORDS_MAX  (LIVES * 32 + 4096)
#define ATTACHED     (100 * NS_PER_S)
#define TIMEWAIT_LEN (60 * NS_PER_S)
#define FOREVER      UINT64_MAX

struct visit {
	uint8_t state;
	uint64_t begin, end;
};

struct life {
	struct wire_id id;
	struct visit visits[VISITS_MAX];
	unsigned n;
	uint64_t now, expires;
	bool accepted; /* its SYN-RECEIVED began in a request socket */
	bool fuzzy;    /* segments came: the kernel itself no longer knows when TIME-WAIT began */
	bool noted;    /* ... but for its note, which a FIN with timestamps makes (6.14) */
	unsigned told, exact;
};

struct world {
	struct test_random random;
	struct life lives[LIVES];
	union decode_record records[RECORDS_MAX];
	unsigned n;
	unsigned told, exact, bounds, fed, lost;
};

static uint64_t some(struct world *world, uint64_t most)
{
	return 1 + test_below(&world->random, most);
}

static bool chance(struct world *world, unsigned percent)
{
	return test_below(&world->random, 100) < percent;
}

/* ---- living ---- */

static union decode_record *new_record(struct world *world, const struct life *life, uint16_t kind,
				       uint16_t len)
{
	union decode_record *rec = &world->records[world->n++];

	if (world->n >= RECORDS_MAX)
		abort();
	memset(rec, 0, sizeof(*rec));
	rec->head = (struct wire_head){.ts = life->now, .kind = kind, .len = len};
	return rec;
}

static void say_move(struct world *world, struct life *life, uint8_t from, uint8_t to)
{
	struct wire_transition *t =
		&new_record(world, life, WIRE_TRANSITION, sizeof(*t))->transition;

	t->id = life->id;
	t->from = from;
	t->to = to;
	if (from == WIRE_CLOSE)
		t->id.lport = 0;
	if (to == WIRE_CLOSE && life->visits[life->n - 1].state == WIRE_TIME_WAIT)
		t->flags = WIRE_F_FIN_SEEN;
}

static void say_mini(struct world *world, struct life *life, uint8_t op, uint8_t cause)
{
	struct wire_timewait *t = &new_record(world, life, WIRE_TIMEWAIT, sizeof(*t))->timewait;

	t->id = life->id;
	t->op = op;
	t->cause = cause;
	t->substate = life->visits[life->n - 1].state;
	t->expires = life->expires;
	if (life->noted)
		t->entered = (uint32_t)(life->visits[life->n - 1].begin / NS_PER_MS);
}

static void enter(struct life *life, uint8_t state)
{
	if (life->n)
		life->visits[life->n - 1].end = life->now;
	life->visits[life->n++] =
		(struct visit){.state = state, .begin = life->now, .end = FOREVER};
}

static void move(struct world *world, struct life *life, uint8_t to)
{
	say_move(world, life, life->visits[life->n - 1].state, to);
	if (to == WIRE_CLOSE)
		life->visits[life->n - 1].end = life->now;
	else
		enter(life, to);
}

static void pass(struct world *world, struct life *life, uint64_t most)
{
	life->now += some(world, most);
}

static void open_it(struct world *world, struct life *life)
{
	life->accepted = chance(world, 50);
	if (life->accepted) {
		life->now += 10;
		enter(life, WIRE_SYN_RECV);
		life->visits[0].begin -= 10;
		say_move(world, life, WIRE_LISTEN, WIRE_SYN_RECV);
	} else {
		say_move(world, life, WIRE_CLOSE, WIRE_SYN_SENT);
		enter(life, WIRE_SYN_SENT);
	}
	pass(world, life, 50 * NS_PER_MS);
	move(world, life, WIRE_ESTABLISHED);
	pass(world, life, 60 * NS_PER_S);
}

static void end_early(struct world *world, struct life *life, uint8_t cause)
{
	say_mini(world, life, WIRE_TW_ENDED, cause);
	life->visits[life->n - 1].end = life->now;
}

static void expire(struct world *world, struct life *life)
{
	life->now = life->expires + some(world, NS_PER_S);
	say_mini(world, life, WIRE_TW_CANCELLED, 0);
	life->now += 1000;
	say_mini(world, life, WIRE_TW_EXPIRED, 0);
	life->visits[life->n - 1].end = life->now;
}

static void restart(struct world *world, struct life *life)
{
	pass(world, life, 50 * NS_PER_S);
	life->fuzzy = true;
	say_mini(world, life, WIRE_TW_CANCELLED, 0);
	life->expires = life->now + TIMEWAIT_LEN;
	life->now += 100;
	say_mini(world, life, WIRE_TW_ARMED, 0);
}

static void wait_out(struct world *world, struct life *life)
{
	if (chance(world, 15))
		restart(world, life);
	if (chance(world, 60)) {
		expire(world, life);
		return;
	}
	pass(world, life, 50 * NS_PER_S);
	if (chance(world, 50)) {
		end_early(world, life, WIRE_TW_BY_RST);
		return;
	}
	say_mini(world, life, WIRE_TW_CANCELLED, 0); /* and nothing else: the cause is not known */
	life->visits[life->n - 1].end = life->now;
}

/* The full socket is swapped for a mini-socket in `state`. */
static void become_mini(struct world *world, struct life *life, uint8_t state)
{
	uint8_t former = life->visits[life->n - 1].state;

	life->expires = life->now + TIMEWAIT_LEN;
	if (state != former)
		enter(life, state);
	say_mini(world, life, WIRE_TW_ARMED, 0);
	life->now += 5000;
	say_move(world, life, former, WIRE_CLOSE);
}

static void move_loudly(struct world *world, struct life *life)
{
	enter(life, WIRE_TIME_WAIT);
	say_mini(world, life, WIRE_TW_CANCELLED, 0);
	life->expires = life->now + TIMEWAIT_LEN;
	say_mini(world, life, WIRE_TW_ARMED, 0);
}

static void move_silently(struct world *world, struct life *life)
{
	enter(life, WIRE_TIME_WAIT);
	if (chance(world, 20)) /* met in the instant before its timer moves */
		say_mini(world, life, WIRE_TW_SEEN, 0);
	life->expires = life->now + TIMEWAIT_LEN;
	if (chance(world, 20)) { /* our ACK got lost, and the FIN comes again */
		pass(world, life, 400 * NS_PER_MS);
		life->expires = life->now + TIMEWAIT_LEN;
	}
	life->fuzzy = !life->noted;
	for (unsigned sweep = 0; sweep < 3 && chance(world, 70); sweep++) {
		pass(world, life, NS_PER_S);
		say_mini(world, life, WIRE_TW_SEEN, 0);
	}
}

static void wait_as_orphan(struct world *world, struct life *life)
{
	if (!life->noted && chance(world, 50)) {
		pass(world, life, 10 * NS_PER_S);
		say_mini(world, life, WIRE_TW_SEEN, 0);
	}
	pass(world, life, 30 * NS_PER_S);
	if (chance(world, 10)) {
		end_early(world, life, WIRE_TW_BY_RST);
		return;
	}
	if (chance(world, 10)) {
		expire(world, life);
		return;
	}
	if (chance(world, 50))
		move_loudly(world, life);
	else
		move_silently(world, life);
	wait_out(world, life);
}

static void close_actively(struct world *world, struct life *life)
{
	move(world, life, WIRE_FIN_WAIT1);
	pass(world, life, NS_PER_S);
	move(world, life, WIRE_FIN_WAIT2);
	if (chance(world, 50)) /* only shut down: the process holds it for a while */
		pass(world, life, 30 * NS_PER_S);
	else
		life->now += 20;
	if (chance(world, 40)) {
		become_mini(world, life, WIRE_TIME_WAIT);
		wait_out(world, life);
		return;
	}
	say_move(world, life, WIRE_FIN_WAIT2, WIRE_FIN_WAIT2);
	life->noted = chance(world, 50);
	become_mini(world, life, WIRE_FIN_WAIT2);
	wait_as_orphan(world, life);
}

static void close_passively(struct world *world, struct life *life)
{
	move(world, life, WIRE_CLOSE_WAIT);
	pass(world, life, 60 * NS_PER_S);
	move(world, life, WIRE_LAST_ACK);
	pass(world, life, NS_PER_S);
	move(world, life, WIRE_CLOSE);
}

static void close_together(struct world *world, struct life *life)
{
	move(world, life, WIRE_FIN_WAIT1);
	pass(world, life, NS_PER_S);
	move(world, life, WIRE_CLOSING);
	pass(world, life, NS_PER_S);
	become_mini(world, life, WIRE_TIME_WAIT);
	wait_out(world, life);
}

static void live(struct world *world, struct life *life)
{
	open_it(world, life);
	if (chance(world, 50))
		close_actively(world, life);
	else if (chance(world, 40))
		close_passively(world, life);
	else if (chance(world, 50))
		close_together(world, life);
	else
		move(world, life, WIRE_CLOSE);
}

static void tick(struct world *world, uint64_t until)
{
	struct life clock = {.now = 0};

	for (; clock.now < until; clock.now += 250 * NS_PER_MS)
		if (world->n < RECORDS_MAX - 1)
			new_record(world, &clock, WIRE_TICK, sizeof(struct wire_head));
}

static int by_time(const void *a, const void *b)
{
	const union decode_record *x = a, *y = b;

	if (x->head.ts != y->head.ts)
		return x->head.ts < y->head.ts ? -1 : 1;
	return x < y ? -1 : x > y; /* those of one moment as they were made */
}

static void make_lives(struct world *world)
{
	for (unsigned i = 0; i < LIVES; i++) {
		struct life *life = &world->lives[i], *former = life - 1;
		bool heir = i && chance(world, 20) && former->visits[former->n - 1].end != FOREVER;

		/* The ports and addresses of the one before it, as soon as that is gone. */
		life->id = (struct wire_id){
			.cookie = i + 1, .lport = (uint16_t)(1000 + i), .rport = 80, .netns = 1};
		life->id.laddr[15] = 1, life->id.raddr[15] = 2;
		if (heir)
			life->id.lport = former->id.lport;
		life->now = heir ? former->visits[former->n - 1].end + some(world, 1000)
				 : some(world, 200 * NS_PER_S);
		live(world, life);
	}
	tick(world, 900 * NS_PER_S);
	/* qsort() of glibc is a merge sort for arrays of this size; by_time() does not rely on it.
	 */
	qsort(world->records, world->n, sizeof(world->records[0]), by_time);
}

/* ---- what is told ---- */

/* `off`: ns, how exact the kernel's note is. */
static bool is_near(uint64_t a, uint64_t b, uint64_t off)
{
	return (a > b ? a - b : b - a) <= off;
}

static bool is_exactly(const struct visit *visit, const struct conn_event *event, uint64_t off)
{
	return is_near(visit->begin, event->ts - event->dwell, off) &&
	       is_near(visit->end, event->ts, off);
}

static bool is_at_least(const struct visit *visit, const struct conn_event *event, uint64_t off)
{
	return event->dwell <= visit->end - visit->begin + off && visit->begin <= event->ts;
}

static bool is_true(const struct life *life, const struct conn_event *event)
{
	uint64_t off = life->noted ? NS_PER_MS : 0;

	for (unsigned i = 0; i < life->n; i++) {
		const struct visit *visit = &life->visits[i];

		if (visit->state == event->from &&
		    (event->dwell_known == DWELL_EXACT ? is_exactly(visit, event, off)
						       : is_at_least(visit, event, off)))
			return true;
	}
	return false;
}

static const char *told_life(const struct life *life)
{
	static char text[512];
	int len = 0;

	for (unsigned i = 0; i < life->n; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, " %s %" PRIu64 "-%" PRIu64,
				tcpstate_name(life->visits[i].state), life->visits[i].begin,
				life->visits[i].end);
	return text;
}

static void on_event(void *ctx, const struct conn *conn, const struct conn_event *event)
{
	struct world *world = ctx;
	struct life *life = &world->lives[conn->id.cookie - 1];

	CHECK(conn->id.cookie >= 1 && conn->id.cookie <= LIVES);
	world->told++;
	life->told++;
	if (event->dwell_known == DWELL_UNKNOWN) {
		CHECK_EQ(event->dwell, 0);
		return;
	}
	if (event->dwell_known == DWELL_EXACT)
		world->exact++, life->exact++;
	else
		world->bounds++;
	test_check(is_true(life, event), __LINE__,
		   "cookie %llu at %" PRIu64 ": %s>%s told as %s %" PRIu64 ", the truth is%s",
		   (unsigned long long)conn->id.cookie, event->ts, tcpstate_name(event->from),
		   tcpstate_name(event->to), tcpstate_known_name(event->dwell_known), event->dwell,
		   told_life(life));
}

static int all_wanted(void *ctx, const struct conn *conn)
{
	(void)ctx;
	(void)conn;
	return 1;
}

/* ---- runs ---- */

struct run {
	const char *name;
	unsigned loss; /* of 1000 records, how many begin a gap */
	unsigned gap;  /* the longest gap */
	size_t max;
};

static void feed(struct world *world, struct conn_table *table, const struct run *run)
{
	uint32_t lost = 0;
	unsigned gap = 0;

	for (unsigned i = 0; i < world->n; i++) {
		union decode_record *rec = &world->records[i];

		if (rec->head.ts < ATTACHED)
			continue;
		if (!gap && test_below(&world->random, 1000) < run->loss)
			gap = (unsigned)some(world, run->gap);
		if (gap && rec->head.kind != WIRE_TICK) {
			gap--, lost++;
			continue;
		}
		rec->head.lost = lost;
		conn_feed(table, rec);
		world->fed++;
		CHECK(conn_stats(table).count <= run->max);
	}
	world->lost += lost;
}

/* With nothing lost and room for all: every move of every life since the attach. */
static void check_complete(const struct world *world)
{
	for (unsigned i = 0; i < LIVES; i++) {
		const struct life *life = &world->lives[i];

		if (life->visits[0].begin < ATTACHED)
			continue;
		test_context("cookie %u:%s", i + 1, told_life(life));
		CHECK_EQ(life->told, life->n + 1);
		CHECK(life->fuzzy || life->exact == life->n - life->accepted);
	}
	test_context("%s", "");
}

static void test_run(const struct run *run, unsigned worlds)
{
	static struct world world;
	unsigned told = 0, exact = 0, bounds = 0, fed = 0, lost = 0;

	test_begin(run->name);
	for (unsigned seed = 1; seed <= worlds; seed++) {
		struct conn_config config = {.attached = ATTACHED,
					     .tick_ns = 4 * NS_PER_MS,
					     .max = run->max,
					     .sees_timewait = true,
					     .wanted = all_wanted,
					     .event = on_event,
					     .ctx = &world};
		struct conn_table *table = conn_table_new(&config);

		memset(&world, 0, sizeof(world));
		world.random.state = seed * 2654435761;
		make_lives(&world);
		test_context("seed %u", seed);
		feed(&world, table, run);
		if (!run->loss && run->max >= LIVES)
			check_complete(&world);
		told += world.told, exact += world.exact, bounds += world.bounds;
		fed += world.fed, lost += world.lost;
		conn_table_free(table);
	}
	test_end("%u worlds: %u records, %u lost; %u told, %u exact, %u bounds, all true", worlds,
		 fed, lost, told, exact, bounds);
}

int main(void)
{
	static const struct run runs[] = {
		{.name = "truth-without-loss", .max = 10000},
		{.name = "truth-with-single-losses", .loss = 20, .gap = 1, .max = 10000},
		{.name = "truth-with-gaps", .loss = 20, .gap = 40, .max = 10000},
		{.name = "truth-with-many-losses", .loss = 300, .gap = 2, .max = 10000},
		{.name = "truth-with-eviction", .max = 40},
		{.name = "truth-with-eviction-and-losses", .loss = 30, .gap = 10, .max = 20},
	};

	for (unsigned i = 0; i < COUNT(runs); i++)
		test_run(&runs[i], 40);
	return test_status();
}
