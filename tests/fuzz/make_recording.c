/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * make_recording.c - the recordings of the golden tests, made by hand: `make_recording NAME FILE`.
 * tests/golden/run.sh checks that they are still what this program makes, and makes them anew with
 * UPDATE=1.
 */
#include "../unit/census_feeder.h"

#include <errno.h>

#include "record/recording.h"

/* The clock is at 1000 ms when we attach; that is 2026-11-22 16:00:00 UTC. */
#define WALL_AT_ATTACH 1795363200

static struct recording_writer *writer;

static void put(struct rec rec)
{
	union decode_record bytes = feeder_record(&rec);

	if (recording_add(writer, &bytes, bytes.head.len))
		exit(1);
}

#define PUT(...) put((struct rec)__VA_ARGS__)

static void put_lost(uint64_t ms, uint16_t kind, uint64_t count, uint32_t total)
{
	struct wire_lost lost = {.head = {.ts = ms * NS_PER_MS,
					  .lost = total,
					  .kind = WIRE_LOST,
					  .len = sizeof(lost)},
				 .count = count,
				 .lost_kind = kind};

	if (recording_add(writer, &lost, sizeof(lost)))
		exit(1);
}

/* A life of each kind: what most cases filter and format in different ways. */
static void basic(void)
{
	/* 1: a client closes first, FIN-WAIT-2 and TIME-WAIT in a mini-socket */
	PUT(MOVE(2000, CLOSE, SYN_SENT, HELD_BY(101, "curl"), .cookie = 1, .lport = NONE,
		 .uid = 1000, .cgroup = 4242));
	PUT(MOVE(2012, SYN_SENT, ESTABLISHED, .cookie = 1, .uid = 1000));
	/* 2: the server's end of another one, accepted */
	PUT(MOVE(2100, CLOSE, LISTEN, HELD_BY(55, "nginx"), .cookie = 2, .lport = 80, .rport = NONE,
		 .laddr = "0.0.0.0", .raddr = "0.0.0.0"));
	PUT(MOVE(2200, LISTEN, SYN_RECV, .cookie = 3, .lport = 80, .rport = 51000,
		 .raddr = "192.0.2.33"));
	PUT(MOVE(2201, SYN_RECV, ESTABLISHED, .cookie = 3, .lport = 80, .rport = 51000,
		 .raddr = "192.0.2.33"));
	/* 4: refused */
	PUT(MOVE(2300, CLOSE, SYN_SENT, HELD_BY(101, "curl"), .cookie = 4, .lport = NONE,
		 .rport = 8080, .uid = 1000));
	PUT(MOVE(2301, SYN_SENT, CLOSE, .cookie = 4, .lport = 40004, .rport = 8080,
		 .error = ECONNREFUSED, .uid = 1000));
	PUT(MOVE(2512, ESTABLISHED, FIN_WAIT1, HELD_BY(101, "curl"), .cookie = 1, .uid = 1000));
	PUT(MOVE(2520, FIN_WAIT1, FIN_WAIT2, .cookie = 1, .uid = 1000));
	PUT(MINI(2520, ARMED, FIN_WAIT2, 62520, .cookie = 1));
	PUT(MOVE(2520, FIN_WAIT2, CLOSE, .cookie = 1, .uid = 1000));
	/* 5: IPv6, closed together */
	PUT(MOVE(2600, CLOSE, SYN_SENT, HELD_BY(300, "ssh"), .cookie = 5, .lport = 40005,
		 .rport = 22, .laddr = "2001:db8::5", .raddr = "2001:db8::22", .netns = 7));
	PUT(MOVE(2650, SYN_SENT, ESTABLISHED, .cookie = 5, .lport = 40005, .rport = 22,
		 .laddr = "2001:db8::5", .raddr = "2001:db8::22", .netns = 7));
	PUT(MOVE(2900, ESTABLISHED, FIN_WAIT1, HELD_BY(300, "ssh"), .cookie = 5, .lport = 40005,
		 .rport = 22, .laddr = "2001:db8::5", .raddr = "2001:db8::22", .netns = 7));
	PUT(MOVE(2910, FIN_WAIT1, CLOSING, .cookie = 5, .lport = 40005, .rport = 22,
		 .laddr = "2001:db8::5", .raddr = "2001:db8::22", .netns = 7));
	PUT(MINI(2915, ARMED, TIME_WAIT, 62915, .cookie = 5, .lport = 40005, .rport = 22,
		 .laddr = "2001:db8::5", .raddr = "2001:db8::22", .netns = 7));
	PUT(MOVE(2915, CLOSING, CLOSE, .cookie = 5, .lport = 40005, .rport = 22,
		 .laddr = "2001:db8::5", .raddr = "2001:db8::22", .netns = 7));
	PUT(MINI(3020, CANCELLED, TIME_WAIT, 62520, .cookie = 1));
	PUT(MINI(3020, ARMED, TIME_WAIT, 63020, .cookie = 1));
	PUT(MOVE(3200, ESTABLISHED, CLOSE_WAIT, .cookie = 3, .lport = 80, .rport = 51000,
		 .raddr = "192.0.2.33"));
	/* 6: IPv4-mapped, reset by the peer */
	PUT(MOVE(3300, CLOSE, SYN_SENT, HELD_BY(400, "java"), .cookie = 6, .lport = NONE,
		 .rport = 5432, .laddr = "::ffff:10.0.0.1", .raddr = "::ffff:10.9.9.9"));
	PUT(MOVE(3301, SYN_SENT, ESTABLISHED, .cookie = 6, .lport = 40006, .rport = 5432,
		 .laddr = "::ffff:10.0.0.1", .raddr = "::ffff:10.9.9.9"));
	PUT(TICK(3400));
	PUT(MOVE(3900, ESTABLISHED, CLOSE, .cookie = 6, .lport = 40006, .rport = 5432,
		 .laddr = "::ffff:10.0.0.1", .raddr = "::ffff:10.9.9.9", .error = ECONNRESET));
	PUT(MOVE(4200, CLOSE_WAIT, LAST_ACK, HELD_BY(56, "nginx"), .cookie = 3, .lport = 80,
		 .rport = 51000, .raddr = "192.0.2.33"));
	PUT(MOVE(4210, LAST_ACK, CLOSE, .cookie = 3, .lport = 80, .rport = 51000,
		 .raddr = "192.0.2.33", .flags = WIRE_F_ALL_ACKED));
	/* 1 ends by itself, 5 by a SYN that takes its place */
	PUT(MINI(9000, ENDED, TIME_WAIT, 62915, .cause = WIRE_TW_BY_SEGMENT, .cookie = 5,
		 .lport = 40005, .rport = 22, .laddr = "2001:db8::5", .raddr = "2001:db8::22",
		 .netns = 7));
	PUT(MINI(63804, CANCELLED, TIME_WAIT, 63020, .cookie = 1));
	PUT(MINI(63804, EXPIRED, TIME_WAIT, 63020, .cookie = 1));
	PUT(TICK(64000));
}

