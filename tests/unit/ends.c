/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ends.c - what ends a socket and when, reckoned by hand from what the kernel does. */
#include "census_feeder.h"

#include "diagnosis/ends.h"

#define EST          .state = WIRE_ESTABLISHED
#define OUT          EST, .unacked = 9000
#define DEAD         .state = WIRE_FIN_WAIT1, .flags = WIRE_S_ORPHAN
#define DEAD_SUBFLOW .state = WIRE_FIN_WAIT1, .flags = WIRE_S_ORPHAN | WIRE_S_SUBFLOW
#define SYN          .state = WIRE_SYN_SENT, .unacked = 1, .rto = 1000, .left = 1000, .age = 1
#define SYNACK       .kind = WIRE_REQUEST, .state = WIRE_SYN_RECV, .rto = 1000, .left = 1000
#define SHUT         .unsent = 9000, .room = (uint32_t)NONE, .rto = 204
#define ALIVE        EST, .flags = WIRE_S_FILE | WIRE_S_KEEPALIVE
#define MINE         .keepalive = {2, 1, 3}
#define UNTIMED      UINT64_MAX

static const struct {
	const char *name;
	uint8_t by;
	uint64_t ms; /* UNTIMED */
	struct snap snap;
	struct {
		uint32_t retries2, orphan_retries, linear, fin_timeout; /* NONE: 0 */
		bool thin, unknown;
	} limits;
	const char *says;
} cases[] = {
	/* Sent again after 204 ms, and 408, 816 ... 104448 ms later, then each 120 s: what takes
	 * 924.6 s or more since the first of them ends it, and that is 928.488 s. */
	{"sent", ENDS_RETRANSMISSION, 204 + 928488, .snap = {OUT, .rto = 204, .left = 204},
	 .says = "gives up in 15m28s if the peer is silent"},
	{"sent-again", ENDS_RETRANSMISSION, 926488,
	 .snap = {OUT, .rto = 1632, .left = 856, .retransmits = 3, .tried = 2000},
	 .says = "gives up in 15m26s"},
	/* 924.4 s are less than 924.6. */
	{"first-wait-is-the-least", ENDS_RETRANSMISSION, 200 + 1044400,
	 .snap = {OUT, .rto = 200, .left = 200}},
	{"few-retries", ENDS_RETRANSMISSION, 204 + 6120, .snap = {OUT, .rto = 204, .left = 204},
	 .limits = {.retries2 = 3}},
	{"loss-probe-first", ENDS_RETRANSMISSION, 20 + 204 + 928488,
	 .snap = {OUT, .rto = 204, .left = 20, .pending = WIRE_T_LOSS}},
	{"short-waits", ENDS_RETRANSMISSION, 204 + 15224,
	 .snap = {OUT, .rto = 204, .left = 204, .rto_max = 1000}},
	{"no-timer", ENDS_RETRANSMISSION, UNTIMED, .snap = {OUT, .rto = 204}},
	{"no-wait", ENDS_RETRANSMISSION, UNTIMED, .snap = {OUT, .left = 204}},
	/* It has been tried, and what notes since when was cleared. */
	{"since-nobody-knows", ENDS_RETRANSMISSION, UNTIMED,
	 .snap = {OUT, .rto = 1632, .left = 856, .retransmits = 3}},
	{"thin", ENDS_RETRANSMISSION, UNTIMED,
	 .snap = {OUT, .rto = 204, .left = 204, .flags = WIRE_S_FILE | WIRE_S_THIN}},
	{"thin-by-sysctl", ENDS_RETRANSMISSION, UNTIMED, .snap = {OUT, .rto = 204, .left = 204},
	 .limits = {.thin = true}},
	{"thin-and-doubled-since", ENDS_RETRANSMISSION, 50000,
	 .snap = {OUT, .rto = 120000, .left = 50000, .retransmits = 20, .tried = 900000},
	 .limits = {.thin = true}},
	{"window-shut-over-it", ENDS_RETRANSMISSION, UNTIMED,
	 .snap = {OUT, .rto = 204, .left = 204, .room = (uint32_t)NONE}},
	{"limits-unknown", ENDS_RETRANSMISSION, UNTIMED, .snap = {OUT, .rto = 204, .left = 204},
	 .limits = {.unknown = true}},
	{"limits-of-no-kernel", ENDS_RETRANSMISSION, UNTIMED,
	 .snap = {OUT, .rto = 204, .left = 204}, .limits = {.retries2 = 256}},

	{"user-timeout", ENDS_USER_TIMEOUT, 204 + 3000,
	 .snap = {OUT, .rto = 204, .left = 204, .user_timeout = 3000},
	 .says = "gives up in 3.20s (TCP_USER_TIMEOUT) if the peer is silent"},
	{"user-timeout-half-over", ENDS_USER_TIMEOUT, 2000,
	 .snap = {OUT, .rto = 816, .left = 700, .retransmits = 2, .tried = 1000,
		  .user_timeout = 3000},
	 .says = "gives up in 2.00s (TCP_USER_TIMEOUT)"},
	{"user-timeout-set-late", ENDS_USER_TIMEOUT, 700,
	 .snap = {OUT, .rto = 816, .left = 700, .retransmits = 2, .tried = 2900,
		  .user_timeout = 3000}},
	{"user-timeout-of-an-orphan", ENDS_USER_TIMEOUT, 2000,
	 .snap = {DEAD, .unacked = 1, .rto = 816, .left = 700, .retransmits = 2, .tried = 1000,
		  .user_timeout = 3000},
	 .limits = {.unknown = true}},

	{"orphan", ENDS_RETRANSMISSION, 204 + 104040,
	 .snap = {DEAD, .unacked = 1, .rto = 204, .left = 204}},
	{"orphan-retries", ENDS_RETRANSMISSION, 204 + 1224,
	 .snap = {DEAD, .unacked = 1, .rto = 204, .left = 204}, .limits = {.orphan_retries = 1}},
	{"orphan-at-its-longest", ENDS_RETRANSMISSION, 50000,
	 .snap = {DEAD, .unacked = 1, .rto = 120000, .left = 50000, .retransmits = 9,
		  .tried = 60000}},
	{"orphan-behind-window", ENDS_PROBES, 204 + 104040, .snap = {DEAD, SHUT, .left = 204},
	 .says = "gives up in 104s if the peer is silent"},

	{"syn", ENDS_RETRANSMISSION, 131000, .snap = {SYN}},
	{"syn-before-6.5", ENDS_RETRANSMISSION, 127000, .snap = {SYN}, .limits = {.linear = NONE}},
	/* A BPF program made the first wait 3 s (tcp_timeout_init()). */
	{"syn-slow", ENDS_RETRANSMISSION, 309000,
	 .snap = {.state = WIRE_SYN_SENT, .unacked = 1, .rto = 3000, .left = 3000, .age = 1},
	 .limits = {.linear = NONE}},
	{"syn-slow-and-again", ENDS_RETRANSMISSION, 306000,
	 .snap = {.state = WIRE_SYN_SENT,
		  .unacked = 1,
		  .rto = 6000,
		  .left = 6000,
		  .age = 3001,
		  .retransmits = 1},
	 .limits = {.linear = NONE}},
	{"syn-once", ENDS_RETRANSMISSION, 3000, .snap = {SYN, .syn_retries = 1},
	 .limits = {.linear = NONE}},
	{"syn-user-timeout", ENDS_USER_TIMEOUT, 2499, .snap = {SYN, .user_timeout = 2500},
	 .limits = {.linear = NONE}},
	/* With tcp_rto_max_ms=1000 the first wait is as long as it gets. */
	{"syn-short", ENDS_RETRANSMISSION, 7000, .snap = {SYN, .rto_max = 1000}},
	/* A child of TCP Fast Open has nothing sent but its SYN-ACK, which has a count of its own;
	 * keepalive waits for the handshake. */
	{"fast-open-child", ENDS_RETRANSMISSION, UNTIMED,
	 .snap = {.state = WIRE_SYN_RECV, .rto = 1000, .left = 1000}, .says = ""},
	{"fast-open-child-keepalive", ENDS_RETRANSMISSION, UNTIMED,
	 .snap = {.state = WIRE_SYN_RECV,
		  .flags = WIRE_S_KEEPALIVE,
		  .rto = 1000,
		  .left = 1000,
		  MINE}},
	{"fast-open-child-closed", ENDS_RETRANSMISSION, UNTIMED,
	 .snap = {DEAD, .unacked = 1, .rto = 1000}},
	{"syn-ack", ENDS_RETRANSMISSION, 63000, .snap = {SYNACK}},
	{"syn-ack-once", ENDS_RETRANSMISSION, 3000, .snap = {SYNACK, .syn_retries = 1}},
	{"syn-ack-deferred", ENDS_RETRANSMISSION, UNTIMED,
	 .snap = {SYNACK, .flags = WIRE_S_DEFERRED}},

	{"window-shut", ENDS_PROBES, 204 + 928488, .snap = {EST, SHUT, .left = 204},
	 .says = "no end while the peer answers, else gives up in 15m28s"},
	{"window-shut-and-silent", ENDS_PROBES, 204, .snap = {EST, SHUT, .left = 204, .probes = 15},
	 .says = "gives up in 204ms"},
	{"window-shut-user-timeout", ENDS_USER_TIMEOUT, 2000,
	 .snap = {EST, SHUT, .left = 300, .tried = 1000, .user_timeout = 3000},
	 .says = "gives up in 2.00s (TCP_USER_TIMEOUT)"},
	{"window-open-and-nothing-sent", ENDS_PROBES, UNTIMED,
	 .snap = {EST, .unsent = 10, .rto = 204, .left = 204}},

	{"keepalive", ENDS_KEEPALIVE, 4500, .snap = {ALIVE, MINE, .heard = 500, .left = 1500},
	 .says = "gives up in 4.50s if the peer is silent"},
	{"keepalive-not-answered", ENDS_KEEPALIVE, 1500,
	 .snap = {ALIVE, MINE, .heard = 3500, .left = 500, .probes = 2},
	 .says = "gives up in 1.50s"},
	{"keepalive-behind-its-timer", ENDS_KEEPALIVE, 4500,
	 .snap = {ALIVE, MINE, .heard = 500, .left = 100}},
	{"keepalive-of-the-namespace", ENDS_KEEPALIVE, 7100000 + 675000,
	 .snap = {ALIVE, .heard = 100000, .left = 7100000}},
	{"keepalive-user-timeout", ENDS_USER_TIMEOUT, 2500,
	 .snap = {ALIVE, MINE, .heard = 500, .left = 1500, .user_timeout = 3000}},
	{"keepalive-user-timeout-between", ENDS_USER_TIMEOUT, 2500,
	 .snap = {ALIVE, MINE, .heard = 500, .left = 1500, .user_timeout = 2500}},
	{"keepalive-user-timeout-before", ENDS_USER_TIMEOUT, 2500,
	 .snap = {ALIVE, MINE, .heard = 500, .left = 1500, .user_timeout = 1000}},
	{"keepalive-unknown", ENDS_KEEPALIVE, UNTIMED, .snap = {ALIVE, .heard = 500, .left = 1500},
	 .limits = {.unknown = true}},

	{"idle", ENDS_NOTHING, UNTIMED, .snap = {EST, .age = 9000},
	 .says = "no keepalive: no timer will end it"},
	{"idle-with-user-timeout", ENDS_NOTHING, UNTIMED,
	 .snap = {EST, .age = 9000, .user_timeout = 3000}},
	{"close-wait", ENDS_NOTHING, UNTIMED, .snap = {.age = 9000}, .limits = {.unknown = true}},
	{"half-closed", ENDS_NOTHING, UNTIMED, .snap = {.state = WIRE_FIN_WAIT2}},
	{"half-closed-orphan", ENDS_FIN_TIMEOUT, 50000,
	 .snap = {.kind = WIRE_MINI, .state = WIRE_FIN_WAIT2, .left = 50000},
	 .says = "dropped in 50.0s"},
	{"full-orphan", ENDS_FIN_TIMEOUT, 40000,
	 .snap = {.state = WIRE_FIN_WAIT2, .flags = WIRE_S_ORPHAN, .left = 40000, .rto = 204}},
	{"full-orphan-that-will-be-mini", ENDS_FIN_TIMEOUT, 80000,
	 .snap = {.state = WIRE_FIN_WAIT2, .flags = WIRE_S_ORPHAN, .left = 40000, .rto = 204},
	 .limits = {.fin_timeout = 100}},
	{"full-orphan-linger2", ENDS_FIN_TIMEOUT, 80000,
	 .snap = {.state = WIRE_FIN_WAIT2,
		  .flags = WIRE_S_ORPHAN,
		  .left = 40000,
		  .rto = 204,
		  .linger2 = 100},
	 .limits = {.unknown = true}},
	{"time-wait", ENDS_TIME_WAIT, 30000,
	 .snap = {.kind = WIRE_MINI, .state = WIRE_TIME_WAIT, .left = 30000}},
	/* Its own flags are not told: those of its MPTCP socket are. */
	{"subflow", ENDS_UNKNOWN, UNTIMED,
	 .snap = {DEAD_SUBFLOW, .unacked = 1, .rto = 204, .left = 204}},
	{"listener", ENDS_UNKNOWN, UNTIMED, .snap = {.state = WIRE_LISTEN}},
	{"over", ENDS_UNKNOWN, UNTIMED, .snap = {.state = WIRE_CLOSE}},
};

