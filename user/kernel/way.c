/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* way.c - see way.h. */
#include "kernel/way.h"

#include <errno.h>
#include <endian.h>
#include <ifaddrs.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/address.h"
#include "match.h"
#include "wire.h"
#include "base/table.h"

/* ---- rtnetlink ---- */

struct request {
	struct nlmsghdr head;
	union {
		struct rtmsg route;
		struct ndmsg neighbour;
	} of;
	char room[128]; /* for attributes */
};

union answer {
	struct nlmsghdr head;
	char bytes[4096];
};

static void begin(struct request *request, uint16_t type, size_t len)
{
	memset(request, 0, sizeof(*request));
	request->head.nlmsg_type = type;
	request->head.nlmsg_flags = NLM_F_REQUEST;
	request->head.nlmsg_len = (uint32_t)NLMSG_LENGTH(len);
}

static void add(struct request *request, uint16_t type, const void *value, size_t len)
{
	struct rtattr *attr =
		(struct rtattr *)((char *)request + NLMSG_ALIGN(request->head.nlmsg_len));

	attr->rta_type = type;
	attr->rta_len = (uint16_t)RTA_LENGTH(len);
	memcpy(RTA_DATA(attr), value, len);
	request->head.nlmsg_len = NLMSG_ALIGN(request->head.nlmsg_len) + RTA_ALIGN(RTA_LENGTH(len));
}

static void add_number(struct request *request, uint16_t type, uint32_t value)
{
	add(request, type, &value, sizeof(value));
}

/* What is asked in one look at a namespace. */
struct asker {
	int fd;
	int err; /* why something could not be asked: -errno, the first */
	struct known *all;
	size_t questions;
	struct ifaddrs *addresses;
	bool has_addresses;
};

static void note_failure(struct asker *asker)
{
	if (!asker->err)
		asker->err = -errno;
}

/* False if nobody answers. An answer may be a refusal: `ret_error`, a positive errno, 0 none. One
 * that comes too late is that of another question. */
static bool ask(struct asker *asker, struct request *request, union answer *answer, int *ret_error)
{
	static uint32_t questions;
	ssize_t len;

	request->head.nlmsg_seq = ++questions;
	len = send(asker->fd, request, request->head.nlmsg_len, 0);
	if (len >= 0)
		len = recv(asker->fd, answer, sizeof(*answer), 0);
	if (len < 0)
		note_failure(asker);
	if (len < 0 || !NLMSG_OK(&answer->head, (size_t)len) || answer->head.nlmsg_seq != questions)
		return false;
	*ret_error = 0;
	if (answer->head.nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *error = NLMSG_DATA(&answer->head);

		*ret_error = -error->error;
		return *ret_error > 0;
	}
	return true;
}

/* ---- addresses ---- */

struct address {
	uint8_t family;
	uint8_t len;
	uint8_t bytes[16];
};

/* Of 16 bytes, as records have it. */
static struct address address_of(const uint8_t addr[16])
{
	struct address to = {.family = AF_INET6, .len = 16};

	if (match_is_ipv4(addr))
		to = (struct address){.family = AF_INET, .len = 4};
	memcpy(to.bytes, addr + 16 - to.len, to.len);
	return to;
}

static const void *bytes_of(const struct sockaddr *address, uint8_t family)
{
	if (!address || address->sa_family != family)
		return NULL;
	return family == AF_INET ? (const void *)&((const struct sockaddr_in *)address)->sin_addr
				 : &((const struct sockaddr_in6 *)address)->sin6_addr;
}

/* Does an interface have it, up or down? */
static bool has(const struct ifaddrs *all, const struct address *address)
{
	for (const struct ifaddrs *it = all; it; it = it->ifa_next) {
		const void *bytes = bytes_of(it->ifa_addr, address->family);

		if (bytes && !memcmp(bytes, address->bytes, address->len))
			return true;
	}
	return false;
}

/* ---- routes and neighbours ---- */

struct route {
	int error; /* why there is none: a positive errno */
	uint8_t type;
	uint32_t device;
	struct address hop;
};

/* What chooses a route. */
struct question {
	uint8_t laddr[16], raddr[16];
	uint32_t device, mark, uid;
	uint16_t lport, rport; /* 0: of any port */
};
_Static_assert(sizeof(struct question) == 48, "no padding: it is a key");

static void read_route(const union answer *answer, struct route *route)
{
	const struct rtmsg *message = NLMSG_DATA(&answer->head);
	int left = (int)RTM_PAYLOAD(&answer->head);

	route->type = message->rtm_type;
	for (const struct rtattr *attr = RTM_RTA(message); RTA_OK(attr, left);
	     attr = RTA_NEXT(attr, left)) {
		const struct rtvia *via = RTA_DATA(attr);

		if (attr->rta_type == RTA_OIF)
			memcpy(&route->device, RTA_DATA(attr), sizeof(route->device));
		if (attr->rta_type == RTA_GATEWAY)
			memcpy(route->hop.bytes, RTA_DATA(attr), route->hop.len);
		/* An IPv4 route by an IPv6 router. */
		if (attr->rta_type == RTA_VIA && via->rtvia_family == AF_INET6) {
			route->hop = (struct address){.family = AF_INET6, .len = 16};
			memcpy(route->hop.bytes, via->rtvia_addr, 16);
		}
	}
}

