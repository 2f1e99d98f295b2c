/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* verdict_socket.c - see verdict_socket.h. */
#include "diagnosis/verdict_socket.h"

#include <string.h>

#include "diagnosis/process.h"
#include "diagnosis/rules_socket.h"
#include "base/name.h"
#include "base/tcpstate.h"

/* ---- whose ---- */

const struct census_socket *verdict_listener(const struct census *census,
					     const struct census_socket *socket)
{
	return census_waits_for_accept(&socket->s) ? census_listener(census, socket) : NULL;
}

void verdict_find_owner(const struct census *census, const struct census_socket *listener,
			struct verdict_socket *it)
{
	it->owner = census_acceptors(it->socket);
	it->unheld = census_is_unheld(census, it->socket);
	if (it->owner || !listener)
		return;
	it->unheld_listener = census_is_unheld(census, listener);
	it->owner = census_acceptors(listener);
	it->inherited = it->owner != NULL;
}

const char *verdict_nobody(const struct verdict_socket *it)
{
	const struct wire_snapshot *s = &it->socket->s;

	if (s->kind == WIRE_MINI || s->flags & WIRE_S_ORPHAN)
		return "(orphan)";
	if (s->flags & WIRE_S_KERNEL)
		return "(kernel)";
	return it->unheld ? "(no descriptor)" : "?";
}

/* The holders of a process come one behind the other. */
static unsigned other_processes(const struct verdict_socket *it)
{
	unsigned more = 0;

	for (const struct census_holder *h = it->owner; h && h->next; h = h->next)
		more += h->next->pid != h->pid;
	return more;
}

const char *verdict_owners(const struct verdict_socket *it, uint16_t differs,
			   char text[VERDICT_OWNER_MAX])
{
	unsigned more = other_processes(it);
	char comm[NAME_ROOM(sizeof(it->owner->comm))], pid[16];

	if (!it->owner || differs & VERDICT_COMM) {
		snprintf(text, VERDICT_OWNER_MAX, "%s",
			 differs & VERDICT_COMM ? "*" : verdict_nobody(it));
		return text;
	}
	name_text(comm, sizeof(comm), it->owner->comm);
	snprintf(pid, sizeof(pid), "%u", it->owner->pid);
	snprintf(text, VERDICT_OWNER_MAX, "%s%s[%s]", it->inherited ? "~" : "", comm,
		 differs & VERDICT_PID ? "*" : pid);
	if (differs & VERDICT_PID)
		return text;
	if (differs & VERDICT_MORE)
		strcat(text, " +*");
	else if (more)
		snprintf(text + strlen(text), VERDICT_OWNER_MAX - strlen(text), " +%u", more);
	return text;
}

const char *verdict_owner(const struct verdict_socket *it, char text[VERDICT_OWNER_MAX])
{
	return verdict_owners(it, 0, text);
}

/* Who has the other end, which is known. */
static struct verdict_socket peer_of(const struct census *census, const struct verdict_socket *it)
{
	struct verdict_socket peer = {.socket = it->peer};

	verdict_find_owner(census, verdict_listener(census, it->peer), &peer);
	return peer;
}

const char *verdict_peer_owner(const struct census *census, const struct verdict_socket *it,
			       char text[VERDICT_OWNER_MAX])
{
	struct verdict_socket peer;

	text[0] = '\0';
	if (!it->peer)
		return text;
	peer = peer_of(census, it);
	return verdict_owner(&peer, text);
}

const char *verdict_peer(const struct census *census, const struct verdict_socket *it,
			 char text[VERDICT_PEER_MAX])
{
	char owner[VERDICT_OWNER_MAX], hindrance[RULES_TEXT_MAX];
	struct verdict_socket peer;

	text[0] = '\0';
	if (!it->peer)
		return text;
	peer = peer_of(census, it);
	process_peer_evidence(it->rule, &it->peer->s, peer.owner, hindrance);
	snprintf(text, VERDICT_PEER_MAX, "%s of %s%s%s", tcpstate_name(it->peer->s.state),
		 verdict_owner(&peer, owner), hindrance[0] ? ", " : "", hindrance);
	return text;
}

/* Of a listener with a full queue. */
static const char *kernel_counts(const struct verdict_socket *it, char text[OVERFLOWS_TEXT_MAX])
{
	return it->socket->s.state == WIRE_LISTEN && !is_queue_full(&it->socket->s)
		       ? overflows_cookies(it->overflows, text)
		       : overflows_text(it->overflows, text);
}

