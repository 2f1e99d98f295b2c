/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ways.c - see ways.h. */
#include "kernel/ways.h"

#include <stddef.h>

const struct feature_row feature_rows[FEATURES] = {
	[FEATURE_TRANSITION] = {.name = "transitions",
				.gives = "every state a socket is given",
				.loss = "everything",
				.ways = {{.name = "tp_btf",
					  .words = "BTF tracepoint sock:inet_sock_set_state",
					  .programs = {"transition", "transition_nested"}}}},
	[FEATURE_IDENTITY] = {.name = "identity",
			      .gives = "which socket is which, when ports and addresses return",
			      .loss = "nothing can be followed",
			      .ways = {{.name = "cookie",
					.words = "socket cookies, which no other socket ever has",
					.programs = {"identity_cookie"}},
				       {.name = "address",
					.words = "kernel addresses, hashed; with the ports where "
						 "they are used again"}}},
	[FEATURE_TIMEWAIT] =
		{.name = "time-wait",
		 .gives = "FIN-WAIT-2 after close(), TIME-WAIT, and their ends",
		 .loss = "TIME-WAIT is not visible, FIN-WAIT-2 after close() has no duration",
		 .ways = {{.name = "fentry",
			   .words = "fentry programs on the functions of a mini-socket's life",
			   .programs = {"timewait_fentry_born", "timewait_fentry_segment",
					"timewait_fexit_segment", "timewait_fentry_expire",
					"timewait_fentry_end"},
			   .kind = WAY_TRAMPOLINE},
			  {.name = "kprobe",
			   .words = "kprobes on the functions of a mini-socket's life",
			   .programs = {"timewait_kprobe_born", "timewait_kprobe_segment",
					"timewait_kretprobe_segment", "timewait_kprobe_expire",
					"timewait_kprobe_end"},
			   .kind = WAY_KPROBE},
			  {.name = "timer",
			   .words = "timer tracepoints",
			   .programs = {"timewait_timer_start", "timewait_timer_expire",
					"timewait_timer_cancel"},
			   .needs_addresses = true},
			  {.name = "sample",
			   .words = "iter/tcp twice a second: shorter lives are missed, ends are "
				    ">=",
			   .programs = {"sweep"}}}},
	[FEATURE_CAUSE] = {.name = "causes",
			   .gives =
				   "what ended a mini-socket early: reset, reuse, ss -K, namespace",
			   .loss = "such an end is told with the cause `unknown`",
			   .ways = {{.name = "stack",
				     .words = "the kernel stack at its end",
				     .needs_addresses = true}}},
	[FEATURE_SWEEP] =
		{.name = "sweep",
		 .gives = "FIN-WAIT-2 to TIME-WAIT within a second where no event tells it",
		 .loss = "such a move is told only when the TIME-WAIT ends",
		 .ways = {{.name = "iter",
			   .words = "iter/tcp twice a second",
			   .programs = {"sweep"}}}},
	[FEATURE_SOCKETS] = {.name = "sockets",
			     .gives = "every socket as it stands, those before us too",
			     .loss = "`stuck` does not work, and what was there before is not "
				     "seen",
			     .ways = {{.name = "iter",
				       .words = "iter/tcp in each network namespace",
				       .programs = {"socks"}}}},
	[FEATURE_HOLDERS] =
		{.name = "holders",
		 .gives = "which processes hold a socket, by which descriptor",
		 .loss = "whose a socket is that was there before is not known",
		 .ways = {{.name = "iter", .words = "iter/task_file", .programs = {"holders"}}}},
	[FEATURE_ACCEPT] =
		{.name = "accept",
		 .gives = "the owner of an accepted connection, from accept() on; accept-wait",
		 .loss = "an accepted connection has no owner until one is seen holding it, and "
			 "there is no accept-wait",
		 .ways = {{.name = "fexit",
			   .words = "fexit program on the return of inet_csk_accept()",
			   .programs = {"accept_fexit"},
			   .kind = WAY_TRAMPOLINE},
			  {.name = "kretprobe",
			   .words = "kretprobe on inet_csk_accept()",
			   .programs = {"accept_kretprobe"},
			   .kind = WAY_KPROBE},
			  {.name = "syscalls",
			   .words = "returns of accept(2) and accept4(2)",
			   .price = "every system call of the host takes longer, by 70 ns (6.18)",
			   .programs = {"accept_syscall", "accept_syscall4"}},
			  {.name = "inherit",
			   .words = "its listener's owner, until one is seen holding it; no "
				    "accept-wait"}}},
	[FEATURE_HANDSHAKE] =
		{.name = "handshake",
		 .gives = "SYN-ACKs sent again, and handshakes that end without a connection",
		 .loss = "only handshakes that succeed at once are seen",
		 .ways = {{.name = "fentry",
			   .words = "fentry programs on the functions of a request's life",
			   .programs = {"handshake_fentry_expire", "handshake_fexit_expire",
					"handshake_fentry_drop", "handshake_fentry_put",
					"handshake_fentry_child"},
			   .kind = WAY_TRAMPOLINE},
			  {.name = "kprobe",
			   .words = "kprobes on the functions of a request's life",
			   .programs = {"handshake_kprobe_expire", "handshake_kretprobe_expire",
					"handshake_kprobe_drop", "handshake_kprobe_put",
					"handshake_kprobe_child"},
			   .kind = WAY_KPROBE},
			  {.name = "timer",
			   .words = "timer tracepoints",
			   .programs = {"handshake_timer_start", "handshake_timer_expire",
					"handshake_timer_cancel"},
			   .needs_addresses = true},
			  {.name = "child",
			   .words = "the first round trip of the connection that it becomes"}}},
};

struct ways ways_none(void)
{
	struct ways ways;

	for (unsigned f = 0; f < FEATURES; f++)
		ways.chosen[f] = -1;
	return ways;
}

const struct way *ways_get(const struct ways *ways, enum feature feature)
{
	int way = ways->chosen[feature];

	return way < 0 ? NULL : &feature_rows[feature].ways[way];
}

bool ways_exist(enum feature feature, int way)
{
	return way < WAYS_MAX && feature_rows[feature].ways[way].name;
}
