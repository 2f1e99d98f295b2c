/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* age.c - no age is ever told that the kernel's fields do not prove. Times are in ms here. */
#include "age.h"

#include "clock.h"
#include "tcpstate.h"
#include "test.h"

#define NOW  100000
#define TICK 4

static const struct {
	const char *name;
	uint8_t kind, state;
	uint64_t began, timer, acked, received, sent;
	uint32_t rto, unacked;
	uint8_t retransmits;
	uint8_t known;
	uint64_t ms;
} cases[] = {
	{"close-wait", WIRE_FULL, WIRE_CLOSE_WAIT, .acked = 90000, .known = DWELL_AT_LEAST,
	 .ms = 9996},
	{"close-wait-after-a-gap", WIRE_FULL, WIRE_CLOSE_WAIT, .acked = 90000, .received = 95000,
	 .known = DWELL_AT_LEAST, .ms = 4996},
	{"close-wait-just-now", WIRE_FULL, WIRE_CLOSE_WAIT, .acked = 99998, .known = DWELL_UNKNOWN},
	{"close-wait-of-nothing", WIRE_FULL, WIRE_CLOSE_WAIT, .known = DWELL_UNKNOWN},
	{"fin-wait-2-held", WIRE_FULL, WIRE_FIN_WAIT2, .acked = 40000, .known = DWELL_AT_LEAST,
	 .ms = 59996},
	{"fin-wait-2-mini", WIRE_MINI, WIRE_FIN_WAIT2, .began = 70000, .timer = 130000,
	 .known = DWELL_EXACT, .ms = 30000},
	{"fin-wait-2-mini-before-6.14", WIRE_MINI, WIRE_FIN_WAIT2, .timer = 130000,
	 .known = DWELL_UNKNOWN},
	{"time-wait", WIRE_MINI, WIRE_TIME_WAIT, .began = 80000, .timer = 140004,
	 .known = DWELL_EXACT, .ms = 20000},
	{"time-wait-restarted", WIRE_MINI, WIRE_TIME_WAIT, .began = 60000, .timer = 140000,
	 .known = DWELL_AT_LEAST, .ms = 19996},
	{"time-wait-before-6.14", WIRE_MINI, WIRE_TIME_WAIT, .timer = 140000,
	 .known = DWELL_AT_LEAST, .ms = 19996},
	{"syn-sent", WIRE_FULL, WIRE_SYN_SENT, .began = 97000, .known = DWELL_AT_LEAST, .ms = 2999},
	{"request", WIRE_REQUEST, WIRE_SYN_RECV, .began = 99000, .known = DWELL_AT_LEAST,
	 .ms = 999},
	/* Sent, again after 200, 400 and 800 ms, the next after 1600 of which 600 are over. */
	{"last-ack", WIRE_FULL, WIRE_LAST_ACK, .timer = 101000, .rto = 1600, .unacked = 1,
	 .retransmits = 3, .known = DWELL_AT_LEAST, .ms = 600 + 1400 - 8},
	{"last-ack-behind-data", WIRE_FULL, WIRE_LAST_ACK, .timer = 101000, .rto = 1600,
	 .unacked = 9, .retransmits = 3, .known = DWELL_UNKNOWN},
	{"last-ack-first-try", WIRE_FULL, WIRE_LAST_ACK, .timer = 101000, .rto = 1600, .unacked = 1,
	 .known = DWELL_UNKNOWN},
	{"established", WIRE_FULL, WIRE_ESTABLISHED, .acked = 90000, .received = 50000,
	 .sent = 60000, .known = DWELL_AT_LEAST, .ms = 49996},
	{"listen", WIRE_FULL, WIRE_LISTEN, .known = DWELL_UNKNOWN},
};

int main(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct wire_snapshot s = {.head.ts = NOW * NS_PER_MS,
					  .kind = cases[i].kind,
					  .state = cases[i].state,
					  .began = cases[i].began * NS_PER_MS,
					  .timer = cases[i].timer * NS_PER_MS,
					  .acked = cases[i].acked * NS_PER_MS,
					  .received = cases[i].received * NS_PER_MS,
					  .sent = cases[i].sent * NS_PER_MS,
					  .rto_ms = cases[i].rto,
					  .unacked = cases[i].unacked,
					  .retransmits = cases[i].retransmits};
		struct age age = age_of(&s, TICK * NS_PER_MS);
		char name[64];

		snprintf(name, sizeof(name), "age-%s", cases[i].name);
		test_begin(name);
		CHECK_EQ(age.known, cases[i].known);
		CHECK_EQ(age.ns, cases[i].ms * NS_PER_MS);
		CHECK_EQ(!*age.from, age.known == DWELL_UNKNOWN);
		test_end("%s %" PRIu64 " ms %s", tcpstate_known_name(age.known), cases[i].ms,
			 age.from);
	}
	return test_status();
}
