/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ends.c - see ends.h. Function names are the kernel's, net/ipv4/tcp_timer.c, 5.10 to 7.0. */
#include "diagnosis/ends.h"
#include "diagnosis/rules_socket.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

#define RTO_MIN_NS      (200 * NS_PER_MS) /* TCP_RTO_MIN, include/net/tcp.h */
#define RTO_MAX_NS      (120 * NS_PER_S)  /* TCP_RTO_MAX */
#define TIMEOUT_INIT_NS (1 * NS_PER_S)    /* TCP_TIMEOUT_INIT */
#define THIN_RETRIES    6                 /* TCP_THIN_LINEAR_RETRIES */
#define ORPHAN_RETRIES  8                 /* tcp_orphan_retries() */

/* Sysctls are bytes since 5.13, and times ints of jiffies: of more nothing is told. */
#define RETRIES_MAX     255
#define KEEPALIVE_S_MAX (INT32_MAX / 100)

/* What each of these asks. */
struct look {
	const struct wire_snapshot *s;
	const struct wire_limits *limits; /* NULL: not known */
	uint64_t due;                     /* its timer fires; what is late, now */
	uint64_t rto, rto_max;            /* ns */
	uint64_t user_timeout;            /* ns; 0: none */
};

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool is_orphan(const struct wire_snapshot *s)
{
	return s->kind == WIRE_MINI || s->flags & WIRE_S_ORPHAN;
}

static struct ends sometime(enum ends_by by)
{
	return (struct ends){.by = by};
}

static struct ends at(const struct look *l, enum ends_by by, uint64_t when)
{
	uint64_t now = l->s->head.ts;

	return (struct ends){.by = by, .is_timed = true, .in_ns = when > now ? when - now : 0};
}

/* How often a wait doubles from `base` before it is as long as it gets. */
static unsigned doublings(uint64_t base, uint64_t rto_max)
{
	unsigned n = 0;

	while (base << (n + 1) <= rto_max)
		n++;
	return n;
}

/* tcp_model_timeout(): as long as so many retries take if the first wait is `base`. */
static uint64_t model(uint32_t retries, uint64_t base, uint64_t rto_max)
{
	unsigned n = doublings(base, rto_max);

	if (retries <= n)
		return ((2ULL << retries) - 1) * base;
	return ((2ULL << n) - 1) * base + (retries - n) * rto_max;
}

/* tcp_orphan_retries() */
static uint32_t orphan_retries(const struct look *l, bool alive)
{
	uint32_t retries = l->s->soft_error && !alive ? 0 : l->limits->orphan_retries;

	return !retries && alive ? ORPHAN_RETRIES : retries;
}

/* tcp_write_timeout(): for how long it is tried, while `rto` is what was waited for. */
static uint64_t patience(const struct look *l, uint64_t rto)
{
	uint32_t retries = is_orphan(l->s) ? orphan_retries(l, rto < l->rto_max)
					   : l->limits->retries2;

	return model(retries, RTO_MIN_NS, l->rto_max);
}

/* TCP_THIN_LINEAR_TIMEOUTS: its waits may not double yet. */
static bool may_be_linear(const struct look *l)
{
	return (l->s->flags & WIRE_S_THIN || l->limits->thin) && l->s->state == WIRE_ESTABLISHED &&
	       l->s->retransmits < THIN_RETRIES;
}

/*
 * retransmits_timed_out(): at each firing but the first the time since that one is compared, not
 * how many there were. With TCP_USER_TIMEOUT the timer fires when that is over
 * (tcp_clamp_rto_to_user_timeout()). Of a window that has shut over what is sent kernels differ
 * (tcp_rtx_probe0_timed_out()).
 */
static struct ends of_unacked(const struct look *l)
{
	const struct wire_snapshot *s = l->s;
	uint64_t rto = l->rto, when = l->due, since;
	enum ends_by by = l->user_timeout ? ENDS_USER_TIMEOUT : ENDS_RETRANSMISSION;

