/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* age.c - no age is ever told that the kernel's fields do not prove. Times are in ms here. */
#include "model/age.h"

#include "base/clock.h"
#include "base/tcpstate.h"
#include "test.h"

#define NOW  100000
#define TICK 4

/* The kernel's fields, and what they prove: `ms` of age. */
static const struct {
	const char *name;
	uint8_t kind, state;
	uint64_t began, timer, acked, received, sent, touched;
	uint32_t rto, unacked, unsent;
	uint16_t flags;
	uint8_t retransmits, backoff; /* backoff 0: as often */
	uint32_t user_timeout;
	bool is_alone; /* has no remote port */
	uint8_t known;
	uint64_t ms;
} cases[] = {
	{"close-wait", WIRE_FULL, WIRE_CLOSE_WAIT, .acked = 90000, .touched = 90002,
	 .known = DWELL_AT_LEAST, .ms = 9994},
	{"close-wait-read-later", WIRE_FULL, WIRE_CLOSE_WAIT, .acked = 80000, .touched = 95000,
	 .known = DWELL_AT_LEAST, .ms = 19992},
	{"close-wait-after-a-gap", WIRE_FULL, WIRE_CLOSE_WAIT, .acked = 90000, .received = 95000,
	 .touched = 99000, .known = DWELL_AT_LEAST, .ms = 4992},
	/* Its FIN may have come as late as it was touched last. */
	{"close-wait-fin-overtaken", WIRE_FULL, WIRE_CLOSE_WAIT, .acked = 80000, .touched = 95000,
	 .flags = WIRE_S_BEYOND, .known = DWELL_AT_LEAST, .ms = 4996},
	/* Jiffies that stood still when it was noted: the other clock tells. */
	{"close-wait-late-jiffies", WIRE_FULL, WIRE_CLOSE_WAIT, .acked = 89700, .touched = 90000,
	 .known = DWELL_AT_LEAST, .ms = 9996},
	{"close-wait-just-now", WIRE_FULL, WIRE_CLOSE_WAIT, .acked = 99998, .touched = 99999,
	 .known = DWELL_UNKNOWN},
	{"close-wait-of-nothing", WIRE_FULL, WIRE_CLOSE_WAIT, .known = DWELL_UNKNOWN},
	{"closing", WIRE_FULL, WIRE_CLOSING, .acked = 90000, .touched = 98000, .rto = 1600,
	 .timer = 101000, .unacked = 1, .retransmits = 3, .known = DWELL_AT_LEAST, .ms = 9992},
	/* Its own FIN was sent before: retransmissions prove nothing of the peer's. */
	{"closing-just-now", WIRE_FULL, WIRE_CLOSING, .acked = 99999, .touched = 99999,
	 .timer = 101000, .rto = 12800, .unacked = 1, .retransmits = 6, .known = DWELL_UNKNOWN},
	{"fin-wait-2-held", WIRE_FULL, WIRE_FIN_WAIT2, .acked = 40000, .received = 20000,
	 .touched = 40001, .known = DWELL_AT_LEAST, .ms = 59995},
	{"fin-wait-2-sleepy-reader", WIRE_FULL, WIRE_FIN_WAIT2, .acked = 40000, .touched = 99000,
	 .known = DWELL_AT_LEAST, .ms = 59992},
	{"fin-wait-2-mini", WIRE_MINI, WIRE_FIN_WAIT2, .began = 70000, .timer = 130000,
	 .known = DWELL_AT_LEAST, .ms = 29999},
	{"fin-wait-2-mini-before-6.14", WIRE_MINI, WIRE_FIN_WAIT2, .timer = 130000,
	 .known = DWELL_UNKNOWN},
	{"time-wait", WIRE_MINI, WIRE_TIME_WAIT, .began = 80000, .timer = 140004,
	 .known = DWELL_EXACT, .ms = 20000},
	/* A FIN without timestamps, some ms after FIN-WAIT-2, of which the note is. */
	{"time-wait-of-a-fin-soon-after", WIRE_MINI, WIRE_TIME_WAIT, .began = 80000,
	 .timer = 140008, .known = DWELL_AT_LEAST, .ms = 20000 - 16},
	{"time-wait-restarted", WIRE_MINI, WIRE_TIME_WAIT, .began = 60000, .timer = 140000,
	 .known = DWELL_AT_LEAST, .ms = 19992},
	{"time-wait-before-6.14", WIRE_MINI, WIRE_TIME_WAIT, .timer = 140000,
	 .known = DWELL_AT_LEAST, .ms = 19992},
	{"syn-sent", WIRE_FULL, WIRE_SYN_SENT, .began = 97000, .known = DWELL_AT_LEAST, .ms = 2999},
	{"request", WIRE_REQUEST, WIRE_SYN_RECV, .began = 99000, .known = DWELL_AT_LEAST,
	 .ms = 999},
	/* A child of TCP Fast Open, whose request socket knows. */
	{"syn-received-fast-open", WIRE_FULL, WIRE_SYN_RECV, .began = 50000, .received = 90000,
	 .touched = 90000, .known = DWELL_AT_LEAST, .ms = 49999},
	/* A simultaneous open, or the SYN-ACK of the other is about to go out. */
	{"syn-received-full", WIRE_FULL, WIRE_SYN_RECV, .acked = 80000, .received = 80000,
	 .sent = 90000, .touched = 90000, .known = DWELL_AT_LEAST, .ms = 10000 - 4},
	{"syn-received-heard", WIRE_FULL, WIRE_SYN_RECV, .received = 90000, .touched = 80000,
	 .known = DWELL_AT_LEAST, .ms = 10000 - 4},
	/* Sent, again after 200, 400 and 800 ms, the last time 600 ms ago. */
	{"last-ack", WIRE_FULL, WIRE_LAST_ACK, .timer = 101000, .rto = 1600, .unacked = 1,
	 .retransmits = 3, .touched = 99400, .known = DWELL_AT_LEAST, .ms = 600 + 1400 - 8},
	{"fin-wait-1", WIRE_FULL, WIRE_FIN_WAIT1, .timer = 101000, .rto = 1600, .unacked = 1,
	 .retransmits = 1, .touched = 99400, .known = DWELL_AT_LEAST, .ms = 600 + 800 - 8},
	/* Six times, then the timer was set to the 2.4 s that TCP_USER_TIMEOUT left. */
	{"fin-wait-1-user-timeout", WIRE_FULL, WIRE_FIN_WAIT1, .timer = 101000, .rto = 12800,
	 .unacked = 1, .retransmits = 6, .touched = 98600, .user_timeout = 3000,
	 .known = DWELL_AT_LEAST, .ms = 1400 + 12600 - 6400 - 8},
	{"fin-wait-1-user-timeout-soon", WIRE_FULL, WIRE_FIN_WAIT1, .timer = 100100, .rto = 400,
	 .unacked = 1, .retransmits = 1, .touched = 99996, .user_timeout = 3000,
	 .known = DWELL_UNKNOWN},
	/* Doubled for data before the FIN was alone; it was sent again once. */
	{"last-ack-backed-off-before", WIRE_FULL, WIRE_LAST_ACK, .timer = 101000, .rto = 1600,
	 .unacked = 1, .retransmits = 1, .backoff = 3, .touched = 99400, .known = DWELL_AT_LEAST,
	 .ms = 600 + 800 - 8},
	/* A full queue of the device: tried ten times, doubled once. */
	{"last-ack-device-full", WIRE_FULL, WIRE_LAST_ACK, .timer = 100400, .rto = 1600,
	 .unacked = 1, .retransmits = 10, .backoff = 1, .touched = 99900, .known = DWELL_AT_LEAST,
	 .ms = 100 + 800 - 8},
	/* At the longest there is, each waits as long as the one before. */
	{"fin-wait-1-longest", WIRE_FULL, WIRE_FIN_WAIT1, .timer = 180000, .rto = 120000,
	 .unacked = 1, .retransmits = 40, .touched = 60000, .known = DWELL_AT_LEAST,
	 .ms = 160000 - 8},
	{"last-ack-behind-data", WIRE_FULL, WIRE_LAST_ACK, .timer = 101000, .rto = 1600,
	 .unacked = 9, .retransmits = 3, .known = DWELL_UNKNOWN},
	/* The one byte that is out may be data, and the FIN wait for the window to open. */
	{"last-ack-fin-not-sent", WIRE_FULL, WIRE_LAST_ACK, .timer = 101000, .rto = 1600,
	 .unacked = 1, .unsent = 1, .retransmits = 3, .known = DWELL_UNKNOWN},
	{"last-ack-first-try", WIRE_FULL, WIRE_LAST_ACK, .timer = 101000, .rto = 1600, .unacked = 1,
	 .known = DWELL_UNKNOWN},
	/* Not the timer of its FIN, or one set for longer than rto: it tells nothing either way. */
	{"last-ack-other-timer", WIRE_FULL, WIRE_LAST_ACK, .timer = 104000, .rto = 1600,
	 .unacked = 1, .retransmits = 3, .known = DWELL_UNKNOWN},
	{"last-ack-late-timer", WIRE_FULL, WIRE_LAST_ACK, .timer = 104000, .rto = 1600,
	 .unacked = 1, .retransmits = 3, .touched = 99400, .known = DWELL_AT_LEAST,
	 .ms = 600 + 1400 - 8},
	/* Jiffies that wrapped since: the clock that has not says more. */
	{"close-wait-wrapped", WIRE_FULL, WIRE_CLOSE_WAIT, .acked = 99000, .received = 98000,
	 .touched = 10000, .known = DWELL_AT_LEAST, .ms = 90000 - 4},
	{"fin-wait-2-wrapped", WIRE_FULL, WIRE_FIN_WAIT2, .acked = 99000, .touched = 10000,
	 .known = DWELL_AT_LEAST, .ms = 90000 - 4},
	/* `ss -K`, or an ICMP error, may have ended it just before its timer would have run. */
	{"closed", WIRE_FULL, WIRE_CLOSE, .acked = 40000, .touched = 90000, .rto = 800,
	 .known = DWELL_AT_LEAST, .ms = 10000 - 800 - 4},
	{"closed-just-now", WIRE_FULL, WIRE_CLOSE, .touched = 98000, .rto = 2000,
	 .known = DWELL_UNKNOWN},
	{"closed-by-disconnect", WIRE_FULL, WIRE_CLOSE, .touched = 90000, .rto = 1000,
	 .is_alone = true, .known = DWELL_UNKNOWN},
	{"established", WIRE_FULL, WIRE_ESTABLISHED, .acked = 90000, .received = 99000,
	 .sent = 60000, .touched = 99000, .known = DWELL_AT_LEAST, .ms = 39992},
	/* Data came with the SYN, the handshake took 40 s more. */
	{"established-fast-open", WIRE_FULL, WIRE_ESTABLISHED, .acked = 90000, .received = 50000,
	 .sent = 90000, .known = DWELL_AT_LEAST, .ms = 9992},
	{"listen", WIRE_FULL, WIRE_LISTEN, .known = DWELL_UNKNOWN},
};

int main(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct wire_snapshot s = {.head.ts = NOW * NS_PER_MS,
					  .id.rport = !cases[i].is_alone,
					  .kind = cases[i].kind,
					  .state = cases[i].state,
					  .began = cases[i].began * NS_PER_MS,
					  .timer = cases[i].timer * NS_PER_MS,
					  .acked = cases[i].acked * NS_PER_MS,
					  .received = cases[i].received * NS_PER_MS,
					  .sent = cases[i].sent * NS_PER_MS,
					  .touched = cases[i].touched * NS_PER_MS,
					  .flags = cases[i].flags,
					  .user_timeout_ms = cases[i].user_timeout,
					  .unsent = cases[i].unsent,
					  .rto_ms = cases[i].rto,
					  .unacked = cases[i].unacked,
					  .retransmits = cases[i].retransmits,
					  .backoff = cases[i].backoff ?: cases[i].retransmits};
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
