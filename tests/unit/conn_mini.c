/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_mini.c - the connection model on mini-sockets: FIN-WAIT-2 and TIME-WAIT as the kernel keeps
 * them, with the moves that no event tells, timers that are taken off, and mini-sockets that were
 * there before us.
 */
#include "feeder.h"

/* A mini-socket in FIN-WAIT-2 since 2520, its timer set for 62521. */
#define IN_FIN_WAIT2                                                          \
	MOVE(2510, ESTABLISHED, FIN_WAIT1), MOVE(2520, FIN_WAIT1, FIN_WAIT2), \
		MINI(2521, ARMED, FIN_WAIT2, 62521), MOVE(2521, FIN_WAIT2, CLOSE)
#define IN_FIN_WAIT2_TELLS "2510 ESTABLISHED>FIN-WAIT-1 >=1510", "2520 FIN-WAIT-1>FIN-WAIT-2 =10"

/* A mini-socket in TIME-WAIT since 2530. */
#define IN_TIME_WAIT                                                          \
	MOVE(2510, ESTABLISHED, FIN_WAIT1), MOVE(2520, FIN_WAIT1, FIN_WAIT2), \
		MINI(2530, ARMED, TIME_WAIT, 62530), MOVE(2530, FIN_WAIT2, CLOSE)
#define IN_TIME_WAIT_TELLS                                                      \
	"2510 ESTABLISHED>FIN-WAIT-1 >=1510", "2520 FIN-WAIT-1>FIN-WAIT-2 =10", \
		"2530 FIN-WAIT-2>TIME-WAIT =10"

