/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * verdict.h - what `stuck` says of one census: the sockets that are stuck, oldest first, those that
 * are alike as one group, and the findings. Pure: the same census, the same verdict.
 */
#ifndef TCPDWELL_VERDICT_H
#define TCPDWELL_VERDICT_H

#include "census.h"
#include "options.h"
#include "rules.h"

struct verdict_socket {
	const struct census_socket *socket;
	const struct rules_rule *rule; /* NULL: nothing is known to be wrong with it */
	const struct census_holder
		*owner; /* the first that holds it; of its listener if `inherited` */
	struct age age;
	bool inherited;
	unsigned group; /* number of its verdict_group */
};

struct verdict_group {
	char *key;
	size_t first, count; /* in `sockets`: the oldest of them, and how many */
	uint64_t youngest;   /* ns */
	unsigned number;     /* verdict_socket.group of those in it */
	UT_hash_handle hh;
};

struct verdict {
	const struct census *census;
	struct verdict_socket *sockets; /* oldest first; those of unknown age last */
	size_t n_sockets;
	struct verdict_group *groups; /* in the order of their oldest */
	struct rules_filling *fillings;
	size_t n_fillings;
};

/* 0 or -ENOMEM. `census` and `options` must outlive it. */
int verdict_make(struct verdict *verdict, const struct census *census,
		 const struct options *options, uint64_t tick_ns);

/* Of all sockets with this rule the oldest; NULL if there is none. ret_count: how many. */
const struct verdict_socket *verdict_worst(const struct verdict *verdict,
					   const struct rules_rule *rule, const char *owner,
					   size_t *ret_count);

/* "nginx[4711]", "(orphan)", "~nginx[4711]" for one not accepted yet, "?" . */
#define VERDICT_OWNER_MAX 64
const char *verdict_owner(const struct verdict_socket *socket, char text[VERDICT_OWNER_MAX]);

void verdict_release(struct verdict *verdict);

#endif
