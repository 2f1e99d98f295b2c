/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* rules.c - the table, and what each rule tests. See rules.h. Function names are the kernel's,
 * net/ipv4. */
#include "diagnosis/rules.h"
#include "diagnosis/rules_socket.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/tcpstate.h"

/* A first retransmission, or a probe on its way, is daily life. */
#define SILENT_TRIES 2

/* Who was heard within this time lives. */
#define LIVES_NS (10 * NS_PER_S)

/* A server may think for long before it answers, and a pool keep what it does not use. */
#define PATIENCE_S 300

static bool is_orphan(const struct rules_case *c)
{
	return c->s->kind == WIRE_MINI || c->s->flags & WIRE_S_ORPHAN;
}

static bool is_held(const struct rules_case *c)
{
	return c->s->kind == WIRE_FULL && c->s->flags & WIRE_S_FILE &&
	       !(c->s->flags & WIRE_S_KERNEL) && !is_orphan(c);
}

static bool is_not_accepted(const struct rules_case *c)
{
	return c->s->kind == WIRE_FULL && census_waits_for_accept(c->s);
}

static bool has_unread(const struct rules_case *c)
{
	return c->s->unread > 0 && is_held(c);
}

/*
 * In CLOSE-WAIT: data went out a moment ago, and the peer has acknowledged something since its FIN.
 * It need not read the end of file for that, nor send every second.
 */
static bool is_answering(const struct rules_case *c)
{
	return c->s->flags & WIRE_S_BEYOND && c->s->sent + LIVES_NS > c->s->head.ts;
}

static bool has_left_unread(const struct rules_case *c)
{
	return has_unread(c) && !is_answering(c);
}

static bool is_unheld(const struct rules_case *c)
{
	return c->unheld;
}

/* tcp_recvmsg_locked() counts the FIN as read once it has returned 0 for it. */
static bool is_read(const struct rules_case *c)
{
	return !c->s->unread && is_held(c) && !is_answering(c);
}

/* And nothing of an answer is on its way; nobody keeps its processes from closing it. */
static bool is_leaked(const struct rules_case *c)
{
	return is_read(c) && !c->halted && !c->s->unsent && !c->s->unacked;
}

/* It was connected. */
static bool is_over(const struct rules_case *c)
{
	return is_held(c) && c->s->id.rport;
}

/*
 * Who has shut down its side may still read what came. A single one may be the FIN, which counts as
 * one in rcv_nxt, or a last byte before a reset: tcp_done() leaves nothing that tells.
 */
static bool is_left_over(const struct rules_case *c)
{
	return is_over(c) && !c->halted && !c->s->unread;
}

static bool is_past(const struct rules_case *c, uint64_t time)
{
	return time && time + RULES_MIN_AGE_NS <= c->s->head.ts;
}

/* The last byte has waited for so long. Between two looks somebody may read what came before it,
 * and who reads all every few seconds leaves it as long: one look proves no more. */
static bool is_unread_for_long(const struct rules_case *c)
{
	return has_unread(c) && is_past(c, c->s->received);
}

/* For a moment that is daily life. */
static bool is_window_shut(const struct rules_case *c)
{
	return is_shut(c->s) && c->s->probes < SILENT_TRIES && is_past(c, c->s->sent);
}

/* icsk_probes_out counts keepalives and window probes since the last answer. */
static bool is_peer_silent(const struct rules_case *c)
{
	return c->s->kind == WIRE_FULL && ((c->s->unacked && c->s->retransmits >= SILENT_TRIES) ||
					   c->s->probes >= SILENT_TRIES);
}

/* When the oldest segment was sent last. Data notes that, a FIN does not. */
static uint64_t last_try(const struct wire_snapshot *s)
{
	uint64_t rto = s->rto_ms * NS_PER_MS;

	if (s->unacked > 1 || !(IN(s->state) & SENDING))
		return s->sent;
	return s->timer > rto ? s->timer - rto : s->touched;
}

/* When it was sent again first; each wait was twice the one before. */
static uint64_t first_retry(const struct wire_snapshot *s)
{
	unsigned doubled = s->retransmits < s->backoff ? s->retransmits : s->backoff;
	uint64_t rto = s->rto_ms * NS_PER_MS, last = last_try(s);
	uint64_t since = doubled > 1 ? rto - (rto >> (doubled - 1)) : 0;

	return last > since ? last - since : 0;
}

