/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* repeats.c - of two records of one transition the second is left out, and nothing else is. */
#include "kernel/repeats.h"

#include "test.h"

static struct repeats twice;

static bool tell(uint64_t cookie, uint8_t from, uint8_t to, uint16_t flags)
{
	struct wire_transition t = {.id.cookie = cookie, .from = from, .to = to, .flags = flags};

	return repeats_note(&twice, &t);
}

static void test_pair(void)
{
	test_begin("twice-pair");
	memset(&twice, 0, sizeof(twice));
	CHECK(!tell(1, WIRE_CLOSE, WIRE_SYN_SENT, 0));
	CHECK(!tell(2, WIRE_CLOSE, WIRE_SYN_SENT, 0));
	CHECK(tell(1, WIRE_CLOSE, WIRE_SYN_SENT, WIRE_F_SECOND));
	CHECK(tell(2, WIRE_CLOSE, WIRE_SYN_SENT, WIRE_F_SECOND));
	CHECK(!tell(1, WIRE_SYN_SENT, WIRE_ESTABLISHED, WIRE_F_SECOND));
	CHECK(!tell(3, WIRE_SYN_SENT, WIRE_ESTABLISHED, WIRE_F_SECOND));
	test_end("told by both programs");
}

/* The first program never repeats itself: what it tells again happened again. */
static void test_again(void)
{
	test_begin("twice-again");
	memset(&twice, 0, sizeof(twice));
	CHECK(!tell(1, WIRE_CLOSE, WIRE_SYN_SENT, 0));
	CHECK(!tell(1, WIRE_CLOSE, WIRE_SYN_SENT, 0));
	CHECK(!tell(1, WIRE_SYN_SENT, WIRE_CLOSE, 0));
	CHECK(!tell(1, WIRE_CLOSE, WIRE_SYN_SENT, WIRE_F_SECOND));
	test_end("happened again");
}

static void test_far(void)
{
	test_begin("twice-far");
	memset(&twice, 0, sizeof(twice));
	CHECK(!tell(1, WIRE_LAST_ACK, WIRE_CLOSE, 0));
	for (uint64_t other = 2; other <= REPEATS_SLOTS; other++)
		CHECK(!tell(other, WIRE_LAST_ACK, WIRE_CLOSE, 0));
	CHECK(tell(1, WIRE_LAST_ACK, WIRE_CLOSE, WIRE_F_SECOND));
	test_end("%d others in between", REPEATS_SLOTS - 1);
}

static void test_address(void)
{
	test_begin("twice-address");
	memset(&twice, 0, sizeof(twice));
	CHECK(!tell(WIRE_ID_ADDRESS | 5, WIRE_CLOSE, WIRE_LISTEN, 0));
	CHECK(tell(WIRE_ID_ADDRESS | 5, WIRE_CLOSE, WIRE_LISTEN, WIRE_F_SECOND));
	test_end("by address");
}

int main(void)
{
	test_pair();
	test_again();
	test_far();
	test_address();
	return test_status();
}
