/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * top_recordings.h - what `top` is drawn from in tests/golden-frames. Part of make_recording.c.
 */
static void top_bytes(const void *record, size_t len)
{
	if (recording_add(writer, record, len))
		exit(1);
}

static void top_census(uint64_t ms, bool begins, uint32_t missing)
{
	struct wire_census census = {
		.head = {.ts = ms * NS_PER_MS, .kind = WIRE_CENSUS, .len = sizeof(census)},
		.begins = begins,
		.missing = missing};

	top_bytes(&census, sizeof(census));
}

static void top_limits(uint64_t ms, uint32_t netns, uint16_t low, uint16_t high, uint32_t buckets)
{
	struct wire_limits limits = {
		.head = {.ts = ms * NS_PER_MS, .kind = WIRE_LIMITS, .len = sizeof(limits)},
		.netns = netns,
		.max_tw_buckets = buckets,
		.port_low = low,
		.port_high = high,
		USUAL_PATIENCE};

	top_bytes(&limits, sizeof(limits));
}

/* `s` but for its head and identity, which are those of `rec`. */
static void top_snapshot(struct rec rec, struct wire_snapshot s)
{
	s.head = feeder_head(&rec, WIRE_SNAPSHOT, sizeof(s));
	s.id = feeder_id(&rec);
	s.state = rec.state;
	top_bytes(&s, sizeof(s));
}

#define AT(when, in, number, ...)                                               \
	(struct rec)                                                            \
	{                                                                       \
		.ms = when, .state = WIRE_##in, .cookie = number, ##__VA_ARGS__ \
	}
#define SNAPSHOT(...) ((struct wire_snapshot)__VA_ARGS__)

static void top_holder(uint64_t ms, uint64_t cookie, uint32_t pid, const char *comm, uint32_t fd)
{
	struct wire_holder holder = {
		.head = {.ts = ms * NS_PER_MS, .kind = WIRE_HOLDER, .len = sizeof(holder)},
		.cookie = cookie,
		.pid = pid,
		.fd = fd};

	memcpy(holder.comm, comm, strnlen(comm, 15));
	top_bytes(&holder, sizeof(holder));
}

/* What is stuck at `ms`: since before the attach, but for the last ones. */
static void top_stuck_census(uint64_t ms, int leaked)
{
	uint64_t now = ms * NS_PER_MS;

	top_census(ms, true, 0);
	top_limits(ms, 4026531840u, 32768, 60999, 65536);
	top_snapshot(AT(ms, LISTEN, 100, .lport = 7045, .rport = NONE, .laddr = "0.0.0.0",
			.raddr = "0.0.0.0"),
		     SNAPSHOT({.flags = WIRE_S_FILE, .room = 128}));
	for (int i = 0; i < leaked; i++)
		top_snapshot(AT(ms, CLOSE_WAIT, 200 + i, .lport = 7045, .rport = 40000 + i,
				.laddr = "10.0.0.1", .raddr = "10.0.0.9"),
			     SNAPSHOT({.flags = WIRE_S_FILE,
				       .uid = 33,
				       .cgroup = 4242,
				       .acked = (400 + 20 * (uint64_t)i) * NS_PER_MS}));
	for (int i = 0; i < 6; i++)
		top_snapshot(AT(ms, FIN_WAIT2, 300 + i, .lport = 51000 + i, .rport = 5432,
				.raddr = "192.0.2.7"),
			     SNAPSHOT({.kind = WIRE_MINI,
				       .began = 900 * NS_PER_MS,
				       .timer = now + 17 * NS_PER_S}));
	top_snapshot(AT(ms, LAST_ACK, 400, .lport = 443, .rport = 60001,
			.laddr = "2001:db8:1:2:3:4:5:6",
			.raddr = "2001:db8:aaaa:bbbb:cccc:dddd::7"),
		     SNAPSHOT({.flags = WIRE_S_ORPHAN,
			       .unacked = 1,
			       .retransmits = 5,
			       .backoff = 5,
			       .rto_ms = 6400,
			       .pending = WIRE_T_RETRANSMIT,
			       .tried = now > 9000 * NS_PER_MS ? now - 9000 * NS_PER_MS : 1,
			       .touched = now > 3200 * NS_PER_MS ? now - 3200 * NS_PER_MS : 1,
			       .timer = now + 3200 * NS_PER_MS}));
	top_snapshot(AT(ms, SYN_SENT, 500, .lport = 52000, .rport = 25, .raddr = "203.0.113.5"),
		     SNAPSHOT({.flags = WIRE_S_FILE,
			       .began = 950 * NS_PER_MS,
			       .retransmits = 3,
			       .rto_ms = 8000,
			       .pending = WIRE_T_RETRANSMIT,
			       .timer = now + 5 * NS_PER_S}));
	for (int i = 0; i < 3; i++)
		top_snapshot(AT(ms, ESTABLISHED, 600 + i, .lport = 22, .rport = 45000 + i),
			     SNAPSHOT({.flags = WIRE_S_FILE, .acked = now - 10 * NS_PER_MS}));
	top_holder(ms, 100, 31486, "leaky-server", 3);
	for (int i = 0; i < leaked; i++)
		top_holder(ms, 200 + (uint64_t)i, 31486, "leaky-server", 4 + (uint32_t)i);
	top_holder(ms, 500, 812, "exim4", 9);
	for (int i = 0; i < 3; i++)
		top_holder(ms, 600 + (uint64_t)i, 700 + (uint32_t)i, "sshd", 4);
	top_census(ms, false, 0);
}