/* A worker accepts and leaks what its parent listens for. */
static void accepted(void)
{
	PUT(MOVE(2000, CLOSE, LISTEN, HELD_BY(55, "nginx"), .cookie = 1, .lport = 80, .rport = NONE,
		 .laddr = "0.0.0.0", .raddr = "0.0.0.0"));
	PUT(MOVE(2100, LISTEN, SYN_RECV, .cookie = 2, .lport = 80, .rport = 51000));
	PUT(MOVE(2101, SYN_RECV, ESTABLISHED, .cookie = 2, .lport = 80, .rport = 51000));
	PUT(ACCEPTED(2102, 56, "worker", .cookie = 2, .lport = 80, .rport = 51000));
	PUT(MOVE(2200, ESTABLISHED, CLOSE_WAIT, .cookie = 2, .lport = 80, .rport = 51000));
	put_lost(2500, WIRE_ACCEPTED, 3, 3);
	PUT(TICK(3000, .lost = 3));
}

static void losses(void)
{
	PUT(MOVE(2000, CLOSE, SYN_SENT, .cookie = 1));
	PUT(MOVE(2010, SYN_SENT, ESTABLISHED, .cookie = 1));
	put_lost(2500, WIRE_TRANSITION, 1234567, 1234567);
	PUT(MOVE(2700, ESTABLISHED, CLOSE_WAIT, .cookie = 1, .lost = 1234567));
	put_lost(2800, WIRE_TIMEWAIT, 1, 1234568);
	PUT(MOVE(2900, CLOSE_WAIT, LAST_ACK, .cookie = 1, .lost = 1234568));
	PUT(MOVE(2910, LAST_ACK, CLOSE, .cookie = 1, .lost = 1234568, .flags = WIRE_F_ALL_ACKED));
	put_lost(2950, WIRE_SKIPPED, 7, 1234568);
	PUT(TICK(3000, .lost = 1234568));
}

/* There before us, and still there after us. */
static void partial(void)
{
	PUT(MOVE(1700, ESTABLISHED, CLOSE_WAIT, .cookie = 1, .lport = 80, .rport = 1));
	PUT(MOVE(1900, CLOSE_WAIT, LAST_ACK, .cookie = 2, .lport = 80, .rport = 2));
	PUT(MINI(71000, EXPIRED, TIME_WAIT, 70500, .cookie = 3, .lport = 80, .rport = 3));
	PUT(MOVE(71100, ESTABLISHED, CLOSE_WAIT, .cookie = 4, .lport = 80, .rport = 4));
	PUT(MOVE(71200, FIN_WAIT1, FIN_WAIT2, .cookie = 5, .lport = 80, .rport = 5));
	PUT(MINI(71201, ARMED, FIN_WAIT2, 131201, .cookie = 5, .lport = 80, .rport = 5));
	PUT(MOVE(71201, FIN_WAIT2, CLOSE, .cookie = 5, .lport = 80, .rport = 5));
	PUT(TICK(90000));
}

static void blind(void)
{
	PUT(MOVE(2000, ESTABLISHED, FIN_WAIT1));
	PUT(MOVE(2010, FIN_WAIT1, FIN_WAIT2));
	PUT(MOVE(2013, FIN_WAIT2, CLOSE));
	PUT(TICK(3000));
}

/* Process names are bytes that anybody may choose. */
static void names(void)
{
	static const char *const comms[] = {"a\"quote",
					    "back\\slash",
					    "com,ma",
					    "tab\there",
					    "new\nline",
					    "\x1b[31mred",
					    "latin\xe9",
					    "utf\xc3\xa9",
					    "fifteen-letters",
					    " ",
					    "c1\x9b"
					    "31m",
					    "del\x7f"};

	for (unsigned i = 0; i < COUNT(comms); i++) {
		PUT(MOVE(2000 + i, CLOSE, SYN_SENT, HELD_BY(10 + i, comms[i]),
			 .cookie = (int64_t)i + 1));
		PUT(MOVE(2100 + 2 * i, SYN_SENT, ESTABLISHED, .cookie = (int64_t)i + 1));
		PUT(MOVE(2200 + 3 * i, ESTABLISHED, CLOSE_WAIT, .cookie = (int64_t)i + 1));
		PUT(MOVE(2300 + 4 * i, CLOSE_WAIT, LAST_ACK, .cookie = (int64_t)i + 1));
	}
}

