/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * wire.h - the contract between the programs in the kernel and everything in user space.
 *
 * A record is a head and a body of fixed size. Records come from the ring buffer, from iterators,
 * from a recording, and a few from the tracer itself (WIRE_TICK, WIRE_LOST); the reader cannot
 * tell which, and need not. Both compilers read this file, so it holds fixed-width fields only: no
 * enum, no pointer, no hidden padding. Byte order is the host's. A recording carries WIRE_VERSION:
 * raise it when a size, an offset or a meaning changes.
 *
 * Addresses are always 16 bytes, IPv4 as ::ffff:a.b.c.d. Ports are in host order; 0 is "not known
 * (yet)".
 */
#ifndef TCPDWELL_WIRE_H
#define TCPDWELL_WIRE_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define WIRE_VERSION 13

/* TCP states as the kernel numbers them (include/net/tcp_states.h); tests/unit compares the two. */
#define WIRE_ESTABLISHED 1
#define WIRE_SYN_SENT    2
#define WIRE_SYN_RECV    3
#define WIRE_FIN_WAIT1   4
#define WIRE_FIN_WAIT2   5
#define WIRE_TIME_WAIT   6
#define WIRE_CLOSE       7
#define WIRE_CLOSE_WAIT  8
#define WIRE_LAST_ACK    9
#define WIRE_LISTEN      10
#define WIRE_CLOSING     11
#define WIRE_STATES      12 /* state numbers are below this; 0 is none */

/* Record kinds. */
#define WIRE_MET        0 /* struct wire_met: of an iterator's own, never handed on */
#define WIRE_TRANSITION 1 /* struct wire_transition: a full socket changed its state */
#define WIRE_TIMEWAIT   2 /* struct wire_timewait: something happened to a mini-socket */
#define WIRE_SOCKET     3 /* struct wire_socket: a full socket, as an iterator found it */
#define WIRE_TICK       4 /* struct wire_head alone: nothing happened, but time went on */
#define WIRE_LOST       5 /* struct wire_lost: records of one kind found no room */
#define WIRE_SWEPT      6 /* struct wire_swept: an iterator has been through a namespace */
#define WIRE_ACCEPTED   7 /* struct wire_accepted: accept(2) returned a full socket */
#define WIRE_SNAPSHOT   8 /* struct wire_snapshot: the state of a socket, as an iterator found it */
#define WIRE_HOLDER     9 /* struct wire_holder: a process holds a socket */
#define WIRE_LIMITS     10 /* struct wire_limits: what a namespace has room for */
#define WIRE_CENSUS     11 /* struct wire_census: a census begins or ends */
#define WIRE_NAME       12 /* struct wire_name: what people call a namespace or a cgroup */
#define WIRE_QUEUED     13 /* struct wire_queued: a connection waits for accept(2) at a listener */
#define WIRE_CLOCK      14 /* struct wire_clock: somebody has set the wall clock */
#define WIRE_EPOLL      15 /* struct wire_epoll: who waits for what comes to a listener */
#define WIRE_HOST       16 /* struct wire_host: what the whole machine has room for */
#define WIRE_HANDSHAKE  17 /* struct wire_handshake: something happened to a request socket */
#define WIRE_SKIPPED    18 /* of no record: events that the kernel may have run no program for */
#define WIRE_KINDS      19

struct wire_head {
	__u64 ts;   /* ns, CLOCK_MONOTONIC */
	__u32 lost; /* records of all kinds lost until now since attach; wraps. Two records of one
		     * connection with the same number have nothing missing between them */
	__u16 kind; /* WIRE_* */
	__u16 len;  /* bytes, this head included */
};

/*
 * Where programs cannot make cookies (before 5.12) a full socket is told apart by its address in
 * the kernel, hashed with a random number of this run so that no address leaks. Another socket may
 * get the same as soon as this one is gone, and a mini-socket does not know it. The highest byte
 * tells such a number from a cookie: cookies count up from 1, or down from 2^64 - 1 for those that
 * an interrupt makes while another one is made (gen_cookie_next()).
 */
#define WIRE_ID_ADDRESS            (0x80ULL << 56)
#define WIRE_ID_IS_ADDRESS(cookie) ((cookie) >> 56 == 0x80)

/* Of a kernel that has one network and no namespaces (CONFIG_NET_NS=n). No inode has this number:
 * those of namespaces begin at 0xf0000000. */
