/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * config.h - what the loader tells the programs before they are loaded, in read-only data: the
 * verifier then drops the code of what is switched off.
 */
#ifndef TCPDWELL_CONFIG_H
#define TCPDWELL_CONFIG_H

#include "wire.h"
#include "match.h"

/* A kernel function as an address range, with what it means when it stands on the stack. */
struct code_range {
	__u64 begin, end; /* [begin, end) */
	__u32 means;      /* CODE_* */
	__u32 unused;
};

#define CODE_NONE     0
#define CODE_SEGMENT  1 /* 1..5 equal WIRE_TW_BY_* */
#define CODE_RST      2
#define CODE_CONNECT  3
#define CODE_KILL     4
#define CODE_NETNS    5
#define CODE_END      6  /* inet_twsk_deschedule_put: this is an early end, its caller tells why */
#define CODE_RESTART  7  /* __inet_twsk_schedule: the timer is only moved */
#define CODE_RUN      8  /* the timer softirq: it is expiring */
#define CODE_RST_CAME 9  /* tcp_validate_incoming, tcp_check_req: for a full socket */
#define CODE_FIN_TIME 10 /* tcp_keepalive_timer */
#define CODE_ICMP     11 /* tcp_req_err, tcp_v{4,6}_err */
#define CODE_TAKEN    12 /* inet_csk_complete_hashdance: a child takes a request's place */
#define CODE_RESEND   13 /* reqsk_timer_handler */
#define CODE_DROP     14 /* inet_csk_reqsk_queue_drop_and_put */

#define CODE_RANGES_MAX 40

/* Functions of one meaning, in as many parts as a compiler may have split them into. A part of
 * length 0 is none. */
#define CODE_PARTS 4

struct code_parts {
	__u64 begin[CODE_PARTS];
	__u64 len[CODE_PARTS];
};

/* struct config.ends: what the stack is asked for when a full socket ends, with CODE_* above. */
#define ENDS_KILL     0 /* CODE_KILL */
#define ENDS_RST      1 /* CODE_RST_CAME */
#define ENDS_FIN_TIME 2 /* CODE_FIN_TIME */
#define ENDS          4 /* a power of 2 */
#define ENDS_NONE     ENDS

struct config {
	__u64 tick_ns;             /* length of a jiffy */
	__u64 tw_timer_handler;    /* address; 0: mini-sockets cannot be told by their timer */
	__u64 reqsk_timer_handler; /* address; 0: nor can request sockets by theirs */
	__u32 n_ranges;
	__u32 filtered; /* 1: `match` has a condition */
	__u32 self;     /* our pid there: what we hold, we only look at */
	__u32 cookies;  /* 1: programs can make socket cookies; 0: see WIRE_ID_ADDRESS */
	__u32 samples;  /* 1: sweeps tell every mini-socket, since nothing else does */
	__u32 cgroups;  /* 1: somebody wants to know the cgroup of a socket */
	__u32 told; /* bits 1 << WIRE_*: moves that touch none of these are not told; 0: all are */
	__u32 pid_ns; /* inode number of the pid namespace whose numbers are told; 0: the first */
	__u32 half_buffer; /* bytes: when so many wait, the reader is woken */
	__u32 unused;
	__u64 salt; /* of hashed addresses: random, another one each run */
	struct code_range ranges[CODE_RANGES_MAX];
	struct code_parts ends[ENDS]; /* as in `ranges` */
	struct match_config match;
	/* Of match.netns; 0: not known (before 5.14). */
	__u64 netns_cookies[MATCH_NETNS_MAX];
};

#endif