/* Stuck since before; and dwells of all kinds while it is looked at. Two looks. */
static void top_stuck(void)
{
	top_stuck_census(3100, 12);
	for (int i = 0; i < 40; i++) {
		uint64_t at = 3200 + 10 * (uint64_t)i;

		PUT(MOVE(at, CLOSE, SYN_SENT, .cookie = 1000 + i, .lport = 33000 + i));
		PUT(MOVE(at + 1, SYN_SENT, ESTABLISHED, .cookie = 1000 + i, .lport = 33000 + i));
		PUT(MOVE(at + 300 + 5 * (uint64_t)i, ESTABLISHED, CLOSE_WAIT, .cookie = 1000 + i,
			 .lport = 33000 + i));
		PUT(MOVE(at + 310 + 7 * (uint64_t)i, CLOSE_WAIT, LAST_ACK, .cookie = 1000 + i,
			 .lport = 33000 + i));
		PUT(MOVE(at + 312 + 7 * (uint64_t)i, LAST_ACK, CLOSE, .cookie = 1000 + i,
			 .lport = 33000 + i, .flags = WIRE_F_ALL_ACKED));
	}
	PUT(TICK(7000));
	top_stuck_census(7100, 13);
	PUT(TICK(7100));
}

static void top_lost(void)
{
	top_stuck_census(3100, 2);
	put_lost(4000, WIRE_TRANSITION, 1234567, 1234567);
	put_lost(4000, WIRE_TIMEWAIT, 3, 1234570);
	PUT(TICK(5000, .lost = 1234570));
	top_stuck_census(5100, 2);
	PUT(TICK(5100, .lost = 1234570));
}

static void top_empty(void)
{
	top_census(1100, true, 0);
	top_limits(1100, 4026531840u, 32768, 60999, 65536);
	top_census(1100, false, 0);
	PUT(TICK(1100));
}

/* Nothing stuck, and one namespace that could not be looked into. */
static void top_well(void)
{
	top_census(1100, true, 1);
	top_limits(1100, 4026531840u, 32768, 60999, 65536);
	top_snapshot(AT(1100, LISTEN, 1, .lport = 22, .rport = NONE, .laddr = "0.0.0.0",
			.raddr = "0.0.0.0"),
		     SNAPSHOT({.flags = WIRE_S_FILE, .room = 128}));
	top_snapshot(AT(1100, ESTABLISHED, 2, .lport = 22, .rport = 45000),
		     SNAPSHOT({.flags = WIRE_S_FILE, .acked = 1090 * NS_PER_MS}));
	top_snapshot(AT(1100, TIME_WAIT, 3, .lport = 22, .rport = 45001),
		     SNAPSHOT({.kind = WIRE_MINI, .timer = 50100 * NS_PER_MS}));
	top_holder(1100, 1, 700, "sshd", 3);
	top_holder(1100, 2, 701, "sshd", 4);
	top_census(1100, false, 1);
	PUT(TICK(1100));
}

