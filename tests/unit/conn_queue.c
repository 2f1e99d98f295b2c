/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* conn_queue.c - model/conn_queue.h: how long connections wait for accept(), and how many. */
#include "feeder.h"

#include <errno.h>

#define WAITS  .setup = {.waits = true}
#define ALWAYS .setup = {.waits = true}

#define LISTENS(when, ...)                                                                       \
	MOVE(when, CLOSE, LISTEN, HELD_BY(55, "nginx"), .cookie = 1, .lport = 80, .rport = NONE, \
	     .laddr = "0.0.0.0", .raddr = "0.0.0.0", ##__VA_ARGS__)
#define ENDS_LISTENING(when)                                                                     \
	MOVE(when, LISTEN, CLOSE, HELD_BY(55, "nginx"), .cookie = 1, .lport = 80, .rport = NONE, \
	     .laddr = "0.0.0.0", .raddr = "0.0.0.0")
#define LISTENED(when)                                                                   \
	THERE(when, LISTEN, .cookie = 1, .lport = 80, .rport = NONE, .laddr = "0.0.0.0", \
	      .raddr = "0.0.0.0", .flags = WIRE_S_FILE)
#define CHILD(when, ...) MOVE(when, LISTEN, SYN_RECV, .cookie = 2, .lport = 80, ##__VA_ARGS__)
#define DONE(when, ...)  MOVE(when, SYN_RECV, ESTABLISHED, .cookie = 2, .lport = 80, ##__VA_ARGS__)
#define THE_CHILD        .cookie = 2, .lport = 80
#define BORN(when)       LISTENS(1500), CHILD(when), DONE(when)
#define TOLD_BORN(when) \
	"1500 CLOSED>LISTEN ?", when " LISTEN>SYN-RECEIVED ?", when " SYN-RECEIVED>ESTABLISHED ?"

static const struct scenario scenarios[] = {
	{"wait-accepted",
	 WAITS,
	 {BORN(2000), ACCEPTED(2012, 56, "worker", THE_CHILD)},
	 {TOLD_BORN("2000"), "2012 accept-wait>ESTABLISHED =12 at 0.0:80"},
	 .count = 2},
	{"wait-not-asked",
	 {0},
	 {BORN(2000), ACCEPTED(2012, 56, "worker", THE_CHILD)},
	 {TOLD_BORN("2000")},
	 .count = 2},
	{"wait-accepted-in-close-wait",
	 WAITS,
	 {BORN(2000), MOVE(2100, ESTABLISHED, CLOSE_WAIT, THE_CHILD),
	  ACCEPTED(2512, 56, "worker", THE_CHILD)},
	 {TOLD_BORN("2000"), "2100 ESTABLISHED>CLOSE-WAIT =100",
	  "2512 accept-wait>CLOSE-WAIT =512 at 0.0:80"},
	 .count = 2},
	{"wait-at-no-known-listener",
	 WAITS,
	 {CHILD(2000), DONE(2000), ACCEPTED(2012, 56, "worker", THE_CHILD)},
	 {"2000 LISTEN>SYN-RECEIVED ?", "2000 SYN-RECEIVED>ESTABLISHED ?",
	  "2012 accept-wait>ESTABLISHED =12 at 10.1:80"},
	 .count = 1},
	{"wait-across-a-loss",
	 WAITS,
	 {BORN(2000), TICK(2100, .lost = 1), ACCEPTED(2512, 56, "worker", THE_CHILD, .lost = 1)},
	 {TOLD_BORN("2000"), "2512 accept-wait>ESTABLISHED >=412 at 0.0:80"},
	 .count = 2},
	{"wait-ended-unaccepted",
	 WAITS,
	 {BORN(2000),
	  MOVE(2300, ESTABLISHED, CLOSE, THE_CHILD, .error = ECONNRESET, .unaccepted = true)},
	 {TOLD_BORN("2000"), "2300 ESTABLISHED>CLOSED =300 reset",
	  "2300 accept-wait>CLOSED =300 reset at 0.0:80"},
	 .count = 1},
	/* Its accept() was not told: by a call that slept as we attached, or by io_uring. */
	{"wait-ended-accepted-untold",
	 WAITS,
	 {CENSUS_BEGINS(1001), LISTENED(1002), SWEPT(1003), CENSUS_ENDS(1004), CHILD(2000),
	  DONE(2000), MOVE(2300, ESTABLISHED, CLOSE, THE_CHILD, .error = ECONNRESET)},
	 {"2000 LISTEN>SYN-RECEIVED ?", "2000 SYN-RECEIVED>ESTABLISHED ?",
	  "2300 ESTABLISHED>CLOSED =300 reset", "2300 accept-wait>CLOSED ? reset at 0.0:80"},
	 .count = 1},
	{"wait-ended-after-a-census-met-it-waiting",
	 WAITS,
	 {CENSUS_BEGINS(1001), LISTENED(1002), SWEPT(1003), CENSUS_ENDS(1004), CHILD(2000),
	  DONE(2000), CENSUS_BEGINS(3000), LISTENED(3001), THERE(3001, ESTABLISHED, THE_CHILD),
	  SWEPT(3002), CENSUS_ENDS(3003),
	  MOVE(3300, ESTABLISHED, CLOSE, THE_CHILD, .error = ECONNRESET, .unaccepted = true)},
	 {"2000 LISTEN>SYN-RECEIVED ?", "2000 SYN-RECEIVED>ESTABLISHED ?",
	  "3300 ESTABLISHED>CLOSED =1300 reset", "3300 accept-wait>CLOSED =1300 reset at 0.0:80"},
	 .count = 1},
	{"wait-ended-after-a-loss",
	 ALWAYS,
	 {BORN(2000), MOVE(2300, ESTABLISHED, CLOSE, THE_CHILD, .error = ECONNRESET, .lost = 1)},
	 {TOLD_BORN("2000"), "2300 ESTABLISHED>CLOSED ? reset",
	  "2300 accept-wait>CLOSED ? reset at 0.0:80"},
	 .count = 1},
	/* What only an owner does proves that it was accepted, not when. */
	{"wait-closed-by-an-owner",
	 WAITS,
	 {BORN(2000), MOVE(2300, ESTABLISHED, FIN_WAIT1, HELD_BY(56, "worker"), THE_CHILD)},
	 {TOLD_BORN("2000"), "2300 ESTABLISHED>FIN-WAIT-1 =300",
	  "2300 accept-wait>FIN-WAIT-1 ? at 0.0:80"},
	 .count = 2},
	{"wait-cut-by-an-owner",
	 WAITS,
	 {BORN(2000), MOVE(2300, ESTABLISHED, CLOSE, HELD_BY(56, "worker"), THE_CHILD)},
	 {TOLD_BORN("2000"), "2300 ESTABLISHED>CLOSED =300 reset-sent",
	  "2300 accept-wait>CLOSED ? reset-sent at 0.0:80"},
	 .count = 1},
	{"wait-that-a-census-met-first",
	 WAITS,
	 {CENSUS_BEGINS(1001), LISTENED(1002), THERE(1002, ESTABLISHED, THE_CHILD), SWEPT(1003),
	  CENSUS_ENDS(1004), ACCEPTED(1502, 56, "worker", THE_CHILD)},
	 {"1502 accept-wait>ESTABLISHED >=502 at 0.0:80"},
	 .count = 2},
	{"wait-that-a-census-met-before-its-listener",
	 WAITS,
	 {CENSUS_BEGINS(1001), THERE(1002, ESTABLISHED, THE_CHILD), LISTENED(1002), SWEPT(1003),
	  CENSUS_ENDS(1004), ACCEPTED(1502, 56, "worker", THE_CHILD)},
	 {"1502 accept-wait>ESTABLISHED >=502 at 0.0:80"},
	 .count = 2},
	{"wait-not-of-what-has-a-file",
	 WAITS,
	 {CENSUS_BEGINS(1001), LISTENED(1002),
	  THERE(1002, ESTABLISHED, THE_CHILD, .flags = WIRE_S_FILE), SWEPT(1003), CENSUS_ENDS(1004),
	  ACCEPTED(1502, 56, "worker", THE_CHILD)},
	 {NULL},
	 .count = 2},
	/* accept() has it, and is about to give it a file. */
	{"wait-over-before-there-is-a-file",
	 WAITS,
	 {LISTENS(1500), CENSUS_BEGINS(1600), LISTENED(1601), SWEPT(1601), CENSUS_ENDS(1602),
	  CHILD(2000), DONE(2000), CENSUS_BEGINS(3000), LISTENED(3001),
	  ACCEPTED(3002, 56, "worker", THE_CHILD), THERE(3002, ESTABLISHED, THE_CHILD), SWEPT(3003),
	  CENSUS_ENDS(3004), MOVE(3300, ESTABLISHED, CLOSE, THE_CHILD, .error = ECONNRESET)},
	 {"1500 CLOSED>LISTEN ?", "2000 LISTEN>SYN-RECEIVED ?", "2000 SYN-RECEIVED>ESTABLISHED ?",
	  "3002 accept-wait>ESTABLISHED =1002 at 0.0:80", "3300 ESTABLISHED>CLOSED =1300 reset"},
	 .count = 1},
	/* Two censuses: a program may be about to tell of it. */
	{"wait-accepted-untold",
	 WAITS,
	 {CENSUS_BEGINS(1001), LISTENED(1002), SWEPT(1003), CENSUS_ENDS(1004), CHILD(2000),
	  DONE(2000), CENSUS_BEGINS(3000), LISTENED(3001),
	  THERE(3001, ESTABLISHED, THE_CHILD, .flags = WIRE_S_FILE), SWEPT(3002), CENSUS_ENDS(3003),
	  CENSUS_BEGINS(4000), LISTENED(4001),
	  THERE(4001, ESTABLISHED, THE_CHILD, .flags = WIRE_S_FILE), SWEPT(4002),
	  CENSUS_ENDS(4003)},
	 {"2000 LISTEN>SYN-RECEIVED ?", "2000 SYN-RECEIVED>ESTABLISHED ?",
	  "4001 accept-wait>ESTABLISHED ? at 0.0:80"},
	 .count = 2},
	{"wait-accepted-told-late",
	 WAITS,
	 {CENSUS_BEGINS(1001), LISTENED(1002), SWEPT(1003), CENSUS_ENDS(1004), CHILD(2000),
	  DONE(2000), CENSUS_BEGINS(3000), LISTENED(3001),
	  THERE(3001, ESTABLISHED, THE_CHILD, .flags = WIRE_S_FILE), SWEPT(3002),
	  ACCEPTED(3000, 56, "worker", THE_CHILD), CENSUS_ENDS(3003)},
	 {"2000 LISTEN>SYN-RECEIVED ?", "2000 SYN-RECEIVED>ESTABLISHED ?",
	  "3000 accept-wait>ESTABLISHED =1000 at 0.0:80"},
	 .count = 2},
	{"wait-not-of-a-subflow-that-joins",
	 WAITS,
	 {CENSUS_BEGINS(1001), LISTENED(1002), SWEPT(1003), CENSUS_ENDS(1004), CHILD(2000),
	  DONE(2000), CENSUS_BEGINS(3000), LISTENED(3001),
	  THERE(3001, ESTABLISHED, THE_CHILD, .flags = WIRE_S_FILE | WIRE_S_SUBFLOW), SWEPT(3002),
	  CENSUS_ENDS(3003), MOVE(3300, ESTABLISHED, CLOSE, THE_CHILD, .error = ECONNRESET)},
	 {"2000 LISTEN>SYN-RECEIVED ?", "2000 SYN-RECEIVED>ESTABLISHED ?",
	  "3300 ESTABLISHED>CLOSED =1300 reset"},
	 .count = 1},
	/* Before 6.15 nothing tells of the child when TCP Fast Open makes it. */
	{"wait-accepted-before-the-handshake-ends",
	 WAITS,
	 {LISTENS(1500), ACCEPTED(2000, 56, "worker", THE_CHILD),
	  DONE(2050, .flags = WIRE_F_UNTOLD),
	  MOVE(2300, ESTABLISHED, CLOSE, THE_CHILD, .error = ECONNRESET)},
	 {"1500 CLOSED>LISTEN ?", "2050 LISTEN>SYN-RECEIVED ?", "2050 SYN-RECEIVED>ESTABLISHED ?",
	  "2300 ESTABLISHED>CLOSED =250 reset"},
	 .count = 1},
	{"wait-of-a-fast-open",
	 WAITS,
	 {LISTENS(1500), CHILD(2000), ACCEPTED(2007, 56, "worker", THE_CHILD),
	  DONE(2050, .flags = WIRE_F_FAST_OPEN)},
	 {"1500 CLOSED>LISTEN ?", "2007 accept-wait>SYN-RECEIVED =7 at 0.0:80",
	  "2000 LISTEN>SYN-RECEIVED ?", "2050 SYN-RECEIVED>ESTABLISHED =50"},
	 .count = 2},
	{"wait-of-whom-only-the-acceptor-is-wanted",
	 {.waits = true, .filter = "hist -c worker"},
	 {BORN(2000), ACCEPTED(2012, 56, "worker", THE_CHILD)},
	 {"2000 LISTEN>SYN-RECEIVED ?", "2000 SYN-RECEIVED>ESTABLISHED ?",
	  "2012 accept-wait>ESTABLISHED =12 at 0.0:80"},
	 .count = 2},
};

/* ---- depth ---- */

static struct conn_queue seen;
static unsigned queues;

static void see(void *ctx, const struct conn_queue *queue)
{
	(void)ctx;
	seen = *queue;
	queues++;
}

static void check_depth(const struct feeder *feeder, unsigned n, uint32_t now, uint32_t peak)
{
	queues = 0;
	seen = (struct conn_queue){0};
	conn_each_queue(feeder->table, see, NULL);
	CHECK_EQ(queues, n);
	CHECK_EQ(seen.now, now);
	CHECK_EQ(seen.peak, peak);
}

static void feed_all(struct feeder *feeder, const struct rec *recs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		feeder_feed(feeder, &recs[i]);
}

#define FEED(feeder, ...)                                               \
	do {                                                            \
		static const struct rec recs[] = {__VA_ARGS__};         \
		feed_all(feeder, recs, sizeof(recs) / sizeof(recs[0])); \
	} while (0)

#define NTH(n) .cookie = 10 + (n), .lport = 80, .rport = 1000 + (n)

static void test_depth(void)
{
	static struct feeder feeder;

	test_begin("queue-depth-and-peak");
	feeder_init(&feeder, (struct feeder_setup){.waits = true});
	FEED(&feeder, LISTENS(1500), MOVE(2000, LISTEN, SYN_RECV, NTH(1)),
	     MOVE(2000, SYN_RECV, ESTABLISHED, NTH(1)), MOVE(2001, LISTEN, SYN_RECV, NTH(2)),
	     MOVE(2001, SYN_RECV, ESTABLISHED, NTH(2)), MOVE(2002, LISTEN, SYN_RECV, NTH(3)),
	     MOVE(2002, SYN_RECV, ESTABLISHED, NTH(3)));
	check_depth(&feeder, 1, 3, 3);
	CHECK_EQ(seen.listener.port, 80);
	FEED(&feeder, ACCEPTED(2010, 56, "worker", NTH(1)));
	check_depth(&feeder, 1, 2, 3);
	conn_queues_forget_peaks(feeder.table);
	check_depth(&feeder, 1, 2, 2);
	/* Reset, it stays in the queue until accept() returns it. */
	FEED(&feeder,
	     MOVE(2020, ESTABLISHED, CLOSE, NTH(2), .error = ECONNRESET, .unaccepted = true));
	check_depth(&feeder, 1, 2, 2);
	FEED(&feeder, ACCEPTED(2030, 56, "worker", NTH(2)));
	check_depth(&feeder, 1, 1, 2);
	/* Its listener is closed: its queue goes with it. */
	FEED(&feeder, ENDS_LISTENING(2040),
	     MOVE(2040, ESTABLISHED, CLOSE, NTH(3), .unaccepted = true), CENSUS_BEGINS(3000),
	     SWEPT(3001), CENSUS_ENDS(3002));
	check_depth(&feeder, 0, 0, 0);
	feeder_release(&feeder);
	test_end("3 wait, 1 is accepted, 1 reset, 1 goes with its listener");
}

static void test_sure(void)
{
	static struct feeder feeder;

	test_begin("queue-peak-is-sure");
	feeder_init(&feeder, (struct feeder_setup){.waits = true});
	CHECK(!conn_queues_are_sure(feeder.table));
	FEED(&feeder, LISTENS(1500), CENSUS_BEGINS(1600), LISTENED(1601), SWEPT(1601),
	     CENSUS_ENDS(1602));
	CHECK(conn_queues_are_sure(feeder.table));
	FEED(&feeder, TICK(2000, .lost = 1));
	CHECK(!conn_queues_are_sure(feeder.table));
	conn_queues_forget_peaks(feeder.table);
	CHECK(!conn_queues_are_sure(feeder.table));
	for (uint64_t ms = 3000; ms <= 4000; ms += 1000) {
		const struct rec recs[] = {CENSUS_BEGINS(ms, .lost = 1), LISTENED(ms),
					   SWEPT(ms, .lost = 1), CENSUS_ENDS(ms, .lost = 1)};

		feed_all(&feeder, recs, sizeof(recs) / sizeof(recs[0]));
	}
	CHECK(conn_queues_are_sure(feeder.table));
	feeder_release(&feeder);
	test_end("after a census, and after a loss two more");
}

/* Its local port decides whether it is wanted, and the kernel told no more: what a filter by port
 * leaves of each connect(). */
static void test_sure_of_connects(void)
{
	static struct feeder feeder;

	test_begin("queue-peak-is-sure-of-connects");
	feeder_init(&feeder, (struct feeder_setup){.waits = true, .filter = "-L 80"});
	FEED(&feeder, LISTENS(1500), CENSUS_BEGINS(1600), LISTENED(1601), SWEPT(1601),
	     CENSUS_ENDS(1602), MOVE(2000, CLOSE, SYN_SENT, .cookie = 9, .lport = NONE),
	     CENSUS_BEGINS(3000), LISTENED(3001), SWEPT(3001), CENSUS_ENDS(3002));
	CHECK_EQ(conn_stats(feeder.table).owed, 1);
	CHECK(conn_queues_are_sure(feeder.table));
	FEED(&feeder, CHILD(4000), DONE(4000), CENSUS_BEGINS(5000), LISTENED(5001), SWEPT(5001),
	     CENSUS_ENDS(5002));
	CHECK(!conn_queues_are_sure(feeder.table));
	feeder_release(&feeder);
	test_end("one that connects is in no queue; one that was accepted may be");
}

static void test_dead_after_loss(void)
{
	static struct feeder feeder;

	test_begin("queue-forgets-the-dead-after-a-loss");
	feeder_init(&feeder, (struct feeder_setup){.waits = true});
	FEED(&feeder, LISTENS(1500), MOVE(2000, LISTEN, SYN_RECV, NTH(1)),
	     MOVE(2000, SYN_RECV, ESTABLISHED, NTH(1)),
	     MOVE(2020, ESTABLISHED, CLOSE, NTH(1), .error = ECONNRESET, .unaccepted = true));
	check_depth(&feeder, 1, 1, 1);
	FEED(&feeder, TICK(2100, .lost = 1), CENSUS_BEGINS(3000, .lost = 1), LISTENED(3001),
	     SWEPT(3001, .lost = 1), CENSUS_ENDS(3002, .lost = 1));
	check_depth(&feeder, 1, 0, 1);
	feeder_release(&feeder);
	test_end("1 was reset, then a record was lost");
}

static void test_evicted(void)
{
	static struct feeder feeder;

	test_begin("queue-of-evicted-ones");
	feeder_init(&feeder, (struct feeder_setup){.waits = true, .max = 2});
	FEED(&feeder, LISTENS(1500), MOVE(2000, LISTEN, SYN_RECV, NTH(1)),
	     MOVE(2000, SYN_RECV, ESTABLISHED, NTH(1)), MOVE(2001, LISTEN, SYN_RECV, NTH(2)),
	     MOVE(2001, SYN_RECV, ESTABLISHED, NTH(2)));
	check_depth(&feeder, 1, 1, 1);
	feeder_release(&feeder);
	test_end("of 2 only 1 is remembered");
}

/* ---- who waits still ---- */

static struct conn waiting;
static unsigned waiters, doubted, waited_at;

static void meet(void *ctx, const struct conn *conn, const struct conn_place *listener,
		 bool in_doubt)
{
	(void)ctx;
	waited_at = listener ? listener->port : 0;
	waiting = *conn;
	waiters++;
	doubted += in_doubt;
}

static void test_still(void)
{
	static struct feeder feeder;

	test_begin("queue-still-waiting");
	feeder_init(&feeder, (struct feeder_setup){.waits = true});
	FEED(&feeder, BORN(2000), MOVE(2100, ESTABLISHED, CLOSE_WAIT, THE_CHILD));
	conn_each_waiting(feeder.table, meet, NULL);
	CHECK_EQ(waiters, 1);
	CHECK_EQ(doubted, 0);
	CHECK_EQ(waiting.state, TCPSTATE_ACCEPT_WAIT);
	CHECK_EQ(waiting.since, 2000 * NS_PER_MS);
	CHECK_EQ(waiting.since_exact, 1);
	CHECK_EQ(waited_at, 80);
	FEED(&feeder, TICK(2100, .lost = 1));
	conn_each_waiting(feeder.table, meet, NULL);
	CHECK_EQ(doubted, 1);
	feeder_release(&feeder);
	test_end("since the handshake, whatever its state is by now");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		scenario_run(&scenarios[i]);
	test_depth();
	test_sure();
	test_sure_of_connects();
	test_dead_after_loss();
	test_evicted();
	test_still();
	return test_status();
}