#define WIRE_NETNS_ONLY 1

struct wire_id {
	__u64 cookie; /* the socket cookie, or WIRE_ID_ADDRESS and a hash; 0: never given one */
	__u8 laddr[16];
	__u8 raddr[16];
	__u16 lport;
	__u16 rport;
	__u32 netns; /* inode number of the network namespace, or WIRE_NETNS_ONLY */
};

/* wire_transition.flags: what else was true of the socket at that moment. */
#define WIRE_F_OWNED (1 << 0) /* its owner's system call made this move: pid and comm name it */
/* Three of `-> CLOSE` from FIN-WAIT-1, FIN-WAIT-2 and CLOSING: */
#define WIRE_F_TW_FULL  (1 << 1) /* tcp_max_tw_buckets mini-sockets existed in its namespace */
#define WIRE_F_FIN_SEEN (1 << 2) /* the peer's FIN was received (SOCK_DONE) */
#define WIRE_F_LINGER2  (1 << 4) /* TCP_LINGER2 is negative: no FIN-WAIT-2, but a RST */
/* Of others: */
#define WIRE_F_ALL_ACKED (1 << 3) /* LAST-ACK -> CLOSE: all sent, FIN included, is acknowledged */
#define WIRE_F_KILLED    (1 << 5) /* tcp_abort() took a listener down, which leaves no sk_err */
#define WIRE_F_HELD      (1 << 6) /* a system call, anyone's, held the socket; told with `to` CLOSE */
#define WIRE_F_RST_DOUBT (1 << 7)  /* ECONNRESET, but no RST came */
#define WIRE_F_UNTOLD    (1 << 8)  /* from SYN-RECEIVED; LISTEN -> SYN-RECEIVED was left out */
#define WIRE_F_SECOND    (1 << 9)  /* told by the second program: the first may have told it too */
#define WIRE_F_REPAIR    (1 << 10) /* TCP_REPAIR was on: nothing is sent when it closes */
#define WIRE_F_UNSENT    (1 << 11) /* from SYN-SENT: connect() failed before it sent a SYN */
#define WIRE_F_FAST_OPEN (1 << 12) /* from SYN-RECEIVED; it came with the SYN: TCP Fast Open */
/* `-> CLOSE` without an error: from SYN-RECEIVED tcp_disconnect() made it, from FIN-WAIT-2 data
 * came for a socket that nobody reads from. Both send a RST. */
#define WIRE_F_RST_SENT (1 << 13)
#define WIRE_F_EXPIRED  (1 << 14) /* from FIN-WAIT-2: the time was over (tcp_keepalive_timer) */
/* to LISTEN, from LISTEN, and from SYN-RECEIVED: IP_TRANSPARENT, which a child has of its listener.
 * Its port may be the one that was dialled, and not its listener's (TPROXY). */
#define WIRE_F_TRANSPARENT (1 << 15)
#define WIRE_F_ALL         0xffff

struct wire_transition {
	struct wire_head head;
	struct wire_id id;
	__u64 cgroup; /* id in the cgroup v2 tree; 0: unknown */
	__u32 uid;    /* of the socket, in the initial user namespace */
	union {
		__u32 pid; /* with WIRE_F_OWNED: process (tgid), initial pid namespace */
		/* SYN-RECEIVED -> ESTABLISHED, which no system call makes: how long ago the SYN-ACK
		 * was sent, us; 0: not known, as after a SYN cookie */
		__u32 handshake_us;
	};
	char comm[16];
	__s16 error; /* sk_err: positive errno, 0 none */
	__u8 resent; /* from SYN-SENT and SYN-RECEIVED: SYNs, or SYN-ACKs, sent again; at most 255
		      */
	__u8 unaccepted; /* `-> CLOSE`: 1: accept() has not returned it */
	__u8 from;       /* WIRE_ESTABLISHED ... */
	__u8 to;     /* may equal `from`: the kernel sets a state again, which is no transition */
	__u16 flags; /* WIRE_F_* */
};

/* How long TIME-WAIT lasts, but for timer slack: TCP_TIMEWAIT_LEN, include/net/tcp.h, 60 * HZ. */
#define WIRE_TIMEWAIT_LEN_NS 60000000000ULL

/* wire_timewait.op: what happened to the mini-socket. Where other events are told, WIRE_TW_SEEN
 * tells of one in FIN-WAIT-2 only if `entered` will not tell when it leaves that. */