static const struct scenario scenarios[] = {
	{.name = "mini-fin-wait-2-stays",
	 .feed = {IN_FIN_WAIT2, TICK(30000)},
	 .tells = {IN_FIN_WAIT2_TELLS},
	 .count = 1,
	 .unsettled = 1},
	{.name = "mini-fin-wait-2-times-out",
	 .feed = {IN_FIN_WAIT2, MINI(62600, CANCELLED, FIN_WAIT2, 62521),
		  MINI(62600, EXPIRED, FIN_WAIT2, 62521)},
	 .tells = {IN_FIN_WAIT2_TELLS, "62600 FIN-WAIT-2>CLOSED =60080 timed-out"}},
	{.name = "mini-fin-wait-2-reset",
	 .feed = {IN_FIN_WAIT2, MINI(2700, ENDED, FIN_WAIT2, 62521, .cause = WIRE_TW_BY_RST)},
	 .tells = {IN_FIN_WAIT2_TELLS, "2700 FIN-WAIT-2>CLOSED =180 reset"}},
	{.name = "mini-fin-wait-2-meets-data",
	 .feed = {IN_FIN_WAIT2, MINI(2700, ENDED, FIN_WAIT2, 62521, .cause = WIRE_TW_BY_SEGMENT)},
	 .tells = {IN_FIN_WAIT2_TELLS, "2700 FIN-WAIT-2>CLOSED =180 reset-sent"}},
	{.name = "mini-loud-move",
	 .feed = {IN_FIN_WAIT2, MINI(3020, CANCELLED, TIME_WAIT, 62521),
		  MINI(3020, ARMED, TIME_WAIT, 63020), TICK(10000)},
	 .tells = {IN_FIN_WAIT2_TELLS, "3020 FIN-WAIT-2>TIME-WAIT =500"},
	 .count = 1},
	{.name = "mini-silent-move-seen",
	 .feed = {IN_FIN_WAIT2, MINI(2800, SEEN, FIN_WAIT2, 62521),
		  MINI(3800, SEEN, TIME_WAIT, 63020)},
	 .tells = {IN_FIN_WAIT2_TELLS, "3020 FIN-WAIT-2>TIME-WAIT >=280"},
	 .count = 1},
	/* A second FIN moves the timer as the first did; only the kernel's note tells them apart.
	 */
	{.name = "mini-silent-move-and-another-fin",
	 .feed = {IN_FIN_WAIT2, MINI(2800, SEEN, FIN_WAIT2, 62521),
		  MINI(3300, SEEN, TIME_WAIT, 63220), MINI(63900, EXPIRED, TIME_WAIT, 63220)},
	 .tells = {IN_FIN_WAIT2_TELLS, "3220 FIN-WAIT-2>TIME-WAIT >=280",
		   "63900 TIME-WAIT>CLOSED >=60680 normal"}},
	{.name = "mini-silent-move-just-after-it-was-met",
	 .feed = {IN_FIN_WAIT2, MINI(3018, SEEN, FIN_WAIT2, 62521),
		  MINI(3800, SEEN, TIME_WAIT, 63020)},
	 .tells = {IN_FIN_WAIT2_TELLS, "3020 FIN-WAIT-2>TIME-WAIT =500"},
	 .count = 1},
	{.name = "mini-silent-move-timer-not-moved-yet",
	 .feed = {IN_FIN_WAIT2, MINI(3020, SEEN, TIME_WAIT, 62521)},
	 .tells = {IN_FIN_WAIT2_TELLS},
	 .count = 1,
	 .unsettled = 1},
	{.name = "mini-silent-move-then-its-timer",
	 .feed = {IN_FIN_WAIT2, MINI(3020, SEEN, TIME_WAIT, 62521),
		  MINI(4020, SEEN, TIME_WAIT, 63020)},
	 .tells = {IN_FIN_WAIT2_TELLS, "3020 FIN-WAIT-2>TIME-WAIT ?"},
	 .count = 1},
	{.name = "mini-silent-move-seen-then-armed",
	 .feed = {IN_FIN_WAIT2, MINI(3020, SEEN, TIME_WAIT, 62521),
		  MINI(3021, CANCELLED, TIME_WAIT, 62521), MINI(3021, ARMED, TIME_WAIT, 63021)},
	 .tells = {IN_FIN_WAIT2_TELLS, "3021 FIN-WAIT-2>TIME-WAIT =501"},
	 .count = 1},
	{.name = "mini-silent-move-within-the-jiffy",
	 .feed = {IN_FIN_WAIT2, MINI(3020, SEEN, TIME_WAIT, 62524),
		  MINI(4020, SEEN, TIME_WAIT, 62524)},
	 .tells = {IN_FIN_WAIT2_TELLS, "2524 FIN-WAIT-2>TIME-WAIT =4"},
	 .count = 1},
	{.name = "mini-silent-move-never-before-fin-wait-2",
	 .feed = {IN_FIN_WAIT2, MINI(3020, SEEN, TIME_WAIT, 62518),
		  MINI(4020, SEEN, TIME_WAIT, 62518)},
	 .tells = {IN_FIN_WAIT2_TELLS, "2520 FIN-WAIT-2>TIME-WAIT =0"},
	 .count = 1},
	{.name = "mini-silent-move-never-in-the-future",
	 .feed = {IN_FIN_WAIT2, MINI(3020, SEEN, TIME_WAIT, 63022)},
	 .tells = {IN_FIN_WAIT2_TELLS, "3020 FIN-WAIT-2>TIME-WAIT ?"},
	 .count = 1},
	{.name = "mini-silent-move-told-by-the-end",
	 .feed = {IN_FIN_WAIT2, MINI(7000, ENDED, TIME_WAIT, 63020, .cause = WIRE_TW_BY_SEGMENT)},
	 .tells = {IN_FIN_WAIT2_TELLS, "3020 FIN-WAIT-2>TIME-WAIT ?",
		   "7000 TIME-WAIT>CLOSED >=3980 reused-syn"}},
	{.name = "mini-silent-move-told-by-the-expiry",
	 .feed = {IN_FIN_WAIT2, MINI(63900, CANCELLED, TIME_WAIT, 63020),
		  MINI(63900, EXPIRED, TIME_WAIT, 63020)},
	 .tells = {IN_FIN_WAIT2_TELLS, "3020 FIN-WAIT-2>TIME-WAIT ?",
		   "63900 TIME-WAIT>CLOSED >=60880 normal"}},
	{.name = "mini-silent-move-and-restart-by-the-kernels-note",
	 .feed = {IN_FIN_WAIT2, MINI(64200, EXPIRED, TIME_WAIT, 63320, .tw_entered = 3020)},
	 .tells = {IN_FIN_WAIT2_TELLS, "3020 FIN-WAIT-2>TIME-WAIT =500",
		   "64200 TIME-WAIT>CLOSED =61180 normal"}},
	{.name = "mini-silent-move-told-by-a-cancel-that-settles",
	 .feed = {IN_FIN_WAIT2, MINI(7000, CANCELLED, TIME_WAIT, 63020), TICK(8000)},
	 .tells = {IN_FIN_WAIT2_TELLS, "3020 FIN-WAIT-2>TIME-WAIT ?",
		   "7000 TIME-WAIT>CLOSED >=3980 unknown"}},
	{.name = "mini-restarted-time-wait-is-one",
	 .feed = {IN_TIME_WAIT, MINI(30000, CANCELLED, TIME_WAIT, 62530),
		  MINI(30000, ARMED, TIME_WAIT, 90000), TICK(40000),
		  MINI(90400, EXPIRED, TIME_WAIT, 90000)},
	 .tells = {IN_TIME_WAIT_TELLS, "90400 TIME-WAIT>CLOSED =87870 normal"}},
	{.name = "mini-cancelled-waits",
	 .feed = {IN_TIME_WAIT, MINI(5000, CANCELLED, TIME_WAIT, 62530), TICK(5500)},
	 .tells = {IN_TIME_WAIT_TELLS},
	 .count = 1},
	{.name = "mini-cancelled-settles",
	 .feed = {IN_TIME_WAIT, MINI(5000, CANCELLED, TIME_WAIT, 62530), TICK(5501)},
	 .tells = {IN_TIME_WAIT_TELLS, "5000 TIME-WAIT>CLOSED =2470 unknown"}},
	{.name = "mini-cancelled-then-ended",
	 .feed = {IN_TIME_WAIT, MINI(5000, CANCELLED, TIME_WAIT, 62530),
		  MINI(5001, ENDED, TIME_WAIT, 62530, .cause = WIRE_TW_BY_KILL), TICK(9000)},
	 .tells = {IN_TIME_WAIT_TELLS, "5001 TIME-WAIT>CLOSED =2471 killed"}},
	{.name = "mini-cancelled-unknown-settles",
	 .feed = {MINI(5000, CANCELLED, TIME_WAIT, 62530), TICK(5501)},
	 .tells = {"5000 TIME-WAIT>CLOSED ? unknown"}},
	{.name = "mini-born-in-time-wait-without-the-full-socket",
	 .feed = {MINI(2530, ARMED, TIME_WAIT, 62530), MOVE(2531, FIN_WAIT2, CLOSE),
		  MINI(62900, EXPIRED, TIME_WAIT, 62530)},
	 .tells = {"2530 FIN-WAIT-2>TIME-WAIT >=1530", "62900 TIME-WAIT>CLOSED =60370 normal"}},
	{.name = "mini-restarted-without-the-full-socket",
	 .feed = {MINI(30000, ARMED, TIME_WAIT, 90000), MINI(90400, EXPIRED, TIME_WAIT, 90000)},
	 .tells = {"90400 TIME-WAIT>CLOSED >=60400 normal"}},
	{.name = "mini-cookie-0-born",
	 .feed = {MINI(2530, ARMED, TIME_WAIT, 62530, .cookie = NONE),
		  MOVE(2531, CLOSING, CLOSE, .cookie = 9),
		  MINI(62900, EXPIRED, TIME_WAIT, 62530, .cookie = NONE)},
	 .tells = {"2530 CLOSING>TIME-WAIT >=1530", "62900 TIME-WAIT>CLOSED =60370 normal"}},
	{.name = "mini-cookie-0-two-tuples",
	 .feed = {MINI(70000, CANCELLED, TIME_WAIT, 80000, .cookie = NONE, .lport = 1),
		  MINI(70000, EXPIRED, TIME_WAIT, 69900, .cookie = NONE, .lport = 2), TICK(71000)},
	 .tells = {"70000 TIME-WAIT>CLOSED >=60060 normal", "70000 TIME-WAIT>CLOSED ? unknown"}},
	/* Its timer is that of FIN-WAIT-2 until it is moved: no proof of TIME-WAIT. */
	{.name = "mini-fin-wait-2-from-before-us-moves",
	 .feed = {MINI(70000, CANCELLED, TIME_WAIT, 80000), MINI(70000, ARMED, TIME_WAIT, 130000),
		  MINI(130400, EXPIRED, TIME_WAIT, 130000)},
	 .tells = {"130400 TIME-WAIT>CLOSED >=60400 normal"}},
	/* The birth was withheld, and `-> CLOSE` with it: one life, and what nobody saw is not
	   known. */
	{.name = "mini-birth-missed-then-expires",
	 .feed = {MOVE(2510, ESTABLISHED, FIN_WAIT1), MOVE(2520, FIN_WAIT1, FIN_WAIT2),
		  MINI(62900, EXPIRED, TIME_WAIT, 62530)},
	 .tells = {IN_FIN_WAIT2_TELLS, "2570 FIN-WAIT-2>TIME-WAIT ?",
		   "62900 TIME-WAIT>CLOSED >=60330 normal"},
	 .missed = 1},
	{.name = "mini-birth-missed-then-cancelled-and-expires",
	 .feed = {MOVE(2510, ESTABLISHED, FIN_WAIT1), MOVE(2520, FIN_WAIT1, FIN_WAIT2),
		  MINI(62900, CANCELLED, TIME_WAIT, 62530), MINI(62900, EXPIRED, TIME_WAIT, 62530)},
	 .tells = {IN_FIN_WAIT2_TELLS, "2570 FIN-WAIT-2>TIME-WAIT ?",
		   "62900 TIME-WAIT>CLOSED >=60330 normal"},
	 .missed = 1},
	{.name = "mini-birth-missed-then-moves",
	 .feed = {MOVE(2510, ESTABLISHED, FIN_WAIT1), MOVE(2520, FIN_WAIT1, FIN_WAIT2),
		  MINI(4000, CANCELLED, TIME_WAIT, 62530), MINI(4000, ARMED, TIME_WAIT, 64000),
		  MINI(64400, EXPIRED, TIME_WAIT, 64000)},
	 .tells = {IN_FIN_WAIT2_TELLS, "4000 FIN-WAIT-2>TIME-WAIT ?",
		   "64400 TIME-WAIT>CLOSED >=60400 normal"},
	 .missed = 1},
	{.name = "mini-birth-missed-then-fin-wait-2-times-out",
	 .feed = {MOVE(2510, ESTABLISHED, FIN_WAIT1), MOVE(2520, FIN_WAIT1, FIN_WAIT2),
		  MINI(62600, EXPIRED, FIN_WAIT2, 62521)},
	 .tells = {IN_FIN_WAIT2_TELLS, "62600 FIN-WAIT-2>CLOSED =60080 timed-out"},
	 .missed = 1},
	{.name = "mini-birth-missed-and-the-moves-before",
	 .feed = {MOVE(2500, SYN_SENT, ESTABLISHED), MINI(62900, EXPIRED, TIME_WAIT, 62530)},
	 .tells = {"2500 SYN-SENT>ESTABLISHED ?", "62900 TIME-WAIT>CLOSED >=60330 normal"},
	 .missed = 1},
	/* A mini-socket from before us; its socket has connected again, which keeps the cookie. */
	{.name = "mini-of-a-socket-that-connected-again",
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .lport = 40001),
		  MOVE(2010, SYN_SENT, ESTABLISHED, .lport = 40001),
		  MINI(62900, EXPIRED, TIME_WAIT, 62530),
		  MOVE(63000, ESTABLISHED, CLOSE_WAIT, .lport = 40001)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2010 SYN-SENT>ESTABLISHED =10",
		   "62900 TIME-WAIT>CLOSED >=60330 normal", "63000 ESTABLISHED>CLOSE-WAIT =60990"},
	 .count = 1},
	/* A late tick moved what is told of a timer by 12 ms: when it was set, or when it was taken
	   off. */
	{.name = "mini-tick-late-at-birth",
	 .feed = {IN_FIN_WAIT2, MINI(3020, CANCELLED, TIME_WAIT, 62509),
		  MINI(3020, ARMED, TIME_WAIT, 63020)},
	 .tells = {IN_FIN_WAIT2_TELLS, "3020 FIN-WAIT-2>TIME-WAIT =500"},
	 .count = 1},
	{.name = "mini-tick-late-at-birth-of-a-short-wait",
	 .feed = {MOVE(2510, ESTABLISHED, FIN_WAIT1), MOVE(2520, FIN_WAIT1, FIN_WAIT2),
		  MINI(4520, ARMED, FIN_WAIT2, 6520), MOVE(4520, FIN_WAIT2, CLOSE),
		  MINI(5020, CANCELLED, TIME_WAIT, 6508), MINI(5020, ARMED, TIME_WAIT, 65020)},
	 .tells = {IN_FIN_WAIT2_TELLS, "5020 FIN-WAIT-2>TIME-WAIT =2500"},
	 .count = 1},
	{.name = "mini-tick-late-at-the-end",
	 .feed = {IN_FIN_WAIT2, MINI(3020, CANCELLED, TIME_WAIT, 62533),
		  MINI(3020, ARMED, TIME_WAIT, 63020)},
	 .tells = {IN_FIN_WAIT2_TELLS, "3020 FIN-WAIT-2>TIME-WAIT ?"},
	 .count = 1},
	{.name = "mini-tick-late-at-the-end-and-met-before",
	 .feed = {IN_FIN_WAIT2, MINI(2900, SEEN, FIN_WAIT2, 62521),
		  MINI(3020, CANCELLED, TIME_WAIT, 62533), MINI(3020, ARMED, TIME_WAIT, 63020)},
	 .tells = {IN_FIN_WAIT2_TELLS, "3020 FIN-WAIT-2>TIME-WAIT >=380"},
	 .count = 1},
	/* 60 ms late when TIME-WAIT was set: before FIN-WAIT-2, says the timer. */
	{.name = "mini-tick-late-at-a-silent-move",
	 .feed = {IN_FIN_WAIT2, MINI(5000, CANCELLED, TIME_WAIT, 62470),
		  MINI(5000, ENDED, TIME_WAIT, 62470, .cause = WIRE_TW_BY_SEGMENT)},
	 .tells = {IN_FIN_WAIT2_TELLS, "5000 FIN-WAIT-2>TIME-WAIT ?",
		   "5000 TIME-WAIT>CLOSED ? reused-syn"}},
	{.name = "mini-tick-late-at-a-silent-move-and-the-kernels-note",
	 .feed = {IN_FIN_WAIT2, MINI(5000, CANCELLED, TIME_WAIT, 62470, .tw_entered = 2530),
		  MINI(5000, ENDED, TIME_WAIT, 62470, .tw_entered = 2530,
		       .cause = WIRE_TW_BY_SEGMENT)},
	 .tells = {IN_FIN_WAIT2_TELLS, "2530 FIN-WAIT-2>TIME-WAIT =10",
		   "5000 TIME-WAIT>CLOSED =2470 reused-syn"}},
	/* The peer sent its FIN twice: the second restarted what no event had told. */
	{.name = "mini-silent-move-then-restarted",
	 .feed = {IN_FIN_WAIT2, MINI(3220, CANCELLED, TIME_WAIT, 63020),
		  MINI(3220, ARMED, TIME_WAIT, 63220)},
	 .tells = {IN_FIN_WAIT2_TELLS, "3020 FIN-WAIT-2>TIME-WAIT ?"},
	 .count = 1},
	{.name = "mini-there-before-us-expires",
	 .feed = {MINI(91000, EXPIRED, TIME_WAIT, 90900)},
	 .tells = {"91000 TIME-WAIT>CLOSED >=60060 normal"}},
	{.name = "mini-there-before-us-older-than-the-attach",
	 .feed = {MINI(60900, ENDED, TIME_WAIT, 60800, .cause = WIRE_TW_BY_NETNS)},
	 .tells = {"60900 TIME-WAIT>CLOSED >=60060 netns-gone"}},
	{.name = "mini-fin-wait-2-there-before-us",
	 .feed = {MINI(5000, ENDED, FIN_WAIT2, 30000, .cause = WIRE_TW_BY_RST)},
	 .tells = {"5000 FIN-WAIT-2>CLOSED >=4000 reset"}},
	{.name = "mini-met-unknown", .feed = {MINI(5000, SEEN, TIME_WAIT, 30000)}},
	{.name = "mini-reused-by-syn",
	 .feed = {IN_TIME_WAIT, MINI(4000, ENDED, TIME_WAIT, 62530, .cause = WIRE_TW_BY_SEGMENT),
		  MOVE(4000, LISTEN, SYN_RECV, .cookie = 8),
		  MOVE(4001, SYN_RECV, ESTABLISHED, .cookie = 8)},
	 .tells = {IN_TIME_WAIT_TELLS, "4000 TIME-WAIT>CLOSED =1470 reused-syn",
		   "4000 LISTEN>SYN-RECEIVED ?", "4001 SYN-RECEIVED>ESTABLISHED >=1"},
	 .count = 1},
	{.name = "mini-reused-by-connect",
	 .feed = {IN_TIME_WAIT, MOVE(4000, CLOSE, SYN_SENT, .cookie = 8, .lport = NONE),
		  MINI(4001, ENDED, TIME_WAIT, 62530, .cause = WIRE_TW_BY_CONNECT),
		  MOVE(4010, SYN_SENT, ESTABLISHED, .cookie = 8)},
	 .tells = {IN_TIME_WAIT_TELLS, "4000 CLOSED>SYN-SENT ?",
		   "4001 TIME-WAIT>CLOSED =1471 reused-conn", "4010 SYN-SENT>ESTABLISHED =10"},
	 .count = 1},
	{.name = "mini-same-tuple-other-cookie-closes",
	 .feed = {IN_TIME_WAIT, MOVE(4010, CLOSE_WAIT, LAST_ACK, .cookie = 8),
		  MOVE(4020, LAST_ACK, CLOSE, .cookie = 8, .flags = WIRE_F_ALL_ACKED),
		  MINI(62900, EXPIRED, TIME_WAIT, 62530)},
	 .tells = {IN_TIME_WAIT_TELLS, "4010 CLOSE-WAIT>LAST-ACK >=3010",
		   "4020 LAST-ACK>CLOSED =10 normal", "62900 TIME-WAIT>CLOSED =60370 normal"}},
	{.name = "mini-of-a-former-connection-gives-way",
	 .feed = {IN_TIME_WAIT, MINI(9000, ARMED, TIME_WAIT, 69000, .cookie = 8),
		  MOVE(9000, FIN_WAIT2, CLOSE, .cookie = 8)},
	 .tells = {IN_TIME_WAIT_TELLS, "9000 FIN-WAIT-2>TIME-WAIT >=8000"},
	 .count = 1},
	{.name = "mini-husk-comes-once",
	 .feed = {IN_TIME_WAIT, MOVE(5000, CLOSE, SYN_SENT, .lport = 40001),
		  MOVE(5010, SYN_SENT, CLOSE, .lport = 40001)},
	 .tells = {IN_TIME_WAIT_TELLS, "5000 CLOSED>SYN-SENT ?", "5010 SYN-SENT>CLOSED =10 normal"},
	 .count = 1},
	{.name = "mini-filtered-out",
	 .setup = {.filter = "-L 80"},
	 .feed = {IN_TIME_WAIT, MINI(62900, EXPIRED, TIME_WAIT, 62530)}},
	{.name = "mini-eviction",
	 .setup = {.max = 1},
	 .feed = {IN_TIME_WAIT, MOVE(5000, CLOSE, SYN_SENT, .cookie = 8, .lport = 1),
		  MINI(62930, EXPIRED, TIME_WAIT, 62530)},
	 .tells = {IN_TIME_WAIT_TELLS, "5000 CLOSED>SYN-SENT ?",
		   "62930 TIME-WAIT>CLOSED >=60360 normal"},
	 .evicted = 2},
};

static void count_one(void *ctx, const struct conn *conn, bool in_doubt)
{
	(void)conn;
	(void)in_doubt;
	++*(unsigned *)ctx;
}

/* One that is there and wanted counts as there, even before its first transition. */
static void test_each_before_the_first_transition(void)
{
	static const struct rec feed[] = {
		MINI(2000, ARMED, TIME_WAIT, 62000, .cookie = 1, .lport = 1),
		MINI(2000, ARMED, FIN_WAIT2, 62000, .cookie = 2, .lport = 2),
	};
	static struct feeder feeder;
	unsigned still = 0;

	test_begin("mini-each-before-the-first-transition");
	feeder_init(&feeder, (struct feeder_setup){0});
	for (unsigned i = 0; i < COUNT(feed); i++)
		feeder_feed(&feeder, &feed[i]);
	conn_each(feeder.table, count_one, &still);
	CHECK_EQ(still, 2);
	test_end("2 mini-sockets met, %u still there", still);
	feeder_release(&feeder);
}

int main(void)
{
	for (unsigned i = 0; i < COUNT(scenarios); i++)
		scenario_run(&scenarios[i]);
	test_each_before_the_first_transition();
	return test_status();
}