static void set_unless_0(uint32_t *limit, uint32_t value)
{
	if (value)
		*limit = value == (uint32_t)NONE ? 0 : value;
}

static struct wire_limits limits_of(size_t i)
{
	struct wire_limits limits = census_limits(CENSUS_NETNS, 32768, 60999, 4096).limits;

	limits.fin_timeout = 60;
	set_unless_0(&limits.retries2, cases[i].limits.retries2);
	set_unless_0(&limits.orphan_retries, cases[i].limits.orphan_retries);
	set_unless_0(&limits.syn_linear_timeouts, cases[i].limits.linear);
	set_unless_0(&limits.fin_timeout, cases[i].limits.fin_timeout);
	limits.thin = cases[i].limits.thin;
	return limits;
}

static void test_keepalive(void)
{
	struct wire_limits limits = census_limits(CENSUS_NETNS, 32768, 60999, 4096).limits;
	union decode_record own = census_snapshot(&(struct snap){ALIVE, .keepalive = {60, 0, 3}});
	union decode_record usual = census_snapshot(&(struct snap){ALIVE});
	union decode_record none = census_snapshot(&(struct snap){EST});
	union decode_record mini = census_snapshot(&(struct snap){.kind = WIRE_MINI});
	char text[ENDS_TEXT_MAX];

	test_begin("ends-keepalive");
	CHECK_STR(ends_keepalive(&own.snapshot, &limits, text), "60s/75s/3");
	CHECK(!ends_keepalive(&own.snapshot, NULL, text));
	CHECK_STR(ends_keepalive(&none.snapshot, NULL, text), "off");
	CHECK(!ends_keepalive(&mini.snapshot, &limits, text));
	CHECK(ends_may_idle(&own.snapshot, &limits, 60 * NS_PER_S));
	CHECK(!ends_may_idle(&own.snapshot, &limits, 61 * NS_PER_S));
	CHECK(ends_may_idle(&usual.snapshot, &limits, 7200 * NS_PER_S));
	CHECK(!ends_may_idle(&usual.snapshot, &limits, 7201 * NS_PER_S));
	CHECK(!ends_may_idle(&usual.snapshot, NULL, 60 * NS_PER_S)); /* not known */
	CHECK(ends_may_idle(&none.snapshot, NULL, 86400 * NS_PER_S));
	CHECK(!ends_may_idle(&mini.snapshot, &limits, 60 * NS_PER_S));
	test_end("the socket's, else the namespace's");
}

int main(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		union decode_record rec = census_snapshot(&cases[i].snap);
		struct wire_limits limits = limits_of(i);
		struct ends ends = ends_of(&rec.snapshot, cases[i].limits.unknown ? NULL : &limits);
		char name[64], text[ENDS_TEXT_MAX];

		snprintf(name, sizeof(name), "ends-%s", cases[i].name);
		test_begin(name);
		CHECK_EQ(ends.by, cases[i].by);
		CHECK_EQ(ends.is_timed ? ends.in_ns / NS_PER_MS : UNTIMED, cases[i].ms);
		if (cases[i].says)
			CHECK_STR(ends_text(&ends, &rec.snapshot, text), cases[i].says);
		test_end("%s: %s", ends_by_name(ends.by) ? ends_by_name(ends.by) : "-",
			 ends_text(&ends, &rec.snapshot, text));
	}
	test_keepalive();
	return test_status();
}