	if (!l->rto || (!s->room && !is_orphan(s)) || (s->retransmits && !s->tried) ||
	    (s->pending != WIRE_T_RETRANSMIT && s->pending != WIRE_T_LOSS))
		return sometime(by);
	if (s->pending == WIRE_T_LOSS)
		when += rto;
	since = s->retransmits ? s->tried : when;
	if (l->user_timeout)
		return at(l, by, later(when, since + l->user_timeout));
	if (!l->limits || may_be_linear(l))
		return sometime(by);
	for (unsigned n = 0; when < since + patience(l, rto); n++) {
		if (n > 2 * RETRIES_MAX)
			return sometime(by);
		rto = earlier(2 * rto, l->rto_max);
		when += rto;
	}
	return at(l, by, when);
}

/* The same of a SYN: what its retries take if the first wait is what it was. A BPF program may have
 * made that longer (tcp_timeout_init()). */
static uint64_t syn_patience(const struct look *l, uint32_t retries, uint32_t linear)
{
	uint32_t n = l->s->retransmits, doubled = n > linear ? n - linear : 0;
	uint64_t first = l->rto >> (doubled < 63 ? doubled : 63);

	/* How often it was doubled before it was as long as it gets, nobody knows. */
	if (doubled && l->rto == l->rto_max)
		return UINT64_MAX / 2;
	return model(retries, later(first, TIMEOUT_INIT_NS), l->rto_max);
}

/* And how often it is sent counts, the first ones at equal distances since 6.5. */
static struct ends of_syn(const struct look *l)
{
	const struct wire_snapshot *s = l->s;
	uint64_t rto = l->rto, when = l->due, over;
	uint32_t retries, linear;

	if (!l->limits || !l->rto || !s->began || s->pending != WIRE_T_RETRANSMIT)
		return sometime(ENDS_RETRANSMISSION);
	retries = s->syn_retries ? s->syn_retries : l->limits->syn_retries;
	linear = l->limits->syn_linear_timeouts;
	over = s->began + (l->user_timeout ?: syn_patience(l, retries, linear));
	for (uint32_t n = s->retransmits; n < retries + linear && !(n && when >= over);) {
		if (++n > linear)
			rto = earlier(2 * rto, l->rto_max);
		when += rto;
	}
	if (l->user_timeout && over < when)
		return at(l, ENDS_USER_TIMEOUT, later(l->due, over));
	return at(l, ENDS_RETRANSMISSION, when);
}

/* reqsk_timer_handler() of a request that is alone in its queue; others may be dropped sooner. */
static struct ends of_request(const struct look *l)
{
	const struct wire_snapshot *s = l->s;
	uint64_t rto = l->rto, when = l->due;
	uint32_t retries;

	/* Its ACK came, and how long TCP_DEFER_ACCEPT waits for data is not told. */
	if (!l->limits || !l->rto || s->flags & WIRE_S_DEFERRED || !s->timer)
		return sometime(ENDS_RETRANSMISSION);
	retries = s->syn_retries ? s->syn_retries : l->limits->synack_retries;
	for (uint32_t n = s->backoff; n < retries; n++) {
		rto = earlier(2 * rto, l->rto_max);
		when += rto;
	}
	return at(l, ENDS_RETRANSMISSION, when);
}

/*
 * tcp_probe_timer(), and tcp_probe0_when() of the wait for the next. What the window takes is sent
 * in place of a probe, and then waits for its ACK.
 */
static struct ends of_unsent(const struct look *l)
{
	const struct wire_snapshot *s = l->s;
	const unsigned top = doublings(RTO_MIN_NS, l->rto_max) + 1;
	uint64_t when = l->due, over = (s->tried ?: when) + l->user_timeout;
	uint32_t backoff = s->backoff;

	if (!l->limits || s->pending != WIRE_T_PROBE || s->room)
		return sometime(l->user_timeout ? ENDS_USER_TIMEOUT : ENDS_PROBES);
	for (uint32_t n = s->probes;; n++) {
		bool alive = l->rto << earlier(backoff, 16) < l->rto_max;
		uint32_t most = is_orphan(s) ? orphan_retries(l, alive) : l->limits->retries2;

		if (n >= most || (is_orphan(s) && !alive && backoff >= most))
			break;
		if (backoff < l->limits->retries2)
			backoff++;
		when += earlier(later(l->rto, RTO_MIN_NS) << earlier(backoff, top), l->rto_max);
	}
	if (l->user_timeout && over < when)
		return at(l, ENDS_USER_TIMEOUT, later(l->due, over));
	return at(l, ENDS_PROBES, when);
}

