/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* port_set.h - a set of ports. */
#ifndef TCPDWELL_PORT_SET_H
#define TCPDWELL_PORT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PORT_SET_PORTS 65536

/* One bit a port. */
struct port_set {
	uint64_t words[PORT_SET_PORTS / 64];
	size_t n;
};

/* False if it was there. */
static inline bool port_set_add(struct port_set *ports, uint16_t port)
{
	uint64_t bit = 1ULL << port % 64, *word = &ports->words[port / 64];
	bool is_new = !(*word & bit);

	*word |= bit;
	ports->n += is_new;
	return is_new;
}

static inline bool port_set_has(const struct port_set *ports, uint16_t port)
{
	return ports->words[port / 64] >> port % 64 & 1;
}

#endif
