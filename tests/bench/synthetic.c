/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * synthetic.c - a recording for measuring the reader: `synthetic churn|held|waiting|days N FILE`.
 *
 * churn: N transitions of connections that come and go, 1000 at a time, ten moves and three records
 * of a mini-socket each. held: N connections that are established and stay. waiting: N that have
 * lived, all of them open together, and stay in TIME-WAIT. days: ten days, N connections a minute,
 * whose CLOSE-WAITs last one second divided by N, twice that, and so on to a second.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "record/recording.h"
#include "wire.h"

#define AT_A_TIME 1000

static struct recording_writer *writer;
static uint64_t now = 1000 * NS_PER_MS;

static void put(const void *record, size_t len)
{
	if (recording_add(writer, record, len))
		exit(1);
}

static struct wire_head head(uint16_t kind, size_t len)
{
	now += 4 * NS_PER_US;
	return (struct wire_head){.ts = now, .kind = kind, .len = (uint16_t)len};
}

static struct wire_id id_of(uint64_t number, bool server)
{
	struct wire_id id = {.cookie = 2 * number + server + 1,
			     .lport = (uint16_t)(10000 + number % 50000),
			     .rport = (uint16_t)(443 + number / 50000 % 1000),
			     .netns = 4026531840u};
	uint8_t addr[16] = {[10] = 0xff, [11] = 0xff, 10, 0, (uint8_t)(number >> 16), 1};

	memcpy(id.laddr, addr, sizeof(addr));
	memcpy(id.raddr, addr, sizeof(addr));
	if (server) {
		uint16_t port = id.lport;

		id.lport = id.rport;
		id.rport = port;
	}
	return id;
}

static void move(uint64_t number, bool server, uint8_t from, uint8_t to)
{
	struct wire_transition t = {.id = id_of(number, server),
				    .uid = 1000,
				    .pid = 4711,
				    .comm = "synthetic",
				    .from = from,
				    .to = to,
				    .flags = WIRE_F_OWNED | WIRE_F_ALL_ACKED};

	t.head = head(WIRE_TRANSITION, sizeof(t));
	put(&t, sizeof(t));
}

static void mini(uint64_t number, uint8_t op)
{
	struct wire_timewait t = {.id = id_of(number, false), .op = op, .substate = WIRE_TIME_WAIT};

	t.head = head(WIRE_TIMEWAIT, sizeof(t));
	t.expires = now + WIRE_TIMEWAIT_LEN_NS;
	put(&t, sizeof(t));
}

static const struct {
	bool server;
	uint8_t from, to;
} life[] = {
	{false, WIRE_CLOSE, WIRE_SYN_SENT},        {true, WIRE_LISTEN, WIRE_SYN_RECV},
	{false, WIRE_SYN_SENT, WIRE_ESTABLISHED},  {true, WIRE_SYN_RECV, WIRE_ESTABLISHED},
	{false, WIRE_ESTABLISHED, WIRE_FIN_WAIT1}, {true, WIRE_ESTABLISHED, WIRE_CLOSE_WAIT},
	{false, WIRE_FIN_WAIT1, WIRE_FIN_WAIT2},   {true, WIRE_CLOSE_WAIT, WIRE_LAST_ACK},
	{false, WIRE_FIN_WAIT2, WIRE_CLOSE},       {true, WIRE_LAST_ACK, WIRE_CLOSE},
};

#define MOVES (sizeof(life) / sizeof(life[0]))

/* A step of all that are open before the next step of any, as on a busy host. */
static void churn(uint64_t transitions)
{
	for (uint64_t first = 0; first * MOVES < transitions; first += AT_A_TIME) {
		for (size_t m = 0; m < MOVES; m++)
			for (uint64_t i = first; i < first + AT_A_TIME; i++) {
				if (life[m].from == WIRE_FIN_WAIT2)
					mini(i, WIRE_TW_ARMED);
				move(i, life[m].server, life[m].from, life[m].to);
			}
		for (uint64_t i = first; i < first + AT_A_TIME; i++) {
			mini(i, WIRE_TW_CANCELLED);
			mini(i, WIRE_TW_EXPIRED);
		}
	}
}

static void held(uint64_t connections)
{
	for (uint64_t i = 0; i < connections; i++)
		move(i, false, WIRE_SYN_SENT, WIRE_ESTABLISHED);
}

/* The clients' part of a life; each of its steps made by all before the next. */
static void waiting(uint64_t connections)
{
	for (size_t m = 0; m < MOVES; m++)
		for (uint64_t i = 0; i < connections && !life[m].server; i++) {
			if (life[m].from == WIRE_FIN_WAIT2)
				mini(i, WIRE_TW_ARMED);
			move(i, false, life[m].from, life[m].to);
		}
}

/* The steps of N lives within a minute; all that take long begin and end in the same order. */
static void minute(uint64_t first, uint64_t n)
{
	uint64_t second = now - now % NS_PER_S + NS_PER_S;

	for (size_t m = 0; m < MOVES; m++)
		for (uint64_t i = 0; i < n; i++) {
			if (life[m].from == WIRE_CLOSE_WAIT)
				now = second + (i + 1) * (NS_PER_S / n + 4 * NS_PER_US);
			if (life[m].to == WIRE_CLOSE_WAIT)
				now = second + i * 4 * NS_PER_US;
			if (life[m].from == WIRE_FIN_WAIT2)
				mini(first + i, WIRE_TW_ARMED);
			move(first + i, life[m].server, life[m].from, life[m].to);
		}
	now += WIRE_TIMEWAIT_LEN_NS;
	for (uint64_t i = 0; i < n; i++) {
		mini(first + i, WIRE_TW_CANCELLED);
		mini(first + i, WIRE_TW_EXPIRED);
	}
}

static void days(uint64_t n)
{
	for (uint64_t i = 0; i < 10 * 24 * 60; i++)
		minute(i * n, n);
}

static const struct {
	const char *name;
	void (*make)(uint64_t n);
} kinds[] = {{"churn", churn}, {"held", held}, {"waiting", waiting}, {"days", days}};

int main(int argc, char **argv)
{
	static const struct meta meta = {.version = "synthetic",
					 .kernel = "none",
					 .attached = 1000 * NS_PER_MS,
					 .tick_ns = 4 * NS_PER_MS,
					 .sees_timewait = true};

	if (argc != 4)
		return 2;
	writer = recording_create(argv[3], &meta);
	if (!writer)
		return 1;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(argv[1], kinds[i].name))
			kinds[i].make(strtoull(argv[2], NULL, 10));
	return recording_finish(writer) ? 1 : 0;
}
