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
#define MATCH_STEPS_MAX    64

/* A set bit is a wanted port. */
struct match_ports {
	__u64 bits[MATCH_PORT_WORDS];
};

struct match_prefix {
	__u64 addr[2]; /* as in wire_id, in memory order, host bits zero */
	__u64 mask[2];
};

/* match_step.op */
#define MATCH_OP_LOCAL  1 /* push: does the local end have such a port and such an address? */
#define MATCH_OP_REMOTE 2
#define MATCH_OP_NOT    3 /* of the topmost */
#define MATCH_OP_AND    4 /* of the two topmost, which it replaces */
#define MATCH_OP_OR     5

struct match_step {
	__u8 op;
	__u8 by_port; /* the port is asked, from `low` to `high`; if low > high, no port is right */
	__u8 by_addr; /* the address is asked */
	__u8 unused;
	__u16 low, high;
	struct match_prefix prefix;
};

/* A filter expression as user/cli/expr.c compiles it: operands first, then their operator. */
struct match_program {
	__u32 n; /* 0: no expression */
	__u32 unused;
	struct match_step steps[MATCH_STEPS_MAX];
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
	struct match_program program;
};

/* Of a constant: as it stands in memory. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define MATCH_NETWORK32(number) __builtin_bswap32(number)
#define MATCH_NETWORK64(number) __builtin_bswap64(number)
#else
#define MATCH_NETWORK32(number) (number)
#define MATCH_NETWORK64(number) (number)
#endif

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

	return !words[0] && !words[1] && words[2] == MATCH_NETWORK32(0xffff);
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

/* A listener has no remote port, which is in no set; it is not one that is unknown. */
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

/* ---- expressions ---- */

/*
 * Arithmetic instead of branches: the verifier follows both sides of a branch, so each condition
 * would double its work. This keeps the compiler from making branches of it again.
 */
#define MATCH_OPAQUE(number) __asm__ volatile("" : "+r"(number))

/* 1 if the number has any bit, else 0; 1 if it is negative, else 0. */
match_inline __u64 match_any_bit(__u64 number)
{
	__u64 negated = -number;

	MATCH_OPAQUE(negated);
	return (number | negated) >> 63;
}

match_inline __u64 match_negative(__u64 number)
{
	MATCH_OPAQUE(number);
	return number >> 63;
}

/* One end of a connection, and 1 for what is not known of it yet. */
struct match_end {
	__u64 addr[2];
	__u64 port;
	__u64 no_addr, no_port;
};

/* `..._may_come`: 1 if a port or an address of 0 means that it is not known yet. */
match_inline struct match_end match_end_of(const __u8 addr[16], __u16 port, __u64 addr_may_come,
					   __u64 port_may_come)
{
	const __u64 *words = (const __u64 *)addr;
	const __u64 unspecified_ipv4 = MATCH_NETWORK64(0xffff00000000ULL);
	struct match_end end = {.addr = {words[0], words[1]}, .port = port};

	end.no_port = port_may_come & ~match_any_bit(port);
	end.no_addr = addr_may_come &
		      ~(match_any_bit(words[0]) |
			(match_any_bit(words[1]) & match_any_bit(words[1] ^ unspecified_ipv4)));
	return end;
}

/* The answers so far, the last one in bit 0: can it be yes, can it be no? Both: undecided. */
struct match_stack {
	__u64 yes, no;
};

match_inline void match_push(struct match_stack *stack, const volatile struct match_step *step,
			     const struct match_end *end)
{
	const volatile struct match_prefix *prefix = &step->prefix;
	__u64 by_port = step->by_port, by_addr = step->by_addr;
	__u64 wrong_port = match_negative(end->port - step->low) |
			   match_negative((__u64)step->high - end->port);
	__u64 wrong_addr = match_any_bit(((end->addr[0] & prefix->mask[0]) ^ prefix->addr[0]) |
					 ((end->addr[1] & prefix->mask[1]) ^ prefix->addr[1]));
	__u64 no_port = by_port & end->no_port, no_addr = by_addr & end->no_addr;
	__u64 is_wrong = (by_port & wrong_port & ~no_port) | (by_addr & wrong_addr & ~no_addr);

	stack->yes = stack->yes << 1 | (is_wrong ^ 1);
	stack->no = stack->no << 1 | is_wrong | no_port | no_addr;
}

match_inline void match_combine(struct match_stack *stack, int op)
{
	__u64 yes = stack->yes >> 1, no = stack->no >> 1, differ = (stack->yes ^ stack->no) & 1;

	if (op == MATCH_OP_NOT) {
		stack->yes ^= differ;
		stack->no ^= differ;
	} else if (op == MATCH_OP_AND) {
		stack->yes = yes & (stack->yes | ~1ULL);
		stack->no = no | (stack->no & 1);
	} else {
		stack->yes = yes | (stack->yes & 1);
		stack->no = no & (stack->no | ~1ULL);
	}
}

match_inline int match_program(const volatile struct match_program *program,
			       const struct wire_id *id, int has_remote)
{
	/* Of a listener nothing is unknown: it may listen on any address, and its remote end is
	 * port 0 of address 0, as in `ss`. */
	__u64 may_come = has_remote != 0;
	struct match_end local = match_end_of(id->laddr, id->lport, may_come, 1);
	struct match_end remote = match_end_of(id->raddr, id->rport, may_come, may_come);
	struct match_stack stack = {0};
	__u64 yes, no;

	for (int i = 0; i < MATCH_STEPS_MAX; i++) {
		const volatile struct match_step *step = &program->steps[i];

		if ((__u32)i >= program->n)
			break;
		if (step->op == MATCH_OP_LOCAL)
			match_push(&stack, step, &local);
		else if (step->op == MATCH_OP_REMOTE)
			match_push(&stack, step, &remote);
		else
			match_combine(&stack, step->op);
	}
	yes = stack.yes & 1;
	no = stack.no & 1;
	return (int)(yes + (yes & no)); /* MATCH_NO, MATCH_YES, MATCH_UNDECIDED */
}

/* ---- all of it ---- */

/* `has_remote` is 0 for what can never have a remote end: a listener. */
match_inline int match_identity(const volatile struct match_config *cfg, const struct wire_id *id,
				int has_remote)
{
	int verdict = MATCH_YES;

	if (cfg->n_netns && !match_netns(cfg, id->netns))
		return MATCH_NO;
	if (cfg->family && (cfg->family == 4) != match_is_ipv4(id->laddr))
		return MATCH_NO;
	/* First, while the verifier has few states to carry through it. */
	if (cfg->program.n)
		verdict = match_program(&cfg->program, id, has_remote);
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