#define WIRE_TW_ARMED     1 /* its timer was set: born, moved to TIME-WAIT, or restarted */
#define WIRE_TW_EXPIRED   2 /* its timer ran out */
#define WIRE_TW_ENDED     3 /* it ended early, `cause` tells why */
#define WIRE_TW_CANCELLED 4 /* its timer was taken off, and only what follows tells why */
#define WIRE_TW_SEEN      5 /* nothing happened: an iterator met it */
#define WIRE_TW_BORN      6 /* it takes over from a full socket; its moves are told too */
#define WIRE_TW_MOVED     7 /* from FIN-WAIT-2 to TIME-WAIT, now */
#define WIRE_TW_OPS       8

/* wire_timewait.cause: the kernel function that ended it. */
#define WIRE_TW_BY_UNKNOWN 0
#define WIRE_TW_BY_SEGMENT 1 /* tcp_v{4,6}_rcv: a SYN reused it, or its FIN-WAIT-2 met data */
#define WIRE_TW_BY_RST     2 /* tcp_timewait_state_process: RST */
#define WIRE_TW_BY_CONNECT 3 /* __inet{,6}_check_established, __inet_hash_connect */
#define WIRE_TW_BY_KILL    4 /* tcp_abort: SOCK_DESTROY, as from `ss -K` */
#define WIRE_TW_BY_NETNS   5 /* inet_twsk_purge: its network namespace went */
#define WIRE_TW_CAUSES     6

struct wire_timewait {
	struct wire_head head;
	struct wire_id id;
	__u64 expires; /* ns, CLOCK_MONOTONIC, when its timer is to fire; resolution one jiffy. Not
			* yet known to WIRE_TW_BORN: 0 */
	__u8 op;       /* WIRE_TW_* */
	__u8 substate; /* WIRE_FIN_WAIT2 or WIRE_TIME_WAIT */
	__u8 cause;    /* WIRE_TW_BY_*, with WIRE_TW_ENDED only */
	__u8 unused;
	__u32 entered; /* ms, low 32 bits of CLOCK_MONOTONIC: when it entered its substate, if the
			* kernel notes that (6.14) and the peer sends timestamps; else 0 or an older
			* time */
};

struct wire_socket {
	struct wire_head head;
	struct wire_id id;
	__u8 state;
	__u8 unused[7];
};

struct wire_lost {
	struct wire_head head;
	__u64 count;     /* records, of this kind, since the last wire_lost of this kind */
	__u16 lost_kind; /* WIRE_TRANSITION, WIRE_TIMEWAIT, WIRE_SOCKET, WIRE_ACCEPTED,
			  * WIRE_HANDSHAKE; or WIRE_SKIPPED: at most so many events, of any kind */
	__u16 unused[3];
};

/* head.ts is before the iterator began: what it did not tell was not there then. */
struct wire_swept {
	struct wire_head head;
	__u32 netns;
	__u32 blind; /* 1: there was no way into it, and what is in it is not known */
};

/* The process is the one that called accept(2), named as wire_transition has it. */
struct wire_accepted {
	struct wire_head head;
	struct wire_id id;
	__u32 pid; /* process (tgid), initial pid namespace */
	__u32 unused;
	char comm[16];
};

/*
 * wire_handshake.op: what happened to a request socket, which holds SYN-RECEIVED until the
 * handshake is complete. One that a child follows without a SYN-ACK sent again is not told of: the
 * child's wire_transition tells all of it.
 */
#define WIRE_HS_EXPIRED 1 /* its timer ran out: if WIRE_HS_ARMED does not follow, it has ended */
#define WIRE_HS_ARMED   2 /* its timer was set again: it goes on */
#define WIRE_HS_TAKEN   3 /* a child followed */
#define WIRE_HS_ENDED   4 /* it ended without a child, `cause` tells why */
#define WIRE_HS_OPS     5

/* wire_handshake.cause: the kernel function that ended it. */
#define WIRE_HS_BY_UNKNOWN  0
#define WIRE_HS_BY_SEGMENT  1 /* tcp_check_req: a RST, or a SYN within the window */
#define WIRE_HS_BY_KILL     2 /* tcp_abort: SOCK_DESTROY, as from `ss -K` */
#define WIRE_HS_BY_ICMP     3 /* tcp_req_err */
#define WIRE_HS_BY_LISTENER 4 /* tcp_v{4,6}_rcv: its listener is closed */
#define WIRE_HS_CAUSES      5

