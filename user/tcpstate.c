/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tcpstate.c - tables of names. See tcpstate.h. */
#include "tcpstate.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const names[WIRE_STATES] = {
	[WIRE_ESTABLISHED] = "ESTABLISHED",
	[WIRE_SYN_SENT] = "SYN-SENT",
	[WIRE_SYN_RECV] = "SYN-RECEIVED",
	[WIRE_FIN_WAIT1] = "FIN-WAIT-1",
	[WIRE_FIN_WAIT2] = "FIN-WAIT-2",
	[WIRE_TIME_WAIT] = "TIME-WAIT",
	[WIRE_CLOSE] = "CLOSED",
	[WIRE_CLOSE_WAIT] = "CLOSE-WAIT",
	[WIRE_LAST_ACK] = "LAST-ACK",
	[WIRE_LISTEN] = "LISTEN",
	[WIRE_CLOSING] = "CLOSING",
};

/* What other tools say, where folding alone does not lead to the name above. */
static const struct {
	const char *folded;
	uint8_t state;
} aliases[] = {
	{"ESTAB", WIRE_ESTABLISHED}, {"SYNRECV", WIRE_SYN_RECV}, {"CLOSE", WIRE_CLOSE},
	{"UNCONNECTED", WIRE_CLOSE}, {"UNCONN", WIRE_CLOSE},     {"LISTENING", WIRE_LISTEN},
	{"SYNRCVD", WIRE_SYN_RECV},  {"SYNRCV", WIRE_SYN_RECV},
};

static const char *const cause_names[CAUSES] = {
	[CAUSE_NONE] = "",
	[CAUSE_NORMAL] = "normal",
	[CAUSE_RESET] = "reset",
	[CAUSE_RESET_SENT] = "reset-sent",
	[CAUSE_REFUSED] = "refused",
	[CAUSE_TIMED_OUT] = "timed-out",
	[CAUSE_UNREACHABLE] = "unreachable",
	[CAUSE_NO_PORT] = "no-port",
	[CAUSE_REUSED_SYN] = "reused-syn",
	[CAUSE_REUSED_CONN] = "reused-conn",
	[CAUSE_KILLED] = "killed",
	[CAUSE_TABLE_FULL] = "table-full",
	[CAUSE_NETNS_GONE] = "netns-gone",
	[CAUSE_UNKNOWN] = "unknown",
};

static const char *const known_names[DWELL_KNOWNS] = {
	[DWELL_UNKNOWN] = "unknown",
	[DWELL_AT_LEAST] = "at_least",
	[DWELL_EXACT] = "exact",
};

const char *tcpstate_name(uint8_t state)
{
	return state < WIRE_STATES && names[state] ? names[state] : "?";
}

const char *tcpstate_cause_name(uint8_t cause)
{
	return cause < CAUSES ? cause_names[cause] : "?";
}

const char *tcpstate_known_name(uint8_t known)
{
	return known < DWELL_KNOWNS ? known_names[known] : "?";
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
	for (uint8_t state = 1; state < WIRE_STATES; state++)
		if (fold(names[state], candidate, sizeof(candidate)) && !strcmp(candidate, wanted))
			return state;
	return 0;
}
