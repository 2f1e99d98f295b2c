/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * verdict.h - what `stuck` says of one census: the sockets that are stuck, oldest first, those that
 * are alike as one group, and the findings. Pure: the same census, the same verdict.
 */
#ifndef TCPDWELL_VERDICT_H
#define TCPDWELL_VERDICT_H

#include "diagnosis/verdict_alike.h"
#include "model/selection.h"

/* Of what is selected, in groups of `by` (by->n 0: of what is alike). 0 or -ENOMEM. `census` must
 * outlive it. */
int verdict_make(struct verdict *verdict, const struct census *census,
		 const struct selection *selection, const struct group_by *by, uint64_t tick_ns);

/* Says of its listeners that are full what is known of their namespaces, until the next census. */
void verdict_tell_overflows(struct verdict *verdict, const struct overflows *overflows);

/* Is this socket of the census selected, by its identity and its owner? */
bool verdict_asks(const struct selection *selection, const struct census *census,
		  const struct census_socket *socket);

void verdict_release(struct verdict *verdict);

#endif