/* Rules may choose by port, and routes of several next hops do. */
static void add_ports(struct request *request, const struct question *question)
{
	uint16_t lport = htobe16(question->lport), rport = htobe16(question->rport);
	uint8_t protocol = IPPROTO_TCP;

	add(request, RTA_IP_PROTO, &protocol, sizeof(protocol));
	add(request, RTA_SPORT, &lport, sizeof(lport));
	add(request, RTA_DPORT, &rport, sizeof(rport));
}

/* The route from one of our addresses (NULL: from any) to another one. False if nobody answers. */
static bool look_up(struct asker *asker, const struct question *question,
		    const struct address *from, const struct address *to, uint32_t device,
		    struct route *ret_route)
{
	struct request request;
	union answer answer;

	begin(&request, RTM_GETROUTE, sizeof(request.of.route));
	request.of.route.rtm_family = to->family;
	request.of.route.rtm_dst_len = (uint8_t)(8 * to->len);
	add(&request, RTA_DST, to->bytes, to->len);
	if (from) {
		request.of.route.rtm_src_len = (uint8_t)(8 * from->len);
		add(&request, RTA_SRC, from->bytes, from->len);
	}
	if (device)
		add_number(&request, RTA_OIF, device);
	if (question->mark)
		add_number(&request, RTA_MARK, question->mark);
	add_number(&request, RTA_UID, question->uid); /* else it is ours */
	if (question->rport)
		add_ports(&request, question);
	*ret_route = (struct route){.hop = *to};
	if (!ask(asker, &request, &answer, &ret_route->error))
		return false;
	if (!ret_route->error)
		read_route(&answer, ret_route);
	return true;
}

/* NUD_* of a neighbour; 0: none, or not known. */
static uint16_t neighbour_state(struct asker *asker, const struct route *route)
{
	struct request request;
	union answer answer;
	int error;

	begin(&request, RTM_GETNEIGH, sizeof(request.of.neighbour));
	request.of.neighbour.ndm_family = route->hop.family;
	request.of.neighbour.ndm_ifindex = (int)route->device;
	add(&request, NDA_DST, route->hop.bytes, route->hop.len);
	if (!ask(asker, &request, &answer, &error) || error)
		return 0;
	return ((const struct ndmsg *)NLMSG_DATA(&answer.head))->ndm_state;
}

/* A local route stays when the loopback device goes down, and that drops what it gets. */
static bool is_loopback_down(const struct asker *asker, const struct route *route)
{
	struct ifreq device = {.ifr_ifindex = ADDRESS_LOOPBACK_IFINDEX};

	return route->type == RTN_LOCAL && route->device == ADDRESS_LOOPBACK_IFINDEX &&
	       !ioctl(asker->fd, SIOCGIFNAME, &device) &&
	       !ioctl(asker->fd, SIOCGIFFLAGS, &device) && !(device.ifr_flags & IFF_UP);
}

/* ---- what is known ---- */

/* The answer to a question. One without a remote address is about the local one alone. */
struct known {
	struct question question;
	bool is_gone; /* the local address is none of ours */
	bool is_answered;
	struct route route;
	uint16_t hop_state; /* NUD_* */
	UT_hash_handle hh;
};

/*
 * Segments for it come to us: it is in a table of local addresses, of a VRF as well; or some
 * interface has it, even if that is down. True as well if that is not to be known.
 */
static bool is_ours(struct asker *asker, const struct question *question)
{
	struct address address = address_of(question->laddr);
	struct route route;

	if (!look_up(asker, question, NULL, &address, 0, &route) || route.type == RTN_LOCAL)
		return true;
	if (question->device &&
	    (!look_up(asker, question, NULL, &address, question->device, &route) ||
	     route.type == RTN_LOCAL))
		return true;
	if (!asker->has_addresses && getifaddrs(&asker->addresses)) {
		note_failure(asker);
		return true;
	}
	asker->has_addresses = true;
	return has(asker->addresses, &address);
}

static void ask_for_address(struct asker *asker, struct known *known)
{
	known->is_gone = !is_ours(asker, &known->question);
}

static void ask_for_way(struct asker *asker, struct known *known)
{
	const struct question *question = &known->question;
	struct address from = address_of(question->laddr), to = address_of(question->raddr);

	known->is_answered = look_up(asker, question, &from, &to, question->device, &known->route);
	if (!known->is_answered || known->route.error)
		return;
	if (known->route.type == RTN_UNICAST)
		known->hop_state = neighbour_state(asker, &known->route);
	if (is_loopback_down(asker, &known->route))
		known->route.error = ENETDOWN;
}

