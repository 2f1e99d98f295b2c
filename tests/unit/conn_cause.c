/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* conn_cause.c - every row of the tables that turn an end into a cause, and what is in no row. */
#include "model/conn_cause.h"

#include <errno.h>

#include "test.h"

static const struct {
	uint8_t from;
	int32_t error;
	uint16_t flags;
	bool no_port;
	enum tcpstate_cause cause;
} closes[] = {
	{WIRE_ESTABLISHED, ECONNRESET, 0, false, CAUSE_RESET},
	{WIRE_CLOSE_WAIT, EPIPE, 0, false, CAUSE_RESET},
	{WIRE_SYN_SENT, ECONNREFUSED, 0, false, CAUSE_REFUSED},
	{WIRE_ESTABLISHED, ETIMEDOUT, 0, false, CAUSE_TIMED_OUT},
	{WIRE_LAST_ACK, ETIMEDOUT, 0, false, CAUSE_TIMED_OUT},
	/* An older error, of an end that came as it should. */
	{WIRE_LAST_ACK, EHOSTUNREACH, WIRE_F_ALL_ACKED, false, CAUSE_NORMAL},
	{WIRE_CLOSE_WAIT, EHOSTUNREACH, WIRE_F_HELD, false, CAUSE_RESET_SENT},
	{WIRE_ESTABLISHED, EHOSTUNREACH, 0, false, CAUSE_UNREACHABLE},
	/* Data for a closed socket. */
	{WIRE_FIN_WAIT1, ECONNRESET, WIRE_F_RST_DOUBT, false, CAUSE_RESET_SENT},
	{WIRE_FIN_WAIT1, ECONNRESET, 0, false, CAUSE_RESET},
	{WIRE_ESTABLISHED, ECONNABORTED, WIRE_F_OWNED, false, CAUSE_KILLED},
	{WIRE_SYN_SENT, EHOSTUNREACH, 0, false, CAUSE_UNREACHABLE},
	{WIRE_SYN_SENT, ENETUNREACH, 0, false, CAUSE_UNREACHABLE},
	{WIRE_SYN_SENT, EHOSTDOWN, 0, false, CAUSE_UNREACHABLE},
	{WIRE_SYN_SENT, ENONET, 0, false, CAUSE_UNREACHABLE},
	{WIRE_SYN_SENT, ENOPROTOOPT, 0, false, CAUSE_UNREACHABLE},
	{WIRE_SYN_SENT, EACCES, 0, false, CAUSE_UNREACHABLE},
	{WIRE_SYN_SENT, EPROTO, 0, false, CAUSE_UNREACHABLE},
	{WIRE_SYN_SENT, EOPNOTSUPP, 0, false, CAUSE_UNREACHABLE},
	{WIRE_SYN_SENT, EMSGSIZE, 0, false, CAUSE_UNREACHABLE},
	{WIRE_ESTABLISHED, EIO, 0, false, CAUSE_UNKNOWN},
	{WIRE_ESTABLISHED, -ECONNRESET, 0, false, CAUSE_UNKNOWN},
	{WIRE_ESTABLISHED, INT16_MIN, 0, false, CAUSE_UNKNOWN},

	{WIRE_ESTABLISHED, 0, 0, false, CAUSE_RESET_SENT},
	{WIRE_ESTABLISHED, 0, WIRE_F_HELD | WIRE_F_REPAIR, false, CAUSE_REPAIR},
	{WIRE_FIN_WAIT2, 0, WIRE_F_HELD | WIRE_F_REPAIR, false, CAUSE_REPAIR},
	{WIRE_ESTABLISHED, ECONNRESET, WIRE_F_REPAIR, false, CAUSE_RESET},
	{WIRE_CLOSE_WAIT, 0, 0, false, CAUSE_RESET_SENT},
	{WIRE_SYN_RECV, 0, 0, false, CAUSE_UNKNOWN},
	{WIRE_SYN_RECV, 0, WIRE_F_HELD, false, CAUSE_RESET_SENT},
	/* A listener closed over a child of Fast Open. */
	{WIRE_SYN_RECV, 0, WIRE_F_RST_SENT, false, CAUSE_RESET_SENT},
	{WIRE_SYN_RECV, ECONNRESET, WIRE_F_RST_SENT, false, CAUSE_RESET},
	{WIRE_FIN_WAIT1, 0, WIRE_F_HELD, false, CAUSE_RESET_SENT},
	{WIRE_FIN_WAIT1, 0, WIRE_F_LINGER2, false, CAUSE_RESET_SENT},
	{WIRE_FIN_WAIT1, 0, 0, false, CAUSE_UNKNOWN},
	{WIRE_FIN_WAIT2, 0, WIRE_F_LINGER2, false, CAUSE_RESET_SENT},
	{WIRE_FIN_WAIT2, 0, WIRE_F_LINGER2 | WIRE_F_TW_FULL, false, CAUSE_RESET_SENT},
	{WIRE_FIN_WAIT2, 0, WIRE_F_TW_FULL, false, CAUSE_TABLE_FULL},
	{WIRE_FIN_WAIT2, 0, WIRE_F_FIN_SEEN, false, CAUSE_TABLE_FULL},
	{WIRE_FIN_WAIT2, 0, 0, false, CAUSE_UNKNOWN},
	/* The ACK of the FIN carried data for a closed socket. */
	{WIRE_FIN_WAIT2, 0, WIRE_F_RST_SENT, false, CAUSE_RESET_SENT},
	/* An orphan that stayed a full socket. */
	{WIRE_FIN_WAIT2, 0, WIRE_F_EXPIRED, false, CAUSE_TIMED_OUT},
	{WIRE_FIN_WAIT2, 0, WIRE_F_EXPIRED | WIRE_F_TW_FULL, false, CAUSE_TIMED_OUT},
	{WIRE_CLOSING, 0, WIRE_F_TW_FULL, false, CAUSE_TABLE_FULL},
	{WIRE_CLOSING, 0, WIRE_F_FIN_SEEN, false, CAUSE_UNKNOWN},
	{WIRE_CLOSING, 0, WIRE_F_FIN_SEEN | WIRE_F_HELD, false, CAUSE_RESET_SENT},
	{WIRE_FIN_WAIT2, 0, WIRE_F_HELD, false, CAUSE_RESET_SENT},
	{WIRE_CLOSING, 0, 0, false, CAUSE_UNKNOWN},
	{WIRE_LAST_ACK, 0, WIRE_F_ALL_ACKED, false, CAUSE_NORMAL},
	{WIRE_LAST_ACK, 0, 0, false, CAUSE_UNKNOWN},
	{WIRE_SYN_SENT, 0, 0, false, CAUSE_NORMAL},
	{WIRE_SYN_SENT, 0, 0, true, CAUSE_NO_PORT},
	{WIRE_SYN_SENT, 0, WIRE_F_HELD | WIRE_F_UNSENT, false, CAUSE_NO_PORT},
	{WIRE_SYN_SENT, 0, WIRE_F_HELD, false, CAUSE_NORMAL},
	{WIRE_SYN_SENT, ECONNREFUSED, WIRE_F_UNSENT, false, CAUSE_REFUSED},
	{WIRE_LISTEN, 0, 0, false, CAUSE_NORMAL},
	{WIRE_LISTEN, 0, WIRE_F_KILLED, false, CAUSE_KILLED},
	{WIRE_TIME_WAIT, 0, 0, false, CAUSE_UNKNOWN},
	{WIRE_CLOSE, 0, 0, false, CAUSE_UNKNOWN},
};

