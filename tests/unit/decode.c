/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* decode.c - the gate: good records of each kind pass, anything else is refused and changes
 * nothing. */
#include "record/decode.h"

#include <errno.h>

#include "test.h"

static union decode_record good(uint16_t kind)
{
	static const uint16_t lengths[WIRE_KINDS] = {
		[WIRE_TRANSITION] = sizeof(struct wire_transition),
		[WIRE_TIMEWAIT] = sizeof(struct wire_timewait),
		[WIRE_SOCKET] = sizeof(struct wire_socket),
		[WIRE_HANDSHAKE] = sizeof(struct wire_handshake),
		[WIRE_TICK] = sizeof(struct wire_head),
		[WIRE_LOST] = sizeof(struct wire_lost),
		[WIRE_SWEPT] = sizeof(struct wire_swept),
		[WIRE_ACCEPTED] = sizeof(struct wire_accepted),
		[WIRE_SNAPSHOT] = sizeof(struct wire_snapshot),
		[WIRE_HOLDER] = sizeof(struct wire_holder),
		[WIRE_QUEUED] = sizeof(struct wire_queued),
		[WIRE_EPOLL] = sizeof(struct wire_epoll),
		[WIRE_LIMITS] = sizeof(struct wire_limits),
		[WIRE_HOST] = sizeof(struct wire_host),
		[WIRE_CENSUS] = sizeof(struct wire_census),
		[WIRE_NAME] = sizeof(struct wire_name),
		[WIRE_CLOCK] = sizeof(struct wire_clock),
	};
	union decode_record rec = {.head = {.ts = 5, .kind = kind, .len = lengths[kind]}};

	if (kind == WIRE_TRANSITION) {
		rec.transition.from = WIRE_ESTABLISHED;
		rec.transition.to = WIRE_CLOSE_WAIT;
		memset(rec.transition.comm, 'x', sizeof(rec.transition.comm));
	} else if (kind == WIRE_TIMEWAIT) {
		rec.timewait.op = WIRE_TW_ARMED;
		rec.timewait.substate = WIRE_TIME_WAIT;
	} else if (kind == WIRE_HANDSHAKE) {
		rec.handshake.op = WIRE_HS_EXPIRED;
	} else if (kind == WIRE_SOCKET) {
		rec.socket.state = WIRE_SYN_SENT;
	} else if (kind == WIRE_LOST) {
		rec.lost.lost_kind = WIRE_TIMEWAIT;
	} else if (kind == WIRE_SNAPSHOT) {
		rec.snapshot.state = WIRE_CLOSE_WAIT;
	} else if (kind == WIRE_ACCEPTED) {
		memset(rec.accepted.comm, 'x', sizeof(rec.accepted.comm));
	}
	return rec;
}

static void test_good(void)
{
	test_begin("decode-good");
	for (uint16_t kind = 1; kind < WIRE_SKIPPED; kind++) {
		union decode_record rec = good(kind), seen = {0};
		unsigned char shifted[sizeof(rec) + 1];

		test_context("kind %u", kind);
		memcpy(shifted + 1, &rec, rec.head.len); /* alignment does not matter */
		CHECK_EQ(decode(shifted + 1, rec.head.len, &seen), rec.head.len);
		CHECK_EQ(seen.head.kind, kind);
		CHECK_EQ(decode(shifted + 1, rec.head.len + 1000, &seen), rec.head.len);
	}
	test_end("%d kinds", WIRE_SKIPPED - 1);
}

static void test_text_ends(void)
{
	union decode_record rec = good(WIRE_TRANSITION), seen;

	test_begin("decode-text-ends");
	CHECK(decode(&rec, sizeof(rec.transition), &seen) > 0);
	CHECK_EQ(strlen(seen.transition.comm), 15);
	rec = good(WIRE_ACCEPTED);
	CHECK(decode(&rec, sizeof(rec.accepted), &seen) > 0);
	CHECK_EQ(strlen(seen.accepted.comm), 15);
	test_end("names of 16 letters are cut to 15");
}

/* Every length that is not the kind's own, and every cut. */
static void test_lengths(void)
{
	unsigned n = 0;

	test_begin("decode-lengths");
	for (uint16_t kind = 1; kind < WIRE_SKIPPED; kind++) {
		union decode_record rec = good(kind), seen;
		uint16_t len = rec.head.len;

		for (size_t cut = 0; cut < len; cut++, n++)
			CHECK_EQ(decode(&rec, cut, &seen), (uint64_t)-EBADMSG);
		for (unsigned other = 0; other <= UINT16_MAX; other++) {
			rec.head.len = (uint16_t)other;
			if (other != len)
				CHECK_EQ(decode(&rec, sizeof(rec), &seen), (uint64_t)-EBADMSG);
		}
	}
	test_end("%u cuts, and all other lengths of %d kinds", n, WIRE_SKIPPED - 1);
}

