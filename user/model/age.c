/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* age.c - see age.h. Function names are the kernel's, net/ipv4. */
#include "model/age.h"

#include "base/clock.h"
#include "base/tcpstate.h"

static const struct age nothing = {.known = DWELL_UNKNOWN, .from = ""};

static struct age since(const struct wire_snapshot *s, uint64_t begin, uint8_t known,
			const char *from)
{
	if (!begin || begin >= s->head.ts)
		return nothing;
	return (struct age){.ns = s->head.ts - begin, .known = known, .from = from};
}

/*
 * Of a time in jiffies, which may be one later than told; and the kernel notes the time before it
 * sets the state, in the worst case with a system call's time slice between.
 */
static struct age at_least_since(const struct wire_snapshot *s, uint64_t begin, uint64_t tick_ns,
				 const char *from)
{
	return since(s, begin ? begin + 2 * tick_ns : 0, DWELL_AT_LEAST, from);
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return !a || (b && b < a) ? b : a;
}

/*
 * The timer is set anew for 60 s when a segment restarts TIME-WAIT, so it proves no more than that;
 * where the kernel's note of the beginning says the same, both are right. A FIN without timestamps
 * leaves the note of FIN-WAIT-2, and may come some ms after it: so the same is the same jiffy.
 */
static struct age of_time_wait(const struct wire_snapshot *s, uint64_t tick_ns)
{
	uint64_t armed = s->timer > WIRE_TIMEWAIT_LEN_NS ? s->timer - WIRE_TIMEWAIT_LEN_NS : 0;
	uint64_t off = armed > s->began ? armed - s->began : s->began - armed;

	if (s->began && off <= tick_ns + NS_PER_MS)
		return since(s, s->began, DWELL_EXACT, "kernel's note");
	return at_least_since(s, armed, tick_ns, "its timer");
}

/*
 * tcp_time_wait() notes when the full socket was last touched. In FIN-WAIT-2 that is when the state
 * began, or later, if close() came after shutdown().
 */
static struct age of_mini(const struct wire_snapshot *s, uint64_t tick_ns)
{
	if (s->state == WIRE_TIME_WAIT)
		return of_time_wait(s, tick_ns);
	return since(s, s->began ? s->began + NS_PER_MS : 0, DWELL_AT_LEAST, "kernel's note");
}

/* How much may be given away for a bound that rests on one clock and on no order of segments. */
#define NEAR_NS (NS_PER_S / 2)

/*
 * Whatever began the state touched the socket. If little was heard or done since, that tells the
 * age with no further doubt. (A child of TCP Fast Open may have been heard and never touched.)
 */
static struct age of_touched(const struct wire_snapshot *s, uint64_t heard, uint64_t tick_ns)
{
	uint64_t begin = later(s->touched, heard);

	return since(s, begin ? begin + tick_ns : 0, DWELL_AT_LEAST, "nothing has happened since");
}

/*
 * The peer's FIN came with an acceptable ACK, in order, or behind a segment with data that filled
 * the gap; what came later moved the times on. So the state is at least as old as the later of the
 * two. One case is left: a FIN that an ACK sent after it has overtaken carries an old ACK, at which
 * tcp_ack() stops before it notes the time. But that ACK began behind the FIN, which shows.
 */
static struct age of_peers_fin(const struct wire_snapshot *s, uint64_t tick_ns)
{
	uint64_t heard = later(s->acked, s->received);

	/* Heard after anything happened: 32 bits of jiffies have wrapped, and `touched` has not. */
	if (s->touched && heard > s->touched + NEAR_NS)
		return of_touched(s, 0, tick_ns);

	if (!heard || s->flags & WIRE_S_BEYOND || s->touched <= heard + NEAR_NS)
		return of_touched(s, heard, tick_ns);
	return at_least_since(s, heard, tick_ns, "last segment of the peer");
}

/* The ACK of our FIN was new, so tcp_ack() noted its time; later ones moved it on. */
static struct age of_fin_acked(const struct wire_snapshot *s, uint64_t tick_ns)
{
	if (s->touched && s->acked > s->touched + NEAR_NS)
		return of_touched(s, 0, tick_ns);
	if (!s->acked || s->touched <= s->acked + NEAR_NS)
		return of_touched(s, s->acked, tick_ns);
	return at_least_since(s, s->acked, tick_ns, "last ACK of the peer");
}