/* More groups than are kept apart: what comes after the first 1000 is in one, "(other)". */
static void groups(void)
{
	for (int i = 0; i < 1010; i++)
		PUT(MOVE(2000 + (uint64_t)i, CLOSE_WAIT, LAST_ACK, .cookie = i + 1,
			 .rport = i + 1));
	for (int i = 0; i < 1010; i += 101)
		PUT(MOVE(4000, LAST_ACK, CLOSE, .cookie = i + 1, .rport = i + 1));
}

/* The widest that each column can be, and the longest times. */
/* Only sweeps tell of mini-sockets. */
static void sampled(void)
{
	/* 1: into TIME-WAIT, which lasts */
	PUT(MOVE(2000, SYN_SENT, ESTABLISHED, .cookie = 1, .lport = 1));
	PUT(MOVE(2100, ESTABLISHED, FIN_WAIT1, .cookie = 1, .lport = 1));
	PUT(MOVE(2110, FIN_WAIT1, FIN_WAIT2, .cookie = 1, .lport = 1));
	PUT(MOVE(2120, FIN_WAIT2, CLOSE, .cookie = 1, .lport = 1, .flags = WIRE_F_FIN_SEEN));
	/* 2: FIN-WAIT-2 goes on, the FIN comes, then a RST that nobody sees */
	PUT(MOVE(2200, ESTABLISHED, FIN_WAIT1, .cookie = 2, .lport = 2));
	PUT(MOVE(2210, FIN_WAIT1, FIN_WAIT2, .cookie = 2, .lport = 2));
	PUT(MOVE(2211, FIN_WAIT2, CLOSE, .cookie = 2, .lport = 2, .flags = WIRE_F_HELD));
	/* 3: gone before the first sweep; 4: cut, which is no question */
	PUT(MOVE(2300, FIN_WAIT1, FIN_WAIT2, .cookie = 3, .lport = 3));
	PUT(MOVE(2301, FIN_WAIT2, CLOSE, .cookie = 3, .lport = 3, .flags = WIRE_F_HELD));
	PUT(MOVE(2400, FIN_WAIT1, FIN_WAIT2, .cookie = 4, .lport = 4));
	PUT(MOVE(2450, FIN_WAIT2, CLOSE, .cookie = 4, .lport = 4, .flags = WIRE_F_LINGER2));
	PUT(MINI(2501, SEEN, TIME_WAIT, 62120, .cookie = 1, .lport = 1));
	PUT(MINI(2501, SEEN, FIN_WAIT2, 62211, .cookie = 2, .lport = 2));
	PUT(SWEPT(2500));
	PUT(MINI(3001, SEEN, TIME_WAIT, 62120, .cookie = 1, .lport = 1));
	PUT(MINI(3001, SEEN, TIME_WAIT, 62800, .cookie = 2, .lport = 2));
	PUT(SWEPT(3000));
	PUT(MINI(62501, SEEN, TIME_WAIT, 62120, .cookie = 1, .lport = 1));
	PUT(SWEPT(62500));
	PUT(SWEPT(63000));
	PUT(SWEPT(63500));
	/* 5: its namespace cannot be entered; 6: the recording ends before a sweep */
	PUT(MOVE(64000, FIN_WAIT2, CLOSE, .cookie = 5, .lport = 5, .netns = 7));
	PUT(SWEPT(64500, .netns = 7, .blind = 1));
	PUT(SWEPT(65000, .netns = 7, .blind = 1));
	PUT(MOVE(65100, FIN_WAIT1, FIN_WAIT2, .cookie = 6, .lport = 6));
	PUT(MOVE(65200, FIN_WAIT2, CLOSE, .cookie = 6, .lport = 6));
	PUT(TICK(65300));
}

static void wide(void)
{
	static const char longest[] = "1234:5678:9abc:def0:1234:5678:9abc:def0";

	PUT(MOVE(2000, CLOSE, SYN_SENT, .cookie = 1, .lport = 65535, .rport = 65535,
		 .laddr = longest, .raddr = longest));
	PUT(MOVE(2001, SYN_SENT, ESTABLISHED, .cookie = 1, .lport = 65535, .rport = 65535,
		 .laddr = longest, .raddr = longest));
	PUT(MOVE(2000, LISTEN, SYN_RECV, .cookie = 2, .lport = 65535, .rport = 65535,
		 .laddr = "255.255.255.254", .raddr = "255.255.255.255"));
	PUT(MOVE(2100, SYN_RECV, CLOSE, .cookie = 2, .lport = 65535, .rport = 65535,
		 .laddr = "255.255.255.254", .raddr = "255.255.255.255"));
	/* There before us for 16m40s, then we cut it. */
	PUT(MOVE(1001000, ESTABLISHED, CLOSE, .cookie = 3, .lport = 65535, .rport = 65535,
		 .laddr = "255.255.255.254", .raddr = "255.255.255.255"));
	PUT(MOVE(1001001, SYN_SENT, CLOSE, .cookie = 4, .lport = 65535, .rport = 65535,
		 .laddr = "255.255.255.254", .raddr = "255.255.255.255", .error = EHOSTUNREACH));
	/* A TIME-WAIT from before us, taken by connect(). */
	PUT(MINI(1002000, ENDED, TIME_WAIT, 1002700, .cause = WIRE_TW_BY_CONNECT, .cookie = 5,
		 .lport = 65535, .rport = 65535, .laddr = "255.255.255.254",
		 .raddr = "255.255.255.255"));
	PUT(MINI(1002000, ARMED, TIME_WAIT, 1062000, .cookie = 6, .lport = 65535, .rport = 65535,
		 .laddr = "255.255.255.254", .raddr = "255.255.255.255"));
	/* 200 days in CLOSE-WAIT, which is longer than the last bucket's begin. */
	PUT(MOVE(1003000, ESTABLISHED, CLOSE_WAIT, .cookie = 7, .rport = 65535,
		 .raddr = "255.255.255.255"));
	PUT(MOVE(1003000 + 200 * 86400000ULL, CLOSE_WAIT, LAST_ACK, .cookie = 7, .rport = 65535,
		 .raddr = "255.255.255.255"));
}