/* What was heard after the first retransmission was not on its way when the peer went. */
static bool is_one_way(const struct rules_case *c)
{
	const struct wire_snapshot *s = c->s;
	uint64_t heard = last_heard(s);

	return s->kind == WIRE_FULL && s->unacked && s->retransmits >= SILENT_TRIES && heard &&
	       heard + LIVES_NS > s->head.ts && heard > first_retry(s);
}

static bool is_unanswered(const struct rules_case *c)
{
	return c->s->retransmits > 0;
}

/* ---- what this host itself knows, or was told, of its way ---- */

static bool gets_no_answer(const struct rules_case *c)
{
	return is_peer_silent(c) || (c->s->state == WIRE_SYN_SENT && is_unanswered(c));
}

/* While the peer is heard, a rule of the host brings us what is sent to it. */
static bool is_without_address(const struct rules_case *c)
{
	return c->s->way == WIRE_WAY_NO_ADDRESS && gets_no_answer(c) && !is_one_way(c);
}

/* It may send, nothing is out, and nothing went out for a while. Whatever the peer sends clears the
 * count of probes (tcp_ack()), and it sends again what we cannot acknowledge. */
static bool is_kept_in(const struct rules_case *c)
{
	return c->s->kind == WIRE_FULL && c->s->unsent && !c->s->unacked && c->s->room &&
	       is_past(c, c->s->sent);
}

static bool is_without_route(const struct rules_case *c)
{
	return c->s->way == WIRE_WAY_NO_ROUTE && (gets_no_answer(c) || is_kept_in(c));
}

static bool is_without_neighbour(const struct rules_case *c)
{
	return c->s->way == WIRE_WAY_NO_NEIGHBOUR && gets_no_answer(c);
}

/*
 * Whatever its tries say: each net or host unreachable that comes takes back a doubling of the wait
 * (tcp_ld_RTO_revert()), so they come five times a second, and icsk_retransmits, of 8 bits, is past
 * 255 within a minute (seen on 6.18).
 */
static bool is_long_unanswered(const struct rules_case *c)
{
	uint64_t heard = last_heard(c->s);

	return c->s->unacked && heard && heard + LIVES_NS <= c->s->head.ts;
}

/* tcp_ack() clears the error: what was met before the last answer is not there any more. */
static bool is_turned_back(const struct rules_case *c)
{
	return c->s->soft_error && (gets_no_answer(c) || is_long_unanswered(c)) && !is_one_way(c);
}

/* Closed for good while data waits, and none of it went out for a while. */
static bool is_held_back(const struct rules_case *c)
{
	return c->s->kind == WIRE_FULL && c->s->unsent > 1 && is_past(c, c->s->sent);
}

static bool is_full(const struct rules_case *c)
{
	return is_queue_full(c->s);
}

static bool is_syn_queue_full(const struct rules_case *c)
{
	return is_flooded(c->s);
}

/* tcp_v4_syn_recv_sock() drops the last ACK of the handshake while the queue is full. A child of
 * TCP Fast Open is in the queue already. */
static bool is_behind_full_queue(const struct rules_case *c)
{
	return c->s->kind == WIRE_REQUEST && (is_unanswered(c) || c->s->flags & WIRE_S_DEFERRED) &&
	       c->listener && is_queue_full(c->listener);
}

/* tcp_check_req() notes an ACK that it drops: for want of data, or of room. */
static bool is_deferred(const struct rules_case *c)
{
	return c->s->flags & WIRE_S_DEFERRED && !is_behind_full_queue(c);
}

static bool is_over_half(const struct rules_fill *fill)
{
	return 2 * fill->count > fill->room;
}

static bool is_under_pressure(const struct rules_fill *fill)
{
	return fill->count > fill->alarm;
}

static bool is_of_time_waits(const struct rules_fill *fill)
{
	return is_over_half(fill) && 2 * fill->states[WIRE_TIME_WAIT] >= fill->count;
}

static bool is_of_others(const struct rules_fill *fill)
{
	return is_over_half(fill) && !is_of_time_waits(fill);
}

