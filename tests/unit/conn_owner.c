/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_owner.c - whose connection is it? Only what is known to be right: the process whose system
 * call held the socket, or the one that listens, alone, on the port it was accepted at.
 */
#include "feeder.h"

#include <errno.h>

#define LISTENS(when, number, name, id) \
	MOVE(when, CLOSE, LISTEN, HELD_BY(number, name), .cookie = id, .lport = 80, .rport = NONE)
#define STOPS(when, id) MOVE(when, LISTEN, CLOSE, .cookie = id, .lport = 80, .rport = NONE)
#define CHILD(when, id) MOVE(when, LISTEN, SYN_RECV, .cookie = id, .lport = 80)
#define OPENS(when, id) MOVE(when, SYN_RECV, ESTABLISHED, .cookie = id, .lport = 80)
#define LEFT(when, id)  MOVE(when, ESTABLISHED, CLOSE_WAIT, .cookie = id, .lport = 80)
#define TAKES(when, number, name, id, ...) \
	ACCEPTED(when, number, name, .cookie = id, .lport = 80, ##__VA_ARGS__)

/* Told apart by its place in memory. */
#define AT(place) ((int64_t)(WIRE_ID_ADDRESS | (place)))

static const struct scenario scenarios[] = {
	{.name = "owner-held",
	 .setup = {.show_owner = true},
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, HELD_BY(77, "curl")),
		  /* on this CPU, not of this socket */
		  MOVE(2010, SYN_SENT, ESTABLISHED, .pid = 9, .comm = "ksoftirqd")},
	 .tells = {"2000 CLOSED>SYN-SENT ? 77 curl exact",
		   "2010 SYN-SENT>ESTABLISHED =10 77 curl exact"},
	 .count = 1},
	{.name = "owner-unknown",
	 .setup = {.show_owner = true},
	 .feed = {MOVE(2000, ESTABLISHED, CLOSE_WAIT, .pid = 9, .comm = "swapper")},
	 .tells = {"2000 ESTABLISHED>CLOSE-WAIT >=1000 0  unknown"},
	 .count = 1},
	{.name = "owner-longest-name",
	 .setup = {.show_owner = true},
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, HELD_BY(77, "fifteen-letters"))},
	 .tells = {"2000 CLOSED>SYN-SENT ? 77 fifteen-letters exact"},
	 .count = 1},
	{.name = "owner-inherited-then-held",
	 .setup = {.show_owner = true},
	 .feed = {LISTENS(2000, 5, "nginx", 1), CHILD(2100, 2),
		  MOVE(2101, SYN_RECV, ESTABLISHED, .cookie = 2, .lport = 80),
		  MOVE(2200, ESTABLISHED, FIN_WAIT1, HELD_BY(6, "worker"), .cookie = 2,
		       .lport = 80)},
	 .tells = {"2000 CLOSED>LISTEN ? 5 nginx exact",
		   "2100 LISTEN>SYN-RECEIVED ? 5 nginx inherited",
		   "2101 SYN-RECEIVED>ESTABLISHED >=1 5 nginx inherited",
		   "2200 ESTABLISHED>FIN-WAIT-1 =99 6 worker exact"},
	 .count = 2},
	/*
	 * Something was lost: another process may listen there by now. Two censuses prove who does;
	 * here the former one is gone.
	 */
	{.name = "owner-inherited-after-a-loss",
	 .setup = {.show_owner = true},
	 .feed = {CENSUS_BEGINS(1001), SWEPT(1002), CENSUS_ENDS(1003), LISTENS(2000, 5, "nginx", 1),
		  TICK(2050, .lost = 1),
		  MOVE(2100, LISTEN, SYN_RECV, .cookie = 2, .lport = 80, .lost = 1),
		  MOVE(2101, SYN_RECV, CLOSE, .cookie = 2, .lport = 80, .lost = 1),
		  CENSUS_BEGINS(2200, .lost = 1),
		  THERE(2201, LISTEN, .cookie = 1, .lport = 80, .rport = NONE, .lost = 1),
		  SWEPT(2202, .lost = 1), CENSUS_ENDS(2203, .lost = 1),
		  CENSUS_BEGINS(2300, .lost = 1),
		  THERE(2301, LISTEN, .cookie = 1, .lport = 80, .rport = NONE, .lost = 1),
		  SWEPT(2302, .lost = 1), CENSUS_ENDS(2303, .lost = 1),
		  MOVE(2400, LISTEN, SYN_RECV, .cookie = 3, .lport = 80, .lost = 1),
		  TICK(2901, .lost = 1)},
	 .tells = {"2000 CLOSED>LISTEN ? 5 nginx exact", "2100 LISTEN>SYN-RECEIVED ? 0  unknown",
		   "2101 SYN-RECEIVED>CLOSED >=1 unknown 0  unknown",
		   "2400 LISTEN>SYN-RECEIVED ? 5 nginx inherited"},
	 .count = 2},
	{.name = "owner-of-another-port",
	 .setup = {.show_owner = true},
	 .feed = {LISTENS(2000, 5, "nginx", 1),
		  MOVE(2100, LISTEN, SYN_RECV, .cookie = 2, .lport = 81), TICK(2601)},
	 .tells = {"2000 CLOSED>LISTEN ? 5 nginx exact", "2100 LISTEN>SYN-RECEIVED ? 0  unknown"},
	 .count = 2},
	{.name = "owner-of-another-namespace",
	 .setup = {.show_owner = true},
	 .feed = {LISTENS(2000, 5, "nginx", 1),
		  MOVE(2100, LISTEN, SYN_RECV, .cookie = 2, .lport = 80, .netns = 3), TICK(2601)},
	 .tells = {"2000 CLOSED>LISTEN ? 5 nginx exact", "2100 LISTEN>SYN-RECEIVED ? 0  unknown"},
	 .count = 2},
	{.name = "owner-two-listen-on-the-port",
	 .setup = {.show_owner = true},
	 .feed = {LISTENS(2000, 5, "a", 1), LISTENS(2001, 6, "b", 2), CHILD(2100, 3), TICK(2601)},
	 .tells = {"2000 CLOSED>LISTEN ? 5 a exact", "2001 CLOSED>LISTEN ? 6 b exact",
		   "2100 LISTEN>SYN-RECEIVED ? 0  unknown"},
	 .count = 3},
	{.name = "owner-one-process-listens-twice",
	 .setup = {.show_owner = true},
	 .feed = {LISTENS(2000, 5, "a", 1), LISTENS(2001, 5, "a", 2), CHILD(2100, 3),
		  STOPS(2700, 1), CHILD(2800, 4), TICK(3301)},
	 .tells = {"2000 CLOSED>LISTEN ? 5 a exact", "2001 CLOSED>LISTEN ? 5 a exact",
		   "2100 LISTEN>SYN-RECEIVED ? 5 a inherited",
		   "2700 LISTEN>CLOSED =700 normal 5 a exact",
		   "2800 LISTEN>SYN-RECEIVED ? 5 a inherited"},
	 .count = 3},
	{.name = "owner-the-port-changes-hands",
	 .setup = {.show_owner = true},
	 .feed = {LISTENS(2000, 5, "a", 1), STOPS(2001, 1), LISTENS(2002, 6, "b", 2),
		  CHILD(2100, 3), STOPS(2700, 2), CHILD(2800, 4), TICK(3301)},
	 .tells = {"2000 CLOSED>LISTEN ? 5 a exact", "2001 LISTEN>CLOSED =1 normal 5 a exact",
		   "2002 CLOSED>LISTEN ? 6 b exact", "2100 LISTEN>SYN-RECEIVED ? 6 b inherited",
		   "2700 LISTEN>CLOSED =698 normal 6 b exact",
		   "2800 LISTEN>SYN-RECEIVED ? 0  unknown"},
	 .count = 2},
	/* A listener that was there before us is not in the count of those we know: its end takes
	 * none of theirs away. */
	{.name = "owner-a-listener-from-before-us-ends",
	 .setup = {.show_owner = true},
	 .feed = {LISTENS(2000, 5, "a", 1), STOPS(2001, 9), LISTENS(2002, 6, "b", 2),
		  CHILD(2100, 3), TICK(2601)},
	 .tells = {"2000 CLOSED>LISTEN ? 5 a exact", "2001 LISTEN>CLOSED >=1001 normal 0  unknown",
		   "2002 CLOSED>LISTEN ? 6 b exact", "2100 LISTEN>SYN-RECEIVED ? 0  unknown"},
	 .count = 3},
	{.name = "owner-an-evicted-listener-owns-nothing",
	 .setup = {.show_owner = true, .max = 1},
	 .feed = {LISTENS(2000, 5, "a", 1), CHILD(2100, 2), TICK(2601)},
	 .tells = {"2000 CLOSED>LISTEN ? 5 a exact", "2100 LISTEN>SYN-RECEIVED ? 0  unknown"},
	 .count = 1,
	 .evicted = 1},
	/* A quiet listener is passed over: what it accepts inherits from it. */
	{.name = "owner-a-listener-is-evicted-last",
	 .setup = {.show_owner = true, .max = 2},
	 .feed = {LISTENS(2000, 5, "a", 1), MOVE(2050, CLOSE, SYN_SENT, .cookie = 9, .lport = 5),
		  CHILD(2100, 2), TICK(2601)},
	 .tells = {"2000 CLOSED>LISTEN ? 5 a exact", "2050 CLOSED>SYN-SENT ? 0  unknown",
		   "2100 LISTEN>SYN-RECEIVED ? 5 a inherited"},
	 .count = 2,
	 .evicted = 1},
	{.name = "owner-is-not-the-killer",
	 .setup = {.show_owner = true},
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, HELD_BY(77, "curl")),
		  MOVE(2500, SYN_SENT, CLOSE, HELD_BY(88, "ss"), .error = ECONNABORTED)},
	 .tells = {"2000 CLOSED>SYN-SENT ? 77 curl exact",
		   "2500 SYN-SENT>CLOSED =500 killed 77 curl exact"}},
	{.name = "owner-is-not-the-killer-of-its-listener",
	 .setup = {.show_owner = true},
	 .feed = {LISTENS(2000, 5, "a", 1),
		  MOVE(2500, LISTEN, CLOSE, .flags = WIRE_F_OWNED | WIRE_F_KILLED, .pid = 88,
		       .comm = "ss", .cookie = 1, .lport = 80)},
	 .tells = {"2000 CLOSED>LISTEN ? 5 a exact", "2500 LISTEN>CLOSED =500 killed 5 a exact"}},
	{.name = "owner-learnt-by-a-self-transition",
	 .setup = {.show_owner = true},
	 .feed = {MOVE(2000, FIN_WAIT1, FIN_WAIT2),
		  MOVE(2100, FIN_WAIT2, FIN_WAIT2, HELD_BY(77, "curl")),
		  MINI(2200, ARMED, TIME_WAIT, 62200)},
	 .tells = {"2000 FIN-WAIT-1>FIN-WAIT-2 >=1000 0  unknown",
		   "2200 FIN-WAIT-2>TIME-WAIT =200 77 curl exact"},
	 .count = 1,
	 .husks = 1},
	{.name = "owner-survives-into-the-mini-socket",
	 .setup = {.show_owner = true},
	 .feed = {MOVE(2000, ESTABLISHED, FIN_WAIT1, HELD_BY(77, "curl")),
		  MOVE(2001, FIN_WAIT1, FIN_WAIT2), MINI(2001, ARMED, FIN_WAIT2, 62000),
		  MOVE(2001, FIN_WAIT2, CLOSE), MINI(2200, ARMED, TIME_WAIT, 62200),
		  MINI(62500, EXPIRED, TIME_WAIT, 62200)},
	 .tells = {"2000 ESTABLISHED>FIN-WAIT-1 >=1000 77 curl exact",
		   "2001 FIN-WAIT-1>FIN-WAIT-2 =1 77 curl exact",
		   "2200 FIN-WAIT-2>TIME-WAIT =199 77 curl exact",
		   "62500 TIME-WAIT>CLOSED =60300 normal 77 curl exact"}},

	/* ---- who accepts ---- */

	{.name = "owner-a-worker-accepts-what-its-parent-listens-for",
	 .setup = {.show_owner = true},
	 .feed = {LISTENS(2000, 5, "master", 1), CHILD(2100, 2), OPENS(2101, 2),
		  TAKES(2102, 6, "worker", 2), LEFT(2200, 2)},
	 .tells = {"2000 CLOSED>LISTEN ? 5 master exact",
		   "2100 LISTEN>SYN-RECEIVED ? 5 master inherited",
		   "2101 SYN-RECEIVED>ESTABLISHED >=1 5 master inherited",
		   "2200 ESTABLISHED>CLOSE-WAIT =99 6 worker exact"},
	 .count = 2},
	/* The last of the handshake's records may be made after accept() has returned. */
	{.name = "owner-accepted-before-it-is-told-as-established",
	 .setup = {.show_owner = true},
	 .feed = {LISTENS(2000, 5, "master", 1), CHILD(2100, 2), TAKES(2100, 6, "worker", 2),
		  OPENS(2101, 2)},
	 .tells = {"2000 CLOSED>LISTEN ? 5 master exact",
		   "2100 LISTEN>SYN-RECEIVED ? 6 worker exact",
		   "2101 SYN-RECEIVED>ESTABLISHED >=1 6 worker exact"},
	 .count = 2},
	{.name = "owner-accepted-then-handed-on",
	 .setup = {.show_owner = true},
	 .feed = {CHILD(2100, 2), TAKES(2101, 6, "worker", 2),
		  MOVE(2200, SYN_RECV, FIN_WAIT1, HELD_BY(7, "helper"), .cookie = 2, .lport = 80)},
	 .tells = {"2100 LISTEN>SYN-RECEIVED ? 7 helper exact",
		   "2200 SYN-RECEIVED>FIN-WAIT-1 >=100 7 helper exact"},
	 .count = 1},
	{.name = "owner-accepted-is-no-transition",
	 .setup = {.show_owner = true},
	 .feed = {LISTENS(2000, 5, "master", 1), TAKES(2102, 6, "worker", 2)},
	 .tells = {"2000 CLOSED>LISTEN ? 5 master exact"},
	 .count = 1},
	{.name = "owner-accepted-without-a-cookie",
	 .setup = {.show_owner = true},
	 .feed = {CHILD(2100, 2), TAKES(2101, 6, "worker", NONE), OPENS(2102, 2)},
	 .tells = {"2100 LISTEN>SYN-RECEIVED ? 0  unknown",
		   "2102 SYN-RECEIVED>ESTABLISHED >=2 0  unknown"},
	 .count = 1},
	/* The end of what was at this address before was lost; so was the begin of this one. */
	{.name = "owner-accepted-where-another-was",
	 .setup = {.show_owner = true},
	 .feed = {CHILD(2100, AT(2)), TAKES(2101, 6, "worker", AT(2), .rport = 444),
		  OPENS(2102, AT(2)), TAKES(2103, 7, "worker", AT(2)), LEFT(2200, AT(2))},
	 .tells = {"2100 LISTEN>SYN-RECEIVED ? 0  unknown",
		   "2102 SYN-RECEIVED>ESTABLISHED >=2 0  unknown",
		   "2200 ESTABLISHED>CLOSE-WAIT =98 7 worker exact"},
	 .count = 1},
	{.name = "owner-accepted-where-a-listener-was",
	 .setup = {.show_owner = true},
	 .feed = {LISTENS(2000, 5, "master", AT(2)), TAKES(2101, 6, "worker", AT(2)),
		  STOPS(2200, AT(2))},
	 .tells = {"2000 CLOSED>LISTEN ? 5 master exact",
		   "2200 LISTEN>CLOSED =200 normal 5 master exact"}},
	{.name = "owner-who-accepts-is-asked-for",
	 .setup = {.show_owner = true, .filter = "-p 6"},
	 .feed = {LISTENS(2000, 5, "master", 1), CHILD(2100, 2), OPENS(2101, 2),
		  TAKES(2102, 6, "worker", 2), LEFT(2200, 2)},
	 .tells = {"2100 LISTEN>SYN-RECEIVED ? 6 worker exact",
		   "2101 SYN-RECEIVED>ESTABLISHED >=1 6 worker exact",
		   "2200 ESTABLISHED>CLOSE-WAIT =99 6 worker exact"},
	 .count = 2},
	/* Told at once, and not with its next move, which may be hours away. */
	{.name = "owner-who-accepts-is-asked-for-by-name",
	 .setup = {.show_owner = true, .filter = "-c worker"},
	 .feed = {CHILD(2100, 2), OPENS(2101, 2), TAKES(2102, 6, "worker", 2)},
	 .tells = {"2100 LISTEN>SYN-RECEIVED ? 6 worker exact",
		   "2101 SYN-RECEIVED>ESTABLISHED >=1 6 worker exact"},
	 .count = 1},
	{.name = "owner-who-accepts-is-not-asked-for",
	 .setup = {.show_owner = true, .filter = "-p 5"},
	 .feed = {CHILD(2100, 2), TAKES(2101, 6, "worker", 2), OPENS(2102, 2), LEFT(2200, 2)},
	 .count = 1},
};