const char *verdict_evidence(const struct verdict_socket *it, char text[RULES_TEXT_MAX])
{
	char of_socket[RULES_TEXT_MAX], end[ENDS_TEXT_MAX], overflowed[OVERFLOWS_TEXT_MAX];
	size_t used;

	used = strlen(process_evidence(it->rule, it->owner, it->inherited, text));
	if (it->unheld_listener)
		used = (size_t)sprintf(text, "its listener is not among anybody's descriptors");
	rules_evidence(&it->socket->s, of_socket);
	if (ends_text(&it->ends, &it->socket->s, end)[0]) {
		size_t len = strlen(of_socket);

		snprintf(of_socket + len, RULES_TEXT_MAX - len, "%s%s", len ? ", " : "", end);
	}
	if (of_socket[0])
		used += (size_t)snprintf(text + used, RULES_TEXT_MAX - used, "%s%s",
					 used ? "; " : "", of_socket);
	if (used < RULES_TEXT_MAX && kernel_counts(it, overflowed)[0])
		snprintf(text + used, RULES_TEXT_MAX - used, "%s%s", used ? "; " : "", overflowed);
	return text;
}

const char *verdict_end(const struct census *census, const struct verdict_socket *it, bool local,
			uint16_t differs, char text[ADDRESS_END_MAX])
{
	const struct wire_snapshot *s = &it->socket->s;
	const uint8_t *addr = local ? s->id.laddr : s->id.raddr;
	uint16_t port = local ? s->id.lport : s->id.rport;
	char device[CENSUS_DEVICE_MAX];

	return address_end_text(differs & (local ? VERDICT_LADDR : VERDICT_RADDR) ? NULL : addr,
				census_device(census, s, device),
				differs & (local ? VERDICT_LPORT : VERDICT_RPORT) ? 0 : port, text);
}

/* ---- how long ---- */

struct age verdict_age(const struct census_socket *socket, uint64_t tick_ns)
{
	struct age proven = age_of(&socket->s, tick_ns);
	uint64_t now = socket->s.head.ts, witnessed = now - socket->entered;

	if (!socket->entered || socket->entered >= now)
		return proven;
	if (socket->entered_exact)
		return (struct age){
			.ns = witnessed, .known = DWELL_EXACT, .from = "seen to enter it"};
	if (proven.known == DWELL_EXACT || proven.ns >= witnessed)
		return proven;
	return (struct age){.ns = witnessed, .known = DWELL_AT_LEAST, .from = "watched since then"};
}

/* ---- as others know it ---- */

struct conn verdict_conn(const struct wire_snapshot *s, const struct census_holder *holder,
			 bool inherited)
{
	struct conn conn = {.id = s->id,
			    .uid = s->kind == WIRE_FULL ? s->uid : CONN_NO_UID,
			    .cgroup = s->cgroup,
			    .state = s->state,
			    .is_listener = s->state == WIRE_LISTEN};

	if (holder) {
		conn.owner.known = inherited ? OWNER_INHERITED : OWNER_EXACT;
		conn.owner.pid = holder->pid;
		memcpy(conn.owner.comm, holder->comm, sizeof(conn.owner.comm));
	}
	return conn;
}

/* The same link-local address is another host behind another device. */
static bool same_address(const uint8_t a[16], const uint8_t b[16], bool same_device)
{
	return !memcmp(a, b, 16) && (same_device || !address_is_link_local(a));
}

static uint16_t owners_differ(const struct verdict_socket *a, const struct verdict_socket *b)
{
	uint16_t differs = 0;

	if (!a->owner || !b->owner)
		return a->owner || b->owner || strcmp(verdict_nobody(a), verdict_nobody(b)) != 0
			       ? VERDICT_COMM
			       : 0;
	if (a->inherited != b->inherited || strcmp(a->owner->comm, b->owner->comm) != 0)
		differs |= VERDICT_COMM;
	if (a->owner->pid != b->owner->pid)
		differs |= VERDICT_PID;
	if (other_processes(a) != other_processes(b))
		differs |= VERDICT_MORE;
	return differs;
}

uint16_t verdict_differences(const struct verdict_socket *a, const struct verdict_socket *b)
{
	const struct wire_snapshot *left = &a->socket->s, *right = &b->socket->s;
	bool same_device = left->id.netns == right->id.netns && left->device == right->device;
	uint16_t differs = owners_differ(a, b);

	if (left->id.lport != right->id.lport)
		differs |= VERDICT_LPORT;
	if (left->id.rport != right->id.rport)
		differs |= VERDICT_RPORT;
	if (!same_address(left->id.laddr, right->id.laddr, same_device))
		differs |= VERDICT_LADDR;
	if (!same_address(left->id.raddr, right->id.raddr, same_device))
		differs |= VERDICT_RADDR;
	if (left->id.netns != right->id.netns)
		differs |= VERDICT_NETNS;
	if (left->cgroup != right->cgroup)
		differs |= VERDICT_CGROUP;
	if (left->kind != right->kind || left->uid != right->uid)
		differs |= VERDICT_UID;
	return differs;
}