static void put_bytes(union decode_record bytes)
{
	if (recording_add(writer, &bytes, bytes.head.len))
		exit(1);
}

#define PUT_SNAP(...) put_bytes(census_snapshot(&(struct snap)__VA_ARGS__))

static void put_limits(void)
{
	put_bytes(census_limits(CENSUS_NETNS, 30000, 30019, 40));
	put_bytes(census_limits(CENSUS_NETNS + 7, 32768, 60999, 65536));
}

static void put_leaks(void)
{
	/* 1 to 12: one leak, seen twelve times; and the listener they came from */
	for (int i = 0; i < 12; i++)
		PUT_SNAP({.cookie = i + 1,
			  .age = 11520000 - 60000 * (uint64_t)i,
			  .lport = 80,
			  .rport = 51000 + i,
			  .uid = 33,
			  .cgroup = 4242});
	PUT_SNAP({.cookie = 20,
		  .state = WIRE_LISTEN,
		  .lport = 80,
		  .rport = NONE,
		  .laddr = "0.0.0.0",
		  .raddr = "0.0.0.0",
		  .unread = 3,
		  .room = 2,
		  .cgroup = 4242});
	PUT_SNAP({.cookie = 21,
		  .age = 61000,
		  .lport = 80,
		  .rport = 52000,
		  .unread = 1,
		  .flags = NONE16});
	PUT_SNAP({.cookie = 22,
		  .age = 7000,
		  .kind = WIRE_REQUEST,
		  .state = WIRE_SYN_RECV,
		  .lport = 80,
		  .rport = 52001,
		  .retransmits = 2,
		  .rto = 4000,
		  .left = 4000});
	/* In another namespace; a name that anybody may choose */
	PUT_SNAP({.cookie = 23,
		  .age = 95000,
		  .netns = CENSUS_NETNS + 7,
		  .rport = 8080,
		  .raddr = "2001:db8:1234:5678:9abc:def0:1234:5678",
		  .laddr = "2001:db8::1",
		  .unread = 513,
		  .cgroup = 4343});
	PUT_SNAP({.cookie = 24, .age = 30000, .unread = 1, .lport = 40024});
}

static void put_silent_ones(void)
{
	PUT_SNAP({.cookie = 30, .age = 40000, .state = WIRE_FIN_WAIT2, .rport = 5432});
	PUT_SNAP({.cookie = 31,
		  .age = 41000,
		  .state = WIRE_FIN_WAIT2,
		  .kind = WIRE_MINI,
		  .left = 19000});
	PUT_SNAP({.cookie = 32,
		  .age = 9000,
		  .state = WIRE_FIN_WAIT1,
		  .flags = WIRE_S_ORPHAN,
		  .unacked = 1,
		  .retransmits = 5,
		  .rto = 6400,
		  .tried = 9000,
		  .left = 3200});
	PUT_SNAP({.cookie = 33,
		  .age = 9000,
		  .state = WIRE_LAST_ACK,
		  .flags = WIRE_S_ORPHAN,
		  .unacked = 701,
		  .unsent = 1400,
		  .room = (uint32_t)NONE,
		  .probes = 1,
		  .left = 1200});
	PUT_SNAP({.cookie = 34,
		  .age = 3000,
		  .state = WIRE_SYN_SENT,
		  .retransmits = 1,
		  .left = 4000,
		  .raddr = "192.0.2.33"});
	PUT_SNAP(
		{.cookie = 35, .age = 86400000ULL / 10, .state = WIRE_ESTABLISHED, .unread = 4000});
	PUT_SNAP({.cookie = 36, .age = 500, .state = WIRE_ESTABLISHED});
	for (int i = 0; i < 19; i++)
		PUT_SNAP({.cookie = 40 + i,
			  .age = 20000,
			  .state = WIRE_TIME_WAIT,
			  .kind = WIRE_MINI,
			  .lport = 30000 + i,
			  .left = 40000});
}

static void put_holders(void)
{
	for (int i = 0; i < 12; i++)
		put_bytes(census_holder(i + 1, 100 + (uint32_t)i / 8, "nginx", 9 + (uint32_t)i));
	put_bytes(census_holder_doing(20, 100, "nginx", 6, WIRE_DOES_SLEEP, WIRE_H_FREE));
	put_bytes(census_holder_doing(20, 101, "nginx", 6, WIRE_DOES_STOPPED,
				      WIRE_H_THREADS | WIRE_H_FULL));
	put_bytes(census_holder(23, 200, "odd\"name,\x1b[31m", 3));
	put_bytes(census_holder(23, 201, "odd\"name,\x1b[31m", 3));
	put_bytes(census_holder(23, 201, "odd\"name,\x1b[31m", 4));
	put_bytes(census_holder(30, 300, "psql", 5));
	put_bytes(census_holder(34, 301, "curl", 5));
	put_bytes(census_holder_doing(35, 302, "sleepy", 5, WIRE_DOES_FROZEN, WIRE_H_FREE));
	put_bytes(census_holder(36, 302, "sleepy", 6));
	PUT_SNAP({.cookie = 24, .age = 30000, .unread = 1, .lport = 40024}); /* still nobody's */
	put_bytes(census_named(WIRE_NAME_HOME, CENSUS_NETNS, ""));
	put_bytes(census_named(WIRE_NAME_NETNS, CENSUS_NETNS + 7, "blue"));
	put_bytes(census_named(WIRE_NAME_CGROUP, 4242, "nginx.service"));
	put_bytes(census_named(WIRE_NAME_CGROUP, 4343, "docker:3f4e5d6c7b8a"));
}

