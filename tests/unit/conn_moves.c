/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_moves.c - the connection model on full sockets: whole lives, late identity, filters that are
 * undecided at first, sockets first seen in the middle, eviction. What conn.h promises, case by
 * case.
 */
#include "feeder.h"

#include <errno.h>

static const struct scenario scenarios[] = {
	{.name = "conn-active-close",
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .lport = NONE), MOVE(2010, SYN_SENT, ESTABLISHED),
		  MOVE(2510, ESTABLISHED, FIN_WAIT1), MOVE(2520, FIN_WAIT1, FIN_WAIT2),
		  MINI(2521, ARMED, FIN_WAIT2, 62521), MOVE(2521, FIN_WAIT2, CLOSE),
		  MINI(3020, CANCELLED, TIME_WAIT, 62521), MINI(3020, ARMED, TIME_WAIT, 63020),
		  MINI(63800, CANCELLED, TIME_WAIT, 63020), MINI(63800, EXPIRED, TIME_WAIT, 63020),
		  TICK(70000)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2010 SYN-SENT>ESTABLISHED =10",
		   "2510 ESTABLISHED>FIN-WAIT-1 =500", "2520 FIN-WAIT-1>FIN-WAIT-2 =10",
		   "3020 FIN-WAIT-2>TIME-WAIT =500", "63800 TIME-WAIT>CLOSED =60780 normal"}},
	{.name = "conn-passive-close",
	 .feed = {MOVE(2000, LISTEN, SYN_RECV, .rport = NONE), MOVE(2001, SYN_RECV, ESTABLISHED),
		  MOVE(2501, ESTABLISHED, CLOSE_WAIT), MOVE(3001, CLOSE_WAIT, LAST_ACK),
		  MOVE(3002, LAST_ACK, CLOSE, .flags = WIRE_F_ALL_ACKED)},
	 .tells = {"2000 LISTEN>SYN-RECEIVED ?", "2001 SYN-RECEIVED>ESTABLISHED >=1",
		   "2501 ESTABLISHED>CLOSE-WAIT =500", "3001 CLOSE-WAIT>LAST-ACK =500",
		   "3002 LAST-ACK>CLOSED =1 normal"}},
	{.name = "conn-fast-open",
	 .feed = {MOVE(2000, LISTEN, SYN_RECV),
		  MOVE(2300, SYN_RECV, ESTABLISHED, .flags = WIRE_F_FAST_OPEN)},
	 .tells = {"2000 LISTEN>SYN-RECEIVED ?", "2300 SYN-RECEIVED>ESTABLISHED =300"},
	 .count = 1},
	{.name = "conn-fast-open-closed",
	 .feed = {MOVE(2000, LISTEN, SYN_RECV),
		  MOVE(2300, SYN_RECV, FIN_WAIT1, .flags = WIRE_F_FAST_OPEN)},
	 .tells = {"2000 LISTEN>SYN-RECEIVED ?", "2300 SYN-RECEIVED>FIN-WAIT-1 =300"},
	 .count = 1},
	/* Its first move was not told, or a loss stands between. */
	{.name = "conn-fast-open-first-seen",
	 .feed = {MOVE(2300, SYN_RECV, ESTABLISHED, .flags = WIRE_F_FAST_OPEN)},
	 .tells = {"2300 SYN-RECEIVED>ESTABLISHED ?"},
	 .count = 1},
	{.name = "conn-fast-open-lost",
	 .feed = {MOVE(2000, LISTEN, SYN_RECV),
		  MOVE(2300, SYN_RECV, ESTABLISHED, .lost = 1, .flags = WIRE_F_FAST_OPEN)},
	 .tells = {"2000 LISTEN>SYN-RECEIVED ?", "2300 SYN-RECEIVED>ESTABLISHED ?"},
	 .count = 1},
	{.name = "conn-simultaneous-close",
	 .feed = {MOVE(2000, CLOSE, SYN_SENT), MOVE(2010, SYN_SENT, ESTABLISHED),
		  MOVE(2020, ESTABLISHED, FIN_WAIT1), MOVE(2030, FIN_WAIT1, CLOSING),
		  MINI(2050, ARMED, TIME_WAIT, 62050), MOVE(2050, CLOSING, CLOSE),
		  MINI(62100, EXPIRED, TIME_WAIT, 62050)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2010 SYN-SENT>ESTABLISHED =10",
		   "2020 ESTABLISHED>FIN-WAIT-1 =10", "2030 FIN-WAIT-1>CLOSING =10",
		   "2050 CLOSING>TIME-WAIT =20", "62100 TIME-WAIT>CLOSED =60050 normal"}},
	{.name = "conn-simultaneous-open",
	 .feed = {MOVE(2000, CLOSE, SYN_SENT), MOVE(2010, SYN_SENT, SYN_RECV),
		  MOVE(2030, SYN_RECV, ESTABLISHED)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2010 SYN-SENT>SYN-RECEIVED =10",
		   "2030 SYN-RECEIVED>ESTABLISHED =20"},
	 .count = 1},
	{.name = "conn-listener",
	 .feed = {MOVE(2000, CLOSE, LISTEN, .rport = NONE, .raddr = "0.0.0.0"),
		  MOVE(5000, LISTEN, CLOSE, .rport = NONE, .raddr = "0.0.0.0")},
	 .tells = {"2000 CLOSED>LISTEN ?", "5000 LISTEN>CLOSED =3000 normal"}},
	{.name = "conn-self-transition",
	 .feed = {MOVE(2000, ESTABLISHED, FIN_WAIT1), MOVE(2010, FIN_WAIT1, FIN_WAIT2),
		  MOVE(2700, FIN_WAIT2, FIN_WAIT2), MINI(2700, ARMED, FIN_WAIT2, 62700),
		  MOVE(2700, FIN_WAIT2, CLOSE), MINI(3010, ARMED, TIME_WAIT, 63010)},
	 .tells = {"2000 ESTABLISHED>FIN-WAIT-1 >=1000", "2010 FIN-WAIT-1>FIN-WAIT-2 =10",
		   "3010 FIN-WAIT-2>TIME-WAIT =1000"},
	 .count = 1},
	{.name = "conn-self-transition-unknown-socket", .feed = {MOVE(2000, FIN_WAIT2, FIN_WAIT2)}},
	{.name = "conn-first-seen-in-the-middle",
	 .feed = {MOVE(1700, CLOSE_WAIT, LAST_ACK),
		  MOVE(1710, LAST_ACK, CLOSE, .flags = WIRE_F_ALL_ACKED)},
	 .tells = {"1700 CLOSE-WAIT>LAST-ACK >=700", "1710 LAST-ACK>CLOSED =10 normal"}},
	{.name = "conn-first-seen-at-the-attach",
	 .feed = {MOVE(1000, CLOSE_WAIT, LAST_ACK)},
	 .tells = {"1000 CLOSE-WAIT>LAST-ACK ?"},
	 .count = 1},
	{.name = "conn-first-seen-before-the-attach",
	 .feed = {MOVE(999, CLOSE_WAIT, LAST_ACK)},
	 .tells = {"999 CLOSE-WAIT>LAST-ACK ?"},
	 .count = 1},
	{.name = "conn-listener-first-seen-at-its-end",
	 .feed = {MOVE(1600, LISTEN, CLOSE, .rport = NONE)},
	 .tells = {"1600 LISTEN>CLOSED >=600 normal"}},
	{.name = "conn-untold-move-without-loss",
	 .feed = {MOVE(2000, CLOSE, SYN_SENT), MOVE(2500, ESTABLISHED, CLOSE_WAIT)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2500 ESTABLISHED>CLOSE-WAIT ?"},
	 .count = 1},
	{.name = "conn-late-port-wanted",
	 .setup = {.filter = "-L 40000"},
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .lport = NONE), MOVE(2010, SYN_SENT, ESTABLISHED)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2010 SYN-SENT>ESTABLISHED =10"},
	 .count = 1},
	{.name = "conn-late-port-held",
	 .setup = {.filter = "-L 40000"},
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .lport = NONE)},
	 .count = 1,
	 .unsettled = 1},
	{.name = "conn-late-port-from-a-sweep",
	 .setup = {.filter = "-L 40000"},
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .lport = NONE), MET(2900, SYN_SENT), SWEPT(2899)},
	 .tells = {"2000 CLOSED>SYN-SENT ?"},
	 .count = 1},
	{.name = "conn-late-port-unwanted",
	 .setup = {.filter = "-L 80"},
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .lport = NONE), MOVE(2010, SYN_SENT, ESTABLISHED),
		  MOVE(2020, ESTABLISHED, CLOSE)}},
	{.name = "conn-late-port-excluded",
	 .setup = {.filter = "-L !40000"},
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .lport = NONE), MOVE(2010, SYN_SENT, ESTABLISHED),
		  MOVE(2020, ESTABLISHED, CLOSE)}},
	{.name = "conn-no-port-at-the-end",
	 .setup = {.filter = "-D 443"},
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .lport = NONE),
		  MOVE(2001, SYN_SENT, CLOSE, .lport = NONE)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2001 SYN-SENT>CLOSED ? no-port"}},
	{.name = "conn-late-remote-port",
	 .setup = {.filter = "-D 443"},
	 .feed = {MOVE(2000, LISTEN, SYN_RECV, .rport = NONE), MOVE(2001, SYN_RECV, ESTABLISHED)},
	 .tells = {"2000 LISTEN>SYN-RECEIVED ?", "2001 SYN-RECEIVED>ESTABLISHED >=1"},
	 .count = 1},
	{.name = "conn-late-owner-wanted",
	 .setup = {.filter = "-p 77"},
	 .feed = {MOVE(2000, CLOSE_WAIT, LAST_ACK),
		  MOVE(2500, LAST_ACK, CLOSE, HELD_BY(77, "server"))},
	 .tells = {"2000 CLOSE-WAIT>LAST-ACK >=1000", "2500 LAST-ACK>CLOSED =500 unknown"}},
	{.name = "conn-late-owner-unwanted",
	 .setup = {.filter = "-p 78"},
	 .feed = {MOVE(2000, CLOSE_WAIT, LAST_ACK),
		  MOVE(2500, LAST_ACK, CLOSE, HELD_BY(77, "server"))}},
	{.name = "conn-owner-never-known",
	 .setup = {.filter = "-p 77"},
	 .feed = {MOVE(2000, CLOSE_WAIT, LAST_ACK), MOVE(2500, LAST_ACK, CLOSE)}},
	{.name = "conn-swept-undecided-syn-sent",
	 .setup = {.filter = "-L 40000"},
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .lport = NONE), SWEPT(2500)}},
	{.name = "conn-swept-other-namespace",
	 .setup = {.filter = "-L 40000"},
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .lport = NONE), SWEPT(2500, .netns = 5)},
	 .count = 1,
	 .unsettled = 1},
	{.name = "conn-swept-before-it-was-there",
	 .setup = {.filter = "-L 40000"},
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .lport = NONE), SWEPT(1990)},
	 .count = 1,
	 .unsettled = 1},
	{.name = "conn-swept-wanted-stays",
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .lport = NONE), SWEPT(2500),
		  MOVE(3000, SYN_SENT, ESTABLISHED)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "3000 SYN-SENT>ESTABLISHED =1000"},
	 .count = 1},
	{.name = "conn-met-in-another-state",
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .lport = NONE), MET(2100, ESTABLISHED, .lport = 1)},
	 .tells = {"2000 CLOSED>SYN-SENT ?"},
	 .count = 1},
	{.name = "conn-met-unknown-socket", .feed = {MET(2100, ESTABLISHED)}},
	{.name = "conn-evicts-the-least-recently-active",
	 .setup = {.max = 2},
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .cookie = 1),
		  MOVE(2100, CLOSE, SYN_SENT, .cookie = 2),
		  MOVE(2200, SYN_SENT, ESTABLISHED, .cookie = 1),
		  MOVE(2300, CLOSE, SYN_SENT, .cookie = 3), /* 2 goes */
		  MOVE(2400, ESTABLISHED, CLOSE_WAIT, .cookie = 1),
		  MOVE(2700, SYN_SENT, ESTABLISHED, .cookie = 2)}, /* 3 goes */
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2100 CLOSED>SYN-SENT ?",
		   "2200 SYN-SENT>ESTABLISHED =200", "2300 CLOSED>SYN-SENT ?",
		   "2400 ESTABLISHED>CLOSE-WAIT =200", "2700 SYN-SENT>ESTABLISHED ?"},
	 .count = 2,
	 .evicted = 2},
	{.name = "conn-evicted-is-a-bound-later",
	 .setup = {.max = 1},
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .cookie = 1),
		  MOVE(2100, CLOSE, SYN_SENT, .cookie = 2),
		  MOVE(2150, SYN_SENT, CLOSE, .cookie = 2, .error = ECONNREFUSED),
		  MOVE(2400, SYN_SENT, ESTABLISHED, .cookie = 1)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2100 CLOSED>SYN-SENT ?",
		   "2150 SYN-SENT>CLOSED =50 refused", "2400 SYN-SENT>ESTABLISHED ?"},
	 .count = 1,
	 .evicted = 1},
	{.name = "conn-blind-to-timewait",
	 .setup = {.blind = true},
	 .feed = {MOVE(2000, ESTABLISHED, FIN_WAIT1), MOVE(2010, FIN_WAIT1, FIN_WAIT2),
		  MOVE(2013, FIN_WAIT2, CLOSE)},
	 .tells = {"2000 ESTABLISHED>FIN-WAIT-1 >=1000", "2010 FIN-WAIT-1>FIN-WAIT-2 =10",
		   "2013 FIN-WAIT-2>CLOSED >=3 unknown"}},
	{.name = "conn-blind-to-timewait-but-reset",
	 .setup = {.blind = true},
	 .feed = {MOVE(2010, FIN_WAIT1, FIN_WAIT2),
		  MOVE(2510, FIN_WAIT2, CLOSE, .error = ECONNRESET)},
	 .tells = {"2010 FIN-WAIT-1>FIN-WAIT-2 >=1010", "2510 FIN-WAIT-2>CLOSED =500 reset"}},
	{.name = "conn-table-full",
	 .feed = {MOVE(2010, FIN_WAIT1, FIN_WAIT2),
		  MOVE(2510, FIN_WAIT2, CLOSE, .flags = WIRE_F_TW_FULL)},
	 .tells = {"2010 FIN-WAIT-1>FIN-WAIT-2 >=1010", "2510 FIN-WAIT-2>CLOSED =500 table-full"}},
	{.name = "conn-same-cookie-connects-again",
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .lport = NONE), MOVE(2010, SYN_SENT, ESTABLISHED),
		  MOVE(2020, ESTABLISHED, FIN_WAIT1), MOVE(2030, FIN_WAIT1, FIN_WAIT2),
		  MINI(2040, ARMED, TIME_WAIT, 62040), MOVE(2040, FIN_WAIT2, CLOSE),
		  MOVE(3000, CLOSE, SYN_SENT, .lport = NONE),
		  MOVE(3010, SYN_SENT, ESTABLISHED, .lport = 40001),
		  MOVE(3110, ESTABLISHED, CLOSE, .lport = 40001),
		  MINI(62200, EXPIRED, TIME_WAIT, 62040)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2010 SYN-SENT>ESTABLISHED =10",
		   "2020 ESTABLISHED>FIN-WAIT-1 =10", "2030 FIN-WAIT-1>FIN-WAIT-2 =10",
		   "2040 FIN-WAIT-2>TIME-WAIT =10", "3000 CLOSED>SYN-SENT ?",
		   "3010 SYN-SENT>ESTABLISHED =10", "3110 ESTABLISHED>CLOSED =100 reset-sent",
		   "62200 TIME-WAIT>CLOSED =60160 normal"}},
	{.name = "conn-same-socket-in-two-namespaces",
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .cookie = 1),
		  MOVE(2001, CLOSE, SYN_SENT, .cookie = 2, .netns = 9),
		  MOVE(2010, SYN_SENT, ESTABLISHED, .cookie = 1),
		  MOVE(2021, SYN_SENT, ESTABLISHED, .cookie = 2, .netns = 9)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2001 CLOSED>SYN-SENT ?",
		   "2010 SYN-SENT>ESTABLISHED =10", "2021 SYN-SENT>ESTABLISHED =20"},
	 .count = 2},
	{.name = "conn-time-runs-backwards",
	 .feed = {MOVE(2000, CLOSE, SYN_SENT), MOVE(1999, SYN_SENT, ESTABLISHED)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "1999 SYN-SENT>ESTABLISHED ?"},
	 .count = 1},
};

