/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tcpstate.c - names of states as RFC 9293, ss and the kernel write them; numbers as the kernel's.
 */
#include "base/tcpstate.h"

#include <ctype.h>
#include <netinet/tcp.h>

#include "test.h"

static const struct {
	uint8_t wire;
	int uapi; /* <netinet/tcp.h> has the kernel's numbers */
	const char *rfc, *ss, *kernel;
} states[] = {
	{WIRE_ESTABLISHED, TCP_ESTABLISHED, "ESTABLISHED", "estab", "TCP_ESTABLISHED"},
	{WIRE_SYN_SENT, TCP_SYN_SENT, "SYN-SENT", "syn-sent", "TCP_SYN_SENT"},
	{WIRE_SYN_RECV, TCP_SYN_RECV, "SYN-RECEIVED", "syn-recv", "TCP_SYN_RECV"},
	{WIRE_FIN_WAIT1, TCP_FIN_WAIT1, "FIN-WAIT-1", "fin-wait-1", "TCP_FIN_WAIT1"},
	{WIRE_FIN_WAIT2, TCP_FIN_WAIT2, "FIN-WAIT-2", "fin-wait-2", "TCP_FIN_WAIT2"},
	{WIRE_TIME_WAIT, TCP_TIME_WAIT, "TIME-WAIT", "time-wait", "TCP_TIME_WAIT"},
	{WIRE_CLOSE, TCP_CLOSE, "CLOSED", "unconnected", "TCP_CLOSE"},
	{WIRE_CLOSE_WAIT, TCP_CLOSE_WAIT, "CLOSE-WAIT", "close-wait", "TCP_CLOSE_WAIT"},
	{WIRE_LAST_ACK, TCP_LAST_ACK, "LAST-ACK", "last-ack", "TCP_LAST_ACK"},
	{WIRE_LISTEN, TCP_LISTEN, "LISTEN", "listening", "TCP_LISTEN"},
	{WIRE_CLOSING, TCP_CLOSING, "CLOSING", "closing", "TCP_CLOSING"},
};

static void test_numbers(void)
{
	test_begin("tcpstate-numbers");
	CHECK_EQ(COUNT(states), WIRE_STATES - 1);
	for (size_t i = 0; i < COUNT(states); i++)
		CHECK_EQ(states[i].wire, states[i].uapi);
	test_end("%zu states are numbered as in <netinet/tcp.h>", COUNT(states));
}

static void test_names(void)
{
	test_begin("tcpstate-names");
	for (size_t i = 0; i < COUNT(states); i++)
		CHECK_STR(tcpstate_name(states[i].wire), states[i].rfc);
	CHECK_STR(tcpstate_name(0), "?");
	CHECK_STR(tcpstate_name(TCPSTATE_ACCEPT_WAIT), "accept-wait");
	CHECK_STR(tcpstate_name(TCPSTATE_NUMBERS), "?");
	CHECK_STR(tcpstate_name(255), "?");
	test_end("%zu names of RFC 9293", COUNT(states));
}

static void check_spelling(const char *text, uint8_t state)
{
	char lower[32], under[32], bare[32];
	size_t n = 0, i;

	for (i = 0; text[i]; i++) {
		lower[i] = (char)tolower(text[i]);
		under[i] = text[i] == '-' ? '_' : text[i];
		if (text[i] != '-' && text[i] != '_')
			bare[n++] = text[i];
	}
	lower[i] = under[i] = bare[n] = '\0';
	test_context("%s", text);
	CHECK_EQ(tcpstate_parse(text), state);
	CHECK_EQ(tcpstate_parse(lower), state);
	CHECK_EQ(tcpstate_parse(under), state);
	if (strncmp(text, "TCP_", 4) != 0)
		CHECK_EQ(tcpstate_parse(bare), state);
}

