/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * traffic: plays TCP connections whose every move it controls, and writes down what a tracer must
 * say.
 *
 * It runs in the network namespace it is started in and touches nothing outside of it. A scenario
 * drives both ends of its connections from one thread: on loopback a segment is handled inside the
 * system call that sent it, so the clock read before and after that call brackets the kernel's
 * move. Where it may be late (a busy softirq), life_reaches() asks the kernel through sock_diag
 * until the state is there, and widens the bracket to the end of that look. So a truth is never
 * narrower than what was seen.
 *
 * The TRUTH file: one line a fact, fields separated by one tab.
 *
 *   netns  INODE
 *       the namespace it was played in; transitions of other namespaces are nobody's business here
 *   life   SCENARIO LADDR LPORT RADDR RPORT CAUSE STATE[:NS[~[+]TOL]]>STATE... [PID COMM
 * [accepted]] one socket's whole life. An address of '*' may be anything (listeners have no peer),
 * a port of 0 is "none". STATE:NS is the time spent in that state, right within 5 ms; ~TOL replaces
 * those 5 ms by TOL ns; ~+TOL lets it be longer by TOL, and shorter by no more than 10 ms. A state
 * without ':' is not checked for its duration. CAUSE is that of the last move, or '-' where the
 * life had not ended: its TIME-WAIT may run out later, by itself. churn  N ADDR PORT N connections
 * from anywhere to ADDR:PORT, each closed by its client first, and one listener.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

enum {
	TRAFFIC_MS = 1000000,
	TRAFFIC_TOLERANCE = 5 * TRAFFIC_MS,
};

/* What the sockets speak: IPv4, IPv6, or IPv4 through IPv6 sockets. */
enum net { NET_V4, NET_V6, NET_MAPPED };

struct run {
	const char *scenario;
	enum net net;
	uint16_t port;  /* the listener's; each scenario has its own */
	unsigned round; /* 0 .. repeat-1 */
	unsigned repeat;
	unsigned hold; /* seconds, for scenarios that keep something open */
};

/* ---- traffic_clock.c: time, trouble, and the namespace's sysctls ---- */

/* A move of the kernel happened between begin and end; slack is what the tracer may add to that. */
struct moment {
	int64_t begin;
	int64_t end;
	int64_t slack;
};

int64_t clock_now(void);
int64_t clock_jiffy(void);
void clock_pause(unsigned ms);

/* A moment that begins now; moment_end() is called when the deed is done. */
struct moment moment_begin(void);
void moment_end(struct moment *m);

/* The same moment, which may have come as early as 'first'. */
struct moment moment_from(struct moment first, struct moment m);

/* The same moment, told by the tracer from a timer's expiry: exact to a jiffy only. */
struct moment moment_by_timer(struct moment m);