static void test_uid_and_cgroup(void)
{
	static const struct rec feed[] = {
		MOVE(2000, CLOSE, SYN_SENT, .uid = 1000, .cgroup = 55),
		MOVE(2001, SYN_SENT, ESTABLISHED, .uid = 1000),
	};
	static struct feeder feeder;

	test_begin("owner-uid-and-cgroup");
	feeder_init(&feeder, (struct feeder_setup){0});
	for (unsigned i = 0; i < COUNT(feed); i++)
		feeder_feed(&feeder, &feed[i]);
	CHECK_EQ(feeder.last.uid, 1000);
	CHECK_EQ(feeder.last.cgroup, 55);
	test_end("uid %u, cgroup %llu kept while unknown", feeder.last.uid,
		 (unsigned long long)feeder.last.cgroup);
	feeder_release(&feeder);
}

static void test_names(void)
{
	test_begin("owner-known-names");
	CHECK_STR(conn_owner_known_name(OWNER_UNKNOWN), "unknown");
	CHECK_STR(conn_owner_known_name(OWNER_INHERITED), "inherited");
	CHECK_STR(conn_owner_known_name(OWNER_EXACT), "exact");
	CHECK_STR(conn_owner_known_name(OWNER_KNOWNS), "?");
	test_end("3 names");
}

int main(void)
{
	for (unsigned i = 0; i < COUNT(scenarios); i++)
		scenario_run(&scenarios[i]);
	test_uid_and_cgroup();
	test_names();
	return test_status();
}
