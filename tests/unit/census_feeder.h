/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * census_feeder.h - hand-made records of a census: sockets as they stand at CENSUS_NOW, who holds
 * them, what there is room for, what it is called. Times are in ms, ages before CENSUS_NOW.
 */
#ifndef CENSUS_FEEDER_H
#define CENSUS_FEEDER_H

#include "feeder.h"

#define CENSUS_NOW   20000000 /* ms */
#define CENSUS_NETNS 4026531840u

/* What is 0 is as usual: a full socket in CLOSE-WAIT that a process holds, window open. */
struct snap {
	int64_t cookie;
	const char *laddr, *raddr;
	int32_t lport, rport;
	uint32_t netns;
	uint8_t kind, state;
	uint16_t flags; /* WIRE_S_*; as usual WIRE_S_FILE, of a full one; NONE16: none */
	uint64_t age;   /* ms since all of began, acked, received, sent, touched; 0: none of them */
	uint64_t sent;  /* ms since, if not `age` */
	uint64_t heard; /* ms since acked, received and touched, if not `age` */
	uint64_t acked; /* ms since, if not `age` */
	uint64_t left;  /* ms until its timer fires; 0: none runs */
	uint32_t rto, uid, unread, room, unsent, unacked, half_open, overdue;
	uint64_t cgroup;
	uint32_t device;
	uint32_t snd_una, rcv_nxt;
	uint8_t retransmits, probes, soft_error, way, way_error;
	uint8_t pending; /* WIRE_T_*; as usual what its queues need */
	uint64_t tried;  /* ms since; 0: it has not begun */
	uint32_t user_timeout, rto_max;
	uint16_t keepalive[3]; /* s, every so many s, probes */
	uint8_t syn_retries;
	int8_t linger2;
};

#define NONE16 0x8000

TEST_INLINE uint64_t census_past(uint64_t age)
{
	return age ? (CENSUS_NOW - age) * NS_PER_MS : 0;
}

TEST_INLINE union decode_record census_snapshot(const struct snap *snap)
{
	const struct rec rec = {.cookie = snap->cookie,
				.laddr = snap->laddr,
				.raddr = snap->raddr,
				.lport = snap->lport,
				.rport = snap->rport,
				.netns = snap->netns};
	union decode_record to = {0};
	struct wire_snapshot *s = &to.snapshot;

	*s = (struct wire_snapshot){
		.head = {.ts = CENSUS_NOW * NS_PER_MS, .kind = WIRE_SNAPSHOT, .len = sizeof(*s)},
		.id = feeder_id(&rec),
		.cgroup = snap->cgroup,
		.began = snap->kind == WIRE_FULL && snap->state != WIRE_SYN_SENT
				 ? 0
				 : census_past(snap->age),
		.timer = snap->left ? (CENSUS_NOW + snap->left) * NS_PER_MS : 0,
		.rto_ms = snap->rto,
		.uid = snap->uid,
		.unread = snap->unread,
		.room = snap->room == (uint32_t)NONE ? 0
			: snap->room                 ? snap->room
						     : 65536,
		.unsent = snap->unsent,
		.unacked = snap->unacked ? snap->unacked : snap->half_open,
		.flags = snap->flags               ? snap->flags & WIRE_S_ALL
			 : snap->kind == WIRE_FULL ? WIRE_S_FILE
			 : snap->kind == WIRE_MINI ? WIRE_S_ORPHAN
						   : 0,
		.state = snap->state ? snap->state : WIRE_CLOSE_WAIT,
		.kind = snap->kind,
		.retransmits = snap->retransmits,
		.backoff = snap->retransmits,
		.probes = snap->probes,
		.soft_error = snap->soft_error,
		.way = snap->way,
		.way_error = snap->way_error,
		.device = snap->device,
		.snd_una = snap->snd_una ? snap->snd_una : snap->overdue,
		.rcv_nxt = snap->rcv_nxt,
		.pending = snap->kind != WIRE_FULL || !snap->left          ? WIRE_T_NONE
			   : snap->pending                                 ? snap->pending
			   : snap->unacked || snap->state == WIRE_SYN_SENT ? WIRE_T_RETRANSMIT
			   : snap->unsent                                  ? WIRE_T_PROBE
									   : WIRE_T_NONE,
		.tried = census_past(snap->tried),
		.user_timeout_ms = snap->user_timeout,
		.rto_max_ms = snap->rto_max,
		.keepalive_s = snap->keepalive[0],
		.keepalive_every_s = snap->keepalive[1],
		.keepalive_probes = (uint8_t)snap->keepalive[2],
		.syn_retries = snap->syn_retries,
		.linger2_s = snap->linger2};
	if (s->kind == WIRE_FULL &&
	    (s->state == WIRE_CLOSE_WAIT || s->state == WIRE_CLOSING || s->state == WIRE_LAST_ACK))
		s->flags |= WIRE_S_FIN;
	if (s->flags & WIRE_S_FILE && !(s->flags & WIRE_S_KERNEL))
		s->inode = 70000 + (uint32_t)snap->cookie;
	if (snap->kind == WIRE_FULL) {
		s->acked = s->received = s->touched = census_past(snap->age);
		s->sent = census_past(snap->sent ? snap->sent : snap->age);
		/* Silent since before the first try, touched by the last. */
		if (snap->retransmits && snap->rto) {
			s->acked = s->received = census_past(snap->age + 2 * snap->rto);
			s->touched = census_past(snap->rto - snap->left);
		}
		if (snap->heard)
			s->acked = s->received = s->touched = census_past(snap->heard);
		if (snap->acked)
			s->acked = s->touched = census_past(snap->acked);
	}
	return to;
}