/* The scenario did not play as written: says why, and ends the program with 1. */
_Noreturn void trouble(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Something that may happen kept the scenario from playing as written: says what, and ends the
 * program with this. */
#define TRAFFIC_AGAIN 75
_Noreturn void play_again(const char *why);

/* Names the scenario in these messages. */
void trouble_in(const char *scenario);

/* /proc/sys/net/ipv4/NAME, until sysctl_restore(). */
void sysctl_set(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sysctl_restore(void);

/* ---- traffic_truth.c: lives ---- */

struct address {
	struct sockaddr_storage sa;
	socklen_t len;
};

enum state {
	ST_CLOSED,
	ST_LISTEN,
	ST_SYN_SENT,
	ST_SYN_RECV,
	ST_ESTABLISHED,
	ST_FIN_WAIT_1,
	ST_FIN_WAIT_2,
	ST_CLOSE_WAIT,
	ST_CLOSING,
	ST_LAST_ACK,
	ST_TIME_WAIT,
};

/* One end of a connection as the kernel looks it up; IPv4-mapped is IPv4. Ports in host order. */
struct tuple {
	sa_family_t family;
	unsigned char laddr[16];
	unsigned char raddr[16];
	uint16_t lport;
	uint16_t rport;
};

struct tuple tuple_of(int fd);
struct tuple tuple_to(int fd, const struct address *peer); /* while it is not connected yet */
struct tuple tuple_at(struct address local);               /* nobody at the other end */
struct tuple tuple_reverse(const struct tuple *t);

struct life;

/* A life that begins in state 'first', which the tracer cannot know the beginning of. */
struct life *life_new(const struct run *run, const struct tuple *t, enum state first);
/* Whose it is; 'comm' is kept by reference. Nobody in particular unless said. */
void life_owner(struct life *l, pid_t pid, const char *comm);
/* The same, but until it is seen to be it may be said to be its listener's. */
void life_accepted_by(struct life *l, pid_t pid, const char *comm);
const struct tuple *life_tuple(const struct life *l);

/* It moved to 'state' at 'm' (NULL: nobody knows when), believed without a look. */
void life_passes(struct life *l, enum state state, const struct moment *m);

/* The same, but the kernel is asked until it says so; 'm' ends when it does. */
void life_reaches(struct life *l, enum state state, struct moment *m);

/* The kernel is asked until the full socket is in this state no more; 'm' ends then. For what comes
 * after it and cannot be seen. */
void life_leaves(const struct life *l, enum state state, struct moment *m);

/* Does the full socket stay in this state for longer than a moment? */
bool life_stays(const struct life *l, enum state state);

/* It ended at 'm' for 'cause'; life_ends() asks the kernel, life_ended() believes. */
void life_ends(struct life *l, struct moment *m, const char *cause);
void life_ended(struct life *l, const struct moment *m, const char *cause);

/* Asks each millisecond until that end is gone: from the beginning of the last look that saw it to
 * the end of the first that did not. Its last move has to be timed. */
struct moment life_wait_gone(const struct life *l, unsigned seconds);

/* It will end for 'cause' after we have gone, or the moment is not ours to measure. */
void life_will_end(struct life *l, const char *cause);

/* A line that is not a life. */
void truth_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Writes all to 'path'; true when it is there. */
bool truth_write(const char *path);

/* ---- traffic_diag.c: what the kernel says, and kills, through sock_diag ---- */

/* The state of that end (TCP_* of the kernel's numbering), or 0 when there is none. */
int diag_state(const struct tuple *t);

/* SOCK_DESTROY, which is what 'ss -K' asks for: 0 or a negative errno. */
int diag_kill(const struct tuple *t);

/* True when this kernel has SOCK_DESTROY. */
bool diag_can_kill(void);
bool diag_can_kill_mini(void);

/* ---- traffic_sock.c: sockets, one call each, trouble() where they fail ---- */

/* An address as the run's sockets want it: 'v4' (maybe mapped) or 'v6'. */
struct address address_make(const struct run *run, const char *v4, const char *v6, uint16_t port);
struct address address_loopback(const struct run *run, uint16_t port);
struct address address_of(int fd); /* its local one */

int sock_new(const struct run *run);
int sock_listen(const struct run *run, uint16_t port);
void sock_bind(int fd, const struct address *a);
void sock_connect(int fd, const struct address *a);
int sock_accept(int listener);
void sock_send(int fd, const char *text);
void sock_linger(int fd, int seconds);
void sock_option(int fd, int level, int name, int value);

/* The call, and when it happened. */
struct moment sock_close(int fd);
struct moment sock_shutdown(int fd);

/* Reads the end of file and acknowledges it at once, before the delayed ACK would. */
struct moment sock_ack_fin(int fd);

/* Two ends over loopback, and the listener between them. */
struct pair {
	int listener; /* -1 once closed */
	int client;
	int child;
	bool held; /* who closed first did so by shutdown(): its FIN-WAIT-2 is no orphan's */
	struct life *l_listener;
	struct life *l_client;
	struct life *l_child;
};

/* One more connection to the listener of 'p', from 'from' (NULL: the kernel chooses). */
void pair_listen(const struct run *run, struct pair *p);
void pair_connect(const struct run *run, struct pair *p, const struct address *from);
void pair_unlisten(struct pair *p);

/* The lives of both ends, for a connection that 'client' has made by itself at 'm'. */
void pair_live(const struct run *run, struct pair *p, struct moment m);

/* All three: listen, connect, accept, and the listener closed again. */
void pair_open(const struct run *run, struct pair *p);

/* One end closes (or shuts down), the other one reads the end and acknowledges. */
void pair_client_closes(struct pair *p);
void pair_client_shuts(struct pair *p);
void pair_child_closes(struct pair *p);

/* The other end closes too, and all is well. */
void pair_child_finishes(struct pair *p);
void pair_client_finishes(struct pair *p);

/* ---- traffic_raw.c: the peer in user space ---- */

/* Its device is made at the first call. Of the rest a caller may have copies of its own. */
struct rawtcp;
struct rawtcp *raw_peer(void);

/* ---- the scenarios: traffic_close.c, traffic_end.c, traffic_raw.c, traffic_handshake.c,
 * traffic_owner.c,
 * traffic_bulk.c ---- */

enum {
	NEEDS_TUN = 1,          /* /dev/net/tun, and its device configured */
	NEEDS_DESTROY = 2,      /* SOCK_DESTROY */
	NEEDS_DESTROY_MINI = 8, /* ... of a mini-socket */
	ONCE = 4,               /* -n is not a number of rounds */
};

struct scenario {
	const char *name;
	const char *what;
	unsigned flags;
	void (*play)(const struct run *run);
};

void play_active_close(const struct run *run);
void play_passive_close(const struct run *run);
void play_half_close(const struct run *run);
void play_half_then_close(const struct run *run);
void play_late_mini(const struct run *run);
void play_fin_timeout(const struct run *run);
void play_fin_timeout_late(const struct run *run);
void play_reconnect(const struct run *run);
void play_silent_move(const struct run *run);
void play_loud_move(const struct run *run);
void play_self_connect(const struct run *run);
void play_time_wait_full(const struct run *run);
void play_netns_gone(const struct run *run);

void play_handshake_late(const struct run *run);
void play_handshake_resent(const struct run *run);
void play_handshake_asked_again(const struct run *run);
void play_handshake_deferred(const struct run *run);
void play_handshake_reset(const struct run *run);
void play_handshake_unanswered(const struct run *run);
void play_handshake_unreachable(const struct run *run);
void play_handshake_killed(const struct run *run);
void play_handshake_deserted(const struct run *run);
void play_handshake_too_late(const struct run *run);
void play_handshake_refused(const struct run *run);

void play_refused(const struct run *run);
void play_linger_reset(const struct run *run);
void play_linger2_reset(const struct run *run);
void play_unread_reset(const struct run *run);
void play_unaccepted(const struct run *run);
void play_disconnect(const struct run *run);
void play_data_after_close(const struct run *run);
void play_syn_reuse(const struct run *run);
void play_connect_reuse(const struct run *run);
void play_bound_reuse(const struct run *run);
void play_kill_time_wait(const struct run *run);
void play_kill_fin_wait_2(const struct run *run);
void play_kill_established(const struct run *run);
void play_kill_listener(const struct run *run);
void play_table_full(const struct run *run);
void play_table_full_orphan(const struct run *run);

void play_simultaneous_close(const struct run *run);
void play_simultaneous_open(const struct run *run);
void play_close_in_syn_recv(const struct run *run);
void play_syn_timeout(const struct run *run);
void play_syn_abandoned(const struct run *run);
void play_unreachable(const struct run *run);
void play_reset_established(const struct run *run);
void play_rst_in_time_wait(const struct run *run);
void play_rst_in_fin_wait_2(const struct run *run);
void play_data_with_ack(const struct run *run);
void play_timeout_fin_wait_1(const struct run *run);
void play_timeout_fin_wait_2(const struct run *run);
void play_timeout_last_ack(const struct run *run);
void play_timeout_established(const struct run *run);
void play_keepalive_timeout(const struct run *run);

void play_owners(const struct run *run);
void play_forked(const struct run *run);

void play_churn(const struct run *run);
void play_leak(const struct run *run);

#endif
