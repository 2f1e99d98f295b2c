/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_ways.c - the connection model on what differs from kernel to kernel: mini-sockets told by
 * the functions of their life instead of by their timer, and sockets told by their address where
 * there are no cookies. An address says nothing of a mini-socket, and comes back with another
 * socket: two connections must never be joined by it.
 */
#include "feeder.h"

#define ADDRESS(n) (int64_t)(WIRE_ID_ADDRESS | (n))

/* Made while another one was made. */
#define NESTED(n) (int64_t)(UINT64_MAX - (n))

#define BORN_IN_FIN_WAIT2                                                     \
	MOVE(2510, ESTABLISHED, FIN_WAIT1), MOVE(2520, FIN_WAIT1, FIN_WAIT2), \
		MINI(2521, BORN, FIN_WAIT2, 0), MOVE(2521, FIN_WAIT2, CLOSE)
#define BORN_TELLS "2510 ESTABLISHED>FIN-WAIT-1 >=1510", "2520 FIN-WAIT-1>FIN-WAIT-2 =10"

/* The same where the full socket has an address and the mini-socket nothing. */
#define BY_ADDRESS(op, in, until)                                       \
	MOVE(2510, ESTABLISHED, FIN_WAIT1, .cookie = ADDRESS(1)),       \
		MOVE(2520, FIN_WAIT1, FIN_WAIT2, .cookie = ADDRESS(1)), \
		MINI(2530, op, in, until, .cookie = NONE),              \
		MOVE(2531, FIN_WAIT2, CLOSE, .cookie = ADDRESS(1))

static const struct scenario scenarios[] = {
	{.name = "born-needs-no-sweep",
	 .feed = {BORN_IN_FIN_WAIT2, TICK(30000)},
	 .tells = {BORN_TELLS},
	 .count = 1},
	{.name = "born-moved-expired",
	 .feed = {BORN_IN_FIN_WAIT2, MINI(3020, MOVED, TIME_WAIT, 63020),
		  MINI(63500, EXPIRED, TIME_WAIT, 63020)},
	 .tells = {BORN_TELLS, "3020 FIN-WAIT-2>TIME-WAIT =500",
		   "63500 TIME-WAIT>CLOSED =60480 normal"}},
	{.name = "born-met-by-a-sweep-before-told-as-moved",
	 .feed = {BORN_IN_FIN_WAIT2, MINI(3020, SEEN, TIME_WAIT, 62521),
		  MINI(3021, MOVED, TIME_WAIT, 63021)},
	 .tells = {BORN_TELLS, "3021 FIN-WAIT-2>TIME-WAIT =501"},
	 .count = 1},
	{.name = "born-move-untold-is-told-by-its-timer",
	 .feed = {BORN_IN_FIN_WAIT2, MINI(9000, ENDED, TIME_WAIT, 63020, .cause = WIRE_TW_BY_RST)},
	 .tells = {BORN_TELLS, "3020 FIN-WAIT-2>TIME-WAIT ?",
		   "9000 TIME-WAIT>CLOSED >=5980 reset"}},
	{.name = "moved-of-nobody", .feed = {MINI(3020, MOVED, TIME_WAIT, 63020)}},
	{.name = "born-over-one-whose-end-was-lost",
	 .feed = {BORN_IN_FIN_WAIT2, MINI(5000, BORN, FIN_WAIT2, 0, .cookie = NONE, .lost = 1),
		  TICK(6000, .lost = 1)},
	 .tells = {BORN_TELLS},
	 .count = 1,
	 .husks = 1},
	{.name = "address-joins-its-mini-socket-by-the-husk",
	 .feed = {BY_ADDRESS(BORN, TIME_WAIT, 0),
		  MINI(63500, EXPIRED, TIME_WAIT, 62530, .cookie = NONE)},
	 .tells = {BORN_TELLS, "2530 FIN-WAIT-2>TIME-WAIT =10",
		   "63500 TIME-WAIT>CLOSED =60970 normal"}},
	{.name = "address-fin-wait-2-keeps-its-begin",
	 .feed = {BY_ADDRESS(ARMED, FIN_WAIT2, 62530),
		  MINI(3800, SEEN, TIME_WAIT, 63020, .cookie = NONE)},
	 .tells = {BORN_TELLS, "3020 FIN-WAIT-2>TIME-WAIT ?"},
	 .count = 1},
	{.name = "address-moved-before-the-husk",
	 .feed = {MOVE(2510, ESTABLISHED, FIN_WAIT1, .cookie = ADDRESS(1)),
		  MOVE(2520, FIN_WAIT1, FIN_WAIT2, .cookie = ADDRESS(1)),
		  MINI(2530, BORN, FIN_WAIT2, 0, .cookie = NONE),
		  MINI(2540, MOVED, TIME_WAIT, 62540, .cookie = NONE),
		  MOVE(2541, FIN_WAIT2, CLOSE, .cookie = ADDRESS(1))},
	 .tells = {BORN_TELLS, "2540 FIN-WAIT-2>TIME-WAIT =20"},
	 .count = 1},
	{.name = "address-comes-back-with-other-ports",
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .cookie = ADDRESS(1), .lost = 0),
		  MOVE(2100, SYN_SENT, ESTABLISHED, .cookie = ADDRESS(1)),
		  MOVE(3000, ESTABLISHED, CLOSE_WAIT, .cookie = ADDRESS(1), .lost = 1,
		       .lport = 40001)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2100 SYN-SENT>ESTABLISHED =100",
		   "3000 ESTABLISHED>CLOSE-WAIT ?"},
	 .count = 1},
	{.name = "nested-cookie-is-a-cookie",
	 .feed = {MOVE(2000, CLOSE, SYN_SENT, .cookie = NESTED(1)),
		  MOVE(2100, SYN_SENT, ESTABLISHED, .cookie = NESTED(1)),
		  MOVE(3000, ESTABLISHED, CLOSE_WAIT, .cookie = NESTED(1), .flags = WIRE_F_UNTOLD)},
	 .tells = {"2000 CLOSED>SYN-SENT ?", "2100 SYN-SENT>ESTABLISHED =100",
		   "3000 ESTABLISHED>CLOSE-WAIT =900"},
	 .count = 1},
	{.name = "address-comes-back-with-an-accepted-child",
	 .feed = {MOVE(2100, SYN_SENT, ESTABLISHED, .cookie = ADDRESS(1)),
		  MOVE(3000, SYN_RECV, ESTABLISHED, .cookie = ADDRESS(1), .lost = 1,
		       .flags = WIRE_F_UNTOLD),
		  MOVE(3500, ESTABLISHED, CLOSE_WAIT, .cookie = ADDRESS(1), .lost = 1)},
	 .tells = {"2100 SYN-SENT>ESTABLISHED ?", "3000 LISTEN>SYN-RECEIVED ?",
		   "3000 SYN-RECEIVED>ESTABLISHED ?", "3500 ESTABLISHED>CLOSE-WAIT =500"},
	 .count = 1},
};

int main(void)
{
	for (unsigned i = 0; i < COUNT(scenarios); i++)
		scenario_run(&scenarios[i]);
	return test_status();
}