TEST_INLINE union decode_record census_holder(int64_t cookie, uint32_t pid, const char *comm,
					      uint32_t fd)
{
	union decode_record to = {.holder = {.head = {.ts = CENSUS_NOW * NS_PER_MS,
						      .kind = WIRE_HOLDER,
						      .len = sizeof(to.holder)},
					     .cookie = (uint64_t)cookie,
					     .pid = pid,
					     .fd = fd}};

	memcpy(to.holder.comm, comm, strnlen(comm, 15));
	return to;
}

TEST_INLINE union decode_record census_holder_doing(int64_t cookie, uint32_t pid, const char *comm,
						    uint32_t fd, uint8_t doing, uint8_t flags)
{
	union decode_record to = census_holder(cookie, pid, comm, fd);

	to.holder.doing = doing;
	to.holder.flags = flags;
	to.holder.limit = 1024;
	return to;
}

TEST_INLINE union decode_record census_queued(int64_t cookie, uint64_t listener)
{
	return (union decode_record){.queued = {.head = {.ts = CENSUS_NOW * NS_PER_MS,
							 .kind = WIRE_QUEUED,
							 .len = sizeof(struct wire_queued)},
						.cookie = (uint64_t)cookie,
						.listener = listener}};
}

/* One half of it: a listener, or a process. */
TEST_INLINE union decode_record census_epoll(uint64_t epoll, int64_t listener, uint32_t pid)
{
	return (union decode_record){.epoll = {.head = {.ts = CENSUS_NOW * NS_PER_MS,
							.kind = WIRE_EPOLL,
							.len = sizeof(struct wire_epoll)},
					       .epoll = epoll,
					       .listener = (uint64_t)listener,
					       .pid = pid}};
}

TEST_INLINE union decode_record census_limits(uint32_t netns, uint16_t low, uint16_t high,
					      uint32_t buckets)
{
	return (union decode_record){.limits = {.head = {.ts = CENSUS_NOW * NS_PER_MS,
							 .kind = WIRE_LIMITS,
							 .len = sizeof(struct wire_limits)},
						.netns = netns,
						.max_tw_buckets = buckets,
						.port_low = low,
						.port_high = high,
						USUAL_PATIENCE}};
}

TEST_INLINE union decode_record census_named(uint64_t of, uint64_t id, const char *text)
{
	union decode_record to = {.name = {.head = {.ts = CENSUS_NOW * NS_PER_MS,
						    .kind = WIRE_NAME,
						    .len = sizeof(to.name)},
					   .id = id,
					   .of = of}};

	memcpy(to.name.text, text, strnlen(text, sizeof(to.name.text) - 1));
	return to;
}

TEST_INLINE union decode_record census_bounds(bool begins, uint32_t missing)
{
	return (union decode_record){.census = {.head = {.ts = CENSUS_NOW * NS_PER_MS,
							 .kind = WIRE_CENSUS,
							 .len = sizeof(struct wire_census)},
						.begins = begins,
						.missing = missing}};
}

#endif