/* More transitions than one life has, none of them decided: bounded, and nothing is told. */
static void test_held_is_bounded(void)
{
	static struct feeder feeder;
	struct rec move = MOVE(2000, CLOSE, SYN_SENT);

	test_begin("conn-held-is-bounded");
	feeder_init(&feeder, (struct feeder_setup){.filter = "-p 77"});
	for (unsigned i = 0; i < 1000; i++) {
		move.ms++;
		move.from = i % 2 ? WIRE_ESTABLISHED : WIRE_SYN_SENT;
		move.to = i % 2 ? WIRE_SYN_SENT : WIRE_ESTABLISHED;
		feeder_feed(&feeder, &move);
	}
	CHECK_EQ(feeder.n, 0);
	move.flags = WIRE_F_OWNED, move.pid = 77, move.ms++;
	feeder_feed(&feeder, &move);
	CHECK(feeder.n <= 12);
	test_end("1001 moves undecided, then %u told", feeder.n);
	feeder_release(&feeder);
}

static void collect(void *ctx, const struct conn *conn, bool in_doubt)
{
	char *text = ctx;

	sprintf(text + strlen(text), "%s%llu %s%s%s", *text ? ", " : "", conn->id.cookie,
		tcpstate_name(conn->state), conn->since_exact ? "" : "?", in_doubt ? "~" : "");
}

