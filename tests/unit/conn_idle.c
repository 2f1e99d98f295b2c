/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * conn_idle.c - how long a connection had been idle when it left ESTABLISHED: since the last data
 * that a census met, or since it was established; and whether a census met it idle.
 */
#include "feeder.h"

#define IDLE                      \
	{                         \
		.show_idle = true \
	}

#define CENSUS(when, in, ...) CENSUS_BEGINS(when), THERE(when, in, ##__VA_ARGS__), CENSUS_ENDS(when)

static const struct scenario scenarios[] = {
	{.name = "idle-since-established",
	 .setup = IDLE,
	 .feed = {MOVE(2000, SYN_SENT, ESTABLISHED), MOVE(5000, ESTABLISHED, CLOSE_WAIT)},
	 .tells = {"2000 SYN-SENT>ESTABLISHED ?", "5000 ESTABLISHED>CLOSE-WAIT =3000 idle 3000"},
	 .count = 1},
	/* A census says when the last data came, and sees that nothing comes any more. */
	{.name = "idle-since-data",
	 .setup = IDLE,
	 .feed = {MOVE(2000, SYN_SENT, ESTABLISHED), CENSUS(3000, ESTABLISHED, .data = 2500),
		  MOVE(4000, ESTABLISHED, CLOSE_WAIT), MOVE(9000, CLOSE_WAIT, LAST_ACK)},
	 .tells = {"2000 SYN-SENT>ESTABLISHED ?",
		   "4000 ESTABLISHED>CLOSE-WAIT =2000 idle 1500 seen",
		   "9000 CLOSE-WAIT>LAST-ACK =5000"},
	 .count = 1},
	/* The last one counts, and it came right after data. */
	{.name = "idle-since-later-data",
	 .setup = IDLE,
	 .feed = {MOVE(2000, SYN_SENT, ESTABLISHED), CENSUS(3000, ESTABLISHED, .data = 2100),
		  CENSUS(4000, ESTABLISHED, .data = 3900), MOVE(6000, ESTABLISHED, CLOSE_WAIT)},
	 .tells = {"2000 SYN-SENT>ESTABLISHED ?", "6000 ESTABLISHED>CLOSE-WAIT =4000 idle 2100"},
	 .count = 1},
	/* There before us: how old it is, nobody knows, but when data came. */
	{.name = "idle-from-before",
	 .setup = IDLE,
	 .feed = {CENSUS(1001, ESTABLISHED, .data = 400), MOVE(2400, ESTABLISHED, CLOSE_WAIT)},
	 .tells = {"2400 ESTABLISHED>CLOSE-WAIT >=1400 idle 2000 seen"},
	 .count = 1},
	{.name = "idle-unknown",
	 .setup = IDLE,
	 .feed = {MOVE(2400, ESTABLISHED, CLOSE_WAIT)},
	 .tells = {"2400 ESTABLISHED>CLOSE-WAIT >=1400"},
	 .count = 1},
	/* It may have ended and begun anew; or a census has looked since. */
	{.name = "idle-lost",
	 .setup = IDLE,
	 .feed = {MOVE(2000, SYN_SENT, ESTABLISHED), CENSUS(3000, ESTABLISHED, .data = 2500),
		  MOVE(4000, ESTABLISHED, CLOSE_WAIT, .lost = 1)},
	 .tells = {"2000 SYN-SENT>ESTABLISHED ?", "4000 ESTABLISHED>CLOSE-WAIT ?"},
	 .count = 1},
	/* Nor is what was idle in one stay in ESTABLISHED that in another. */
	{.name = "idle-again",
	 .setup = IDLE,
	 .feed = {MOVE(2000, SYN_SENT, ESTABLISHED), CENSUS(3000, ESTABLISHED, .data = 2500),
		  MOVE(4000, ESTABLISHED, CLOSE), MOVE(5000, CLOSE, SYN_SENT),
		  MOVE(5010, SYN_SENT, ESTABLISHED), MOVE(5510, ESTABLISHED, CLOSE_WAIT)},
	 .tells = {"2000 SYN-SENT>ESTABLISHED ?",
		   "4000 ESTABLISHED>CLOSED =2000 reset-sent idle 1500 seen",
		   "5000 CLOSED>SYN-SENT ?", "5010 SYN-SENT>ESTABLISHED =10",
		   "5510 ESTABLISHED>CLOSE-WAIT =500 idle 500"},
	 .count = 1},
	/* A mini-socket's timer is where the time of data was. */
	{.name = "idle-then-time-wait",
	 .setup = IDLE,
	 .feed = {MOVE(2000, SYN_SENT, ESTABLISHED), CENSUS(3000, ESTABLISHED, .data = 2500),
		  MOVE(4000, ESTABLISHED, FIN_WAIT1), MOVE(4001, FIN_WAIT1, FIN_WAIT2),
		  MINI(4002, ARMED, TIME_WAIT, 64002), MOVE(4002, FIN_WAIT2, CLOSE),
		  MINI(64003, CANCELLED, TIME_WAIT, 64002), MINI(64003, EXPIRED, TIME_WAIT, 64002),
		  TICK(65000)},
	 .tells = {"2000 SYN-SENT>ESTABLISHED ?",
		   "4000 ESTABLISHED>FIN-WAIT-1 =2000 idle 1500 seen",
		   "4001 FIN-WAIT-1>FIN-WAIT-2 =1", "4002 FIN-WAIT-2>TIME-WAIT =1",
		   "64003 TIME-WAIT>CLOSED =60001 normal"}},
};

int main(void)
{
	for (size_t i = 0; i < COUNT(scenarios); i++)
		scenario_run(&scenarios[i]);
	return test_status();
}
