/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* conn_cause.c - see conn_cause.h. Function names are the kernel's, net/ipv4 unless said otherwise.
 */
#include "model/conn_cause.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * sk_err at `-> CLOSE`. tcp_done() follows those of the first kind at once. Those of the second
 * come by ICMP, which with IP_RECVERR leaves them on a connection that lives on (tcp_v4_err): they
 * are of this end only in SYN-SENT, or when a timer gave up (tcp_write_err), which never holds the
 * socket as a system call does.
 */
static const struct {
	int error;
	enum tcpstate_cause cause;
	bool by_icmp;
} by_error[] = {
	{ECONNRESET, CAUSE_RESET, false},     /* tcp_reset() */
	{EPIPE, CAUSE_RESET, false},          /* tcp_reset() in CLOSE-WAIT */
	{ECONNREFUSED, CAUSE_REFUSED, false}, /* tcp_reset() in SYN-SENT; ICMP port unreachable */
	{ETIMEDOUT, CAUSE_TIMED_OUT,
	 false}, /* tcp_write_err(): retransmits, keepalive, user timeout */
	{ECONNABORTED, CAUSE_KILLED, false}, /* tcp_abort(): SOCK_DESTROY */
	{EHOSTUNREACH, CAUSE_UNREACHABLE, true},
	{ENETUNREACH, CAUSE_UNREACHABLE, true},
	{EHOSTDOWN, CAUSE_UNREACHABLE, true},
	{ENONET, CAUSE_UNREACHABLE, true},
	{ENOPROTOOPT, CAUSE_UNREACHABLE, true},
	{EACCES, CAUSE_UNREACHABLE, true}, /* net/ipv6/icmp.c: administratively prohibited */
	{EPROTO, CAUSE_UNREACHABLE, true},
	{EOPNOTSUPP, CAUSE_UNREACHABLE, true},
	{EMSGSIZE, CAUSE_UNREACHABLE, true},
};

/*
 * FIN-WAIT-2 and CLOSING reach CLOSE without an error when tcp_time_wait() could not get a
 * mini-socket, and else by an RST of ours: tcp_close() with unread data or a negative TCP_LINGER2,
 * tcp_disconnect(), tcp_rcv_state_process() if the ACK of our FIN carries data for a closed socket,
 * tcp_keepalive_timer() when the time of FIN-WAIT-2 is over.
 */
static enum tcpstate_cause from_waiting(const struct wire_transition *t)
{
	if (t->flags & WIRE_F_EXPIRED)
		return CAUSE_TIMED_OUT;
	if (t->flags & (WIRE_F_LINGER2 | WIRE_F_RST_SENT))
		return CAUSE_RESET_SENT;
	if (t->flags & WIRE_F_TW_FULL)
		return CAUSE_TABLE_FULL;
	/* In FIN-WAIT-2 the peer's FIN leads to tcp_time_wait() and nowhere else; that another CPU
	 * has made room since does not matter. CLOSING has seen the FIN in any case. */
	if (t->from == WIRE_FIN_WAIT2 && t->flags & WIRE_F_FIN_SEEN)
		return CAUSE_TABLE_FULL;
	return t->flags & WIRE_F_HELD ? CAUSE_RESET_SENT : CAUSE_UNKNOWN;
}

/* tcp_rcv_state_process() ends LAST-ACK when everything is acknowledged; memory pressure does not
 * ask. */
static enum tcpstate_cause from_last_ack(const struct wire_transition *t)
{
	return t->flags & WIRE_F_ALL_ACKED ? CAUSE_NORMAL : CAUSE_UNKNOWN;
}

/* tcp_v4_connect() sets SYN-SENT, then inet_hash_connect() looks for a port, or whether the one
 * that bind() chose is free towards that destination; failing that, back. */
static enum tcpstate_cause from_syn_sent(const struct wire_transition *t)
{
	return t->id.lport && !(t->flags & WIRE_F_UNSENT) ? CAUSE_NORMAL : CAUSE_NO_PORT;
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

/* A child that could not be hashed (inet_ehash_nolisten) goes without a word; disconnect() sends
 * RST. */
static enum tcpstate_cause from_syn_recv(const struct wire_transition *t)
{
	return t->flags & (WIRE_F_HELD | WIRE_F_RST_SENT) ? CAUSE_RESET_SENT : CAUSE_UNKNOWN;
}

static enum tcpstate_cause from_listen(const struct wire_transition *t)
{
	return t->flags & WIRE_F_KILLED ? CAUSE_KILLED : CAUSE_NORMAL;
}

/* tcp_disconnect() by a system call, or tcp_out_of_resources() by a timer. */
static enum tcpstate_cause from_fin_wait1(const struct wire_transition *t)
{
	return t->flags & (WIRE_F_HELD | WIRE_F_LINGER2) ? CAUSE_RESET_SENT : CAUSE_UNKNOWN;
}

static enum tcpstate_cause (*const without_error[WIRE_STATES])(const struct wire_transition *t) = {
	[WIRE_ESTABLISHED] = from_open,  [WIRE_CLOSE_WAIT] = from_open,
	[WIRE_SYN_RECV] = from_syn_recv, [WIRE_FIN_WAIT1] = from_fin_wait1,
	[WIRE_FIN_WAIT2] = from_waiting, [WIRE_CLOSING] = from_waiting,
	[WIRE_LAST_ACK] = from_last_ack, [WIRE_SYN_SENT] = from_syn_sent,
	[WIRE_LISTEN] = from_listen,
};

static enum tcpstate_cause cause_of_error(const struct wire_transition *t)
{
	bool may_be_old = t->from != WIRE_SYN_SENT && t->flags & WIRE_F_HELD;

	for (size_t i = 0; i < sizeof(by_error) / sizeof(by_error[0]); i++)
		if (t->error == by_error[i].error)
			return by_error[i].by_icmp && may_be_old ? CAUSE_NONE : by_error[i].cause;
	return t->error ? CAUSE_UNKNOWN : CAUSE_NONE;
}

enum tcpstate_cause conn_cause_of_close(const struct wire_transition *t)
{
	enum tcpstate_cause cause = cause_of_error(t);

	/* All acknowledged, LAST-ACK is over, whatever an older error says. */
	if (t->from == WIRE_LAST_ACK && t->flags & WIRE_F_ALL_ACKED)
		return CAUSE_NORMAL;
	/* tcp_rcv_state_process() answers data for a closed socket by tcp_reset() and RST. */
	if (cause == CAUSE_RESET && t->flags & WIRE_F_RST_DOUBT)
		return CAUSE_RESET_SENT;
	if (cause != CAUSE_NONE)
		return cause;
	/* tcp_close() calls tcp_disconnect(), which sends nothing. */
	if (t->flags & WIRE_F_REPAIR)
		return CAUSE_REPAIR;
	return without_error[t->from] ? without_error[t->from](t) : CAUSE_UNKNOWN;
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