/* What `stuck -w` writes: one of each trouble. */
static void stuck(void)
{
	put_bytes(census_bounds(true, 0));
	put_limits();
	put_leaks();
	put_silent_ones();
	put_holders();
	put_bytes(census_bounds(false, 1));
}

#define SILENT .age = 9000, .state = WIRE_ESTABLISHED, .unacked = 5, .retransmits = 4, .left = 3200

/* What gets no answer, and why; and one that waits for nothing but data. */
static void ways(void)
{
	put_bytes(census_bounds(true, 0));
	put_bytes(census_limits(CENSUS_NETNS, 32768, 60999, 65536));
	PUT_SNAP({.cookie = 1, SILENT, .way = WIRE_WAY_NO_ADDRESS, .soft_error = ENETUNREACH});
	PUT_SNAP({.cookie = 2,
		  SILENT,
		  .way = WIRE_WAY_NO_ROUTE,
		  .way_error = ENETUNREACH,
		  .soft_error = ENETUNREACH});
	PUT_SNAP({.cookie = 3,
		  SILENT,
		  .way = WIRE_WAY_NO_ROUTE,
		  .way_error = EACCES,
		  .laddr = "2001:db8::1",
		  .raddr = "2001:db8::2"});
	PUT_SNAP({.cookie = 4, SILENT, .way = WIRE_WAY_NO_NEIGHBOUR, .soft_error = EHOSTUNREACH});
	PUT_SNAP({.cookie = 5, SILENT, .way = WIRE_WAY_THERE, .soft_error = ECONNREFUSED});
	PUT_SNAP({.cookie = 6, SILENT, .way = WIRE_WAY_THERE, .soft_error = 254});
	PUT_SNAP({.cookie = 7, SILENT, .way = WIRE_WAY_THERE});
	PUT_SNAP({.cookie = 8,
		  .age = 7000,
		  .kind = WIRE_REQUEST,
		  .state = WIRE_SYN_RECV,
		  .flags = WIRE_S_DEFERRED,
		  .lport = 80,
		  .rport = 52001,
		  .left = 4000});
	for (int i = 1; i < 8; i++)
		put_bytes(census_holder(i, 100 + (uint32_t)i, i == 3 ? "ssh" : "curl", 3));
	put_bytes(census_named(WIRE_NAME_HOME, CENSUS_NETNS, ""));
	put_bytes(census_bounds(false, 0));
}

/* More rows than a terminal is given, none like another, each of a process of its own name. */
static void crowd(void)
{
	put_bytes(census_bounds(true, 0));
	put_bytes(census_limits(CENSUS_NETNS, 32768, 60999, 65536));
	for (int i = 0; i < 105; i++) {
		char name[16];

		snprintf(name, sizeof(name), "server-%d", i);
		PUT_SNAP({.cookie = i + 1, .age = 5000 + (uint64_t)i, .lport = 80 + i});
		put_bytes(census_holder(i + 1, 100 + (uint32_t)i, name, 3));
	}
	put_bytes(census_bounds(false, 0));
}

/* Nothing is wrong. */
static void well(void)
{
	put_bytes(census_bounds(true, 0));
	put_bytes(census_limits(CENSUS_NETNS, 32768, 60999, 65536));
	PUT_SNAP({.cookie = 1,
		  .state = WIRE_LISTEN,
		  .lport = 80,
		  .rport = NONE,
		  .laddr = "0.0.0.0",
		  .raddr = "0.0.0.0",
		  .unread = 2,
		  .room = 128});
	PUT_SNAP({.cookie = 2, .age = 3000, .state = WIRE_ESTABLISHED, .lport = 80});
	PUT_SNAP({.cookie = 3, .age = 300, .lport = 80, .rport = 51000});
	PUT_SNAP({.cookie = 4,
		  .age = 3000,
		  .state = WIRE_TIME_WAIT,
		  .kind = WIRE_MINI,
		  .lport = 80,
		  .rport = 51001,
		  .left = 57000});
	put_bytes(census_holder(1, 100, "nginx", 6));
	put_bytes(census_holder(2, 100, "nginx", 7));
	put_bytes(census_holder(3, 100, "nginx", 8));
	put_bytes(census_named(WIRE_NAME_HOME, CENSUS_NETNS, ""));
	put_bytes(census_bounds(false, 0));
}

/* ---- a page ---- */

/* As census_feeder.h has it, but at another time than CENSUS_NOW. */
static void put_at(uint64_t ms, union decode_record bytes)
{
	uint64_t earlier = (CENSUS_NOW - ms) * NS_PER_MS;
	struct wire_snapshot *s = &bytes.snapshot;
	__u64 *const times[] = {&s->began, &s->timer,   &s->acked, &s->received,
				&s->sent,  &s->touched, &s->tried};

	for (size_t i = 0; bytes.head.kind == WIRE_SNAPSHOT && i < COUNT(times); i++)
		if (*times[i])
			*times[i] -= earlier;
	bytes.head.ts -= earlier;
	put_bytes(bytes);
}

