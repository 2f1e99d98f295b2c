/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * match.h - which connections are wanted, judged by their identity alone: ports, addresses,
 * namespace.
 *
 * One pure function, compiled twice: for the kernel, where it keeps unwanted connections off the
 * ring buffer, and for user space, where the model asks again once it knows more. The answer has
 * three values, because an event may not know its whole identity: CLOSED -> SYN-SENT has no local
 * port yet. The kernel sends what is undecided; the model holds it until it is decided. So the
 * first and the last transition of a matching connection are never lost.
 */
#ifndef TCPDWELL_MATCH_H
#define TCPDWELL_MATCH_H

#include "wire.h"

#define MATCH_NO        0
#define MATCH_YES       1
#define MATCH_UNDECIDED 2

#define MATCH_PREFIXES_MAX 16
#define MATCH_NETNS_MAX    16
#define MATCH_PORT_WORDS   1024 /* 65,536 bits */

/* A set bit is a wanted port. */
struct match_ports {
	__u64 bits[MATCH_PORT_WORDS];
};

struct match_prefix {
	__u64 addr[2]; /* as in wire_id, in memory order, host bits zero */
	__u64 mask[2];
};

struct match_config {
	__u8 by_local; /* 1: `local` is asked; likewise the others */
	__u8 by_remote;
	__u8 by_either;  /* `either` must hold one of the two ports */
	__u8 by_neither; /* `neither` must hold none of them */
	__u8 family;     /* 0 any, 4, 6 */
	__u8 unused[3];
	__u32 n_prefixes; /* 0: any address */
	__u32 n_netns;    /* 0: any namespace */
	__u32 netns[MATCH_NETNS_MAX];
	struct match_prefix
		prefixes[MATCH_PREFIXES_MAX]; /* one must hold the local or the remote address */
	struct match_ports local, remote, either, neither;
};

#define match_inline static inline __attribute__((always_inline, unused))

match_inline int match_port(const volatile struct match_ports *ports, __u16 port)
{
	return !port ? MATCH_UNDECIDED : (ports->bits[port >> 6] >> (port & 63)) & 1;
}

/* Both must hold: a no decides, then what is undecided. */
match_inline int match_and(int a, int b)
{
	if (a == MATCH_NO || b == MATCH_NO)
		return MATCH_NO;
	return a == MATCH_YES ? b : a;
}

/* One must hold: a yes decides, then what is undecided. */
match_inline int match_or(int a, int b)
{
	if (a == MATCH_YES || b == MATCH_YES)
		return MATCH_YES;
	return a == MATCH_NO ? b : a;
}

match_inline int match_is_ipv4(const __u8 addr[16])
{
	const __u32 *words = (const __u32 *)addr;

	return !words[0] && !words[1] && words[2] == __builtin_bswap32(0xffff);
}

match_inline int match_addr(const volatile struct match_config *cfg, const __u8 addr[16])
{
	const __u64 *words = (const __u64 *)addr;

	for (int i = 0; i < MATCH_PREFIXES_MAX; i++) {
		const volatile struct match_prefix *prefix = &cfg->prefixes[i];

		if ((__u32)i >= cfg->n_prefixes)
			break;
		if ((words[0] & prefix->mask[0]) == prefix->addr[0] &&
		    (words[1] & prefix->mask[1]) == prefix->addr[1])
			return MATCH_YES;
	}
	return MATCH_NO;
}

match_inline int match_addr_known(const __u8 addr[16])
{
	const __u32 *words = (const __u32 *)addr;

	return words[3] || words[0] || words[1] || (words[2] && !match_is_ipv4(addr));
}

match_inline int match_not(int a)
{
	return a == MATCH_UNDECIDED ? a : !a;
}

/* A listener's remote port is not unknown, it has none: that is in no set. */
match_inline int match_remote(const volatile struct match_ports *ports, const struct wire_id *id,
			      int has_remote)
{
	return !id->rport && !has_remote ? MATCH_NO : match_port(ports, id->rport);
}

match_inline int match_any_port(const volatile struct match_ports *ports, const struct wire_id *id,
				int has_remote)
{
	return match_or(match_port(ports, id->lport), match_remote(ports, id, has_remote));
}

match_inline int match_netns(const volatile struct match_config *cfg, __u32 netns)
{
	int found = MATCH_NO;

	for (int i = 0; i < MATCH_NETNS_MAX; i++)
		found |= (__u32)i < cfg->n_netns && cfg->netns[i] == netns;
	return found;
}

match_inline int match_any_addr(const volatile struct match_config *cfg, const struct wire_id *id,
				int has_remote)
{
	int verdict = match_or(match_addr(cfg, id->laddr), match_addr(cfg, id->raddr));

	if (verdict == MATCH_NO && has_remote && !match_addr_known(id->raddr))
		return MATCH_UNDECIDED;
	return verdict;
}

/* `has_remote` is 0 for what can never have a remote end: a listener. */
match_inline int match_identity(const volatile struct match_config *cfg, const struct wire_id *id,
				int has_remote)
{
	int verdict = MATCH_YES;

	if (cfg->n_netns && !match_netns(cfg, id->netns))
		return MATCH_NO;
	if (cfg->family && (cfg->family == 4) != match_is_ipv4(id->laddr))
		return MATCH_NO;
	if (cfg->by_local)
		verdict = match_and(verdict, match_port(&cfg->local, id->lport));
	if (cfg->by_remote)
		verdict = match_and(verdict, match_remote(&cfg->remote, id, has_remote));
	if (cfg->by_either)
		verdict = match_and(verdict, match_any_port(&cfg->either, id, has_remote));
	if (cfg->by_neither)
		verdict = match_and(verdict,
				    match_not(match_any_port(&cfg->neither, id, has_remote)));
	if (cfg->n_prefixes)
		verdict = match_and(verdict, match_any_addr(cfg, id, has_remote));
	return verdict;
}

#endif
