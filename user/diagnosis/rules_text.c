/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* rules_text.c - the evidence in words. See rules_text.h. */
#include "diagnosis/rules_text.h"
#include "diagnosis/rules_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/errno_name.h"

static void add(char *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(char *text, const char *fmt, ...)
{
	size_t used = strlen(text);
	va_list args;

	if (used && used + 2 < RULES_TEXT_MAX) {
		strcpy(text + used, ", ");
		used += 2;
	}
	va_start(args, fmt);
	vsnprintf(text + used, RULES_TEXT_MAX - used, fmt, args);
	va_end(args);
}

static void add_timer(const struct wire_snapshot *s, char *text)
{
	char left[CLOCK_TEXT_MAX];
	bool orphan = s->kind == WIRE_MINI || s->flags & WIRE_S_ORPHAN;
	bool ends = s->state == WIRE_TIME_WAIT || (s->state == WIRE_FIN_WAIT2 && orphan);
	bool tries = s->state == WIRE_SYN_RECV || s->unacked || s->unsent || s->probes ||
		     !(s->flags & WIRE_S_KEEPALIVE);

	/* What drops it is told by ends.h. */
	if (s->timer > s->head.ts && !ends)
		add(text, "%s in %s", tries ? "next try" : "keepalive",
		    clock_duration(s->timer - s->head.ts, left));
}

static void add_heard(const struct wire_snapshot *s, char *text)
{
	uint64_t heard = last_heard(s);
	char ago[CLOCK_TEXT_MAX];

	if (s->kind != WIRE_FULL || s->state == WIRE_SYN_SENT || !s->retransmits || !heard)
		return;
	if (heard < s->head.ts)
		add(text, "heard %s ago", clock_duration(s->head.ts - heard, ago));
	else
		add(text, "heard just now");
}

/* What a route that refuses is called by ip-route(8). */
static const char *route_text(uint8_t error)
{
	return error == EHOSTUNREACH ? "route unreachable"
	       : error == EACCES     ? "route prohibited"
	       : error == EINVAL     ? "blackhole route"
	       : error == ENETDOWN   ? "loopback interface is down"
				     : "no route";
}

/* From the first retransmission on. What the route says is not said twice. */
static void add_way(const struct wire_snapshot *s, char *text)
{
	char name[ERRNO_NAME_MAX], address[INET6_ADDRSTRLEN];

	if (s->way == WIRE_WAY_NO_ADDRESS)
		add(text, "%s is no local address", address_text(s->id.laddr, address));
	if (s->way == WIRE_WAY_NO_ROUTE)
		add(text, "%s (%s)", route_text(s->way_error), errno_name(s->way_error, name));
	if (s->way == WIRE_WAY_NO_NEIGHBOUR)
		add(text, "next hop does not answer");
	if (s->soft_error && (s->way != WIRE_WAY_NO_ROUTE || s->way_error != s->soft_error))
		add(text, "%s (%s)", errno_about(s->soft_error), errno_name(s->soft_error, name));
}

static const char *plural(uint32_t n)
{
	return n == 1 ? "" : "s";
}

/* What is unread is unread to its end, so the last byte has waited since it came. */
static void add_unread_bytes(const struct wire_snapshot *s, uint32_t bytes, char *text)
{
	char ago[CLOCK_TEXT_MAX];

	add(text, "%" PRIu32 " byte%s unread", bytes, plural(bytes));
	if (s->received && s->received < s->head.ts)
		add(text, "the last came %s ago", clock_duration(s->head.ts - s->received, ago));
}

/* The FIN counts one in rcv_nxt. */
static void add_unread(const struct wire_snapshot *s, char *text)
{
	uint32_t fin_in = s->flags & WIRE_S_FIN ? 1 : 0;

	if (s->unread > fin_in)
		add_unread_bytes(s, s->unread - fin_in, text);
	else if (s->unread)
		add(text, "end of file unread");
}

/* Its own SYN is not acknowledged. A child of TCP Fast Open is younger than its SYN-ACK. */
static bool is_opening(const struct wire_snapshot *s)
{
	return s->state == WIRE_SYN_SENT || (s->state == WIRE_SYN_RECV && !s->began);
}

/* The SYN and the FIN count one in each of the sequence numbers. */
static void add_queues(const struct wire_snapshot *s, char *text)
{
	uint32_t fin_out = s->unacked && (IN(s->state) & SENDING) && !s->unsent;
	uint32_t syn_out = s->unacked && is_opening(s);
	uint32_t unacked = s->unacked - fin_out - syn_out;
	uint32_t unsent = s->unsent - (s->unsent && (IN(s->state) & SENDING));

	if (s->state == WIRE_LISTEN) {
		add(text, "%" PRIu32 " wait for accept(), backlog %" PRIu32, s->unread, s->room);
		if (s->half_open)
			add(text, "%" PRIu32 " half open", s->half_open);
		return;
	}
	add_unread(s, text);
	if (unsent)
		add(text, "%" PRIu32 " byte%s unsent", unsent, plural(unsent));
	if (unacked)
		add(text, "%" PRIu32 " byte%s unacknowledged", unacked, plural(unacked));
}

const char *rules_evidence(const struct wire_snapshot *s, char text[RULES_TEXT_MAX])
{
	text[0] = '\0';
	if (s->kind == WIRE_FULL)
		add_queues(s, text);
	if (is_shut(s))
		add(text, "window 0");
	add_way(s, text);
	if (s->probes)
		add(text, "%u probe%s unanswered", s->probes, s->probes == 1 ? "" : "s");
	if (s->retransmits)
		add(text, "%u retransmit%s", s->retransmits, s->retransmits == 1 ? "" : "s");
	add_heard(s, text);
	add_timer(s, text);
	return text;
}
