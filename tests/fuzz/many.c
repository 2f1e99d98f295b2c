/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * many.c - a recording of at least N transitions, as a busy host has them: `many N FILE`. Both ends
 * of short connections, 300 of them a second, some reset or refused, some that leak; then a census
 * with what leaked. Always the same.
 */
#include "../unit/feeder.h"

#include <errno.h>
#include <math.h>

#include "record/recording.h"

#define WALL_AT_ATTACH 1795363200
#define PER_SECOND     300
#define LEAK_EVERY     97
#define RESET_EVERY    61
#define MOVES_OF_BOTH  11 /* of a client and a server that close as they should */

/* The moves of one connection, in order. */
enum step {
	SYN_OUT,
	SYN_IN,
	OPEN_OUT,
	OPEN_IN,
	CLOSED_OUT,
	CLOSED_IN,
	ACKED,
	HUSK,
	ANSWERED,
	GONE,
	WAITED,
	STEPS
};

struct event {
	uint64_t ts;
	uint32_t pair;
	uint32_t step;
};

static struct recording_writer *writer;
static uint64_t seed = 1;

static double uniform(void)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (double)(seed >> 11) / (double)(1ULL << 53);
}

/* Around `ns`, mostly within a factor of three. */
static uint64_t around(double ns)
{
	return (uint64_t)(ns * pow(10, (uniform() + uniform() + uniform() - 1.5) * 0.7));
}

static int by_time(const void *left, const void *right)
{
	const struct event *a = left, *b = right;

	if (a->ts != b->ts)
		return a->ts < b->ts ? -1 : 1;
	return a->pair != b->pair ? (a->pair < b->pair ? -1 : 1) : (int)a->step - (int)b->step;
}

static void plan(struct event *events, uint32_t pair)
{
	uint64_t ts = FEEDER_ATTACHED * NS_PER_MS + pair * (NS_PER_S / PER_SECOND);
	double busy = 1 + 20 * pow(sin(pair / 20000.0), 8); /* slow at times */
	const double after[STEPS] = {1e6, 4e5, 1e4,        2e5, 2e7 * busy, 6e4,
				     1e4, 0,   3e6 * busy, 5e4, 0};

	for (uint32_t step = 0; step < STEPS; step++) {
		ts += step == WAITED ? 60000000000ULL + around(1e9) : 1 + around(after[step]);
		events[step] = (struct event){.ts = ts, .pair = pair, .step = step};
	}
}

static void put(uint64_t ts, struct rec rec)
{
	union decode_record bytes = feeder_record(&rec);

	bytes.head.ts = ts;
	if (rec.kind == WIRE_TIMEWAIT)
		bytes.timewait.expires = ts + rec.expires * NS_PER_MS;
	if (recording_add(writer, &bytes, bytes.head.len))
		exit(1);
}

#define CLIENT .cookie = 2 + 2 * (int64_t)pair, .lport = 1 + (int32_t)(pair % 60000), .rport = 8080
#define SERVER                                                                                \
	.cookie = 3 + 2 * (int64_t)pair, .lport = 8080, .rport = 1 + (int32_t)(pair % 60000), \
	.laddr = "10.0.0.2", .raddr = "10.0.0.1"
#define PUT(...) put(event->ts, (struct rec)__VA_ARGS__)

static void tell(const struct event *event)
{
	uint32_t pair = event->pair;
	bool leaks = !(pair % LEAK_EVERY), is_reset = !(pair % RESET_EVERY);

	if (is_reset && event->step > CLOSED_OUT)
		return;
	if (is_reset && event->step == CLOSED_OUT) {
		PUT(MOVE(1, ESTABLISHED, CLOSE, CLIENT, .error = ECONNRESET));
		PUT(MOVE(1, ESTABLISHED, CLOSE, SERVER, .flags = WIRE_F_OWNED, .pid = 55,
			 .comm = "server"));
		return;
	}
	switch (event->step) {
	case SYN_OUT:
		PUT(MOVE(1, CLOSE, SYN_SENT, HELD_BY(101, "client"), CLIENT));
		break;
	case SYN_IN:
		PUT(MOVE(1, LISTEN, SYN_RECV, SERVER));
		break;
	case OPEN_OUT:
		PUT(MOVE(1, SYN_SENT, ESTABLISHED, CLIENT));
		break;
	case OPEN_IN:
		PUT(MOVE(1, SYN_RECV, ESTABLISHED, SERVER));
		break;
	case CLOSED_OUT:
		PUT(MOVE(1, ESTABLISHED, FIN_WAIT1, HELD_BY(101, "client"), CLIENT));
		break;
	case CLOSED_IN:
		PUT(MOVE(1, ESTABLISHED, CLOSE_WAIT, SERVER));
		break;
	case ACKED:
		PUT(MOVE(1, FIN_WAIT1, FIN_WAIT2, CLIENT));
		PUT(MINI(1, ARMED, FIN_WAIT2, 60000, CLIENT));
		break;
	case HUSK:
		PUT(MOVE(1, FIN_WAIT2, CLOSE, CLIENT));
		break;
	case ANSWERED:
		if (leaks)
			break;
		PUT(MOVE(1, CLOSE_WAIT, LAST_ACK, HELD_BY(55, "server"), SERVER));
		PUT(MINI(1, CANCELLED, FIN_WAIT2, 60000, CLIENT));
		PUT(MINI(1, ARMED, TIME_WAIT, 60000, CLIENT));
		break;
	case GONE:
		if (!leaks)
			PUT(MOVE(1, LAST_ACK, CLOSE, SERVER, .flags = WIRE_F_ALL_ACKED));
		break;
	default:
		PUT(MINI(1, CANCELLED, TIME_WAIT, 0, CLIENT));
		PUT(MINI(1, EXPIRED, TIME_WAIT, 0, CLIENT));
	}
}

