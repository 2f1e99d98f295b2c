/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fields_lists.h - the values of several parts that fields have. */
#ifndef TCPDWELL_FIELDS_LISTS_H
#define TCPDWELL_FIELDS_LISTS_H

#include "output/fields_source.h"

/* Of a histogram: [[upper bound in ns, count], ...], null for no bound; {"local-port": "443"}. */
extern const struct fields_list fields_buckets, fields_by;

/* Of a census: {"LISTEN": 3}; of a socket: [{pid, comm, fd}]; of a capability: [{way, ...}]. */
extern const struct fields_list fields_states, fields_holders, fields_listener_holders, fields_ways;

#endif
