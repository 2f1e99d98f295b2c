/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * session.h - the programs in the kernel: load, attach, take their records, detach.
 *
 * Life cycle: session_open() loads what the command needs; session_attach() starts the events; then
 * session_census(), session_drain() and session_sweep() as often as wanted; session_close(). Errors
 * of opening and attaching are told here.
 */
#ifndef TCPDWELL_SESSION_H
#define TCPDWELL_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/records.h"
#include "kernel/request.h"
#include "kernel/ways.h"
#include "record/meta.h"

struct session;

/*
 * What looks have open at once, at most, besides what is open once it is attached: a namespace and
 * the way back, a folder of /proc in another, the iterator, sockets that ask for routes and
 * addresses; and two for who finds namespaces. session_attach() fails with -EMFILE if there are
 * less. Where one of these cannot be opened, something would be missing that nobody could tell.
 */
#define SESSION_DESCRIPTORS 12

/* Loads the best ways that this kernel allows. What `request` points to must outlive it. NULL after
 * the error was told. */
struct session *session_open(const struct kernel_request *request);

/* Attaches everything, then fills `ret_meta`, but for what the command line says. 0, or -errno
 * after the error was told. */
int session_attach(struct session *session, struct meta *ret_meta);

/* The most that one call hands over, so that the caller gets to its other work. */
#define SESSION_DRAIN_MAX 8192

/* Hands over what is in the ring buffer, SESSION_DRAIN_MAX at most. Number of records, or what `fn`
 * said. */
int session_drain(struct session *session, record_fn fn, void *ctx);

/*
 * Hands over all that was submitted until now. A record that is still being written is waited for,
 * 20 ms at most. 0; 1 if it still holds back others; or what `fn` said.
 */
int session_drain_all(struct session *session, record_fn fn, void *ctx);

/*
 * When to drain again: in `ms`, 40 while something happens and up to 80 while nothing does, or
 * sooner if a service manager is to hear of us; or as soon as `bell_fd` is readable: the buffer is
 * half full.
 */
struct session_pause {
	int bell_fd; /* the session's */
	int ms;
};

struct session_pause session_pause(const struct session *session);

/* Hands over a WIRE_LOST for each kind that lost records since the last call, and, once a second
 * and at the end, for events that the kernel skipped. To know how many were, it hands over what was
 * told until then. 0, or what `fn` returned. */
int session_losses(struct session *session, bool at_end, record_fn fn, void *ctx);

/* Hands over a WIRE_CLOCK if the wall clock was set, by 5 ms or more, since the attach or the last
 * one. 0, or what `fn` returned. */
int session_clock(struct session *session, record_fn fn, void *ctx);

/*
 * Looks through these network namespaces for what no event tells. For each it drains the ring
 * buffer, hands over those records and what it found, in the order of time, then a WIRE_SWEPT,
 * which is `blind` if the namespace could not be entered. While a record that is being written
 * holds back older events it finds nothing: the next sweep will. 0, or what `fn` returned.
 */
int session_sweep(struct session *session, const uint32_t *netns, size_t n, record_fn fn,
		  void *ctx);

/*
 * One look at every socket of the host: the records of inspect.h, and with them, in the order of
 * time, what is in the ring buffer. A namespace is missing if events of before are held back by a
 * record that is being written. 0, or -errno after it was told, or what `fn` returned.
 */
int session_census(struct session *session, record_fn fn, void *ctx);

/*
 * Gives up the privileges that no later call needs. To be called once everything is attached, the
 * first census is taken and every file is open. 0, or -errno after the error was told.
 */
int session_give_up_privileges(struct session *session);

/* Calls `fn` for each loaded program with its run time in ns and its runs, as far as the kernel
 * counts them (kernel.bpf_stats_enabled): else both are 0. */
void session_each_program(const struct session *session,
			  void (*fn)(void *ctx, const char *program, uint64_t run_ns,
				     uint64_t runs),
			  void *ctx);

/* Why this feature is not at hand, in words; NULL if it is. */
const char *session_lacks(const struct session *session, enum feature which);

/* Detaches, unloads, frees. NULL does nothing. */
void session_close(struct session *session);

#endif