static void test_kinds(void)
{
	union decode_record rec = good(WIRE_TICK), seen;

	test_begin("decode-kinds");
	for (unsigned kind = 0; kind <= UINT16_MAX; kind++) {
		rec.head.kind = (uint16_t)kind;
		if (kind != WIRE_TICK)
			CHECK_EQ(decode(&rec, sizeof(rec), &seen), (uint64_t)-EBADMSG);
	}
	test_end("65535 other kinds refused");
}

/* One field of one byte, all its values; those below `first` or at `end` and above are refused. */
static void check_byte(uint16_t kind, size_t offset, unsigned first, unsigned end)
{
	for (unsigned value = 0; value < 256; value++) {
		union decode_record rec = good(kind), seen, before;
		bool wanted = value >= first && value < end;

		memset(&seen, 0xa5, sizeof(seen));
		before = seen;
		((unsigned char *)&rec)[offset] = (unsigned char)value;
		test_context("kind %u, byte %zu = %u", kind, offset, value);
		CHECK_EQ(decode(&rec, sizeof(rec), &seen) > 0, wanted);
		CHECK(wanted || !memcmp(&seen, &before, sizeof(seen)));
	}
}

static void test_ranges(void)
{
	union decode_record rec = good(WIRE_TRANSITION), seen;

	test_begin("decode-ranges");
	check_byte(WIRE_TRANSITION, offsetof(struct wire_transition, from), 1, WIRE_STATES);
	check_byte(WIRE_TRANSITION, offsetof(struct wire_transition, to), 1, WIRE_STATES);
	check_byte(WIRE_TIMEWAIT, offsetof(struct wire_timewait, op), 1, WIRE_TW_OPS);
	check_byte(WIRE_TIMEWAIT, offsetof(struct wire_timewait, cause), 0, WIRE_TW_CAUSES);
	check_byte(WIRE_TIMEWAIT, offsetof(struct wire_timewait, substate), WIRE_FIN_WAIT2,
		   WIRE_TIME_WAIT + 1);
	check_byte(WIRE_HANDSHAKE, offsetof(struct wire_handshake, op), 1, WIRE_HS_OPS);
	check_byte(WIRE_HANDSHAKE, offsetof(struct wire_handshake, cause), 0, WIRE_HS_CAUSES);
	check_byte(WIRE_HANDSHAKE, offsetof(struct wire_handshake, flags), 0, WIRE_HS_ALL + 1);
	check_byte(WIRE_SNAPSHOT, offsetof(struct wire_snapshot, way), 0, WIRE_WAYS);
	check_byte(WIRE_SOCKET, offsetof(struct wire_socket, state), 1, WIRE_STATES);
	check_byte(WIRE_HOLDER, offsetof(struct wire_holder, doing), 0, WIRE_DOINGS);
	check_byte(WIRE_HOLDER, offsetof(struct wire_holder, flags), 0, WIRE_H_ALL + 1);
	check_byte(WIRE_LOST, offsetof(struct wire_lost, lost_kind), 1, WIRE_KINDS);
	test_context("flags");
	for (unsigned bit = 0; bit < 16; bit++) {
		rec.transition.flags = (uint16_t)(1u << bit);
		CHECK_EQ(decode(&rec, sizeof(rec), &seen) > 0, (WIRE_F_ALL >> bit) & 1);
	}
	test_end("fields of 256 values, 16 flags");
}

/* A timer that was never set, on a host that has just booted: no reason to lose the socket. */
static void test_before_the_boot(void)
{
	union decode_record rec = good(WIRE_SNAPSHOT), decoded;

	test_begin("decode-before-the-boot");
	rec.snapshot.timer = (uint64_t)-5;
	rec.snapshot.sent = 7;
	CHECK_EQ(decode(&rec, sizeof(rec), &decoded), (int)sizeof(rec.snapshot));
	CHECK_EQ(decoded.snapshot.timer, 0);
	CHECK_EQ(decoded.snapshot.sent, 7);
	test_end("a time before it is not known");
}

int main(void)
{
	test_good();
	test_before_the_boot();
	test_text_ends();
	test_lengths();
	test_kinds();
	test_ranges();
	return test_status();
}