/* Names that are no plain text, several holders, and a range of ports that is nearly used up. */
static void top_odd(void)
{
	static const char *const comms[] = {"tab\there",
					    "\x1b[31mred",
					    "latin\xe9",
					    "utf\xc3\xa9",
					    "\xe4\xb8\xad\xe6\x96\x87",
					    "c1\x9b"
					    "31m",
					    "\xd0\xb6\xd1\x83\xd0\xba",
					    "fifteen-letters"};
	unsigned n = COUNT(comms);

	top_census(9000, true, 0);
	top_limits(9000, 4026531840u, 50000, 50019, 100);
	for (unsigned i = 0; i < n; i++)
		top_snapshot(
			AT(9000, CLOSE_WAIT, 1 + (int64_t)i, .lport = 8000 + (int)i, .rport = 1000),
			SNAPSHOT({.flags = WIRE_S_FILE,
				  .acked = (2000 + 100 * i) * NS_PER_MS,
				  .unread = 100 * i}));
	for (unsigned i = 0; i < 18; i++)
		top_snapshot(AT(9000, TIME_WAIT, 100 + (int64_t)i, .lport = 50000 + (int)i,
				.rport = 3306),
			     SNAPSHOT({.kind = WIRE_MINI, .timer = 50100 * NS_PER_MS}));
	for (unsigned i = 0; i < n; i++)
		top_holder(9000, 1 + i, 100 + i, comms[i], 3);
	for (unsigned i = 0; i < 11; i++)
		top_holder(9000, 1, 500 + i, "forked", 3);
	top_census(9000, false, 0);
	PUT(TICK(9000));
}

static void top_queues_census(uint64_t ms, unsigned waiting, unsigned elsewhere)
{
	top_census(ms, true, 0);
	top_limits(ms, 4026531840u, 32768, 60999, 65536);
	put_listener(ms, 1, "0.0.0.0", 80, waiting, 128);
	put_listener(ms, 2, "2001:db8:1:2:3:4:5:6", 443, elsewhere, 50);
	put_listener(ms, 3, "127.0.0.1", 25, 0, 100);
	put_listener(ms, 4, "0.0.0.0", 8080, 0, 4096);
	for (int n = 1; waiting && n <= 5; n++)
		PUT(THERE(ms, ESTABLISHED, CHILD(n), .flags = n <= 3 ? WIRE_S_FILE : 0));
	top_census(ms, false, 0);
}

/* At port 80 two wait, and one that was reset meanwhile; 443 was full before we came; at 25 one has
 * waited and nobody does; at 8080 nobody ever has. */
static void top_queues(void)
{
	top_queues_census(1100, 0, 51);
	for (int n = 1; n <= 6; n++)
		OPENS(2100 + 10 * (uint64_t)n, n);
	for (int n = 1; n <= 3; n++)
		PUT(ACCEPTED(2200 + 50 * (uint64_t)n, 56, "worker", CHILD(n)));
	PUT(MOVE(2500, ESTABLISHED, CLOSE, CHILD(6), .error = ECONNRESET, .unaccepted = true));
	PUT(MOVE(2600, LISTEN, SYN_RECV, .cookie = 20, .lport = 25, .laddr = "127.0.0.1"));
	PUT(MOVE(2600, SYN_RECV, ESTABLISHED, .cookie = 20, .lport = 25, .laddr = "127.0.0.1",
		 .ago = 100));
	PUT(ACCEPTED(2601, 57, "exim4", .cookie = 20, .lport = 25, .laddr = "127.0.0.1"));
	PUT(TICK(4000));
	top_queues_census(4100, 3, 51);
	PUT(TICK(4100));
}

/* 20,000 stuck sockets of 1,000 processes. */
static void top_crowd(void)
{
	top_census(9000, true, 0);
	top_limits(9000, 4026531840u, 32768, 60999, 262144);
	for (int i = 0; i < 20000; i++)
		top_snapshot(
			AT(9000, CLOSE_WAIT, 1 + i, .lport = 20000 + i % 1000, .rport = 30000 + i),
			SNAPSHOT({.flags = WIRE_S_FILE,
				  .acked = (1000 + (uint64_t)i % 7919) * NS_PER_MS}));
	for (unsigned i = 0; i < 20000; i++)
		top_holder(9000, 1 + i, 1000 + i % 1000, "server", i);
	top_census(9000, false, 0);
	PUT(TICK(9000));
}