/* wire_handshake.flags */
#define WIRE_HS_ACKED  (1 << 0) /* the ACK came, and there was no room, or data is waited for */
#define WIRE_HS_DEFERS (1 << 1) /* its listener waits for data: TCP_DEFER_ACCEPT */
#define WIRE_HS_FULL   (1 << 2) /* the accept queue of its listener is full now */
#define WIRE_HS_CLOSED (1 << 3) /* its listener is closed */
#define WIRE_HS_MOVES  (1 << 4) /* with CLOSED: another listener of its group may take it */
#define WIRE_HS_RESETS (1 << 5) /* who finds no room is reset (tcp_abort_on_overflow) */
#define WIRE_HS_ALL    0x3f

struct wire_handshake {
	struct wire_head head;
	struct wire_id id; /* the cookie is 0 unless somebody asked for it: a child inherits it */
	__u64 cgroup;      /* of its listener, as wire_transition has it */
	__u64 began;       /* ns, CLOCK_MONOTONIC: the first SYN-ACK was sent; 0: not yet */
	__u8 op;           /* WIRE_HS_EXPIRED ... */
	__u8 cause;        /* WIRE_HS_BY_*, with WIRE_HS_ENDED only */
	__u8 resent;       /* SYN-ACKs sent again */
	__u8 flags;        /* WIRE_HS_* */
	__u32 uid;         /* of its listener, as wire_transition has it */
};

/* wire_snapshot.kind: which of the kernel's three objects it is. */
#define WIRE_FULL     0
#define WIRE_MINI     1
#define WIRE_REQUEST  2
#define WIRE_OF_KINDS 3

/* wire_snapshot.flags */
#define WIRE_S_ORPHAN (1 << 0) /* its last descriptor was closed: SOCK_DEAD */
#define WIRE_S_FILE   (1 << 1) /* it was accepted, or made by socket(): it has a struct socket */
#define WIRE_S_KERNEL (1 << 2) /* that has no file: the kernel's own, as of NFS */
/* The segment that last updated the window begins behind all that is received in order. In a state
 * that the peer's FIN began: the peer has sent more since, or its FIN came late. */
#define WIRE_S_BEYOND    (1 << 3)
#define WIRE_S_KEEPALIVE (1 << 4) /* SO_KEEPALIVE: a peer that is gone will be found out */
#define WIRE_S_THIN      (1 << 5) /* TCP_THIN_LINEAR_TIMEOUTS: its first waits may not double */
/* bind() chose its local port, which nobody else can bind to at its address; without: connect() */
#define WIRE_S_BOUND      (1 << 6)
#define WIRE_S_TIMESTAMPS (1 << 7) /* of a mini-socket: the peer sent timestamps */
/* Of a listener, and the first of what is in CLOSED: */
#define WIRE_S_V6ONLY      (1 << 8) /* it takes no IPv4 */
#define WIRE_S_DEVICE      (1 << 9) /* only what comes through one device: SO_BINDTODEVICE, a VRF */
#define WIRE_S_REUSE       (1 << 10) /* SO_REUSEADDR */
#define WIRE_S_TRANSPARENT (1 << 11) /* IP_TRANSPARENT: its local address may be anybody's */
/* Of a request: its ACK came, and its listener waits for data (TCP_DEFER_ACCEPT), or has no room */
#define WIRE_S_DEFERRED (1 << 12)
#define WIRE_S_FIN      (1 << 13) /* the peer's FIN came (SOCK_DONE) */
#define WIRE_S_SUBFLOW  (1 << 14) /* ORPHAN, FILE and KEEPALIVE: its MPTCP socket's */
#define WIRE_S_ALL      0x7fff

/* wire_snapshot.way: what this host itself knows of the way to the peer, by its tables of
 * addresses, routes and neighbours; not from the socket. */
#define WIRE_WAY_UNKNOWN      0 /* nobody asked, or the kernel did not say */
#define WIRE_WAY_THERE        1
#define WIRE_WAY_NO_ADDRESS   2 /* the local address is none of this host */
#define WIRE_WAY_NO_ROUTE     3 /* none, or one that refuses: wire_snapshot.way_error */
#define WIRE_WAY_NO_NEIGHBOUR 4 /* the next hop does not answer ARP or neighbour discovery */
#define WIRE_WAYS             5

