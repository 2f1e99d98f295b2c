/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* limits.h - the limits that a census needs, as records: of a network namespace, and of the
 * machine.
 */
#ifndef TCPDWELL_LIMITS_H
#define TCPDWELL_LIMITS_H

#include <stdint.h>

#include "kernel/records.h"

/* Hands over a WIRE_LIMITS of the namespace that we are in, which is `netns`, and a WIRE_NAME of
 * its reserved ports, if it has any. What cannot be read is 0. What `fn` returned. */
int limits_tell(uint32_t netns, record_fn fn, void *ctx);

/* Hands over a WIRE_HOST. The same. */
int limits_tell_host(record_fn fn, void *ctx);

#endif