static void test_each(void)
{
	static const struct rec feed[] = {
		MOVE(2000, CLOSE, SYN_SENT, .cookie = 1),
		MOVE(2001, CLOSE, SYN_SENT, .cookie = 2, .lport = 80),
		MOVE(2002, CLOSE_WAIT, LAST_ACK, .cookie = 3),
		MOVE(2003, SYN_SENT, ESTABLISHED, .cookie = 1),
		MOVE(2004, LISTEN, SYN_RECV, .cookie = 4),
		MOVE(2005, CLOSE, SYN_SENT, .cookie = 5, .lport = NONE),
	};
	static struct feeder feeder;
	char text[256] = "";

	test_begin("conn-each");
	feeder_init(&feeder, (struct feeder_setup){.filter = "-L 40000"});
	for (unsigned i = 0; i < COUNT(feed); i++)
		feeder_feed(&feeder, &feed[i]);
	conn_each(feeder.table, collect, text);
	CHECK_STR(text, "3 LAST-ACK, 1 ESTABLISHED, 4 SYN-RECEIVED?");
	test_end("%s", text);
	feeder_release(&feeder);
}

static void test_unsettled(void)
{
	static const struct rec feed[] = {
		MOVE(2000, CLOSE, SYN_SENT, .cookie = 1, .lport = NONE, .netns = 11),
		MOVE(2001, CLOSE, SYN_SENT, .cookie = 2, .lport = NONE, .netns = 12),
		MOVE(2002, CLOSE, SYN_SENT, .cookie = 3, .lport = NONE, .netns = 11),
		MOVE(2003, CLOSE, SYN_SENT, .cookie = 4, .lport = 5, .netns = 13),
		MINI(2004, ARMED, FIN_WAIT2, 62004, .cookie = 5, .netns = 14),
		MINI(2005, ARMED, TIME_WAIT, 62005, .cookie = 6, .netns = 15),
	};
	static struct feeder feeder;
	uint32_t netns[8] = {0};

	test_begin("conn-unsettled");
	feeder_init(&feeder, (struct feeder_setup){.filter = "-L 40000"});
	CHECK_EQ(conn_unsettled(feeder.table, netns, 8), 0);
	for (unsigned i = 0; i < COUNT(feed); i++)
		feeder_feed(&feeder, &feed[i]);
	CHECK_EQ(conn_stats(feeder.table).unsettled, 4);
	CHECK_EQ(conn_unsettled(feeder.table, netns, 8), 3);
	CHECK(netns[0] == 11 && netns[1] == 12 && netns[2] == 14);
	CHECK_EQ(conn_unsettled(feeder.table, netns, 2), 2);
	CHECK_EQ(conn_unsettled(feeder.table, netns, 0), 0);
	test_end("4 connections in namespaces %u %u %u", netns[0], netns[1], netns[2]);
	feeder_release(&feeder);
}