static void test_spellings(void)
{
	static const char *const others[] = {"CLOSE", "SYN-RCVD", "SYN_RECV", "unconn", "listen"};
	static const uint8_t others_are[] = {WIRE_CLOSE, WIRE_SYN_RECV, WIRE_SYN_RECV, WIRE_CLOSE,
					     WIRE_LISTEN};
	static const char *const bad[] = {"",
					  "-",
					  "_",
					  "TCP_",
					  "tcp",
					  "FIN",
					  "FIN-WAIT",
					  "FIN-WAIT-3",
					  "fin wait 1",
					  "ESTABLISHEDX",
					  "all",
					  "7",
					  "TIME-WAIT,",
					  " TIME-WAIT",
					  "synchronized",
					  "?",
					  "a-very-long-name-that-fits-no-buffer-of-any-kind"};

	test_begin("tcpstate-spellings");
	for (size_t i = 0; i < COUNT(states); i++) {
		check_spelling(states[i].rfc, states[i].wire);
		check_spelling(states[i].ss, states[i].wire);
		check_spelling(states[i].kernel, states[i].wire);
	}
	for (size_t i = 0; i < COUNT(others); i++)
		check_spelling(others[i], others_are[i]);
	for (size_t i = 0; i < COUNT(bad); i++) {
		test_context("'%s'", bad[i]);
		CHECK_EQ(tcpstate_parse(bad[i]), 0);
	}
	test_end("%zu names in 4 spellings, %zu refused", 3 * COUNT(states) + COUNT(others),
		 COUNT(bad));
}

/* As `ss --help` lists them: an independent list, in its order. */
static const struct {
	const char *name, *members;
} sets[] = {
	{"all", "established syn-sent syn-recv fin-wait-1 fin-wait-2 time-wait closed close-wait "
		"last-ack listening closing"},
	{"connected", "established syn-sent syn-recv fin-wait-1 fin-wait-2 time-wait close-wait "
		      "last-ack closing"},
	{"synchronized", "established syn-recv fin-wait-1 fin-wait-2 time-wait close-wait last-ack "
			 "closing"},
	{"bucket", "syn-recv time-wait"},
	{"big", "established syn-sent fin-wait-1 fin-wait-2 closed close-wait last-ack listening "
		"closing"},
};

static void test_sets(void)
{
	test_begin("tcpstate-sets");
	for (size_t i = 0; i < COUNT(sets); i++) {
		char members[256], *rest = members, *member;
		uint16_t wanted = 0;

		snprintf(members, sizeof(members), "%s", sets[i].members);
		while ((member = strsep(&rest, " ")))
			wanted |= (uint16_t)(1 << tcpstate_parse(member));
		test_context("%s", sets[i].name);
		CHECK_EQ(tcpstate_parse_states(sets[i].name), wanted);
		CHECK(!(wanted & 1));
		CHECK_STR(tcpstate_set_name((unsigned)i), sets[i].name);
	}
	CHECK(!tcpstate_set_name(COUNT(sets)));
	for (size_t i = 0; i < COUNT(states); i++)
		CHECK_EQ(tcpstate_parse_states(states[i].ss), 1 << states[i].wire);
	CHECK_EQ(tcpstate_parse_states("ALL"), (1 << WIRE_STATES) - 2);
	CHECK_EQ(tcpstate_parse_states("new-syn-recv"), 1 << WIRE_SYN_RECV);
	CHECK_EQ(tcpstate_parse_states(""), 0);
	CHECK_EQ(tcpstate_parse_states("every"), 0);
	test_end("%zu sets as ss has them", COUNT(sets));
}

static void test_other_names(void)
{
	test_begin("tcpstate-causes");
	CHECK_STR(tcpstate_cause_name(CAUSE_NONE), "");
	for (uint8_t i = 1; i < CAUSES; i++) {
		const char *name = tcpstate_cause_name(i);

		CHECK(*name && strlen(name) <= 11);
		for (uint8_t k = 1; k < i; k++)
			CHECK(strcmp(name, tcpstate_cause_name(k)) != 0);
	}
	CHECK_STR(tcpstate_cause_name(CAUSES), "?");
	CHECK_STR(tcpstate_known_name(DWELL_EXACT), "exact");
	CHECK_STR(tcpstate_known_name(DWELL_AT_LEAST), "at-least");
	CHECK_STR(tcpstate_known_name(DWELL_UNKNOWN), "unknown");
	CHECK_STR(tcpstate_known_name(DWELL_KNOWNS), "?");
	test_end("%d causes, all different, at most 11 characters", CAUSES - 1);
}

int main(void)
{
	test_numbers();
	test_names();
	test_spellings();
	test_sets();
	test_other_names();
	return test_status();
}
