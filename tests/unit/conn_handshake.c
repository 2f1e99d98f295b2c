/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_handshake.c - SYN-RECEIVED: what the child's first round trip tells of it, what its request
 * does, and how either ends.
 */
#include "feeder.h"

static const struct scenario scenarios[] = {
	{.name = "handshake-as-the-child-tells",
	 .feed = {MOVE(2000, LISTEN, SYN_RECV), MOVE(2001, SYN_RECV, ESTABLISHED, .ago = 301000)},
	 .tells = {"1700 LISTEN>SYN-RECEIVED ?", "2001 SYN-RECEIVED>ESTABLISHED =301"},
	 .count = 1},
	{.name = "handshake-as-an-old-kernel-tells",
	 .feed = {MOVE(2001, SYN_RECV, ESTABLISHED, .ago = 301000, .flags = WIRE_F_UNTOLD)},
	 .tells = {"1700 LISTEN>SYN-RECEIVED ?", "2001 SYN-RECEIVED>ESTABLISHED =301"},
	 .count = 1},
	/* The kernel measured it, whatever was lost meanwhile, and whenever we came. */
	{.name = "handshake-across-a-loss",
	 .feed = {MOVE(2000, LISTEN, SYN_RECV), TICK(2001, .lost = 3),
		  MOVE(2001, SYN_RECV, ESTABLISHED, .ago = 1501000, .lost = 3)},
	 .tells = {"500 LISTEN>SYN-RECEIVED ?", "2001 SYN-RECEIVED>ESTABLISHED =1501"},
	 .count = 1},
	/* A SYN cookie: nobody knows when the SYN came. */
	{.name = "handshake-by-cookie",
	 .feed = {MOVE(2000, LISTEN, SYN_RECV), MOVE(2001, SYN_RECV, ESTABLISHED)},
	 .tells = {"2000 LISTEN>SYN-RECEIVED ?", "2001 SYN-RECEIVED>ESTABLISHED >=1"},
	 .count = 1},
	{.name = "handshake-longer-than-the-machine-is-up",
	 .feed = {MOVE(2000, LISTEN, SYN_RECV), MOVE(2001, SYN_RECV, ESTABLISHED, .ago = 2001000)},
	 .tells = {"2000 LISTEN>SYN-RECEIVED ?", "2001 SYN-RECEIVED>ESTABLISHED >=1"},
	 .count = 1},
	/* What the child tells is a time of its ESTABLISHED, and of no other move. */
	{.name = "handshake-cut",
	 .feed = {MOVE(2000, LISTEN, SYN_RECV), MOVE(2001, SYN_RECV, CLOSE, .ago = 7)},
	 .tells = {"2000 LISTEN>SYN-RECEIVED ?", "2001 SYN-RECEIVED>CLOSED >=1 unknown"}},
	/* Nothing follows: Fast Open, told when that is clear. */
	{.name = "handshake-that-lasts",
	 .feed = {MOVE(2000, LISTEN, SYN_RECV), TICK(2501),
		  MOVE(2700, SYN_RECV, ESTABLISHED, .flags = WIRE_F_FAST_OPEN)},
	 .tells = {"2000 LISTEN>SYN-RECEIVED ?", "2700 SYN-RECEIVED>ESTABLISHED =700"},
	 .count = 1},

	/* ---- the SYN-ACK is sent again ---- */

	{.name = "request-sent-again-then-a-child",
	 .feed = {REQUEST(2500, EXPIRED, .began = 1500), REQUEST(2500, ARMED, .began = 1500),
		  MOVE(3000, LISTEN, SYN_RECV), REQUEST(3000, TAKEN, .began = 1500),
		  MOVE(3001, SYN_RECV, ESTABLISHED)},
	 .tells = {"1500 LISTEN>SYN-RECEIVED ?", "3001 SYN-RECEIVED>ESTABLISHED =1501"},
	 .count = 1},
	{.name = "request-sent-again-then-a-child-of-an-old-kernel",
	 .feed = {REQUEST(2500, EXPIRED, .began = 1500), REQUEST(2500, ARMED, .began = 1500),
		  REQUEST(3000, TAKEN, .began = 1500),
		  MOVE(3001, SYN_RECV, ESTABLISHED, .flags = WIRE_F_UNTOLD)},
	 .tells = {"1500 LISTEN>SYN-RECEIVED ?", "3001 SYN-RECEIVED>ESTABLISHED =1501"},
	 .count = 1},
	/* The client's SYN came again, before the timer ran out. */
	{.name = "request-asked-again-then-a-child",
	 .feed = {MOVE(3000, LISTEN, SYN_RECV), REQUEST(3000, TAKEN, .began = 2100),
		  MOVE(3001, SYN_RECV, ESTABLISHED)},
	 .tells = {"2100 LISTEN>SYN-RECEIVED ?", "3001 SYN-RECEIVED>ESTABLISHED =901"},
	 .count = 1},
	{.name = "request-whose-child-is-given-up",
	 .feed = {REQUEST(3000, TAKEN, .began = 2100), TICK(3600)},
	 .tells = {0}},
	/* That it was taken is not told: where fentry does not reach what the compiler inlined. */
	{.name = "request-taken-untold",
	 .feed = {REQUEST(2500, EXPIRED, .began = 1500), REQUEST(2500, ARMED, .began = 1500),
		  MOVE(3000, LISTEN, SYN_RECV), MOVE(3001, SYN_RECV, ESTABLISHED)},
	 .tells = {"3000 LISTEN>SYN-RECEIVED ?", "3001 SYN-RECEIVED>ESTABLISHED >=1"},
	 .count = 1},

	/* ---- no child ---- */

	{.name = "request-times-out",
	 .feed = {REQUEST(2500, EXPIRED, .began = 1500), REQUEST(2500, ARMED, .began = 1500),
		  REQUEST(4500, EXPIRED, .began = 1500), TICK(5000), TICK(5001)},
	 .tells = {"1500 LISTEN>SYN-RECEIVED ?", "4500 SYN-RECEIVED>CLOSED =3000 timed-out"}},
	{.name = "request-is-reset",
	 .feed = {REQUEST(1600, ENDED, .began = 1500, .cause = WIRE_HS_BY_SEGMENT)},
	 .tells = {"1500 LISTEN>SYN-RECEIVED ?", "1600 SYN-RECEIVED>CLOSED =100 reset"}},
	{.name = "request-is-killed",
	 .feed = {REQUEST(1600, ENDED, .began = 1500, .cause = WIRE_HS_BY_KILL)},
	 .tells = {"1500 LISTEN>SYN-RECEIVED ?", "1600 SYN-RECEIVED>CLOSED =100 killed"}},
	{.name = "request-is-unreachable",
	 .feed = {REQUEST(1600, ENDED, .began = 1500, .cause = WIRE_HS_BY_ICMP)},
	 .tells = {"1500 LISTEN>SYN-RECEIVED ?", "1600 SYN-RECEIVED>CLOSED =100 unreachable"}},
	{.name = "request-answered-without-a-listener",
	 .feed = {REQUEST(1600, ENDED, .began = 1500, .cause = WIRE_HS_BY_LISTENER,
			  .flags = WIRE_HS_CLOSED)},
	 .tells = {"1500 LISTEN>SYN-RECEIVED ?", "1600 SYN-RECEIVED>CLOSED =100 no-listener"}},
	/* Its listener is there: tcp_check_req() is not on the stack (inlined, or arm64). */
	{.name = "request-reset-and-the-caller-unseen",
	 .feed = {REQUEST(1600, ENDED, .began = 1500, .cause = WIRE_HS_BY_LISTENER)},
	 .tells = {"1500 LISTEN>SYN-RECEIVED ?", "1600 SYN-RECEIVED>CLOSED =100 reset"}},
	{.name = "request-ended-by-who-knows",
	 .feed = {REQUEST(1600, ENDED, .began = 1500)},
	 .tells = {"1500 LISTEN>SYN-RECEIVED ?", "1600 SYN-RECEIVED>CLOSED =100 unknown"}},
	/* A RST of the peer, or none: there was no room, and tcp_abort_on_overflow is 1. */
	{.name = "request-reset-by-either",
	 .feed = {REQUEST(1600, ENDED, .began = 1500, .cause = WIRE_HS_BY_SEGMENT,
			  .flags = WIRE_HS_FULL | WIRE_HS_RESETS)},
	 .tells = {"1500 LISTEN>SYN-RECEIVED ?", "1600 SYN-RECEIVED>CLOSED =100 unknown"}},
	{.name = "request-never-let-in",
	 .feed = {REQUEST(2500, EXPIRED, .began = 1500, .flags = WIRE_HS_ACKED | WIRE_HS_FULL),
		  TICK(3001)},
	 .tells = {"1500 LISTEN>SYN-RECEIVED ?", "2500 SYN-RECEIVED>CLOSED =1000 queue-full"}},
	{.name = "request-that-waits-for-data",
	 .feed = {REQUEST(2500, EXPIRED, .began = 1500,
			  .flags = WIRE_HS_ACKED | WIRE_HS_DEFERS | WIRE_HS_FULL),
		  TICK(3001)},
	 .tells = {"1500 LISTEN>SYN-RECEIVED ?", "2500 SYN-RECEIVED>CLOSED =1000 timed-out"}},
	{.name = "request-without-a-listener",
	 .feed = {REQUEST(2500, EXPIRED, .began = 1500, .flags = WIRE_HS_CLOSED), TICK(3001)},
	 .tells = {"1500 LISTEN>SYN-RECEIVED ?", "2500 SYN-RECEIVED>CLOSED =1000 no-listener"}},
	/* Another listener may have taken it. */
	{.name = "request-that-may-move",
	 .feed = {REQUEST(2500, EXPIRED, .began = 1500, .flags = WIRE_HS_CLOSED | WIRE_HS_MOVES),
		  TICK(3001)},
	 .tells = {0},
	 .count = 0},
	{.name = "request-whose-syn-ack-never-went-out",
	 .feed = {REQUEST(2500, EXPIRED), TICK(3001)},
	 .tells = {"2500 LISTEN>SYN-RECEIVED ?", "2500 SYN-RECEIVED>CLOSED ? timed-out"}},

	/* ---- what is not known ---- */

	/* That its timer was set again may be what was lost. */
	{.name = "request-across-a-loss",
	 .feed = {REQUEST(2500, EXPIRED, .began = 1500), TICK(2600, .lost = 1),
		  TICK(3001, .lost = 1)},
	 .tells = {0},
	 .count = 1},
	/* The same client and port, another handshake: the end of the former was lost. */
	{.name = "request-of-another-handshake",
	 .feed = {REQUEST(2500, EXPIRED, .began = 1500), TICK(2600, .lost = 1),
		  REQUEST(9000, ENDED, .began = 8900, .cause = WIRE_HS_BY_SEGMENT, .lost = 1)},
	 .tells = {"8900 LISTEN>SYN-RECEIVED ?", "9000 SYN-RECEIVED>CLOSED =100 reset"}},
	/* Two censuses do not meet it: a child may have taken its place, so nothing is told. */
	{.name = "request-gone-unseen",
	 .feed = {REQUEST(2500, EXPIRED, .began = 1500), REQUEST(2500, ARMED, .began = 1500),
		  CENSUS_BEGINS(3000), SWEPT(3001), CENSUS_ENDS(3002), CENSUS_BEGINS(4000),
		  SWEPT(4001), CENSUS_ENDS(4002), CENSUS_BEGINS(5000), SWEPT(5001),
		  CENSUS_ENDS(5002)},
	 .tells = {0}},
	{.name = "request-met",
	 .feed = {REQUEST(2500, EXPIRED, .began = 1500), REQUEST(2500, ARMED, .began = 1500),
		  CENSUS_BEGINS(3000), SWEPT(3001), CENSUS_ENDS(3002), CENSUS_BEGINS(4000),
		  THERE(4000, SYN_RECV, .of = WIRE_REQUEST, .cookie = 9), SWEPT(4001),
		  CENSUS_ENDS(4002), CENSUS_BEGINS(5000),
		  THERE(5000, SYN_RECV, .of = WIRE_REQUEST, .cookie = 9), SWEPT(5001),
		  CENSUS_ENDS(5002)},
	 .tells = {0},
	 .count = 1},
	/* A SYN cookie, and a request of a handshake before whose end was lost. */
	{.name = "request-of-a-handshake-before",
	 .feed = {REQUEST(2500, EXPIRED, .began = 1500), REQUEST(2500, ARMED, .began = 1500),
		  TICK(2600, .lost = 1), MOVE(9000, LISTEN, SYN_RECV, .lost = 1),
		  MOVE(9001, SYN_RECV, ESTABLISHED, .lost = 1)},
	 .tells = {"9000 LISTEN>SYN-RECEIVED ?", "9001 SYN-RECEIVED>ESTABLISHED >=1"},
	 .count = 1},
	/* Its timer runs out while the child is made. */
	{.name = "request-that-expires-with-a-child",
	 .feed = {REQUEST(2500, EXPIRED, .began = 1500), MOVE(2500, LISTEN, SYN_RECV),
		  MOVE(2500, SYN_RECV, ESTABLISHED, .ago = 1000100)},
	 .tells = {"1499900000ns LISTEN>SYN-RECEIVED ?",
		   "2500 SYN-RECEIVED>ESTABLISHED =1000100000ns"},
	 .count = 1},
	/* It ended just before another handshake of the same ports. */
	{.name = "request-that-ended-before-a-child",
	 .feed = {REQUEST(2500, EXPIRED, .began = 1500), MOVE(2901, LISTEN, SYN_RECV),
		  MOVE(2902, SYN_RECV, ESTABLISHED, .ago = 102000)},
	 .tells = {"1500 LISTEN>SYN-RECEIVED ?", "2500 SYN-RECEIVED>CLOSED =1000 timed-out",
		   "2800 LISTEN>SYN-RECEIVED ?", "2902 SYN-RECEIVED>ESTABLISHED =102"},
	 .count = 1},
	/* The request says so itself. */
	{.name = "request-that-took-longer-than-32-bits",
	 .feed = {MOVE(7200000, LISTEN, SYN_RECV), REQUEST(7200000, TAKEN, .began = 1500),
		  MOVE(7200001, SYN_RECV, ESTABLISHED, .ago = 7)},
	 .tells = {"1500 LISTEN>SYN-RECEIVED ?", "7200001 SYN-RECEIVED>ESTABLISHED =7198501"},
	 .count = 1},
	/* What is missing behind the handshake is told once. */
	{.name = "handshake-then-a-loss",
	 .feed = {MOVE(2000, LISTEN, SYN_RECV), TICK(2100, .lost = 1),
		  MOVE(2200, ESTABLISHED, CLOSE_WAIT, .lost = 1)},
	 .tells = {"2000 LISTEN>SYN-RECEIVED ?", "2200 ESTABLISHED>CLOSE-WAIT >=100"},
	 .count = 1},
	/* Fast Open before 6.15: the SYN came at some time before. */
	{.name = "handshake-fast-open-untold",
	 .feed = {MOVE(2300, SYN_RECV, ESTABLISHED, .ago = 100000,
		       .flags = WIRE_F_UNTOLD | WIRE_F_FAST_OPEN)},
	 .tells = {"2300 LISTEN>SYN-RECEIVED ?", "2300 SYN-RECEIVED>ESTABLISHED ?"},
	 .count = 1},
	/* Whoever sends SYNs takes little room from connections. */
	{.name = "request-without-room",
	 .setup = {.max = 1},
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .cookie = 2),
		  REQUEST(2500, EXPIRED, .began = 1500, .lport = 80),
		  MOVE(2600, SYN_SENT, ESTABLISHED, .cookie = 2)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2600 SYN-SENT>ESTABLISHED =600"},
	 .count = 1,
	 .evicted = 1},
	{.name = "request-unwanted",
	 .setup = {.filter = "-L 81"},
	 .feed = {REQUEST(1600, ENDED, .began = 1500, .lport = 80)},
	 .tells = {0}},
	/* Whose it is shows when somebody accepts; what was told of the request waits for that. */
	{.name = "request-wanted-late",
	 .setup = {.filter = "-p 6", .show_owner = true},
	 .feed = {REQUEST(2500, EXPIRED, .began = 1500), REQUEST(2500, ARMED, .began = 1500),
		  MOVE(3000, LISTEN, SYN_RECV), REQUEST(3000, TAKEN, .began = 1500),
		  MOVE(3001, SYN_RECV, ESTABLISHED), ACCEPTED(3002, 6, "worker")},
	 .tells = {"1500 LISTEN>SYN-RECEIVED ? 6 worker exact",
		   "3001 SYN-RECEIVED>ESTABLISHED =1501 6 worker exact"},
	 .count = 1},
};

int main(void)
{
	for (unsigned i = 0; i < COUNT(scenarios); i++)
		scenario_run(&scenarios[i]);
	return test_status();
}