/* wire_snapshot.pending: what `timer` is for, if not for keepalive, FIN-WAIT-2 or TIME-WAIT */
#define WIRE_T_NONE       0 /* none of the three runs, or the kernel does not tell enough of it */
#define WIRE_T_RETRANSMIT 1
#define WIRE_T_LOSS       2 /* a probe for what was lost; then that for retransmission is set */
#define WIRE_T_PROBE      3 /* of a window that is shut */
#define WIRE_TIMERS       4

/*
 * Times are ns on CLOCK_MONOTONIC, 0 where the kernel does not tell or it never happened; those
 * from jiffies are right to one jiffy.
 */
struct wire_snapshot {
	struct wire_head head;
	struct wire_id id;
	__u64 cgroup;
	__u64 began; /* the state, where the kernel notes that: mini-sockets from 6.14, requests,
		      * SYN-SENT, SYN-RECEIVED of TCP Fast Open */
	__u64 timer; /* when its timer is to fire: retransmit, probe, FIN-WAIT-2, TIME-WAIT; if none
		      * of them runs, keepalive (WIRE_S_KEEPALIVE) */
	__u64 acked; /* the last acceptable ACK came (rcv_tstamp): with every segment in order */
	__u64 received; /* the last data came (icsk_ack.lrcvtime) */
	__u64 sent;     /* the last data went out (lsndtime) */
	__u64 touched;  /* anything happened to it: a segment, a timer, data read or sent
			 * (tcp_mstamp); not from jiffies */
	__u32 rto_ms;   /* retransmission timeout as it is now, backoff included; CLOSED: how long
			 * the last timer was set for, at most */
	__u32 uid;
	__u32 unread; /* bytes received and not read, the urgent one left out, plus 1 for a FIN not
		       * read. LISTEN: connections that wait for accept() */
	__u32 room;   /* LISTEN: how many may wait, less one; else the peer's window, bytes */
	__u32 unsent; /* bytes written and never sent; FIN counts 1 */
	union {
		__u32 unacked;   /* bytes sent and not acknowledged; FIN counts 1 */
		__u32 half_open; /* LISTEN: handshakes, as the kernel counts them (qlen) */
	};
	__u16 flags;      /* WIRE_S_* */
	__u8 state;       /* WIRE_ESTABLISHED ... */
	__u8 kind;        /* WIRE_FULL ... */
	__u8 retransmits; /* of the oldest segment, by its timer */
	__u8 probes;      /* zero-window probes, or keepalives, without an answer */
	__u8 backoff;     /* how often rto_ms was doubled since it was measured; of probes, their
			   * waits */
	__u8 soft_error;  /* why a segment found no way, here or as ICMP told: a positive errno, 0
			   * none. The next acceptable ACK clears it (sk_err_soft) */
	__u32 inode;      /* of the file that holds it, as /proc/PID/fd has it; 0: none */
	__u32 device; /* number of the interface that it is bound to, a VRF's too, or by which its
		       * link-local addresses are meant; 0: none */
	__u32 mark;   /* SO_MARK, by which its route is chosen */
	union {
		__u32 snd_una; /* the oldest number sent that nobody acknowledged (SND.UNA); of a
				* mini-socket and a request the next to be sent */
		__u32 overdue; /* LISTEN: half-open handshakes that were not complete when the
				* first SYN-ACK's time was over (qlen less young) */
	};
	__u32 rcv_nxt;  /* the number that is expected next (RCV.NXT); in SYN-SENT 0 */
	__u8 way;       /* WIRE_WAY_*: kernel/way.c asks about sockets that get no answer */
	__u8 way_error; /* why there is no route: a positive errno; 0: there is one, or not known */
	__u8 pending;   /* WIRE_T_* */
	__u8 syn_retries; /* TCP_SYNCNT, of a request that of its listener; 0: as the namespace has
			   * it, as where the next ones are 0 */
	__u16 keepalive_s, keepalive_every_s; /* TCP_KEEPIDLE, TCP_KEEPINTVL */
	__u8 keepalive_probes;                /* TCP_KEEPCNT */
	__s8 linger2_s; /* TCP_LINGER2; below 0: no FIN-WAIT-2 without a process */
	__u16 unused;
	__u32 user_timeout_ms; /* TCP_USER_TIMEOUT, which may cut the timer below rto_ms */
	__u32 rto_max_ms;      /* rto_ms gets no longer; 0: it is 120 s, as before 6.15 */
	__u64 tried; /* since when it retransmits (retrans_stamp), or probes a shut window; 0: it
		      * has not begun */
};

