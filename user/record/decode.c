/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* decode.c - range checks, a row a kind. See decode.h. */
#include "record/decode.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static bool is_state(__u8 state)
{
	return state > 0 && state < WIRE_STATES;
}

/* ns, or a count: what JSON has as an integer, and more than a clock or a machine reaches. */
static bool is_number(__u64 number)
{
	return number <= INT64_MAX;
}

/* A record where it lies: at any address. */
typedef const union decode_record __attribute__((aligned(1))) raw_record;

static bool check_transition(raw_record *raw)
{
	return is_state(raw->transition.from) && is_state(raw->transition.to) &&
	       !(raw->transition.flags & ~WIRE_F_ALL);
}

static bool check_timewait(raw_record *raw)
{
	__u8 op = raw->timewait.op, substate = raw->timewait.substate;

	return op > 0 && op < WIRE_TW_OPS && raw->timewait.cause < WIRE_TW_CAUSES &&
	       (substate == WIRE_FIN_WAIT2 || substate == WIRE_TIME_WAIT);
}

static bool check_handshake(raw_record *raw)
{
	return raw->handshake.op > 0 && raw->handshake.op < WIRE_HS_OPS &&
	       raw->handshake.cause < WIRE_HS_CAUSES && !(raw->handshake.flags & ~WIRE_HS_ALL) &&
	       is_number(raw->handshake.began);
}

static bool check_socket(raw_record *raw)
{
	return is_state(raw->socket.state);
}

static bool check_snapshot(raw_record *raw)
{
	return is_state(raw->snapshot.state) && raw->snapshot.kind < WIRE_OF_KINDS &&
	       !(raw->snapshot.flags & ~WIRE_S_ALL) && raw->snapshot.way < WIRE_WAYS &&
	       raw->snapshot.pending < WIRE_TIMERS;
}

static bool check_holder(raw_record *raw)
{
	return raw->holder.doing < WIRE_DOINGS && !(raw->holder.flags & ~WIRE_H_ALL);
}

static bool check_name(raw_record *raw)
{
	return raw->name.of < WIRE_NAMES;
}

static bool check_nothing(raw_record *raw)
{
	(void)raw;
	return true;
}

static bool check_swept(raw_record *raw)
{
	return raw->swept.blind <= 1;
}

static bool check_census(raw_record *raw)
{
	return raw->census.begins <= WIRE_C_ALL;
}

static bool check_lost(raw_record *raw)
{
	return is_number(raw->lost.count) && raw->lost.lost_kind > 0 &&
	       raw->lost.lost_kind < WIRE_KINDS;
}

/* Where a NUL has to be. */
#define LAST_OF(type, text) (offsetof(struct type, text) + sizeof(((struct type *)NULL)->text) - 1)

static const struct {
	size_t len;
	bool (*check)(raw_record *raw);
	size_t nul; /* 0: it has no text */
} kinds[WIRE_KINDS] = {
	[WIRE_TRANSITION] = {sizeof(struct wire_transition), check_transition,
			     LAST_OF(wire_transition, comm)},
	[WIRE_TIMEWAIT] = {sizeof(struct wire_timewait), check_timewait, 0},
	[WIRE_HANDSHAKE] = {sizeof(struct wire_handshake), check_handshake, 0},
	[WIRE_SOCKET] = {sizeof(struct wire_socket), check_socket, 0},
	[WIRE_TICK] = {sizeof(struct wire_head), check_nothing, 0},
	[WIRE_LOST] = {sizeof(struct wire_lost), check_lost, 0},
	[WIRE_SWEPT] = {sizeof(struct wire_swept), check_swept, 0},
	[WIRE_ACCEPTED] = {sizeof(struct wire_accepted), check_nothing,
			   LAST_OF(wire_accepted, comm)},
	[WIRE_SNAPSHOT] = {sizeof(struct wire_snapshot), check_snapshot, 0},
	[WIRE_HOLDER] = {sizeof(struct wire_holder), check_holder, LAST_OF(wire_holder, comm)},
	[WIRE_QUEUED] = {sizeof(struct wire_queued), check_nothing, 0},
	[WIRE_EPOLL] = {sizeof(struct wire_epoll), check_nothing, 0},
	[WIRE_LIMITS] = {sizeof(struct wire_limits), check_nothing, 0},
	[WIRE_HOST] = {sizeof(struct wire_host), check_nothing, 0},
	[WIRE_NAME] = {sizeof(struct wire_name), check_name, LAST_OF(wire_name, text)},
	[WIRE_CLOCK] = {sizeof(struct wire_clock), check_nothing, 0},
	[WIRE_CENSUS] = {sizeof(struct wire_census), check_census, 0},
};

/*
 * The kernel keeps 32 bits of a time, or what a timer was never set to: what comes of that may lie
 * before the boot. It is no reason to refuse the socket; that time is not known.
 */
static void forget_impossible_times(struct wire_snapshot *snapshot)
{
	__u64 *const times[] = {&snapshot->began,    &snapshot->timer, &snapshot->acked,
				&snapshot->received, &snapshot->sent,  &snapshot->touched,
				&snapshot->tried};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (!is_number(*times[i]))
			*times[i] = 0;
}

/* net.ipv4.tcp_mem takes any number: so many pages no machine has. */
static void bound_memory(struct wire_host *host)
{
	__u64 *const pages[] = {&host->memory, &host->memory_pressure, &host->memory_max};

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (!is_number(*pages[i]))
			*pages[i] = INT64_MAX;
}

int decode(const void *bytes, size_t len, union decode_record *ret_record)
{
	struct wire_head head;

	if (len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, bytes, sizeof(head));
	if (head.kind >= WIRE_KINDS || !is_number(head.ts) || !kinds[head.kind].check ||
	    head.len != kinds[head.kind].len || head.len > len || !kinds[head.kind].check(bytes))
		return -EBADMSG;
	memcpy(ret_record, bytes, head.len);
	if (kinds[head.kind].nul)
		((char *)ret_record)[kinds[head.kind].nul] = '\0';
	if (head.kind == WIRE_SNAPSHOT)
		forget_impossible_times(&ret_record->snapshot);
	if (head.kind == WIRE_HOST)
		bound_memory(&ret_record->host);
	return head.len;
}

uint16_t decode_kind_that_may_be_lost(unsigned i)
{
	static const uint16_t in_order[] = {WIRE_TRANSITION, WIRE_TIMEWAIT,  WIRE_SOCKET,
					    WIRE_ACCEPTED,   WIRE_HANDSHAKE, WIRE_SKIPPED};

	return i < sizeof(in_order) / sizeof(in_order[0]) ? in_order[i] : 0;
}

const char *decode_kind_name(uint16_t kind)
{
	static const char *const names[WIRE_KINDS] = {
		[WIRE_TRANSITION] = "transition", [WIRE_TIMEWAIT] = "timewait",
		[WIRE_SOCKET] = "socket",         [WIRE_ACCEPTED] = "accepted",
		[WIRE_HANDSHAKE] = "handshake",   [WIRE_SKIPPED] = "skipped"};

	return kind < WIRE_KINDS && names[kind] ? names[kind] : "?";
}
