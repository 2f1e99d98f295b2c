/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_loss.c - the connection model across gaps: wire_head.lost says that records are missing, and
 * no dwell that the gap may touch is ever exact, nor its bound too large. `.lost` is what the
 * record carries.
 */
#include "feeder.h"

static const struct scenario scenarios[] = {
	{.name = "loss-between-two-records",
	 .feed = {MOVE(2000, CLOSE, SYN_SENT), MOVE(2010, SYN_SENT, ESTABLISHED),
		  TICK(2500, .lost = 1), MOVE(2700, ESTABLISHED, CLOSE_WAIT, .lost = 1),
		  MOVE(2900, CLOSE_WAIT, LAST_ACK, .lost = 1)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2010 SYN-SENT>ESTABLISHED =10",
		   "2700 ESTABLISHED>CLOSE-WAIT >=200", "2900 CLOSE-WAIT>LAST-ACK =200"},
	 .count = 1},
	{.name = "loss-met-at-the-end-itself",
	 .feed = {MOVE(2010, SYN_SENT, ESTABLISHED),
		  MOVE(2700, ESTABLISHED, CLOSE_WAIT, .lost = 3)},
	 .tells = {"2010 SYN-SENT>ESTABLISHED ?", "2700 ESTABLISHED>CLOSE-WAIT ?"},
	 .count = 1},
	{.name = "loss-elsewhere-before-both-records",
	 .feed = {TICK(1500, .lost = 5), MOVE(2000, CLOSE, SYN_SENT, .lost = 5),
		  MOVE(2010, SYN_SENT, ESTABLISHED, .lost = 5)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2010 SYN-SENT>ESTABLISHED =10"},
	 .count = 1},
	{.name = "loss-bounds-what-is-first-seen-after-it",
	 .feed = {TICK(1500, .lost = 5), MOVE(2000, CLOSE_WAIT, LAST_ACK, .lost = 5)},
	 .tells = {"2000 CLOSE-WAIT>LAST-ACK >=500"},
	 .count = 1},
	{.name = "loss-hides-a-move",
	 .feed = {MOVE(2000, CLOSE, SYN_SENT), MOVE(2010, SYN_SENT, ESTABLISHED),
		  TICK(2500, .lost = 1), MOVE(2700, CLOSE_WAIT, LAST_ACK, .lost = 1)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2010 SYN-SENT>ESTABLISHED =10",
		   "2700 CLOSE-WAIT>LAST-ACK >=200"},
	 .count = 1},
	/* It connected again, from another port: its moves are those of a second connection. */
	{.name = "loss-of-another-connect",
	 .setup = {.filter = "-L 40001"},
	 .feed = {MOVE(2000, CLOSE, SYN_SENT), MOVE(2010, SYN_SENT, ESTABLISHED),
		  TICK(2500, .lost = 1),
		  MOVE(2700, ESTABLISHED, CLOSE_WAIT, .lport = 40001, .lost = 1),
		  MOVE(2900, CLOSE_WAIT, LAST_ACK, .lport = 40001, .lost = 1)},
	 .tells = {"2700 ESTABLISHED>CLOSE-WAIT >=200", "2900 CLOSE-WAIT>LAST-ACK =200"},
	 .count = 1},
	/* Perhaps a mini-socket took over, and its birth was lost. */
	{.name = "loss-before-the-close-in-fin-wait-2",
	 .feed = {MOVE(2000, FIN_WAIT1, FIN_WAIT2), TICK(2500, .lost = 1),
		  MOVE(2700, FIN_WAIT2, CLOSE, .lost = 1),
		  MINI(62800, EXPIRED, FIN_WAIT2, 62700, .lost = 1)},
	 .tells = {"2000 FIN-WAIT-1>FIN-WAIT-2 >=1000",
		   "62800 FIN-WAIT-2>CLOSED >=60300 timed-out"}},
	{.name = "loss-before-the-close-after-the-fin",
	 .feed = {MOVE(2000, FIN_WAIT1, FIN_WAIT2), TICK(2500, .lost = 1),
		  MOVE(2700, FIN_WAIT2, CLOSE, .flags = WIRE_F_FIN_SEEN, .lost = 1),
		  MINI(62800, EXPIRED, TIME_WAIT, 62700, .lost = 1)},
	 .tells = {"2000 FIN-WAIT-1>FIN-WAIT-2 >=1000", "2700 FIN-WAIT-2>TIME-WAIT >=200",
		   "62800 TIME-WAIT>CLOSED >=60100 normal"}},
	/* The FIN had no timestamps, so the kernel's note is that of the birth. */
	{.name = "loss-before-the-close-and-no-note-of-the-move",
	 .feed = {MOVE(2000, FIN_WAIT1, FIN_WAIT2), TICK(2500, .lost = 1),
		  MOVE(2700, FIN_WAIT2, CLOSE, .lost = 1),
		  MINI(4000, ENDED, TIME_WAIT, 62712, .tw_entered = 2699, .lost = 1,
		       .cause = WIRE_TW_BY_SEGMENT)},
	 .tells = {"2000 FIN-WAIT-1>FIN-WAIT-2 >=1000", "2712 FIN-WAIT-2>TIME-WAIT ?",
		   "4000 TIME-WAIT>CLOSED >=1288 reused-syn"}},
	{.name = "loss-before-the-close-that-was-the-end",
	 .feed = {MOVE(2000, FIN_WAIT1, FIN_WAIT2), TICK(2500, .lost = 1),
		  MOVE(2700, FIN_WAIT2, CLOSE, .flags = WIRE_F_EXPIRED, .lost = 1)},
	 .tells = {"2000 FIN-WAIT-1>FIN-WAIT-2 >=1000", "2700 FIN-WAIT-2>CLOSED >=200 timed-out"}},
	{.name = "loss-in-time-wait",
	 .feed = {MOVE(2000, FIN_WAIT1, FIN_WAIT2), MINI(2100, ARMED, TIME_WAIT, 62100),
		  MOVE(2100, FIN_WAIT2, CLOSE), TICK(40000, .lost = 1),
		  MINI(62500, EXPIRED, TIME_WAIT, 62100, .lost = 1)},
	 .tells = {"2000 FIN-WAIT-1>FIN-WAIT-2 >=1000", "2100 FIN-WAIT-2>TIME-WAIT =100",
		   "62500 TIME-WAIT>CLOSED >=22500 normal"}},
	/* The end is told by the cancel, which carries its own count. */
	{.name = "loss-before-a-cancel-that-settles",
	 .feed = {MOVE(2000, FIN_WAIT1, FIN_WAIT2), MINI(2100, ARMED, TIME_WAIT, 62100),
		  MOVE(2100, FIN_WAIT2, CLOSE), TICK(4000, .lost = 1),
		  MINI(5000, CANCELLED, TIME_WAIT, 62100, .lost = 1), TICK(6000, .lost = 1)},
	 .tells = {"2000 FIN-WAIT-1>FIN-WAIT-2 >=1000", "2100 FIN-WAIT-2>TIME-WAIT =100",
		   "5000 TIME-WAIT>CLOSED >=1000 unknown"}},
	/* Perhaps its timer was set anew, and that was lost: not known to have ended. */
	{.name = "loss-after-a-cancel-is-no-end",
	 .feed = {MOVE(2000, FIN_WAIT1, FIN_WAIT2), MINI(2100, ARMED, TIME_WAIT, 62100),
		  MOVE(2100, FIN_WAIT2, CLOSE), MINI(5000, CANCELLED, TIME_WAIT, 62100),
		  TICK(6000, .lost = 1), MINI(65400, EXPIRED, TIME_WAIT, 65000, .lost = 1)},
	 .tells = {"2000 FIN-WAIT-1>FIN-WAIT-2 >=1000", "2100 FIN-WAIT-2>TIME-WAIT =100",
		   "65400 TIME-WAIT>CLOSED >=59400 normal"}},
	/* FIN-WAIT-1>FIN-WAIT-2 was lost, at an unknown moment: the mini-socket's birth is not the
	 * begin of FIN-WAIT-2. */
	{.name = "loss-of-the-begin-of-fin-wait-2",
	 .feed = {MOVE(2000, ESTABLISHED, FIN_WAIT1), TICK(2500, .lost = 1),
		  MINI(4000, ARMED, FIN_WAIT2, 64000, .lost = 1),
		  MOVE(4000, FIN_WAIT2, CLOSE, .lost = 1),
		  MINI(5000, CANCELLED, TIME_WAIT, 64000, .lost = 1),
		  MINI(5000, ARMED, TIME_WAIT, 65000, .lost = 1)},
	 .tells = {"2000 ESTABLISHED>FIN-WAIT-1 >=1000", "5000 FIN-WAIT-2>TIME-WAIT >=2500"},
	 .count = 1},
	/* The same, but the mini-socket is born in TIME-WAIT: it was not in FIN-WAIT-1 until then.
	 */
	{.name = "loss-before-time-wait-is-no-fin-wait-1",
	 .feed = {MOVE(2000, ESTABLISHED, FIN_WAIT1), TICK(2500, .lost = 1),
		  MINI(4000, ARMED, TIME_WAIT, 64000, .lost = 1),
		  MOVE(4000, FIN_WAIT2, CLOSE, .lost = 1)},
	 .tells = {"2000 ESTABLISHED>FIN-WAIT-1 >=1000", "4000 FIN-WAIT-2>TIME-WAIT >=1500"},
	 .count = 1},
	{.name = "loss-of-the-husk",
	 .feed = {MOVE(2000, FIN_WAIT1, FIN_WAIT2), MINI(2100, ARMED, TIME_WAIT, 62100),
		  TICK(2200, .lost = 1), MINI(62500, EXPIRED, TIME_WAIT, 62100, .lost = 1)},
	 .tells = {"2000 FIN-WAIT-1>FIN-WAIT-2 >=1000", "2100 FIN-WAIT-2>TIME-WAIT =100",
		   "62500 TIME-WAIT>CLOSED >=60300 normal"}},
	/* Loss was met later than the state began, so the state's own begin is the better bound. */
	{.name = "loss-count-goes-back-between-cpus",
	 .feed = {TICK(1900, .lost = 2), MOVE(2000, CLOSE, SYN_SENT, .lost = 1),
		  MOVE(2010, SYN_SENT, ESTABLISHED, .lost = 2)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2010 SYN-SENT>ESTABLISHED >=10"},
	 .count = 1},
	{.name = "loss-count-wraps",
	 .feed = {TICK(1500, .lost = 0x7fffffff), TICK(1600, .lost = 0xfffffffe),
		  MOVE(2000, CLOSE, SYN_SENT, .lost = 0xffffffff), TICK(2500, .lost = 1),
		  MOVE(2700, SYN_SENT, ESTABLISHED, .lost = 1)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2700 SYN-SENT>ESTABLISHED >=200"},
	 .count = 1},
	/* A sweep carries the time before it began, which may be before a loss it already counts.
	 */
	{.name = "loss-bound-never-goes-back",
	 .feed = {TICK(3000, .lost = 1), SWEPT(2500, .lost = 2),
		  MOVE(3500, CLOSE_WAIT, LAST_ACK, .lost = 2)},
	 .tells = {"3500 CLOSE-WAIT>LAST-ACK >=500"},
	 .count = 1},
};

int main(void)
{
	for (unsigned i = 0; i < COUNT(scenarios); i++)
		scenario_run(&scenarios[i]);
	return test_status();
}