static void test_identity(void)
{
	static const struct rec feed[] = {
		MOVE(2000, LISTEN, SYN_RECV, .rport = NONE, .raddr = "0.0.0.0"),
		MOVE(2001, SYN_RECV, ESTABLISHED),
		/* At the end the kernel has taken apart what it can. */
		MOVE(2002, ESTABLISHED, CLOSE, .lport = NONE, .laddr = "::"),
	};
	static struct feeder feeder;

	test_begin("conn-identity-is-learnt-and-kept");
	feeder_init(&feeder, (struct feeder_setup){0});
	for (unsigned i = 0; i < COUNT(feed); i++)
		feeder_feed(&feeder, &feed[i]);
	CHECK_EQ(feeder.last.id.lport, 40000);
	CHECK_EQ(feeder.last.id.rport, 443);
	CHECK(feeder.last.id.laddr[15] == 1 && feeder.last.id.raddr[15] == 2);
	test_end("the last transition of 3 has both ports and addresses");
	feeder_release(&feeder);
}

int main(void)
{
	for (unsigned i = 0; i < COUNT(scenarios); i++)
		scenario_run(&scenarios[i]);
	test_held_is_bounded();
	test_each();
	test_unsettled();
	test_identity();
	conn_table_free(NULL);
	return test_status();
}
