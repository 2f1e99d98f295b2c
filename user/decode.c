/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* decode.c - range checks, a row a kind. See decode.h. */
#include "decode.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static bool is_state(__u8 state)
{
	return state > 0 && state < WIRE_STATES;
}

static bool check_transition(union decode_record *rec)
{
	struct wire_transition *t = &rec->transition;

	t->comm[sizeof(t->comm) - 1] = '\0';
	return is_state(t->from) && is_state(t->to) && !(t->flags & ~WIRE_F_ALL);
}

static bool check_timewait(union decode_record *rec)
{
	struct wire_timewait *t = &rec->timewait;

	return t->op > 0 && t->op < WIRE_TW_OPS && t->cause < WIRE_TW_CAUSES &&
	       (t->substate == WIRE_FIN_WAIT2 || t->substate == WIRE_TIME_WAIT);
}

static bool check_socket(union decode_record *rec)
{
	return is_state(rec->socket.state);
}

static bool check_snapshot(union decode_record *rec)
{
	const struct wire_snapshot *s = &rec->snapshot;

	return is_state(s->state) && s->kind < WIRE_OF_KINDS && !(s->flags & ~WIRE_S_ALL);
}

static bool check_holder(union decode_record *rec)
{
	rec->holder.comm[sizeof(rec->holder.comm) - 1] = '\0';
	return true;
}

static bool check_accepted(union decode_record *rec)
{
	rec->accepted.comm[sizeof(rec->accepted.comm) - 1] = '\0';
	return true;
}

static bool check_name(union decode_record *rec)
{
	rec->name.text[sizeof(rec->name.text) - 1] = '\0';
	return rec->name.of < WIRE_NAMES;
}

static bool check_nothing(union decode_record *rec)
{
	(void)rec;
	return true;
}

static bool check_swept(union decode_record *rec)
{
	return rec->swept.blind <= 1;
}

static bool check_census(union decode_record *rec)
{
	return rec->census.begins <= 1;
}

static bool check_lost(union decode_record *rec)
{
	return rec->lost.lost_kind > 0 && rec->lost.lost_kind < WIRE_KINDS;
}

static const struct {
	size_t len;
	bool (*check)(union decode_record *rec);
} kinds[WIRE_KINDS] = {
	[WIRE_TRANSITION] = {sizeof(struct wire_transition), check_transition},
	[WIRE_TIMEWAIT] = {sizeof(struct wire_timewait), check_timewait},
	[WIRE_SOCKET] = {sizeof(struct wire_socket), check_socket},
	[WIRE_TICK] = {sizeof(struct wire_head), check_nothing},
	[WIRE_LOST] = {sizeof(struct wire_lost), check_lost},
	[WIRE_SWEPT] = {sizeof(struct wire_swept), check_swept},
	[WIRE_ACCEPTED] = {sizeof(struct wire_accepted), check_accepted},
	[WIRE_SNAPSHOT] = {sizeof(struct wire_snapshot), check_snapshot},
	[WIRE_HOLDER] = {sizeof(struct wire_holder), check_holder},
	[WIRE_LIMITS] = {sizeof(struct wire_limits), check_nothing},
	[WIRE_NAME] = {sizeof(struct wire_name), check_name},
	[WIRE_CENSUS] = {sizeof(struct wire_census), check_census},
};

int decode(const void *bytes, size_t len, union decode_record *ret_record)
{
	struct wire_head head;
	union decode_record rec = {0};

	if (len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, bytes, sizeof(head));
	if (head.kind >= WIRE_KINDS || !kinds[head.kind].check ||
	    head.len != kinds[head.kind].len || head.len > len)
		return -EBADMSG;
	memcpy(&rec, bytes, head.len);
	if (!kinds[head.kind].check(&rec))
		return -EBADMSG;
	*ret_record = rec;
	return head.len;
}
