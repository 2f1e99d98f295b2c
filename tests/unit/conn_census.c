/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_census.c - sockets that were there before us: what the first census says of them counts only
 * where no event has said more, and what is proven of their age is told as a lower bound.
 */
#include "feeder.h"

#define HELD WIRE_S_FILE

static const struct scenario scenarios[] = {
	/* The peer's last segment came at 400: a jiffy less of that is proven. */
	{.name = "there-close-wait",
	 .setup = {.show_owner = true},
	 .feed = {CENSUS_BEGINS(1001), THERE(1002, CLOSE_WAIT, .acked = 400, .flags = HELD),
		  HOLDS(1003, 77, "leaky"), CENSUS_ENDS(1004),
		  MOVE(2000, CLOSE_WAIT, LAST_ACK, HELD_BY(77, "leaky"))},
	 .tells = {"2000 CLOSE-WAIT>LAST-ACK >=1596 77 leaky exact"},
	 .count = 1},
	/* Nothing tells its age: it is in that state since we attached. */
	{.name = "there-without-age",
	 .feed = {CENSUS_BEGINS(1001), THERE(1050, FIN_WAIT1), CENSUS_ENDS(1060),
		  MOVE(2000, FIN_WAIT1, FIN_WAIT2)},
	 .tells = {"2000 FIN-WAIT-1>FIN-WAIT-2 >=1000"},
	 .count = 1},
	/* In SYN-SENT it may be since a moment ago. */
	{.name = "there-syn-sent",
	 .feed = {CENSUS_BEGINS(1001), THERE(1050, SYN_SENT), CENSUS_ENDS(1060),
		  MOVE(2000, SYN_SENT, ESTABLISHED)},
	 .tells = {"2000 SYN-SENT>ESTABLISHED >=950"},
	 .count = 1},
	{.name = "there-syn-sent-noted",
	 .feed = {CENSUS_BEGINS(1001), THERE(1050, SYN_SENT, .began = 500), CENSUS_ENDS(1060),
		  MOVE(2000, SYN_SENT, ESTABLISHED)},
	 .tells = {"2000 SYN-SENT>ESTABLISHED >=1499"},
	 .count = 1},
	/* Its timer set for 60 s proves how long ago that was. */
	{.name = "there-time-wait",
	 .feed = {CENSUS_BEGINS(1001),
		  THERE(1002, TIME_WAIT, .of = WIRE_MINI, .expires = 60500, .cookie = 9),
		  CENSUS_ENDS(1004), MINI(60504, EXPIRED, TIME_WAIT, 60500, .cookie = 9)},
	 .tells = {"60504 TIME-WAIT>CLOSED >=59996 normal"}},
	/* Where nothing tells of its end it would be there for ever. */
	{.name = "there-time-wait-unseen",
	 .setup = {.blind = true},
	 .feed = {CENSUS_BEGINS(1001),
		  THERE(1002, TIME_WAIT, .of = WIRE_MINI, .expires = 60500, .cookie = 9),
		  CENSUS_ENDS(1004)}},
	/* What an event has told is known better than what the iterator met. */
	{.name = "there-known-better",
	 .feed = {CENSUS_BEGINS(1001), MOVE(1002, CLOSE, SYN_SENT),
		  MOVE(1003, SYN_SENT, ESTABLISHED), THERE(1004, ESTABLISHED, .acked = 900),
		  CENSUS_ENDS(1005), MOVE(2003, ESTABLISHED, CLOSE_WAIT)},
	 .tells = {"1002 CLOSED>SYN-SENT ?", "1003 SYN-SENT>ESTABLISHED =1",
		   "2003 ESTABLISHED>CLOSE-WAIT =1000"},
	 .count = 1},
	/* Nor does it bring back a state that was left. */
	{.name = "there-moved-meanwhile",
	 .feed = {CENSUS_BEGINS(1001), MOVE(1002, ESTABLISHED, CLOSE_WAIT),
		  THERE(1003, CLOSE_WAIT, .acked = 1001), CENSUS_ENDS(1005),
		  MOVE(1502, CLOSE_WAIT, LAST_ACK)},
	 .tells = {"1002 ESTABLISHED>CLOSE-WAIT >=2", "1502 CLOSE-WAIT>LAST-ACK =500"},
	 .count = 1},
	{.name = "there-ended-after",
	 .feed = {CENSUS_BEGINS(1001), THERE(1002, ESTABLISHED), MOVE(1003, ESTABLISHED, CLOSE),
		  CENSUS_ENDS(1004)},
	 .tells = {"1003 ESTABLISHED>CLOSED >=3 reset-sent"}},
	/* A mini-socket whose timer is due may have ended already. */
	{.name = "there-due",
	 .feed = {CENSUS_BEGINS(1001), MINI(1002, EXPIRED, TIME_WAIT, 1001, .cookie = 9),
		  THERE(1003, TIME_WAIT, .of = WIRE_MINI, .expires = 1001, .cookie = 9),
		  CENSUS_ENDS(1004)},
	 .tells = {"1002 TIME-WAIT>CLOSED ? normal"}},
	/* Request sockets are not of the model, nor is what is only bound. */
	{.name = "there-not-of-the-model",
	 .feed = {CENSUS_BEGINS(1001), THERE(1002, SYN_RECV, .of = WIRE_REQUEST, .cookie = 3),
		  THERE(1002, CLOSE, .cookie = 4), CENSUS_ENDS(1004)}},
	/* A later one finds what events did not tell of: see conn_reconcile.c. */
	{.name = "there-second-census",
	 .feed = {CENSUS_BEGINS(1001), CENSUS_ENDS(1002), CENSUS_BEGINS(1501),
		  THERE(1502, ESTABLISHED), CENSUS_ENDS(1503)},
	 .count = 1},
	/* What nobody has accepted yet is its listener's; what was accepted is its holder's. */
	{.name = "there-not-accepted",
	 .setup = {.show_owner = true},
	 .feed = {CENSUS_BEGINS(1001), THERE(1002, ESTABLISHED, .cookie = 2, .lport = 80),
		  THERE(1003, LISTEN, .cookie = 1, .lport = 80, .rport = NONE, .flags = HELD),
		  THERE(1004, ESTABLISHED, .cookie = 3, .lport = 80, .rport = 5, .flags = HELD),
		  HOLDS(1005, 5, "nginx", .cookie = 1), HOLDS(1005, 6, "worker", .cookie = 3),
		  CENSUS_ENDS(1006), MOVE(2000, ESTABLISHED, CLOSE_WAIT, .cookie = 2, .lport = 80),
		  MOVE(2000, ESTABLISHED, CLOSE_WAIT, .cookie = 3, .lport = 80, .rport = 5),
		  MOVE(3000, LISTEN, SYN_RECV, .cookie = 4, .lport = 80, .rport = 6)},
	 .tells = {"2000 ESTABLISHED>CLOSE-WAIT >=1000 5 nginx inherited",
		   "2000 ESTABLISHED>CLOSE-WAIT >=1000 6 worker exact",
		   "3000 LISTEN>SYN-RECEIVED ? 5 nginx inherited"},
	 .count = 4},
	/* Of several listeners at one address, it waits at the one that the kernel says. */
	{.name = "there-queued",
	 .setup = {.show_owner = true},
	 .feed = {CENSUS_BEGINS(1001),
		  THERE(1002, LISTEN, .cookie = 1, .lport = 80, .rport = NONE, .flags = HELD),
		  THERE(1002, LISTEN, .cookie = 5, .lport = 80, .rport = NONE, .flags = HELD),
		  THERE(1002, ESTABLISHED, .cookie = 2, .lport = 80),
		  THERE(1002, ESTABLISHED, .cookie = 3, .lport = 80, .rport = 5),
		  HOLDS(1005, 5, "one", .cookie = 1), HOLDS(1005, 6, "two", .cookie = 5),
		  WAITS_AT(1005, 5, .cookie = 2), CENSUS_ENDS(1006),
		  MOVE(2000, ESTABLISHED, CLOSE_WAIT, .cookie = 2, .lport = 80),
		  MOVE(2000, ESTABLISHED, CLOSE_WAIT, .cookie = 3, .lport = 80, .rport = 5)},
	 .tells = {"2000 ESTABLISHED>CLOSE-WAIT >=1000 6 two inherited",
		   "2000 ESTABLISHED>CLOSE-WAIT >=1000 0  unknown"},
	 .count = 4},
	/* Of a listener that two programs hold, nobody knows who accepts. */
	{.name = "there-shared-listener",
	 .setup = {.show_owner = true},
	 .feed = {CENSUS_BEGINS(1001),
		  THERE(1002, LISTEN, .cookie = 1, .lport = 80, .rport = NONE, .flags = HELD),
		  HOLDS(1005, 5, "supervisor", .cookie = 1), HOLDS(1005, 6, "service", .cookie = 1),
		  CENSUS_ENDS(1006), MOVE(3000, LISTEN, SYN_RECV, .cookie = 4, .lport = 80)},
	 .tells = {"3000 LISTEN>SYN-RECEIVED ? 0  unknown"},
	 .count = 2},
	/* Workers of one name are as good as their master. */
	{.name = "there-pre-fork",
	 .setup = {.show_owner = true},
	 .feed = {CENSUS_BEGINS(1001),
		  THERE(1002, LISTEN, .cookie = 1, .lport = 80, .rport = NONE, .flags = HELD),
		  HOLDS(1005, 5, "nginx", .cookie = 1), HOLDS(1005, 6, "nginx", .cookie = 1),
		  CENSUS_ENDS(1006), MOVE(3000, LISTEN, SYN_RECV, .cookie = 4, .lport = 80)},
	 .tells = {"3000 LISTEN>SYN-RECEIVED ? 5 nginx inherited"},
	 .count = 2},
	/* A daemon whose parent has gone; a process that is called otherwise by now. */
	{.name = "there-owner-gone",
	 .setup = {.show_owner = true},
	 .feed = {MOVE(1001, CLOSE, LISTEN, .cookie = 1, .lport = 80, .rport = NONE,
		       HELD_BY(5, "parent")),
		  MOVE(1001, CLOSE, LISTEN, .cookie = 2, .lport = 81, .rport = NONE,
		       HELD_BY(7, "wrapper")),
		  CENSUS_BEGINS(1002),
		  THERE(1002, LISTEN, .cookie = 1, .lport = 80, .rport = NONE, .flags = HELD),
		  THERE(1002, LISTEN, .cookie = 2, .lport = 81, .rport = NONE, .flags = HELD),
		  HOLDS(1003, 6, "daemon", .cookie = 1), HOLDS(1003, 7, "server", .cookie = 2),
		  CENSUS_ENDS(1006), MOVE(3000, LISTEN, SYN_RECV, .cookie = 4, .lport = 80),
		  MOVE(3000, LISTEN, SYN_RECV, .cookie = 5, .lport = 81)},
	 .tells = {"1001 CLOSED>LISTEN ? 5 parent exact", "1001 CLOSED>LISTEN ? 7 wrapper exact",
		   "3000 LISTEN>SYN-RECEIVED ? 6 daemon inherited",
		   "3000 LISTEN>SYN-RECEIVED ? 7 server inherited"},
	 .count = 4},
	/* Who accepted it stays its owner, though its parent holds it too. */
	{.name = "there-owner-stays",
	 .setup = {.show_owner = true},
	 .feed = {CENSUS_BEGINS(1001), CENSUS_ENDS(1002),
		  MOVE(1003, CLOSE, SYN_SENT, HELD_BY(9, "child")),
		  MOVE(1003, SYN_SENT, ESTABLISHED), CENSUS_BEGINS(1501),
		  THERE(1502, ESTABLISHED, .flags = HELD), HOLDS(1503, 5, "parent"),
		  HOLDS(1503, 9, "child"), CENSUS_ENDS(1504), MOVE(2003, ESTABLISHED, CLOSE_WAIT)},
	 .tells = {"1003 CLOSED>SYN-SENT ? 9 child exact",
		   "1003 SYN-SENT>ESTABLISHED =0 9 child exact",
		   "2003 ESTABLISHED>CLOSE-WAIT =1000 9 child exact"},
	 .count = 1},
	/* Who holds it decides whether it is wanted. */
	{.name = "there-filtered-by-pid",
	 .setup = {.filter = "-p 77"},
	 .feed = {CENSUS_BEGINS(1001), THERE(1002, CLOSE_WAIT, .cookie = 2, .flags = HELD),
		  THERE(1002, CLOSE_WAIT, .cookie = 3, .lport = 5, .flags = HELD),
		  HOLDS(1003, 77, "leaky", .cookie = 2), HOLDS(1003, 78, "other", .cookie = 3),
		  CENSUS_ENDS(1004), MOVE(2000, CLOSE_WAIT, LAST_ACK, .cookie = 2),
		  MOVE(2000, CLOSE_WAIT, LAST_ACK, .cookie = 3, .lport = 5)},
	 .tells = {"2000 CLOSE-WAIT>LAST-ACK >=1000"},
	 .count = 2},
	/* An orphan's FIN-WAIT-2 goes on to TIME-WAIT without an event: sweeps look after it. */
	{.name = "there-fin-wait-2-mini",
	 .feed = {CENSUS_BEGINS(1001),
		  THERE(1002, FIN_WAIT2, .of = WIRE_MINI, .expires = 31000, .began = 800,
			.cookie = 9),
		  CENSUS_ENDS(1004)},
	 .count = 1,
	 .unsettled = 1},
};

int main(void)
{
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		scenario_run(&scenarios[i]);
	return test_status();
}