#define SNAP_AT(ms, ...) put_at(ms, census_snapshot(&(struct snap)__VA_ARGS__))

#define CHILD(n) .cookie = 10 + (n), .lport = 80, .rport = 51000 + (n)
/* The handshake took 7 ms. */
#define OPENS(ms, n)                                                         \
	do {                                                                 \
		PUT(MOVE(ms, LISTEN, SYN_RECV, CHILD(n)));                   \
		PUT(MOVE(ms, SYN_RECV, ESTABLISHED, CHILD(n), .ago = 7000)); \
	} while (0)

static void put_listener(uint64_t ms, int64_t cookie, const char *addr, int32_t port,
			 uint32_t waiting, uint32_t backlog)
{
	SNAP_AT(ms, {.cookie = cookie,
		     .state = WIRE_LISTEN,
		     .laddr = addr,
		     .raddr = strchr(addr, ':') ? "::" : "0.0.0.0",
		     .lport = port,
		     .rport = NONE,
		     .unread = waiting,
		     .room = backlog});
}

/* Connections wait for accept(): 1 to 3 until it returns them, 4 until it ends, 5 is closed by an
 * owner, though nothing told of accept(), 6 waits across a loss, 7 and 8 wait still. */
static void queued(void)
{
	PUT(MOVE(2000, CLOSE, LISTEN, HELD_BY(55, "nginx"), .cookie = 1, .lport = 80, .rport = NONE,
		 .laddr = "0.0.0.0", .raddr = "0.0.0.0"));
	OPENS(2100, 1);
	PUT(ACCEPTED(2101, 56, "worker", CHILD(1)));
	OPENS(2200, 2);
	OPENS(2210, 3);
	OPENS(2220, 4);
	OPENS(2230, 5);
	PUT(ACCEPTED(2212, 56, "worker", CHILD(2)));
	PUT(MOVE(2400, ESTABLISHED, CLOSE_WAIT, CHILD(3)));
	PUT(MOVE(2500, ESTABLISHED, CLOSE, CHILD(4), .error = ECONNRESET, .unaccepted = true));
	PUT(ACCEPTED(3710, 57, "worker", CHILD(3)));
	PUT(MOVE(3720, ESTABLISHED, FIN_WAIT1, HELD_BY(57, "worker"), CHILD(5)));
	OPENS(3800, 6);
	put_lost(4000, WIRE_TIMEWAIT, 1, 1);
	PUT(TICK(4000, .lost = 1));
	PUT(ACCEPTED(5000, 56, "worker", CHILD(6), .lost = 1));
	for (int n = 7; n <= 8; n++) {
		PUT(MOVE(6000, LISTEN, SYN_RECV, CHILD(n), .lost = 1));
		PUT(MOVE(6000, SYN_RECV, ESTABLISHED, CHILD(n), .lost = 1));
	}
	for (uint64_t ms = 7000; ms <= 8000; ms += 500) {
		PUT(CENSUS_BEGINS(ms, .lost = 1));
		put_listener(ms, 1, "0.0.0.0", 80, 2, 128);
		for (int n = 6; n <= 8; n++)
			PUT(THERE(ms, ESTABLISHED, CHILD(n), .flags = n == 6 ? WIRE_S_FILE : 0,
				  .lost = 1));
		PUT(SWEPT(ms + 1, .lost = 1));
		PUT(CENSUS_ENDS(ms + 2, .lost = 1));
	}
}

/* At most 3 waited, 1 does now; another listener is full. */
static void backlogs(void)
{
	PUT(MOVE(2000, CLOSE, LISTEN, HELD_BY(55, "nginx"), .cookie = 1, .lport = 80, .rport = NONE,
		 .laddr = "0.0.0.0", .raddr = "0.0.0.0"));
	for (int n = 1; n <= 3; n++)
		OPENS(2100, n);
	PUT(ACCEPTED(2120, 56, "worker", CHILD(1)));
	PUT(ACCEPTED(2130, 56, "worker", CHILD(2)));
	PUT(CENSUS_BEGINS(3000));
	put_listener(3000, 1, "0.0.0.0", 80, 1, 128);
	put_listener(3000, 2, "2001:db8::1", 443, 129, 128);
	PUT(CENSUS_ENDS(3002));
}

static void put_page_sockets(uint64_t ms)
{
	SNAP_AT(ms, {.cookie = 20,
		     .state = WIRE_LISTEN,
		     .lport = 80,
		     .rport = NONE,
		     .laddr = "0.0.0.0",
		     .raddr = "0.0.0.0",
		     .unread = 129,
		     .room = 128});
	for (int i = 0; i < 7; i++)
		SNAP_AT(ms, {.cookie = 30 + i,
			     .age = 9000 + 1000 * (uint64_t)i,
			     .lport = 80,
			     .rport = 51001 + i,
			     .cgroup = 4242});
	SNAP_AT(ms, {.cookie = 40,
		     .age = 9000,
		     .state = WIRE_FIN_WAIT1,
		     .flags = WIRE_S_ORPHAN,
		     .unacked = 1,
		     .retransmits = 5,
		     .rto = 6400,
		     .tried = 9000,
		     .left = 3200,
		     .netns = CENSUS_NETNS + 7,
		     .laddr = "2001:db8::1",
		     .raddr = "2001:db8::2"});
	for (int i = 0; i < 3; i++)
		SNAP_AT(ms, {.cookie = 50 + i,
			     .age = 20000,
			     .state = WIRE_TIME_WAIT,
			     .kind = WIRE_MINI,
			     .lport = 40050 + i,
			     .left = 40000});
	SNAP_AT(ms, {.cookie = 60, .age = 500, .state = WIRE_ESTABLISHED});
}