/*
 * A port that connect() chose is taken for bind() as well, so if none is left it is enough that
 * clients, not only servers, call bind(). Each address has its own ports: those of all addresses
 * together count only for who binds to none.
 */
static bool is_of_bound(const struct rules_fill *fill)
{
	if (fill->any_address && 10 * fill->count < 9 * fill->room)
		return false;
	return is_over_half(fill) &&
	       (2 * fill->bound > fill->count ||
		(fill->bound > fill->states[WIRE_LISTEN] && fill->count >= fill->room));
}

/* At its limit a process can neither accept nor open. */
#define DESCRIPTORS "ls {proc}/fd | wc -l; grep files {proc}/limits"

static const struct rules_rule rules[] = {
	{.id = "not-accepted",
	 .states = IN(WIRE_CLOSE_WAIT) | IN(WIRE_ESTABLISHED),
	 .test = is_not_accepted,
	 .needs_age = true,
	 .waits_for = RULES_ACCEPT,
	 .says = "complete, and nobody has called accept() for it: its listener's process is stuck "
		 "or slow",
	 .next = "{in}ss -tlnp 'sport = :{listens}'; " DESCRIPTORS},
	{.id = "address-gone",
	 .states = SENDING | IN(WIRE_ESTABLISHED) | IN(WIRE_CLOSE_WAIT) | IN(WIRE_SYN_SENT),
	 .test = is_without_address,
	 .says = "its local address is gone from this host: no answer can arrive",
	 .next = "{in}ip -br addr; {in}ip route get {route}"},
	{.id = "no-route",
	 .states = SENDING | IN(WIRE_ESTABLISHED) | IN(WIRE_CLOSE_WAIT) | IN(WIRE_SYN_SENT),
	 .test = is_without_route,
	 .says = "this host has no way to the peer: no route, one that refuses, or a loopback "
		 "interface that is down",
	 .next = "{in}ip route get {route}; {in}ip{-6} rule; {in}ip{-6} route show match {raddr}; "
		 "{in}ip -br link"},
	{.id = "no-neighbour",
	 .states = SENDING | IN(WIRE_ESTABLISHED) | IN(WIRE_CLOSE_WAIT) | IN(WIRE_SYN_SENT),
	 .test = is_without_neighbour,
	 .says = "the next hop does not answer ARP or neighbour discovery: it is down, or not on "
		 "this link",
	 .next = "{in}ip route get {route}; {in}ip neigh show nud failed nud incomplete"},
	{.id = "unreachable",
	 .states = SENDING | IN(WIRE_ESTABLISHED) | IN(WIRE_CLOSE_WAIT) | IN(WIRE_SYN_SENT),
	 .test = is_turned_back,
	 .says = "no answer, and since the last one a packet was turned back: by a router, by a "
		 "packet filter, or for want of a route or a neighbour at that moment",
	 .next = "{in}ip route get {route}; {in}ping -c 3 {host}; {in}nstat -az "
		 "IcmpInDestUnreachs Icmp6InDestUnreachs"},
	{.id = "segments-lost",
	 .states = SENDING | IN(WIRE_ESTABLISHED) | IN(WIRE_CLOSE_WAIT),
	 .test = is_one_way,
	 .says = "our segments do not arrive, but the peer lives: they are too large for the way "
		 "(MTU), or are lost in one direction",
	 .next = "{in}ss -tnoi 'sport = :{lport} and dport = :{rport}'; {in}ping -c 3 -M do -s "
		 "{full} {host}; {in}ip route get {route}"},
	{.id = "peer-silent",
	 .states = SENDING | IN(WIRE_ESTABLISHED) | IN(WIRE_CLOSE_WAIT),
	 .test = is_peer_silent,
	 .says = "the peer does not answer: gone, or something on the way drops the packets",
	 .next = "{in}ip route get {route}; {in}ping -c 3 {host}; {in}ping -c 3 -M do -s {large} "
		 "{host}"},
	{.id = "peer-window-shut",
	 .states = SENDING | IN(WIRE_ESTABLISHED) | IN(WIRE_CLOSE_WAIT),
	 .test = is_window_shut,
	 .waits_for = RULES_PEER,
	 .says = "the peer answers, and takes no more data now: its window is shut until its "
		 "process reads",
	 .next = "{in}ss -tnoi 'sport = :{lport} and dport = :{rport}'"},
	{.id = "unsent-data",
	 .states = SENDING,
	 .test = is_held_back,
	 .waits_for = RULES_PEER,
	 .says = "closed with data that is not sent yet, and none of it went out for a second or "
		 "more",
	 .next = "{in}ss -tnoi 'sport = :{lport} and dport = :{rport}'"},
	{.id = "no-process",
	 .states = IN(WIRE_CLOSE_WAIT) | IN(WIRE_FIN_WAIT2),
	 .test = is_unheld,
	 .needs_age = true,
	 .says = "open, and not among anybody's descriptors: it is on its way in a message of a "
		 "unix socket, which is not received yet, or an io_uring or a call in progress "
		 "keeps it",
	 .next = RULES_NEXT_UNHELD},
	{.id = "close-wait-unread",
	 .states = IN(WIRE_CLOSE_WAIT),
	 .test = has_left_unread,
	 .needs_age = true,
	 .waits_for = RULES_PROCESS,
	 .says = "the peer has closed; the process has not read to the end of file yet: it is busy "
		 "or stuck, or does not look at a connection that is idle",
	 .next = "cat /proc/{pid}/task/*/wchan; strace -p {tid} -f -e trace=network,read"},
	{.id = "close-wait-leak",
	 .states = IN(WIRE_CLOSE_WAIT),
	 .test = is_leaked,
	 .needs_age = true,
	 .patience_s = PATIENCE_S,
	 .waits_for = RULES_PROCESS,
	 .says = "the peer has closed, the process has read that, and has kept the descriptor "
		 "unused for long: a leak",
	 .next = "ls -l {proc}/fd/{fd}; " DESCRIPTORS},
	{.id = "close-wait-held",
	 .states = IN(WIRE_CLOSE_WAIT),
	 .test = is_read,
	 .needs_age = true,
	 .waits_for = RULES_PROCESS,
	 .says = "the peer has closed, the process has read that and has not closed yet: it works "
		 "on an answer, or has forgotten it",
	 .next = "ls -l {proc}/fd/{fd}; " DESCRIPTORS},
	{.id = "fin-wait-2-unread",
	 .states = IN(WIRE_FIN_WAIT2),
	 .test = is_unread_for_long,
	 .needs_age = true,
	 .waits_for = RULES_PROCESS,
	 .says = "half closed by shutdown(), and what the peer has sent waits to be read: the "
		 "process reads now and then, is busy, or is stuck",
	 .next = "cat /proc/{pid}/task/*/wchan; strace -p {tid} -f -e trace=network,read"},
	{.id = "fin-wait-2-idle",
	 .states = IN(WIRE_FIN_WAIT2),
	 .test = is_held,
	 .needs_age = true,
	 .patience_s = PATIENCE_S,
	 .waits_for = RULES_PEER,
	 .says = "half closed by shutdown(), nothing has come from the peer for long, and a "
		 "process keeps the descriptor",
	 .next = "ls -l {proc}/fd/{fd}"},
	{.id = "fin-wait-2-held",
	 .states = IN(WIRE_FIN_WAIT2),
	 .test = is_held,
	 .needs_age = true,
	 .waits_for = RULES_PEER,
	 .says = "half closed by shutdown(), and the peer has not closed yet",
	 .next = "ls -l {proc}/fd/{fd}"},
	{.id = "closed-leak",
	 .states = IN(WIRE_CLOSE),
	 .test = is_left_over,
	 .needs_age = true,
	 .patience_s = PATIENCE_S,
	 .waits_for = RULES_PROCESS,
	 .says = "the connection is over: reset, refused, timed out, or closed by both; the "
		 "process has kept the descriptor since: a leak",
	 .next = "ls -l {proc}/fd/{fd}; " DESCRIPTORS},
	{.id = "closed-held",
	 .states = IN(WIRE_CLOSE),
	 .test = is_over,
	 .needs_age = true,
	 .waits_for = RULES_PROCESS,
	 .says = "the connection is over: reset, refused, timed out, or closed by both; the "
		 "process has not closed it yet",
	 .next = "ls -l {proc}/fd/{fd}; " DESCRIPTORS},
	{.id = "fin-wait-2-orphan",
	 .states = IN(WIRE_FIN_WAIT2),
	 .test = is_orphan,
	 .needs_age = true,
	 .waits_for = RULES_PEER,
	 .says = "closed here, and the peer has not closed: the kernel will drop it",
	 .next = "{in}sysctl net.ipv4.tcp_fin_timeout"},
	{.id = "syn-unanswered",
	 .states = IN(WIRE_SYN_SENT),
	 .test = is_unanswered,
	 .waits_for = RULES_PEER,
	 .says = "nobody answers the SYN: wrong address, peer down, a packet filter that drops, or "
		 "a listener whose accept queue is full",
	 .next = "{in}ip route get {route}; {in}ping -c 3 {host}"},
	{.id = "syn-received-queue-full",
	 .states = IN(WIRE_SYN_RECV),
	 .test = is_behind_full_queue,
	 .waits_for = RULES_ACCEPT,
	 .says = "cannot be completed: the accept queue of its listener is full",
	 .next = "{in}ss -tlnp 'sport = :{listens}'; {in}nstat -az TcpExtListenOverflows"},
	{.id = "syn-received-deferred",
	 .states = IN(WIRE_SYN_RECV),
	 .test = is_deferred,
	 .needs_age = true,
	 .waits_for = RULES_PEER,
	 .says = "the client has answered, and no data of it was taken yet; its listener waits for "
		 "data before accept() (TCP_DEFER_ACCEPT)",
	 .next = "{in}ss -tno state syn-recv 'sport = :{lport}'; {in}nstat -az "
		 "TcpExtTCPDeferAcceptDrop"},
	{.id = "syn-received-unanswered",
	 .states = IN(WIRE_SYN_RECV),
	 .test = is_unanswered,
	 .says = "a SYN came and its answer is not acknowledged: a flood, or a one-way route",
	 .next = "{in}ip route get {route}; {in}nstat -az TcpExtTCPReqQFullDoCookies"},
	{.id = "accept-queue-full",
	 .states = IN(WIRE_LISTEN),
	 .test = is_full,
	 .waits_for = RULES_ACCEPT,
	 .says = "more connections wait for accept() than its backlog allows: new ones are dropped",
	 .next = "{in}ss -tlnp 'sport = :{listens}'; {in}nstat -az "
		 "TcpExtListenDrops; " DESCRIPTORS},
	{.id = "syn-queue-full",
	 .states = IN(WIRE_LISTEN),
	 .test = is_syn_queue_full,
	 .waits_for = RULES_PEER,
	 .says = "as many handshakes are half open as its backlog allows, and half of them or more "
		 "were not completed in time: a SYN flood, a one-way route, clients that send no "
		 "data (TCP_DEFER_ACCEPT), or an accept queue that was full. A new SYN is answered "
		 "by a cookie, or dropped",
	 .next = "{in}ss -tno state syn-recv 'sport = :{lport}'; {in}nstat -az "
		 "TcpExtSyncookiesSent TcpExtTCPReqQFullDrop; {in}sysctl net.ipv4.tcp_syncookies"},
	{.id = "established-unread",
	 .states = IN(WIRE_ESTABLISHED),
	 .test = is_unread_for_long,
	 .waits_for = RULES_PROCESS,
	 .says = "data has come and waits to be read: the process reads now and then, is busy, or "
		 "is stuck",
	 .next = "cat /proc/{pid}/task/*/wchan; strace -p {tid} -f -e trace=network,read"},
	{.id = "time-wait-ports",
	 .fills = RULES_DESTINATION,
	 .is_meant = is_of_time_waits,
	 .says = "TIME-WAITs take local ports towards this destination, and less than half are "
		 "left: once all are taken, connect() fails with EADDRNOTAVAIL",
	 .next = "{in}sysctl net.ipv4.ip_local_port_range net.ipv4.tcp_tw_reuse"},
	{.id = "connect-ports",
	 .fills = RULES_DESTINATION,
	 .is_meant = is_of_others,
	 .says = "open connections take local ports towards this destination, and less than half "
		 "are left: once all are taken, connect() fails with EADDRNOTAVAIL",
	 .next = "{in}ss -tanp 'dst {remote}'; {in}sysctl net.ipv4.ip_local_port_range"},
	{.id = "bind-ports",
	 .fills = RULES_SOURCE,
	 .is_meant = is_of_bound,
	 .says = "bind() before connect() takes a local port for all destinations, and less than "
		 "half of this address are left: once all are taken, bind() to port 0 fails with "
		 "EADDRINUSE. With IP_BIND_ADDRESS_NO_PORT it takes none, and connect() chooses "
		 "one for its destination alone",
	 .next = "{in}ss -tanp '{source}sport >= :{low} and sport <= :{high}'; {in}sysctl "
		 "net.ipv4.ip_local_port_range"},
	{.id = "time-wait-table",
	 .fills = RULES_TABLE,
	 .is_meant = is_over_half,
	 .says = "the table of TIME-WAITs fills up: what does not fit is dropped without a "
		 "TIME-WAIT",
	 .next = "{in}sysctl net.ipv4.tcp_max_tw_buckets; {in}nstat -az TcpExtTCPTimeWaitOverflow"},
	{.id = "orphan-limit",
	 .fills = RULES_ORPHANS,
	 .is_meant = is_over_half,
	 .says = "closed connections that still wait for their peer come near the limit of the "
		 "machine: beyond it close() resets the connection, and what is unsent is lost",
	 .next = "grep TCP: /proc/net/sockstat; sysctl net.ipv4.tcp_max_orphans; nstat -az "
		 "TcpExtTCPAbortOnMemory"},
	{.id = "tcp-memory",
	 .fills = RULES_MEMORY,
	 .is_meant = is_under_pressure,
	 .says = "the memory of all TCP sockets of the machine runs short: receive windows "
		 "shrink, and beyond the limit segments are dropped and close() resets",
	 .next = "grep TCP: /proc/net/sockstat; sysctl net.ipv4.tcp_mem; nstat -az "
		 "TcpExtTCPMemoryPressures TcpExtTCPAbortOnMemory; ss -tanm"},
};