struct keepalive {
	uint32_t s, every_s, probes; /* 0: not known */
};

static struct keepalive keepalive_of(const struct wire_snapshot *s,
				     const struct wire_limits *limits)
{
	static const struct wire_limits unknown;

	limits = limits ?: &unknown;
	return (struct keepalive){
		.s = s->keepalive_s ? s->keepalive_s : limits->keepalive_s,
		.every_s = s->keepalive_every_s ? s->keepalive_every_s : limits->keepalive_every_s,
		.probes = s->keepalive_probes ? s->keepalive_probes : limits->keepalive_probes};
}

static bool is_whole(const struct keepalive *k)
{
	return k->s && k->every_s && k->probes;
}

/*
 * tcp_keepalive_timer(): the first firing so long after the last segment sends a probe, or finds
 * that enough are unanswered; with TCP_USER_TIMEOUT, that one is, and that this is over.
 */
static struct ends of_idle(const struct look *l)
{
	const struct wire_snapshot *s = l->s;
	const struct keepalive k = keepalive_of(s, l->limits);
	enum ends_by by = l->user_timeout ? ENDS_USER_TIMEOUT : ENDS_KEEPALIVE;
	uint64_t heard = last_heard(s), every = k.every_s * NS_PER_S, when, more;

	if (!is_whole(&k) || !s->timer)
		return sometime(by);
	when = later(l->due, heard + k.s * NS_PER_S);
	if (!l->user_timeout)
		more = k.probes > s->probes ? k.probes - s->probes : 0;
	else if (when < heard + l->user_timeout)
		more = later(!s->probes, (heard + l->user_timeout - when + every - 1) / every);
	else
		more = !s->probes;
	return at(l, by, when + more * every);
}

/*
 * An orphan that stayed a full socket. tcp_keepalive_timer() makes a mini-socket of it, if
 * tcp_fin_time() is more than that of TIME-WAIT.
 */
static struct ends of_fin_wait_2(const struct look *l)
{
	const struct wire_snapshot *s = l->s;
	uint64_t least = l->rto * 7 / 2, all, more = 0;

	if (!s->timer || (!l->limits && !s->linger2_s))
		return sometime(ENDS_FIN_TIMEOUT);
	if (s->linger2_s >= 0) {
		all = (s->linger2_s ? (uint64_t)s->linger2_s : l->limits->fin_timeout) * NS_PER_S;
		all = later(all, least);
		more = all > WIRE_TIMEWAIT_LEN_NS ? later(all - WIRE_TIMEWAIT_LEN_NS, least) : 0;
	}
	return at(l, ENDS_FIN_TIMEOUT, l->due + more);
}

static struct ends of_full(const struct look *l)
{
	const struct wire_snapshot *s = l->s;

	if (s->state == WIRE_SYN_SENT)
		return of_syn(l);
	if (s->state == WIRE_SYN_RECV)
		return sometime(ENDS_RETRANSMISSION);
	if (s->unacked)
		return of_unacked(l);
	if (s->unsent)
		return of_unsent(l);
	if (s->state == WIRE_FIN_WAIT2 && is_orphan(s))
		return of_fin_wait_2(l);
	return s->flags & WIRE_S_KEEPALIVE ? of_idle(l) : sometime(ENDS_NOTHING);
}

/* And tells of them: the flags of a subflow are those of another socket. */
static bool has_timers(const struct wire_snapshot *s)
{
	return s->kind == WIRE_FULL && s->state != WIRE_LISTEN && s->state != WIRE_CLOSE &&
	       !(s->flags & WIRE_S_SUBFLOW);
}

/* Are they of the order that a kernel has? They bound what is counted here. */
static bool is_sane(const struct wire_limits *limits)
{
	return limits && limits->port_high && limits->retries2 <= RETRIES_MAX &&
	       limits->orphan_retries <= RETRIES_MAX && limits->syn_retries <= RETRIES_MAX &&
	       limits->syn_linear_timeouts <= RETRIES_MAX &&
	       limits->synack_retries <= RETRIES_MAX && limits->keepalive_probes <= RETRIES_MAX &&
	       limits->keepalive_s <= KEEPALIVE_S_MAX &&
	       limits->keepalive_every_s <= KEEPALIVE_S_MAX;
}