/*
 * Only the FIN is out and nothing waits behind it, so all retransmissions since the last progress
 * were its own. The rto was doubled after each, so they took (1 - 1/2^n) rto, n the doublings: a
 * try that found no room in the device's queue is counted, and the rto is not doubled. The last one
 * touched the socket. The timer tells nothing: TCP_USER_TIMEOUT, or a full queue, sets it to less
 * than rto. If one was set like that, and the option raised, half of what they took is in doubt.
 */
static struct age of_fin_sent(const struct wire_snapshot *s, uint64_t tick_ns)
{
	unsigned doubled = s->retransmits < s->backoff ? s->retransmits : s->backoff;
	uint64_t rto = s->rto_ms * NS_PER_MS, passed;

	if (s->unacked != 1 || s->unsent || !s->retransmits || !s->touched ||
	    s->touched > s->head.ts)
		return nothing;
	passed = doubled < 32 ? rto - (rto >> doubled) : rto;
	if (s->user_timeout_ms)
		passed = passed > rto / 2 ? passed - rto / 2 : 0;
	passed += s->head.ts - s->touched;
	if (passed <= 2 * tick_ns)
		return nothing;
	return (struct age){.ns = passed - 2 * tick_ns,
			    .known = DWELL_AT_LEAST,
			    .from = "retransmissions of its FIN"};
}

/*
 * What ended the connection touched the socket, but for an ICMP error in SYN-SENT (tcp_v4_err())
 * and `ss -K` in SYN-SENT, LAST-ACK or CLOSING (tcp_abort()). In these a timer runs, which would
 * have touched it once more. tcp_disconnect() may come at any time; it leaves no remote port.
 */
static struct age of_over(const struct wire_snapshot *s, uint64_t tick_ns)
{
	uint64_t begin = s->id.rport && s->touched ? s->touched + s->rto_ms * NS_PER_MS : 0;

	return since(s, begin ? begin + tick_ns : 0, DWELL_AT_LEAST, "nothing has happened since");
}

/* tcp_connect(), and the first SYN-ACK of a request, which a child of TCP Fast Open keeps. Where
 * two connect() to each other there is none: the peer's SYN touched the socket. */
static struct age of_opening(const struct wire_snapshot *s, uint64_t tick_ns)
{
	if (!s->began && s->state == WIRE_SYN_RECV && s->kind == WIRE_FULL)
		return of_touched(s, later(s->acked, s->received), tick_ns);
	return since(s, s->began ? s->began + NS_PER_MS : 0, DWELL_AT_LEAST,
		     s->state == WIRE_SYN_RECV ? "its first SYN-ACK" : "its first SYN");
}

/*
 * The handshake's last ACK set both times, and later ones moved them on. When data was received
 * last proves nothing: TCP Fast Open takes it before the handshake is over.
 */
static struct age of_established(const struct wire_snapshot *s, uint64_t tick_ns)
{
	return at_least_since(s, earlier(s->acked, s->sent), tick_ns,
			      "older of last ACK and last data sent");
}

struct age age_of(const struct wire_snapshot *s, uint64_t tick_ns)
{
	static struct age (*const by_state[WIRE_STATES])(const struct wire_snapshot *, uint64_t) = {
		[WIRE_ESTABLISHED] = of_established,
		[WIRE_SYN_SENT] = of_opening,
		[WIRE_SYN_RECV] = of_opening,
		[WIRE_FIN_WAIT1] = of_fin_sent,
		[WIRE_FIN_WAIT2] = of_fin_acked,
		[WIRE_CLOSE_WAIT] = of_peers_fin,
		[WIRE_LAST_ACK] = of_fin_sent,
		[WIRE_CLOSING] = of_peers_fin,
		[WIRE_CLOSE] = of_over,
	};

	if (s->kind == WIRE_MINI)
		return of_mini(s, tick_ns);
	return by_state[s->state] ? by_state[s->state](s, tick_ns) : nothing;
}

char *age_append(char *to, uint64_t ns, uint8_t known)
{
	if (known == DWELL_UNKNOWN)
		return append_char(to, '?');
	if (known == DWELL_AT_LEAST)
		to = append_char(append_char(to, '>'), '=');
	return clock_append_duration(to, ns);
}

const char *age_text(const struct age *age, char text[AGE_TEXT_MAX])
{
	*age_append(text, age->ns, age->known) = '\0';
	return text;
}