const struct rules_rule *rules_rule(unsigned i)
{
	return i < sizeof(rules) / sizeof(rules[0]) ? &rules[i] : NULL;
}

static void print_states(uint16_t states, FILE *out)
{
	const char *sep = "";

	for (uint8_t state = 1; state < WIRE_STATES; state++) {
		if (!(states & IN(state)))
			continue;
		fprintf(out, "%s%s", sep, tcpstate_name(state));
		sep = ",";
	}
}

void rules_print_list(FILE *out)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rules_rule *rule = &rules[i];
		unsigned moment_s = rule->needs_age ? RULES_MIN_AGE_NS / NS_PER_S : 0;

		fprintf(out, "%s\t", rule->id);
		print_states(rule->states, out);
		fprintf(out, "\t%u\n", rule->patience_s ? rule->patience_s : moment_s);
	}
}

/*
 * Before 6.14 nothing proves the age of an orphan in FIN-WAIT-2. tcp_fin_time() is tcp_fin_timeout
 * or more unless TCP_LINGER2 made it less: no proof of an age, but enough to see that it waits.
 */
static bool seems_to_wait(const struct rules_case *c)
{
	uint64_t left = c->s->timer - c->s->head.ts;
	uint64_t all = c->limits ? c->limits->fin_timeout * NS_PER_S : 0;

	return c->s->kind == WIRE_MINI && c->s->state == WIRE_FIN_WAIT2 &&
	       c->s->timer > c->s->head.ts && left + RULES_MIN_AGE_NS <= all;
}

static bool is_old_enough(const struct rules_rule *rule, const struct rules_case *c,
			  const struct age *proven, uint64_t patience_ns)
{
	if (rule->patience_s && c->idle_ns < (patience_ns ?: rule->patience_s * NS_PER_S))
		return false;
	if (!rule->needs_age || proven->ns >= RULES_MIN_AGE_NS || c->idle_ns >= RULES_MIN_AGE_NS)
		return true;
	return proven->known == DWELL_UNKNOWN && seems_to_wait(c);
}

const struct rules_rule *rules_judge(const struct rules_case *c, const struct age *proven,
				     uint64_t patience_ns)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].test && rules[i].states & IN(c->s->state) && rules[i].test(c) &&
		    is_old_enough(&rules[i], c, proven, patience_ns))
			return &rules[i];
	return NULL;
}