struct ends ends_of(const struct wire_snapshot *s, const struct wire_limits *limits)
{
	uint64_t rto_max = s->rto_max_ms ? s->rto_max_ms * NS_PER_MS : RTO_MAX_NS;
	struct look l = {.s = s,
			 .limits = is_sane(limits) ? limits : NULL,
			 .due = later(s->timer, s->head.ts),
			 .rto_max = later(earlier(rto_max, RTO_MAX_NS), TIMEOUT_INIT_NS),
			 .user_timeout = s->user_timeout_ms * NS_PER_MS};

	l.rto = earlier(s->rto_ms * NS_PER_MS, l.rto_max);
	if (s->kind == WIRE_MINI)
		return at(&l, s->state == WIRE_TIME_WAIT ? ENDS_TIME_WAIT : ENDS_FIN_TIMEOUT,
			  l.due);
	if (s->kind == WIRE_REQUEST)
		return of_request(&l);
	if (!has_timers(s))
		return sometime(ENDS_UNKNOWN);
	return of_full(&l);
}

/* ---- in words ---- */

const char *ends_by_name(unsigned by)
{
	static const char *const names[ENDS_BYS] = {
		[ENDS_NOTHING] = "nothing",     [ENDS_RETRANSMISSION] = "retransmission",
		[ENDS_PROBES] = "probes",       [ENDS_USER_TIMEOUT] = "user-timeout",
		[ENDS_KEEPALIVE] = "keepalive", [ENDS_FIN_TIMEOUT] = "fin-timeout",
		[ENDS_TIME_WAIT] = "time-wait"};

	return by < ENDS_BYS ? names[by] : NULL;
}

/* It has answered so far, for all that is known. */
static bool is_silent(const struct ends *ends, const struct wire_snapshot *s)
{
	if (ends->by == ENDS_PROBES)
		return s->probes > 1;
	return s->retransmits || s->probes ||
	       (ends->by == ENDS_USER_TIMEOUT && s->unsent && !s->unacked);
}

const char *ends_text(const struct ends *ends, const struct wire_snapshot *s,
		      char text[ENDS_TEXT_MAX])
{
	bool answers = !is_silent(ends, s);
	char in[CLOCK_TEXT_MAX];

	text[0] = '\0';
	if (ends->by == ENDS_NOTHING)
		snprintf(text, ENDS_TEXT_MAX, "no keepalive: no timer will end it");
	if (!ends->is_timed)
		return text;
	clock_duration(ends->in_ns, in);
	if (ends->by == ENDS_FIN_TIMEOUT || ends->by == ENDS_TIME_WAIT)
		snprintf(text, ENDS_TEXT_MAX, "dropped in %s", in);
	else if (ends->by == ENDS_PROBES && answers && !is_orphan(s))
		snprintf(text, ENDS_TEXT_MAX, "no end while the peer answers, else gives up in %s",
			 in);
	else
		snprintf(text, ENDS_TEXT_MAX, "gives up in %s%s%s", in,
			 ends->by == ENDS_USER_TIMEOUT ? " (TCP_USER_TIMEOUT)" : "",
			 answers ? " if the peer is silent" : "");
	return text;
}

const char *ends_keepalive(const struct wire_snapshot *s, const struct wire_limits *limits,
			   char text[ENDS_TEXT_MAX])
{
	struct keepalive k = keepalive_of(s, limits);

	if (!has_timers(s))
		return NULL;
	if (!(s->flags & WIRE_S_KEEPALIVE))
		return "off";
	if (!is_whole(&k))
		return NULL;
	snprintf(text, ENDS_TEXT_MAX, "%" PRIu32 "s/%" PRIu32 "s/%" PRIu32, k.s, k.every_s,
		 k.probes);
	return text;
}

bool ends_may_idle(const struct wire_snapshot *s, const struct wire_limits *limits, uint64_t ns)
{
	struct keepalive k = keepalive_of(s, limits);

	if (!has_timers(s) || s->state != WIRE_ESTABLISHED)
		return false;
	return !(s->flags & WIRE_S_KEEPALIVE) || k.s * NS_PER_S >= ns;
}