/* Asks once. NULL: there is no room. */
static const struct known *find(struct asker *asker, const struct question *question,
				void (*ask_for)(struct asker *asker, struct known *known))
{
	struct known *known;

	HASH_FIND(hh, asker->all, question, sizeof(*question), known);
	if (known)
		return known;
	if (asker->questions >= WAY_QUESTIONS_MAX)
		return NULL;
	asker->questions++;
	known = calloc(1, sizeof(*known));
	if (!known)
		return NULL;
	known->question = *question;
	ask_for(asker, known);
	HASH_ADD(hh, asker->all, question, sizeof(*question), known);
	if (TABLE_HAS(known))
		return known;
	free(known);
	return NULL;
}

/* What refuses; others are of the question. A blackhole's is EINVAL: fib_props[]. */
static bool is_no_route(int error)
{
	return error == ENETUNREACH || error == EHOSTUNREACH || error == EACCES ||
	       error == EINVAL || error == ENETDOWN;
}

static uint8_t meaning_of(const struct known *known)
{
	if (!known->is_answered || (known->route.error && !is_no_route(known->route.error)))
		return WIRE_WAY_UNKNOWN;
	if (known->route.error)
		return WIRE_WAY_NO_ROUTE;
	return known->hop_state & (NUD_FAILED | NUD_INCOMPLETE) ? WIRE_WAY_NO_NEIGHBOUR
								: WIRE_WAY_THERE;
}

/* ---- one socket ---- */

/* Routes may be chosen by port. */
static const struct known *find_by_ports(struct asker *asker, struct question question,
					 const struct wire_snapshot *s)
{
	question.lport = s->id.lport;
	question.rport = s->id.rport;
	return find(asker, &question, ask_for_way);
}

/* Of the first ones each is asked for by its ports. Of the rest one question serves all sockets of
 * two addresses; what it says is missing is asked for again, by the ports. */
static void tell_way(struct asker *asker, const struct question *question, struct wire_snapshot *s)
{
	const struct known *known = NULL;

	if (asker->questions >= WAY_BY_PORTS_MAX)
		known = find(asker, question, ask_for_way);
	if (asker->questions < WAY_BY_PORTS_MAX ||
	    (known && meaning_of(known) >= WIRE_WAY_NO_ROUTE))
		known = find_by_ports(asker, *question, s);
	if (!known)
		return;
	s->way = meaning_of(known);
	if (s->way == WIRE_WAY_NO_ROUTE)
		s->way_error = (uint8_t)known->route.error;
}

/* Rules for a transparent socket may go by what only a packet has: nothing is said of its way. */
static void tell_one(struct asker *asker, struct wire_snapshot *s)
{
	struct question question = {.device = s->device, .mark = s->mark, .uid = s->uid};
	const struct known *address;

	if (s->flags & WIRE_S_TRANSPARENT)
		return;
	memcpy(question.laddr, s->id.laddr, sizeof(question.laddr));
	address = find(asker, &question, ask_for_address);
	memcpy(question.raddr, s->id.raddr, sizeof(question.raddr));
	if (address && address->is_gone)
		s->way = WIRE_WAY_NO_ADDRESS;
	else if (address)
		tell_way(asker, &question, s);
}

/* As the rules that ask for its way have it: daily life needs no question. */
static bool waits_for_answer(const struct wire_snapshot *s)
{
	if (s->kind != WIRE_FULL || s->state == WIRE_LISTEN)
		return false;
	return s->retransmits >= (s->state == WIRE_SYN_SENT ? 1 : 2) || s->probes >= 2 ||
	       (s->unsent && !s->unacked && s->room);
}

/* ---- all ---- */

/* False if it cannot be had. */
static bool open_rtnetlink(struct asker *asker)
{
	const struct timeval patience = {.tv_sec = 1};

	if (asker->fd >= 0 || asker->err)
		return asker->fd >= 0;
	asker->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (asker->fd < 0)
		note_failure(asker);
	else
		setsockopt(asker->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return asker->fd >= 0;
}

struct asker *way_begin(void)
{
	struct asker *asker = calloc(1, sizeof(*asker));

	if (asker)
		asker->fd = -1;
	return asker;
}

void way_tell(struct asker *asker, struct records *found)
{
	struct wire_snapshot s;

	for (size_t at = 0; at < found->len; at += s.head.len) {
		memcpy(&s.head, found->bytes + at, sizeof(s.head));
		if (s.head.kind != WIRE_SNAPSHOT)
			continue;
		memcpy(&s, found->bytes + at, sizeof(s));
		if (!waits_for_answer(&s))
			continue;
		if (!open_rtnetlink(asker))
			return;
		tell_one(asker, &s);
		memcpy(found->bytes + at, &s, sizeof(s));
	}
}

int way_end(struct asker *asker)
{
	int err = asker->err;

	TABLE_RELEASE(asker->all, free);
	if (asker->has_addresses)
		freeifaddrs(asker->addresses);
	if (asker->fd >= 0)
		close(asker->fd);
	free(asker);
	return err;
}
