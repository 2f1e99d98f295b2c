/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * pollers.h - which processes wait at which listener by epoll, put together from the two halves
 * that the kernel tells (struct wire_epoll).
 */
#ifndef TCPDWELL_POLLERS_H
#define TCPDWELL_POLLERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/table.h"
#include "record/decode.h"

/* An epoll instance, and a process that has a descriptor of it. */
struct pollers_member {
	struct pollers_key {
		uint64_t epoll, pid;
	} key;
	UT_hash_handle hh;
};

/* The instances that wait at one listener. */
struct pollers_listener {
	uint64_t listener; /* the cookie */
	uint64_t epolls[WIRE_POLLERS_MAX];
	unsigned n;
	bool has_others; /* somebody waits there otherwise, or not all were told */
	UT_hash_handle hh;
};

struct pollers {
	struct pollers_member *members;
	struct pollers_listener *listeners;
};

/* 0 or -ENOMEM. */
int pollers_add(struct pollers *pollers, const struct wire_epoll *rec);

/* Is it known who waits at this listener? */
bool pollers_know(const struct pollers *pollers, uint64_t listener);

/* Does this process wait at it? False as well if that is not known. */
bool pollers_has(const struct pollers *pollers, uint64_t listener, uint32_t pid);

/* Empties it. */
void pollers_release(struct pollers *pollers);

#endif