static void put_page_census(uint64_t ms)
{
	put_at(ms, census_bounds(true, 0));
	put_at(ms, census_limits(CENSUS_NETNS, 32768, 60999, 4));
	put_page_sockets(ms);
	put_at(ms, census_holder(20, 55, "nginx", 6));
	for (int i = 0; i < 7; i++)
		put_at(ms, census_holder(30 + i, 4711, "</script><b>", (uint32_t)(7 + i)));
	put_at(ms, census_named(WIRE_NAME_HOME, CENSUS_NETNS, ""));
	put_at(ms, census_named(WIRE_NAME_NETNS, CENSUS_NETNS + 7, "<i>blue"));
	put_at(ms, census_named(WIRE_NAME_CGROUP, 4242, "<img src=x>"));
	put_at(ms, census_bounds(false, 1));
}

/* All that a report shows: moves of every kind, losses, something stuck, and names that bite. */
static void page(void)
{
	basic();
	PUT(MOVE(64100, CLOSE, LISTEN, HELD_BY(55, "<img src=x>"), .cookie = 70, .lport = 8443,
		 .rport = NONE, .laddr = "0.0.0.0", .raddr = "0.0.0.0"));
	for (int i = 0; i < 5; i++)
		PUT(MOVE(65000, ESTABLISHED, CLOSE_WAIT, HELD_BY(4711, "</script><b>"),
			 .cookie = 30 + i, .lport = 80, .rport = 51001 + i));
	PUT(MOVE(66000, CLOSE_WAIT, LAST_ACK, HELD_BY(4711, "</script><b>"), .cookie = 34,
		 .lport = 80, .rport = 51005));
	/* No textbook has this one. */
	PUT(MOVE(66200, CLOSE, ESTABLISHED, .cookie = 60));
	put_lost(67000, WIRE_TRANSITION, 12, 12);
	put_lost(67000, WIRE_ACCEPTED, 3, 15);
	PUT(TICK(68000, .lost = 15));
	put_page_census(70000);
	PUT(TICK(70100, .lost = 15));
}

static void put_room(uint64_t ms, uint32_t netns, uint32_t buckets, uint16_t low, uint16_t high)
{
	struct wire_limits limits = {
		.head = {.ts = ms * NS_PER_MS, .kind = WIRE_LIMITS, .len = sizeof(limits)},
		.netns = netns,
		.max_tw_buckets = buckets,
		.port_low = low,
		.port_high = high,
		USUAL_PATIENCE};

	if (recording_add(writer, &limits, sizeof(limits)))
		exit(1);
}

/* What an exporter tells: dwells on, just above and beyond every kind of bound, and a census with
 * findings of more names than are told apart. */
static void served(void)
{
	static const uint64_t dwells[] = {1, 2, 3, 60000, 60001, 61500, 1000000000, 1000000001};
	uint64_t ms = 9000;
	char comm[16];

	PUT(CENSUS_BEGINS(ms));
	put_room(ms, 4026531840u, 3, 40000, 40003);
	for (int i = 0; i < 25; i++) {
		PUT(THERE(ms, CLOSE_WAIT, .cookie = 100 + i, .acked = ms - 5000 - (uint64_t)i,
			  .flags = WIRE_S_FILE, .lport = 8000 + i));
		PUT(THERE(ms, CLOSE_WAIT, .cookie = 200 + i, .acked = ms - 5000,
			  .flags = WIRE_S_FILE, .lport = 9000 + i));
	}
	for (int i = 0; i < 3; i++)
		PUT(THERE(ms, TIME_WAIT, .cookie = 300 + i, .lport = 40000 + i, .of = WIRE_MINI,
			  .began = ms - 1000, .expires = ms + 59000));
	PUT(THERE(ms, FIN_WAIT2, .cookie = 400, .of = WIRE_MINI, .lport = 1, .began = ms - 2500,
		  .expires = ms + 57500));
	PUT(THERE(ms, ESTABLISHED, .cookie = 401, .flags = WIRE_S_FILE, .lport = 2));
	for (int i = 0; i < 25; i++) {
		snprintf(comm, sizeof(comm), "leaky-%d", i);
		PUT(HOLDS(ms, 500 + (uint32_t)i, comm, .cookie = 100 + i));
		PUT(HOLDS(ms, 499, "(other)", .cookie = 200 + i));
	}
	PUT(CENSUS_ENDS(ms + 1));
	for (unsigned i = 0; i < COUNT(dwells); i++) {
		PUT(MOVE(ms, ESTABLISHED, CLOSE_WAIT, .cookie = (int64_t)i + 1, .rport = 1000));
		ms += dwells[i];
		PUT(MOVE(ms, CLOSE_WAIT, LAST_ACK, .cookie = (int64_t)i + 1, .rport = 1000));
		PUT(MOVE(++ms, LAST_ACK, CLOSE, .cookie = (int64_t)i + 1, .rport = 1000));
	}
}

static void put_clock(uint64_t ms, int64_t hours)
{
	put_at(ms,
	       (union decode_record){
		       .clock = {.head = {.ts = CENSUS_NOW * NS_PER_MS,
					  .kind = WIRE_CLOCK,
					  .len = sizeof(struct wire_clock)},
				 .wall_offset = (int64_t)((WALL_AT_ATTACH + hours * 3600) *
								  (int64_t)NS_PER_S -
							  FEEDER_ATTACHED * (int64_t)NS_PER_MS)}});
}