/* wire_holder.doing: of the whole process, where it is halted; else of one of its threads. */
#define WIRE_DOES_UNKNOWN 0
#define WIRE_DOES_RUN     1
#define WIRE_DOES_SLEEP   2
#define WIRE_DOES_HANG    3 /* sleeps, and no signal wakes it: D */
#define WIRE_DOES_TRACED  4 /* a debugger keeps it */
#define WIRE_DOES_STOPPED 5 /* by SIGSTOP or another signal of job control: T */
#define WIRE_DOES_FROZEN  6 /* by its cgroup */
#define WIRE_DOINGS       7

/* wire_holder.flags */
#define WIRE_H_THREADS (1 << 0) /* it has more than one */
#define WIRE_H_FULL    (1 << 1) /* every descriptor below its limit is taken */
#define WIRE_H_FREE    (1 << 2) /* one is left. Neither: not known */
/* Its thread `tid` waits in close(), as SO_LINGER wants it: no descriptor is left, fd is 0 */
#define WIRE_H_CLOSING (1 << 3)
#define WIRE_H_ALL     0xf

struct wire_holder {
	struct wire_head head;
	__u64 cookie; /* as in wire_id */
	__u32 pid;
	__u32 tid; /* the thread that has the descriptor; 0: the first thread of the process has it
		    */
	char comm[16];
	__u32 fd;
	__u32 limit; /* its soft RLIMIT_NOFILE */
	__u8 doing;  /* WIRE_DOES_* */
	__u8 flags;  /* WIRE_H_* */
	__u8 unused[6];
};

/*
 * The listener that the kernel chose for a request, or for a connection that nobody has accepted.
 * Of one listener's connections the first ones that wait are told, not all.
 */
struct wire_queued {
	struct wire_head head;
	__u64 cookie; /* of what waits, as in wire_id */
	__u64 listener;
};

#define WIRE_POLLERS_MAX 64 /* of one listener */

/*
 * Each record has one half: an epoll instance waits at a listener, or a process has a descriptor of
 * it. Several processes may hold a listener of which one alone accepts.
 */
struct wire_epoll {
	struct wire_head head;
	__u64 epoll;    /* its address, hashed as in WIRE_ID_ADDRESS; 0: others wait there too */
	__u64 listener; /* the cookie; 0: not this half */
	__u32 pid;      /* of the other half */
	__u32 unused;
};

/* The holders iterator was at a socket of this network namespace. */
struct wire_met {
	struct wire_head head;
	__u32 netns;
	__u32 unused;
};

/* Made by kernel/inspect.c from /proc/sys/net of that namespace. */
struct wire_limits {
	struct wire_head head;
	__u32 netns;
	__u32 max_tw_buckets;
	__u16 port_low, port_high; /* ip_local_port_range */
	__u32 fin_timeout;         /* s; 0: not known */
	__u16 ports_reserved;      /* of that range, ip_local_reserved_ports */
	__u8 tw_reuse;             /* tcp_tw_reuse: 0, 1, 2 */
	__u8 autobind_reuse;       /* ip_autobind_reuse: bind() to port 0 shares (SO_REUSEADDR) */
	__u32 tw_reuse_delay_ms;   /* a TIME-WAIT of at least this age can be reused */
	/* tcp_retries2 and so on; known if port_high is */
	__u32 retries2, orphan_retries, syn_retries, syn_linear_timeouts, synack_retries;
	__u32 keepalive_s, keepalive_every_s, keepalive_probes; /* tcp_keepalive_time, _intvl */
	__u8 thin;                                              /* tcp_thin_linear_timeouts */
	__u8 unused[7];
	/* Since the namespace was made: connections that found no room in an accept queue, and all
	 * that listeners refused (TcpExt ListenOverflows, ListenDrops); UINT64_MAX: not known */
	__u64 listen_overflows, listen_drops;
	/* Likewise: SYNs answered by a cookie, and SYNs dropped, as too many handshakes were half
	 * open (SyncookiesSent, TCPReqQFullDrop) */
	__u64 cookies_sent, half_open_drops;
};

