/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fillings_count.h - what is at work while the sockets of a census are counted. Included by
 * fillings.c and fillings_sources.c only. */
#ifndef TCPDWELL_FILLINGS_COUNT_H
#define TCPDWELL_FILLINGS_COUNT_H

#include "base/table.h"
#include "diagnosis/filling.h"

/* A port of the range that a socket has at its address. */
struct fillings_port {
	uint32_t netns;
	uint8_t addr[16];
	uint16_t port;
	uint16_t flags; /* WIRE_S_* */
	uint8_t state;
	bool is_asked;
};

struct fillings_counted {
	struct wire_id id; /* the key, as filling.id */
	struct rules_fill fill;
	bool is_asked;
	UT_hash_handle hh;
};

/* What is at work while a census is counted. */
struct fillings_count {
	struct fillings *fillings;
	const struct census *census;
	const struct match_config *match;
	bool is_every;                  /* each that is a quarter full, by no rule */
	struct fillings_counted *bound; /* by namespace: ports that connect() never chooses */
	struct fillings_counted *tables, *destinations;
	struct fillings_port *ports; /* see fillings_sources.h */
	size_t n_ports;
};

/* Does the filter ask for sockets of this identity? */
bool fillings_asks(const struct fillings_count *count, const struct wire_id *id);

/* NULL: it is not in the table. */
struct fillings_counted *fillings_find(struct fillings_counted *table, const struct wire_id *key);

/* Adds it, if it is not there. NULL if out of memory. */
struct fillings_counted *fillings_need(struct fillings_counted **table, const struct wire_id *key);

/* A filling, if there is a rule that means it. 0 or -ENOMEM. */
int fillings_tell(struct fillings_count *count, enum rules_room room,
		  const struct fillings_counted *counted, bool none_connects);

#endif