/* Somebody set the wall clock back by an hour, and later on by two: no dwell minds. */
static void clock_set(void)
{
	PUT(MOVE(2000, CLOSE, SYN_SENT, HELD_BY(101, "curl"), .cookie = 1));
	PUT(MOVE(2010, SYN_SENT, ESTABLISHED, .cookie = 1));
	put_clock(2500, -1);
	PUT(MOVE(3000, ESTABLISHED, CLOSE_WAIT, .cookie = 1));
	put_clock(4000, 1);
	put_at(5000, census_bounds(true, 0));
	SNAP_AT(5000, {.cookie = 1, .age = 2000});
	put_at(5000, census_bounds(false, 0));
	PUT(MOVE(6000, CLOSE_WAIT, LAST_ACK, .cookie = 1));
}

/* A pool that begins a connection every 10 s, and what is on the way ends each when it has been
 * idle for a minute. */
static void idle(void)
{
	for (int i = 0; i < 38; i++) {
		uint64_t ms = 2000 + 10000 * (uint64_t)i;

		PUT(MOVE(ms, CLOSE, SYN_SENT, HELD_BY(300, "pool"), .cookie = i + 1,
			 .lport = NONE));
		PUT(MOVE(ms, SYN_SENT, ESTABLISHED, .cookie = i + 1, .lport = 40000 + i));
		if (i >= 6)
			PUT(MOVE(ms + 2, ESTABLISHED, CLOSE, .cookie = i - 5,
				 .lport = 40000 + i - 6, .error = ECONNRESET));
		if (i % 6 != 1)
			continue;
		PUT(CENSUS_BEGINS(ms + 5000));
		put_at(ms + 5000, census_limits(CENSUS_NETNS, 32768, 60999, 65536));
		for (int k = i > 5 ? i - 5 : 0; k <= i; k++) {
			PUT(THERE(ms + 5000, ESTABLISHED, .cookie = k + 1, .lport = 40000 + k,
				  .data = 2000 + 10000 * (uint64_t)k,
				  .flags = WIRE_S_FILE | (k % 2 ? WIRE_S_KEEPALIVE : 0)));
			PUT(HOLDS(ms + 5000, 300, "pool", .cookie = k + 1));
		}
		PUT(CENSUS_ENDS(ms + 5001));
	}
}

#include "top_recordings.h"

static const struct {
	const char *name;
	void (*make)(void);
	/* What tells of mini-sockets. LOOKS: as `stuck -w` makes it, nothing tells of events.
	 * ACCEPTS: as EVENTS, and accept() is told. */
	enum { EVENTS, NOTHING, SWEEPS, LOOKS, ACCEPTS } minis;
} recordings[] = {
	{"basic", basic, EVENTS},
	{"losses", losses, EVENTS},
	{"partial", partial, EVENTS},
	{"blind", blind, NOTHING},
	{"names", names, EVENTS},
	{"groups", groups, EVENTS},
	{"sampled", sampled, SWEEPS},
	{"wide", wide, EVENTS},
	{"accepted", accepted, EVENTS},
	{"queued", queued, ACCEPTS},
	{"backlog", backlogs, ACCEPTS},
	{"stuck", stuck, LOOKS},
	{"ways", ways, LOOKS},
	{"well", well, LOOKS},
	{"crowd", crowd, LOOKS},
	{"page", page, EVENTS},
	{"served", served, EVENTS},
	{"clock", clock_set, EVENTS},
	{"idle", idle, EVENTS},
	{"top-stuck", top_stuck, EVENTS},
	{"top-lost", top_lost, EVENTS},
	{"top-blind", top_well, NOTHING},
	{"top-empty", top_empty, EVENTS},
	{"top-well", top_well, EVENTS},
	{"top-odd", top_odd, EVENTS},
	{"top-queues", top_queues, ACCEPTS},
	{"top-crowd", top_crowd, EVENTS},
};

static int make(unsigned i, const char *path)
{
	static const char *const ways[] = {
		[EVENTS] = "timer tracepoints",
		[ACCEPTS] = "timer tracepoints",
		[NOTHING] = "no way works",
		[SWEEPS] = "iter/tcp twice a second: shorter lives are missed, ends are >=",
		[LOOKS] = "",
	};
	struct meta meta = {
		.attached = FEEDER_ATTACHED * NS_PER_MS,
		.wall_offset = (int64_t)(WALL_AT_ATTACH * NS_PER_S - FEEDER_ATTACHED * NS_PER_MS),
		.tick_ns = FEEDER_TICK * NS_PER_MS,
		.sees_timewait = recordings[i].minis != NOTHING && recordings[i].minis != LOOKS,
		.samples_timewait = recordings[i].minis == SWEEPS,
		.version = "0.1.0",
		.kernel = "6.18.0-test"};

	if (recordings[i].minis != LOOKS)
		strcpy(meta.transition_way, "tracepoint sock:inet_sock_set_state");
	snprintf(meta.timewait_way, sizeof(meta.timewait_way), "%s", ways[recordings[i].minis]);
	if (recordings[i].minis == ACCEPTS) {
		meta.sees_accepts = true;
		strcpy(meta.accept_way, "fexit program on the return of inet_csk_accept()");
	}
	writer = recording_create(path, &meta);
	if (!writer)
		return 1;
	recordings[i].make();
	return recording_finish(writer) ? 1 : 0;
}

int main(int argc, char **argv)
{
	for (unsigned i = 0; argc == 3 && i < COUNT(recordings); i++)
		if (!strcmp(argv[1], recordings[i].name))
			return make(i, argv[2]);
	fputs("usage: make_recording NAME FILE, with a NAME of tests/golden\n", stderr);
	return 2;
}