static const struct {
	uint8_t op, substate, by;
	enum tcpstate_cause cause;
} timewaits[] = {
	{WIRE_TW_EXPIRED, WIRE_TIME_WAIT, 0, CAUSE_NORMAL},
	{WIRE_TW_EXPIRED, WIRE_FIN_WAIT2, 0, CAUSE_TIMED_OUT},
	{WIRE_TW_ENDED, WIRE_TIME_WAIT, WIRE_TW_BY_UNKNOWN, CAUSE_UNKNOWN},
	{WIRE_TW_ENDED, WIRE_TIME_WAIT, WIRE_TW_BY_SEGMENT, CAUSE_REUSED_SYN},
	{WIRE_TW_ENDED, WIRE_FIN_WAIT2, WIRE_TW_BY_SEGMENT, CAUSE_RESET_SENT},
	{WIRE_TW_ENDED, WIRE_TIME_WAIT, WIRE_TW_BY_RST, CAUSE_RESET},
	{WIRE_TW_ENDED, WIRE_FIN_WAIT2, WIRE_TW_BY_RST, CAUSE_RESET},
	{WIRE_TW_ENDED, WIRE_TIME_WAIT, WIRE_TW_BY_CONNECT, CAUSE_REUSED_CONN},
	{WIRE_TW_ENDED, WIRE_TIME_WAIT, WIRE_TW_BY_KILL, CAUSE_KILLED},
	{WIRE_TW_ENDED, WIRE_FIN_WAIT2, WIRE_TW_BY_KILL, CAUSE_KILLED},
	{WIRE_TW_ENDED, WIRE_TIME_WAIT, WIRE_TW_BY_NETNS, CAUSE_NETNS_GONE},
	{WIRE_TW_ENDED, WIRE_FIN_WAIT2, WIRE_TW_BY_NETNS, CAUSE_NETNS_GONE},
};

static void test_closes(void)
{
	test_begin("cause-of-close");
	for (unsigned i = 0; i < COUNT(closes); i++) {
		struct wire_transition t = {.from = closes[i].from,
					    .to = WIRE_CLOSE,
					    .error = closes[i].error,
					    .flags = closes[i].flags,
					    .id.lport = closes[i].no_port ? 0 : 1};

		test_context("row %u, %s", i, tcpstate_name(closes[i].from));
		CHECK_STR(tcpstate_cause_name(conn_cause_of_close(&t)),
			  tcpstate_cause_name(closes[i].cause));
	}
	test_end("%zu ends", COUNT(closes));
}

static void test_timewaits(void)
{
	test_begin("cause-of-timewait");
	for (unsigned i = 0; i < COUNT(timewaits); i++) {
		struct wire_timewait t = {.op = timewaits[i].op,
					  .substate = timewaits[i].substate,
					  .cause = timewaits[i].by};

		test_context("row %u", i);
		CHECK_STR(tcpstate_cause_name(conn_cause_of_timewait(&t)),
			  tcpstate_cause_name(timewaits[i].cause));
	}
	test_end("%zu ends", COUNT(timewaits));
}

/* No end without a cause: whatever the kernel says, in whatever state. */
static void test_always_some(void)
{
	unsigned n = 0;

	test_begin("cause-always-some");
	for (unsigned from = 1; from < WIRE_STATES; from++)
		for (int error = -1; error < 140; error++)
			for (unsigned flags = 0; flags <= WIRE_F_ALL; flags++, n++) {
				struct wire_transition t = {.from = (uint8_t)from,
							    .to = WIRE_CLOSE,
							    .error = error,
							    .flags = (uint16_t)flags};

				CHECK(conn_cause_of_close(&t) > CAUSE_NONE &&
				      conn_cause_of_close(&t) < CAUSES);
			}
	test_end("%u combinations", n);
}

int main(void)
{
	test_closes();
	test_timewaits();
	test_always_some();
	return test_status();
}
