/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_reconcile.c - later censuses against what is known by then. What agrees is no longer in
 * doubt; what contradicts counts when two in a row say so, and no event came between.
 */
#include "feeder.h"

#define HELD WIRE_S_FILE

/* The first census, of an empty host. */
#define FIRST CENSUS_BEGINS(1001), SWEPT(1002), CENSUS_ENDS(1003)

#define ONE_CENSUS(at, ...) CENSUS_BEGINS(at), __VA_ARGS__, SWEPT((at) + 8), CENSUS_ENDS((at) + 9)

static const struct scenario scenarios[] = {
	/* Known, and found so: nothing changes, and its exact begin is kept. */
	{.name = "reconcile-agreed",
	 .feed = {FIRST, MOVE(2000, CLOSE, SYN_SENT), MOVE(2001, SYN_SENT, ESTABLISHED),
		  ONE_CENSUS(5000, THERE(5001, ESTABLISHED, .acked = 2001)),
		  MOVE(6001, ESTABLISHED, CLOSE_WAIT)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2001 SYN-SENT>ESTABLISHED =1",
		   "6001 ESTABLISHED>CLOSE-WAIT =4000"},
	 .count = 1,
	 .judges_doubt = true},
	/* In doubt after a loss, until a census finds it: then for as long as the socket proves. */
	{.name = "reconcile-after-a-loss",
	 .feed = {FIRST, MOVE(2000, CLOSE, SYN_SENT), MOVE(2001, SYN_SENT, ESTABLISHED),
		  TICK(4000, .lost = 1), CENSUS_BEGINS(5000, .lost = 1),
		  THERE(5001, ESTABLISHED, .acked = 3000, .lost = 1), SWEPT(5002, .lost = 1),
		  CENSUS_ENDS(5003, .lost = 1), CENSUS_BEGINS(5100, .lost = 1),
		  THERE(5101, ESTABLISHED, .acked = 3000, .lost = 1), SWEPT(5102, .lost = 1),
		  CENSUS_ENDS(5103, .lost = 1), MOVE(6001, ESTABLISHED, CLOSE_WAIT, .lost = 1)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2001 SYN-SENT>ESTABLISHED =1",
		   "6001 ESTABLISHED>CLOSE-WAIT >=2993"},
	 .count = 1,
	 .judges_doubt = true},
	/* One census is not enough to settle all: another one may miss what this one met by chance.
	 */
	{.name = "reconcile-owes-another",
	 .feed = {FIRST, MOVE(2000, CLOSE, SYN_SENT), TICK(4000, .lost = 1),
		  CENSUS_BEGINS(5000, .lost = 1), THERE(5001, SYN_SENT, .lost = 1),
		  SWEPT(5002, .lost = 1), CENSUS_ENDS(5003, .lost = 1)},
	 .tells = {"2000 CLOSED>SYN-SENT ?"},
	 .count = 1,
	 .judges_doubt = true,
	 .owed = 1},
	/* ESTABLISHED -> CLOSE-WAIT was never told. */
	{.name = "reconcile-another-state",
	 .feed = {FIRST, MOVE(2000, CLOSE, SYN_SENT), MOVE(2001, SYN_SENT, ESTABLISHED),
		  ONE_CENSUS(5000, THERE(5001, CLOSE_WAIT, .acked = 3000)),
		  ONE_CENSUS(5100, THERE(5101, CLOSE_WAIT, .acked = 3000)),
		  MOVE(6001, CLOSE_WAIT, LAST_ACK)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2001 SYN-SENT>ESTABLISHED =1",
		   "6001 CLOSE-WAIT>LAST-ACK >=2997"},
	 .count = 1,
	 .judges_doubt = true,
	 .missed = 1},
	/* One census that does not find it decides nothing, but nobody may count on it. */
	{.name = "reconcile-unmet-once",
	 .feed = {FIRST, MOVE(2000, CLOSE, SYN_SENT), MOVE(2001, SYN_SENT, ESTABLISHED),
		  CENSUS_BEGINS(5000), SWEPT(5001), CENSUS_ENDS(5002)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2001 SYN-SENT>ESTABLISHED =1"},
	 .count = 1,
	 .judges_doubt = true,
	 .in_doubt = 1,
	 .owed = 1},
	/* Nor on a state in which the last one did not find it. */
	{.name = "reconcile-another-state-once",
	 .feed = {FIRST, MOVE(2000, CLOSE, SYN_SENT), MOVE(2001, SYN_SENT, ESTABLISHED),
		  ONE_CENSUS(5000, THERE(5001, CLOSE_WAIT, .acked = 3000))},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2001 SYN-SENT>ESTABLISHED =1"},
	 .count = 1,
	 .judges_doubt = true,
	 .in_doubt = 1,
	 .owed = 1},
	/* One that is under way contradicts once: its event is only late. */
	{.name = "reconcile-event-on-its-way",
	 .feed = {FIRST, MOVE(2000, CLOSE, SYN_SENT), MOVE(2001, SYN_SENT, ESTABLISHED),
		  ONE_CENSUS(5000, THERE(5001, CLOSE_WAIT, .acked = 5000)),
		  MOVE(5000, ESTABLISHED, CLOSE_WAIT),
		  ONE_CENSUS(5100, THERE(5101, CLOSE_WAIT, .acked = 5000)),
		  MOVE(6000, CLOSE_WAIT, LAST_ACK)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2001 SYN-SENT>ESTABLISHED =1",
		   "5000 ESTABLISHED>CLOSE-WAIT =2999", "6000 CLOSE-WAIT>LAST-ACK =1000"},
	 .count = 1,
	 .judges_doubt = true},
	/* Its end was never told: it was there at 5000, so ESTABLISHED lasted that long. */
	{.name = "reconcile-ended-unseen",
	 .feed = {FIRST, MOVE(2000, CLOSE, SYN_SENT), MOVE(2001, SYN_SENT, ESTABLISHED),
		  ONE_CENSUS(5000, THERE(5001, ESTABLISHED, .acked = 2001)), CENSUS_BEGINS(6000),
		  SWEPT(6001), CENSUS_ENDS(6002), CENSUS_BEGINS(7000), SWEPT(7001),
		  CENSUS_ENDS(7002)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2001 SYN-SENT>ESTABLISHED =1",
		   "7000 ESTABLISHED>CLOSED >=2999 unknown"},
	 .judges_doubt = true,
	 .missed = 1},
	/* Whose port was not known yet: the filter in the kernel may have kept its moves from us
	 * since.
	 */
	{.name = "reconcile-undecided-is-gone",
	 .setup = {.filter = "-L 40000"},
	 .feed = {FIRST, MOVE(2000, CLOSE, SYN_SENT, .lport = NONE), CENSUS_BEGINS(6000),
		  SWEPT(6001), CENSUS_ENDS(6002), CENSUS_BEGINS(7000), SWEPT(7001),
		  CENSUS_ENDS(7002)},
	 .judges_doubt = true},
	/* An iterator may pass over one. */
	{.name = "reconcile-passed-over",
	 .feed = {FIRST, MOVE(2000, CLOSE, SYN_SENT), MOVE(2001, SYN_SENT, ESTABLISHED),
		  CENSUS_BEGINS(6000), SWEPT(6001), CENSUS_ENDS(6002),
		  ONE_CENSUS(7000, THERE(7001, ESTABLISHED)), CENSUS_BEGINS(8000), SWEPT(8001),
		  CENSUS_ENDS(8002), MOVE(9001, ESTABLISHED, CLOSE_WAIT)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2001 SYN-SENT>ESTABLISHED =1",
		   "9001 ESTABLISHED>CLOSE-WAIT =7000"},
	 .count = 1,
	 .judges_doubt = true,
	 .owed = 1},
	/* Where no census has been, what it did not find says nothing. */
	{.name = "reconcile-not-been-there",
	 .feed = {FIRST, MOVE(2000, CLOSE, SYN_SENT), CENSUS_BEGINS(6000), SWEPT(6001, .netns = 5),
		  CENSUS_ENDS(6002), CENSUS_BEGINS(7000), SWEPT(7001, .netns = 5),
		  SWEPT(7001, .blind = 1), CENSUS_ENDS(7002)},
	 .tells = {"2000 CLOSED>SYN-SENT ?"},
	 .count = 1,
	 .judges_doubt = true},
	/* Its birth was never told. */
	{.name = "reconcile-unknown",
	 .feed = {FIRST, ONE_CENSUS(5000, THERE(5001, CLOSE_WAIT, .acked = 3000)),
		  ONE_CENSUS(5100, THERE(5101, CLOSE_WAIT, .acked = 3000)),
		  MOVE(6001, CLOSE_WAIT, LAST_ACK)},
	 .tells = {"6001 CLOSE-WAIT>LAST-ACK >=2997"},
	 .count = 1,
	 .judges_doubt = true,
	 .missed = 1},
	/* ... or only late. */
	{.name = "reconcile-birth-on-its-way",
	 .feed = {FIRST, ONE_CENSUS(5000, THERE(5001, ESTABLISHED, .acked = 5000)),
		  MOVE(4999, LISTEN, SYN_RECV), MOVE(5000, SYN_RECV, ESTABLISHED),
		  ONE_CENSUS(5100, THERE(5101, ESTABLISHED, .acked = 5000)),
		  MOVE(6000, ESTABLISHED, CLOSE_WAIT)},
	 .tells = {"4999 LISTEN>SYN-RECEIVED ?", "5000 SYN-RECEIVED>ESTABLISHED >=1",
		   "6000 ESTABLISHED>CLOSE-WAIT =1000"},
	 .count = 1,
	 .judges_doubt = true},
	/* Nobody is a stranger after a whole census: that it left a state shows that a move was not
	 * told, and since when it was in it nobody knows. (It was ">=999".) */
	{.name = "reconcile-stranger",
	 .feed = {FIRST, FIRST, MOVE(2000, CLOSE_WAIT, LAST_ACK)},
	 .tells = {"2000 CLOSE-WAIT>LAST-ACK ?"},
	 .count = 1,
	 .judges_doubt = true,
	 .missed = 1,
	 .owed = 2},
	/* One census alone may have passed over it, as it does now and then during a churn. */
	{.name = "reconcile-stranger-passed-over",
	 .feed = {FIRST, MOVE(2000, CLOSE_WAIT, LAST_ACK)},
	 .tells = {"2000 CLOSE-WAIT>LAST-ACK ?"},
	 .count = 1,
	 .judges_doubt = true},
	/* One move that was not told puts the others in doubt, until a census has met them. */
	{.name = "reconcile-doubt-ends",
	 .feed = {FIRST, FIRST, MOVE(1500, CLOSE, SYN_SENT, .cookie = 8, .lport = 40001),
		  MOVE(2000, CLOSE_WAIT, LAST_ACK), MOVE(2001, LAST_ACK, CLOSE),
		  ONE_CENSUS(5000, THERE(5001, SYN_SENT, .cookie = 8, .lport = 40001)),
		  ONE_CENSUS(5100, THERE(5101, SYN_SENT, .cookie = 8, .lport = 40001))},
	 .tells = {"1500 CLOSED>SYN-SENT ?", "2000 CLOSE-WAIT>LAST-ACK ?",
		   "2001 LAST-ACK>CLOSED =1 unknown"},
	 .count = 1,
	 .judges_doubt = true,
	 .missed = 1},
	/* A full socket that a mini-socket took over, and nothing was told. */
	{.name = "reconcile-full-to-mini",
	 .feed = {FIRST, MOVE(2000, CLOSE, SYN_SENT), MOVE(2001, SYN_SENT, ESTABLISHED),
		  ONE_CENSUS(5000, THERE(5001, TIME_WAIT, .of = WIRE_MINI, .expires = 63000)),
		  ONE_CENSUS(5100, THERE(5101, TIME_WAIT, .of = WIRE_MINI, .expires = 63000)),
		  MINI(63010, EXPIRED, TIME_WAIT, 63000)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2001 SYN-SENT>ESTABLISHED =1",
		   "63010 TIME-WAIT>CLOSED >=60002 normal"},
	 .judges_doubt = true,
	 .missed = 1},
	/* An expiry that nobody told of. TIME-WAIT ended unseen, some time after it was met. */
	{.name = "reconcile-mini-gone",
	 .feed = {FIRST, MOVE(2000, FIN_WAIT1, FIN_WAIT2), MINI(2100, BORN, TIME_WAIT, 62100),
		  MOVE(2100, FIN_WAIT2, CLOSE), CENSUS_BEGINS(70000), SWEPT(70001),
		  CENSUS_ENDS(70002), CENSUS_BEGINS(71000), SWEPT(71001), CENSUS_ENDS(71002)},
	 .tells = {"2000 FIN-WAIT-1>FIN-WAIT-2 ?", "2100 FIN-WAIT-2>TIME-WAIT =100",
		   "71000 TIME-WAIT>CLOSED ? unknown"},
	 .judges_doubt = true,
	 .missed = 1},
	/* Its timer is due, and the wheel is late: it is there, and its end will be told. */
	{.name = "reconcile-mini-due",
	 .feed = {FIRST, MOVE(2000, FIN_WAIT1, FIN_WAIT2), MINI(2100, ARMED, TIME_WAIT, 62100),
		  MOVE(2100, FIN_WAIT2, CLOSE),
		  ONE_CENSUS(62200, THERE(62201, TIME_WAIT, .of = WIRE_MINI, .expires = 62100)),
		  ONE_CENSUS(62700, THERE(62701, TIME_WAIT, .of = WIRE_MINI, .expires = 62100)),
		  MINI(63200, CANCELLED, TIME_WAIT, 62100), MINI(63200, EXPIRED, TIME_WAIT, 62100)},
	 .tells = {"2000 FIN-WAIT-1>FIN-WAIT-2 ?", "2100 FIN-WAIT-2>TIME-WAIT =100",
		   "63200 TIME-WAIT>CLOSED =61100 normal"},
	 .judges_doubt = true},
	/* The same without a census: it is in doubt ten seconds after its timer ran out ... */
	{.name = "reconcile-mini-overdue",
	 .feed = {FIRST, MOVE(2000, FIN_WAIT1, FIN_WAIT2), MINI(2100, ARMED, TIME_WAIT, 62100),
		  MOVE(2100, FIN_WAIT2, CLOSE), TICK(80000)},
	 .tells = {"2000 FIN-WAIT-1>FIN-WAIT-2 ?", "2100 FIN-WAIT-2>TIME-WAIT =100"},
	 .count = 1,
	 .judges_doubt = true,
	 .owed = 2,
	 .in_doubt = 1},
	/* ... and gone when no restart could have kept it. */
	{.name = "reconcile-mini-long-overdue",
	 .feed = {FIRST, MOVE(2000, FIN_WAIT1, FIN_WAIT2), MINI(2100, ARMED, TIME_WAIT, 62100),
		  MOVE(2100, FIN_WAIT2, CLOSE), TICK(200000)},
	 .tells = {"2000 FIN-WAIT-1>FIN-WAIT-2 ?", "2100 FIN-WAIT-2>TIME-WAIT =100",
		   "200000 TIME-WAIT>CLOSED ? unknown"},
	 .judges_doubt = true,
	 .missed = 1},
	/* One that a segment restarted is not. */
	{.name = "reconcile-mini-restarted",
	 .feed = {FIRST, MOVE(2000, FIN_WAIT1, FIN_WAIT2), MINI(2100, ARMED, TIME_WAIT, 62100),
		  MOVE(2100, FIN_WAIT2, CLOSE), MINI(50000, CANCELLED, TIME_WAIT, 62100),
		  MINI(50000, ARMED, TIME_WAIT, 110000),
		  ONE_CENSUS(79000, THERE(79001, TIME_WAIT, .of = WIRE_MINI, .expires = 110000)),
		  ONE_CENSUS(79100, THERE(79101, TIME_WAIT, .of = WIRE_MINI, .expires = 110000)),
		  TICK(85000)},
	 .tells = {"2000 FIN-WAIT-1>FIN-WAIT-2 ?", "2100 FIN-WAIT-2>TIME-WAIT =100"},
	 .count = 1,
	 .judges_doubt = true},
	/*
	 * The move to TIME-WAIT was lost, and the sweep that would have told it came before the
	 * birth was read. It was there all the time. (It was told as ended at 5100.)
	 */
	{.name = "reconcile-mini-moved",
	 .feed = {FIRST, MOVE(2000, FIN_WAIT1, FIN_WAIT2), MINI(2100, ARMED, FIN_WAIT2, 4100),
		  MOVE(2100, FIN_WAIT2, CLOSE), TICK(2600, .lost = 1),
		  CENSUS_BEGINS(5000, .lost = 1),
		  THERE(5001, TIME_WAIT, .of = WIRE_MINI, .expires = 62500, .lost = 1),
		  SWEPT(5008, .lost = 1), CENSUS_ENDS(5009, .lost = 1),
		  CENSUS_BEGINS(5100, .lost = 1),
		  THERE(5101, TIME_WAIT, .of = WIRE_MINI, .expires = 62500, .lost = 1),
		  SWEPT(5108, .lost = 1), CENSUS_ENDS(5109, .lost = 1),
		  MINI(62510, EXPIRED, TIME_WAIT, 62500, .lost = 1)},
	 .tells = {"2000 FIN-WAIT-1>FIN-WAIT-2 ?", "2500 FIN-WAIT-2>TIME-WAIT ?",
		   "62510 TIME-WAIT>CLOSED >=60010 normal"},
	 .judges_doubt = true},
	/*
	 * FIN-WAIT-1 -> FIN-WAIT-2 was not told, and one segment brought the mini-socket and its
	 * TIME-WAIT. (FIN-WAIT-2 was ">=1100", the time since the attach.)
	 */
	{.name = "reconcile-mini-out-of-fin-wait-1",
	 .feed = {MOVE(2000, ESTABLISHED, FIN_WAIT1), MINI(2100, ARMED, TIME_WAIT, 62100),
		  MOVE(2100, FIN_WAIT2, CLOSE)},
	 .tells = {"2000 ESTABLISHED>FIN-WAIT-1 >=1000", "2100 FIN-WAIT-2>TIME-WAIT ?"},
	 .count = 1,
	 .judges_doubt = true,
	 .missed = 1,
	 .owed = 2},
	/* A move to TIME-WAIT that was missed where a function tells each. */
	{.name = "reconcile-mini-moved-untold",
	 .feed = {FIRST, MOVE(2000, FIN_WAIT1, FIN_WAIT2), MINI(2100, BORN, FIN_WAIT2, 4100),
		  MOVE(2100, FIN_WAIT2, CLOSE),
		  ONE_CENSUS(5000, THERE(5001, TIME_WAIT, .of = WIRE_MINI, .expires = 62500)),
		  ONE_CENSUS(5100, THERE(5101, TIME_WAIT, .of = WIRE_MINI, .expires = 62500)),
		  MINI(62510, EXPIRED, TIME_WAIT, 62500)},
	 .tells = {"2000 FIN-WAIT-1>FIN-WAIT-2 ?", "62510 TIME-WAIT>CLOSED >=60002 normal"},
	 .judges_doubt = true,
	 .missed = 1},
	/* With a filter in the kernel nothing is told of others, so nothing is known of them. */
	{.name = "reconcile-not-asked-for",
	 .setup = {.filter = "-L 80"},
	 .feed = {FIRST, ONE_CENSUS(5000, THERE(5001, CLOSE_WAIT, .acked = 3000)),
		  ONE_CENSUS(5100, THERE(5101, CLOSE_WAIT, .acked = 3000))},
	 .judges_doubt = true},
	/* Where sweeps tell of mini-sockets, a census does not. */
	{.name = "reconcile-sampled",
	 .setup = {.samples = true},
	 .feed = {FIRST,
		  ONE_CENSUS(5000, THERE(5001, TIME_WAIT, .of = WIRE_MINI, .expires = 63000)),
		  ONE_CENSUS(5100, THERE(5101, TIME_WAIT, .of = WIRE_MINI, .expires = 63000))},
	 .judges_doubt = true},
};

int main(void)
{
	for (unsigned i = 0; i < COUNT(scenarios); i++)
		scenario_run(&scenarios[i]);
	return test_status();
}
