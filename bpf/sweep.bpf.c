/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sweep.bpf.c - looks through the sockets for what no event tells, and tells it in the records
 * that events use: mini-sockets that moved to TIME-WAIT without a tracepoint, and the local port of
 * sockets in SYN-SENT. Where no event tells of mini-sockets at all, it tells of each of them.
 *
 * iter/tcp walks the network namespace of the process that opens it.
 */
#include "timewait.bpf.h"

/* ns. Set by session.c before each sweep: only TIME-WAITs that began after this are told. */
__u64 sweep_since = 0;

/* A FIN with timestamps writes wire_timewait.entered (6.14, tcp_timewait_state_process()). */
static __always_inline bool notes_its_move(struct inet_timewait_sock *tw)
{
	return bpf_core_field_exists(tw->tw_entry_stamp) &&
	       BPF_CORE_READ((struct tcp_timewait_sock *)tw, tw_ts_recent_stamp);
}

static __always_inline int write_timewait(struct seq_file *seq, struct inet_timewait_sock *tw)
{
	struct wire_timewait rec = {};
	struct common_copy common;
	__u8 substate;
	__u64 ts;

	/* What is seen of it is true at this time or later. The substate changes just before the
	 * timer does, so it is read first. */
	ts = wire_stamp(&rec.head, WIRE_TIMEWAIT, sizeof(rec));
	substate = BPF_CORE_READ(tw, tw_substate);
	if (!config.samples && substate != WIRE_TIME_WAIT && notes_its_move(tw))
		return 0;
	common_read(&common, tw);
	timewait_identity(&common, &rec.id);
	timewait_fill(&rec, tw, (struct timewait_event){.op = WIRE_TW_SEEN}, ts);
	rec.substate = substate;
	if (!config.samples && substate == WIRE_TIME_WAIT &&
	    rec.expires - WIRE_TIMEWAIT_LEN_NS < sweep_since)
		return 0;
	if (config.filtered && match_identity(&config.match, &rec.id, 1) == MATCH_NO)
		return 0;
	bpf_seq_write(seq, &rec, sizeof(rec));
	return 0;
}

static __always_inline int write_syn_sent(struct seq_file *seq, struct sock_common *common)
{
	struct wire_socket rec = {};

	wire_stamp(&rec.head, WIRE_SOCKET, sizeof(rec));
	rec.state = WIRE_SYN_SENT;
	socket_identity(common, &rec.id);
	if (config.filtered && match_identity(&config.match, &rec.id, 1) == MATCH_NO)
		return 0;
	bpf_seq_write(seq, &rec, sizeof(rec));
	return 0;
}

SEC("iter/tcp")
int sweep(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;

	if (!common)
		return 0;
	if (common->skc_state == WIRE_TIME_WAIT)
		return write_timewait(ctx->meta->seq, (struct inet_timewait_sock *)common);
	if (common->skc_state == WIRE_SYN_SENT)
		return write_syn_sent(ctx->meta->seq, common);
	return 0;
}
