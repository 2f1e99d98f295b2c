/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tcpstate.c - tables of names. See tcpstate.h. */
#include "base/tcpstate.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const uint8_t tcpstate_order[TCPSTATE_STATES] = {
	WIRE_LISTEN,    WIRE_SYN_SENT,  WIRE_SYN_RECV,   WIRE_ESTABLISHED,
	WIRE_FIN_WAIT1, WIRE_FIN_WAIT2, WIRE_CLOSE_WAIT, WIRE_CLOSING,
	WIRE_LAST_ACK,  WIRE_TIME_WAIT, WIRE_CLOSE,
};

const uint8_t tcpstate_measured[TCPSTATE_MEASURED] = {
	WIRE_LISTEN,      WIRE_SYN_SENT,  WIRE_SYN_RECV,  TCPSTATE_ACCEPT_WAIT,
	WIRE_ESTABLISHED, WIRE_FIN_WAIT1, WIRE_FIN_WAIT2, WIRE_CLOSE_WAIT,
	WIRE_CLOSING,     WIRE_LAST_ACK,  WIRE_TIME_WAIT,
};

static const struct word names[TCPSTATE_NUMBERS] = {
	[WIRE_ESTABLISHED] = WORD("ESTABLISHED"),
	[WIRE_SYN_SENT] = WORD("SYN-SENT"),
	[WIRE_SYN_RECV] = WORD("SYN-RECEIVED"),
	[WIRE_FIN_WAIT1] = WORD("FIN-WAIT-1"),
	[WIRE_FIN_WAIT2] = WORD("FIN-WAIT-2"),
	[WIRE_TIME_WAIT] = WORD("TIME-WAIT"),
	[WIRE_CLOSE] = WORD("CLOSED"),
	[WIRE_CLOSE_WAIT] = WORD("CLOSE-WAIT"),
	[WIRE_LAST_ACK] = WORD("LAST-ACK"),
	[WIRE_LISTEN] = WORD("LISTEN"),
	[WIRE_CLOSING] = WORD("CLOSING"),
	[TCPSTATE_ACCEPT_WAIT] = WORD("accept-wait"),
};

/* What other tools say, where folding alone does not lead to the name above. */
static const struct {
	const char *folded;
	uint8_t state;
} aliases[] = {
	{"ESTAB", WIRE_ESTABLISHED},      {"SYNRECV", WIRE_SYN_RECV}, {"CLOSE", WIRE_CLOSE},
	{"UNCONNECTED", WIRE_CLOSE},      {"UNCONN", WIRE_CLOSE},     {"LISTENING", WIRE_LISTEN},
	{"SYNRCVD", WIRE_SYN_RECV},       {"SYNRCV", WIRE_SYN_RECV},  {"NEWSYNRECV", WIRE_SYN_RECV},
	{"QUEUED", TCPSTATE_ACCEPT_WAIT},
};

#define ALL_STATES ((1 << WIRE_STATES) - 2)
#define MINI       (1 << WIRE_SYN_RECV | 1 << WIRE_TIME_WAIT)
#define APART      (1 << WIRE_LISTEN | 1 << WIRE_CLOSE)

/* As `ss --help` has them. */
static const struct {
	const char *name;
	uint16_t states;
} sets[] = {
	{"all", ALL_STATES},
	{"connected", ALL_STATES & ~APART},
	{"synchronized", ALL_STATES & ~APART & ~(1 << WIRE_SYN_SENT)},
	{"bucket", MINI},
	{"big", ALL_STATES & ~MINI},
};

static const struct word cause_names[CAUSES] = {
	[CAUSE_NONE] = WORD(""),
	[CAUSE_NORMAL] = WORD("normal"),
	[CAUSE_RESET] = WORD("reset"),
	[CAUSE_RESET_SENT] = WORD("reset-sent"),
	[CAUSE_REFUSED] = WORD("refused"),
	[CAUSE_TIMED_OUT] = WORD("timed-out"),
	[CAUSE_UNREACHABLE] = WORD("unreachable"),
	[CAUSE_NO_PORT] = WORD("no-port"),
	[CAUSE_REUSED_SYN] = WORD("reused-syn"),
	[CAUSE_REUSED_CONN] = WORD("reused-conn"),
	[CAUSE_KILLED] = WORD("killed"),
	[CAUSE_TABLE_FULL] = WORD("table-full"),
	[CAUSE_NETNS_GONE] = WORD("netns-gone"),
	[CAUSE_REPAIR] = WORD("repair"),
	[CAUSE_QUEUE_FULL] = WORD("queue-full"),
	[CAUSE_NO_LISTENER] = WORD("no-listener"),
	[CAUSE_UNKNOWN] = WORD("unknown"),
};

static const struct word known_names[DWELL_KNOWNS] = {
	[DWELL_UNKNOWN] = WORD("unknown"),
	[DWELL_AT_LEAST] = WORD("at-least"),
	[DWELL_EXACT] = WORD("exact"),
};

static const struct word no_name = WORD("?");

const struct word *tcpstate_word(uint8_t state)
{
	return state < TCPSTATE_NUMBERS && names[state].len ? &names[state] : &no_name;
}

const struct word *tcpstate_cause_word(uint8_t cause)
{
	return cause < CAUSES ? &cause_names[cause] : &no_name;
}

const struct word *tcpstate_known_word(uint8_t known)
{
	return known < DWELL_KNOWNS ? &known_names[known] : &no_name;
}

const char *tcpstate_name(uint8_t state)
{
	return tcpstate_word(state)->text;
}

const char *tcpstate_cause_name(uint8_t cause)
{
	return tcpstate_cause_word(cause)->text;
}

const char *tcpstate_known_name(uint8_t known)
{
	return tcpstate_known_word(known)->text;
}

/* Letters and digits only, upper case, without the kernel's TCP_. False if it does not fit. */
static int fold(const char *name, char *folded, size_t size)
{
	size_t len = 0;

	if (!strncasecmp(name, "TCP_", 4))
		name += 4;
	for (; *name; name++) {
		if (*name == '-' || *name == '_')
			continue;
		if (len + 1 >= size)
			return 0;
		folded[len++] = (char)toupper((unsigned char)*name);
	}
	folded[len] = '\0';
	return len > 0;
}

uint8_t tcpstate_parse(const char *name)
{
	char wanted[16], candidate[16];

	if (!fold(name, wanted, sizeof(wanted)))
		return 0;
	for (size_t i = 0; i < COUNT(aliases); i++)
		if (!strcmp(aliases[i].folded, wanted))
			return aliases[i].state;
	for (uint8_t state = 1; state < TCPSTATE_NUMBERS; state++)
		if (fold(names[state].text, candidate, sizeof(candidate)) &&
		    !strcmp(candidate, wanted))
			return state;
	return 0;
}

uint16_t tcpstate_parse_states(const char *name)
{
	uint8_t state = tcpstate_parse(name);

	for (size_t i = 0; i < COUNT(sets); i++)
		if (!strcasecmp(sets[i].name, name))
			return sets[i].states;
	return state ? (uint16_t)(1 << state) : 0;
}

const char *tcpstate_set_name(unsigned i)
{
	return i < COUNT(sets) ? sets[i].name : NULL;
}

bool tcpstate_sends_syns(uint8_t state)
{
	return state == WIRE_SYN_SENT || state == WIRE_SYN_RECV;
}