/* Of all namespaces together, made by kernel/inspect.c. Limits are 0 where they are not to be seen:
 * outside of the first network namespace. */
struct wire_host {
	struct wire_head head;
	__u32 orphans, max_orphans; /* sockets without a process, as the kernel counts them;
				     * tcp_max_orphans */
	__u64 memory;               /* of TCP, in pages */
	__u64 memory_pressure,
		memory_max; /* tcp_mem: from here on it is saved; more there is not */
};

/* wire_census.begins */
#define WIRE_C_BEGINS 1
#define WIRE_C_HIDDEN 2 /* processes of other pid namespaces are out of sight */
#define WIRE_C_PROC   4 /* /proc is that of another pid namespace: its numbers are not ours */
#define WIRE_C_ALL    7

/*
 * Before and after the limits, snapshots and holders of one census of all namespaces. Events may
 * come between them, in the order of time: what a snapshot says was so at its own time.
 */
struct wire_census {
	struct wire_head head;
	__u32 begins;  /* WIRE_C_*; 0: it is over */
	__u32 missing; /* of one that is over: namespaces that could not be looked into */
};

/* wire_name.of */
#define WIRE_NAME_HOME   0 /* the network namespace that tcpdwell was started in; no text */
#define WIRE_NAME_NETNS  1 /* of `ip netns` */
#define WIRE_NAME_CGROUP 2 /* container or unit, from the path */
#define WIRE_NAME_WAY    3 /* the options of nsenter(1) that lead into a network namespace */
/* Of a network namespace, ip_local_reserved_ports of its range as /proc has them, from the first on
 * as many as there is room for. */
#define WIRE_NAME_RESERVED 4
#define WIRE_NAME_DEVICE   5 /* of an interface */
#define WIRE_NAMES         6

/* wire_name.id of an interface: its namespace, and its number there. */
#define WIRE_DEVICE_ID(netns, number) ((__u64)(netns) << 32 | (number))

struct wire_name {
	struct wire_head head;
	__u64 id; /* as in wire_id.netns, wire_snapshot.cgroup, WIRE_DEVICE_ID() */
	__u64 of;
	char text[104];
};

/* Before the first one the recording's head says. What is recorded behind it is told by it. */
struct wire_clock {
	struct wire_head head;
	__s64 wall_offset; /* ns to add to CLOCK_MONOTONIC for ns since 1970 */
};

#define WIRE_MAX_SIZE sizeof(struct wire_snapshot)

_Static_assert(sizeof(struct wire_head) == 16, "wire_head is 16 bytes");
_Static_assert(sizeof(struct wire_id) == 48, "wire_id is 48 bytes");
_Static_assert(sizeof(struct wire_transition) == 104, "wire_transition is 104 bytes");
_Static_assert(sizeof(struct wire_timewait) == 80, "wire_timewait is 80 bytes");
_Static_assert(sizeof(struct wire_socket) == 72, "wire_socket is 72 bytes");
_Static_assert(sizeof(struct wire_swept) == 24, "wire_swept is 24 bytes");
_Static_assert(sizeof(struct wire_accepted) == 88, "wire_accepted is 88 bytes");
_Static_assert(sizeof(struct wire_handshake) == 88, "wire_handshake is 88 bytes");
_Static_assert(sizeof(struct wire_lost) == 32, "wire_lost is 32 bytes");
_Static_assert(sizeof(struct wire_snapshot) == 200, "wire_snapshot is 200 bytes");
_Static_assert(sizeof(struct wire_holder) == 64, "wire_holder is 64 bytes");
_Static_assert(sizeof(struct wire_queued) == 32, "wire_queued is 32 bytes");
_Static_assert(sizeof(struct wire_epoll) == 40, "wire_epoll is 40 bytes");
_Static_assert(sizeof(struct wire_met) == 24, "wire_met is 24 bytes");
_Static_assert(sizeof(struct wire_limits) == 112, "wire_limits is 112 bytes");
_Static_assert(sizeof(struct wire_host) == 48, "wire_host is 48 bytes");
_Static_assert(sizeof(struct wire_census) == 24, "wire_census is 24 bytes");
_Static_assert(sizeof(struct wire_name) == 136, "wire_name is 136 bytes");
_Static_assert(sizeof(struct wire_clock) == 24, "wire_clock is 24 bytes");

#endif