static void put_bytes(const void *bytes, size_t len)
{
	if (recording_add(writer, bytes, len))
		exit(1);
}

static void put_leaks(uint64_t ts, uint32_t pairs)
{
	struct rec ends = {
		.cookie = 1, .lport = 8080, .rport = NONE, .laddr = "0.0.0.0", .raddr = "0.0.0.0"};
	struct wire_census census = {.head = {.ts = ts, .kind = WIRE_CENSUS, .len = sizeof(census)},
				     .begins = 1};

	struct wire_limits limits = {.head = {.ts = ts, .kind = WIRE_LIMITS, .len = sizeof(limits)},
				     .netns = feeder_id(&ends).netns,
				     .max_tw_buckets = 262144,
				     .port_low = 32768,
				     .port_high = 60999,
				     USUAL_PATIENCE};
	struct wire_snapshot listener = {
		.head = {.ts = ts, .kind = WIRE_SNAPSHOT, .len = sizeof(listener)},
		.id = feeder_id(&ends),
		.room = 4096,
		.flags = WIRE_S_FILE,
		.state = WIRE_LISTEN};

	put_bytes(&census, sizeof(census));
	put_bytes(&limits, sizeof(limits));
	put_bytes(&listener, sizeof(listener));
	for (uint32_t pair = 0; pair < pairs; pair += LEAK_EVERY) {
		struct rec rec = {SERVER};
		struct wire_snapshot s = {
			.head = {.ts = ts, .kind = WIRE_SNAPSHOT, .len = sizeof(s)},
			.id = feeder_id(&rec),
			.acked = FEEDER_ATTACHED * NS_PER_MS + pair * (NS_PER_S / PER_SECOND),
			.room = 65536,
			.flags = WIRE_S_FILE,
			.state = WIRE_CLOSE_WAIT};
		struct wire_holder h = {.head = {.ts = ts, .kind = WIRE_HOLDER, .len = sizeof(h)},
					.cookie = s.id.cookie,
					.pid = 55,
					.fd = 10 + pair / LEAK_EVERY,
					.comm = "server"};

		put_bytes(&s, sizeof(s));
		put_bytes(&h, sizeof(h));
	}
	census.begins = 0;
	put_bytes(&census, sizeof(census));
}

int main(int argc, char **argv)
{
	struct meta meta = {
		.attached = FEEDER_ATTACHED * NS_PER_MS,
		.wall_offset = (int64_t)(WALL_AT_ATTACH * NS_PER_S - FEEDER_ATTACHED * NS_PER_MS),
		.tick_ns = FEEDER_TICK * NS_PER_MS,
		.sees_timewait = true,
		.version = "0.1.0",
		.kernel = "6.18.0-test",
		.transition_way = "tracepoint sock:inet_sock_set_state",
		.timewait_way = "timer tracepoints"};
	uint32_t pairs =
		argc == 3 ? (uint32_t)(strtoul(argv[1], NULL, 10) / (MOVES_OF_BOTH - 0.3)) + 1 : 0;
	size_t n = (size_t)pairs * STEPS;
	struct event *events = calloc(n + 1, sizeof(*events));

	if (!pairs || !events) {
		free(events);
		fputs("usage: many TRANSITIONS FILE\n", stderr);
		return 2;
	}
	writer = recording_create(argv[2], &meta);
	if (!writer) {
		free(events);
		return 1;
	}
	for (uint32_t pair = 0; pair < pairs; pair++)
		plan(events + (size_t)pair * STEPS, pair);
	qsort(events, n, sizeof(*events), by_time);
	for (size_t i = 0; i < n; i++)
		tell(&events[i]);
	put_leaks(events[n - 1].ts + 1, pairs);
	free(events);
	return recording_finish(writer) ? 1 : 0;
}
