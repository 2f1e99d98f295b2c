/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* conn_cause.c - see conn_cause.h. Function names are the kernel's, net/ipv4 unless said otherwise.
 */
#include "conn_cause.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

/* sk_err at `-> CLOSE`. tcp_done() follows these at once, so it is of this end and no other. */
static const struct {
	int error;
	enum tcpstate_cause cause;
} by_error[] = {
	{ECONNRESET, CAUSE_RESET},     /* tcp_reset() */
	{EPIPE, CAUSE_RESET},          /* tcp_reset() in CLOSE-WAIT */
	{ECONNREFUSED, CAUSE_REFUSED}, /* tcp_reset() in SYN-SENT; ICMP port unreachable */
	{ETIMEDOUT, CAUSE_TIMED_OUT},  /* tcp_write_err(): retransmits, keepalive, user timeout */
	{ECONNABORTED, CAUSE_KILLED},  /* tcp_abort(): SOCK_DESTROY */
	{EHOSTUNREACH, CAUSE_UNREACHABLE}, /* tcp_v4_err(), or sk_err_soft in tcp_write_err() */
	{ENETUNREACH, CAUSE_UNREACHABLE},
	{EHOSTDOWN, CAUSE_UNREACHABLE},
	{ENONET, CAUSE_UNREACHABLE},
	{ENOPROTOOPT, CAUSE_UNREACHABLE},
	{EACCES, CAUSE_UNREACHABLE}, /* ICMPv6 administratively prohibited (net/ipv6/icmp.c) */
	{EPROTO, CAUSE_UNREACHABLE},
	{EOPNOTSUPP, CAUSE_UNREACHABLE},
	{EMSGSIZE, CAUSE_UNREACHABLE},
};

/*
 * FIN-WAIT-2 and CLOSING reach CLOSE without an error when tcp_time_wait() could not get a
 * mini-socket, and else by an RST of ours: tcp_close() with a negative TCP_LINGER2,
 * tcp_disconnect().
 */
static enum tcpstate_cause from_waiting(const struct wire_transition *t)
{
	if (t->flags & WIRE_F_LINGER2)
		return CAUSE_RESET_SENT;
	/* With the peer's FIN received nothing but tcp_time_wait() ends these two states. */
	if (t->flags & (WIRE_F_TW_FULL | WIRE_F_FIN_SEEN))
		return CAUSE_TABLE_FULL;
	return CAUSE_UNKNOWN;
}

/* tcp_rcv_state_process() ends LAST-ACK when everything is acknowledged; memory pressure does not
 * ask. */
static enum tcpstate_cause from_last_ack(const struct wire_transition *t)
{
	return t->flags & WIRE_F_ALL_ACKED ? CAUSE_NORMAL : CAUSE_UNKNOWN;
}

/* tcp_v4_connect() sets SYN-SENT, then inet_hash_connect() looks for a port; failing that, back. */
static enum tcpstate_cause from_syn_sent(const struct wire_transition *t)
{
	return t->id.lport ? CAUSE_NORMAL : CAUSE_NO_PORT;
}

/*
 * States in which both sides could still talk: without an error it was this side that cut the
 * connection, and the kernel told the peer by RST: tcp_close() with unread data or SO_LINGER 0,
 * tcp_disconnect(), inet_csk_listen_stop() for what was never accepted.
 */
static enum tcpstate_cause from_open(const struct wire_transition *t)
{
	(void)t;
	return CAUSE_RESET_SENT;
}

static enum tcpstate_cause from_listen(const struct wire_transition *t)
{
	return t->flags & WIRE_F_KILLED ? CAUSE_KILLED : CAUSE_NORMAL;
}

/* tcp_disconnect() by a system call, or tcp_out_of_resources() by a timer. */
static enum tcpstate_cause from_fin_wait1(const struct wire_transition *t)
{
	return t->flags & (WIRE_F_OWNED | WIRE_F_LINGER2) ? CAUSE_RESET_SENT : CAUSE_UNKNOWN;
}

static enum tcpstate_cause (*const without_error[WIRE_STATES])(const struct wire_transition *t) = {
	[WIRE_ESTABLISHED] = from_open,  [WIRE_CLOSE_WAIT] = from_open,
	[WIRE_SYN_RECV] = from_open,     [WIRE_FIN_WAIT1] = from_fin_wait1,
	[WIRE_FIN_WAIT2] = from_waiting, [WIRE_CLOSING] = from_waiting,
	[WIRE_LAST_ACK] = from_last_ack, [WIRE_SYN_SENT] = from_syn_sent,
	[WIRE_LISTEN] = from_listen,
};

enum tcpstate_cause conn_cause_of_close(const struct wire_transition *t)
{
	for (size_t i = 0; i < sizeof(by_error) / sizeof(by_error[0]); i++)
		if (t->error == by_error[i].error)
			return by_error[i].cause;
	if (t->error || !without_error[t->from])
		return CAUSE_UNKNOWN;
	return without_error[t->from](t);
}

static const enum tcpstate_cause early[WIRE_TW_CAUSES] = {
	[WIRE_TW_BY_UNKNOWN] = CAUSE_UNKNOWN, [WIRE_TW_BY_SEGMENT] = CAUSE_REUSED_SYN,
	[WIRE_TW_BY_RST] = CAUSE_RESET,       [WIRE_TW_BY_CONNECT] = CAUSE_REUSED_CONN,
	[WIRE_TW_BY_KILL] = CAUSE_KILLED,     [WIRE_TW_BY_NETNS] = CAUSE_NETNS_GONE,
};

enum tcpstate_cause conn_cause_of_timewait(const struct wire_timewait *t)
{
	bool in_fin_wait2 = t->substate == WIRE_FIN_WAIT2;

	if (t->op == WIRE_TW_EXPIRED)
		return in_fin_wait2 ? CAUSE_TIMED_OUT : CAUSE_NORMAL;
	/* tcp_timewait_state_process() lets a SYN take over from TIME-WAIT only. In FIN-WAIT-2 the
	 * same caller ends it after answering data, or a SYN, with RST. */
	if (t->cause == WIRE_TW_BY_SEGMENT && in_fin_wait2)
		return CAUSE_RESET_SENT;
	return early[t->cause];
}
