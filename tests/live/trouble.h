/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trouble: real programs in real trouble, for `stuck` to diagnose. Plays all cases in the network
 * namespace it is started in, writes one line a socket, then "ready", and keeps them until its
 * standard input ends.
 *
 *   CASE LPORT RPORT STATE RULE OWNER SINCE HOLDERS
 *       RULE '-': no finding. OWNER: a name, "(orphan)", "~name" of a listener.
 *       SINCE: ns on CLOCK_MONOTONIC just before it entered the state: the age has to be within 1 s
 *       of the truth; negative: it has only to be no more than the truth; 0: not to be checked.
 *       HOLDERS: processes that hold it; '*' not to be checked.
 *   CASE LPORT none
 *       Sockets of that port come and go, and none may ever be found to be in trouble.
 *
 * A peer that vanished is one behind a blackhole route or a link that is down, in a second network
 * namespace; where only one direction is to be cut, a socket whose filter drops every segment
 * (SO_ATTACH_FILTER), which to the other end is the same as a packet filter.
 */
#ifndef TROUBLE_H
#define TROUBLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The far namespace, NULL if there is none; addresses on its two links, see stuck.sh. */
#define FAR_ROUTE "10.99.1.2" /* its way back ends in a blackhole */
#define FAR_LINK  "10.99.2.2" /* its link goes down */

extern const char *far_netns;

_Noreturn void die(const char *what);
int64_t now(void);
void pause_ms(long ms);

/* The next port that no other case uses. */
uint16_t next_port(void);

int listen_at(uint16_t port, int backlog);
int connect_to(uint16_t port, int flags);
int connect_to_host(const char *host, uint16_t port, int flags);
void drop_all(int fd);
void drop_none(int fd);
uint16_t local_port(int fd);
uint16_t remote_port(int fd);

/* Both ends of a connection over loopback are ours. */
struct pair {
	int listener, client, server;
	uint16_t lport, rport; /* of the server */
};

struct pair open_pair(void);

void tell(const char *name, uint16_t lport, uint16_t rport, const char *state, const char *rule,
	  const char *owner, int64_t since);
void tell_held(const char *name, uint16_t lport, uint16_t rport, const char *state,
	       const char *rule, const char *owner, int64_t since, unsigned holders);
void tell_none(const char *name, uint16_t lport);

void read_to_end(int fd);

/* Fills both buffers, so that the peer's window is shut. */
void fill(int fd);

/* A child that goes with us; `then` is called in it. */
pid_t spawn(const char *name, void (*then)(void *arg), void *arg);

/* Waits for ever. */
void linger(void *arg);

void trouble_waiting(void);
void trouble_peers(void);
void trouble_owners(void);
void trouble_far(void);
void trouble_controls(void);

/* Fills port range and table of TIME-WAITs; for a namespace of its own. */
void trouble_ports(void);

/* About `n` sockets in all states, of several processes and users. */
void trouble_many(unsigned n);

/* The same addresses and ports as in other namespaces, in a state and by a process of its own. */
void trouble_same(const char *which);

#endif
