/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * forecast.h - in how long what fills up is full, at the rate of now. From what was counted at
 * several looks, or, where TIME-WAITs are nearly all of it, from what the sockets of one look tell:
 * when each entered TIME-WAIT. A TIME-WAIT also leaves at a known time, so what comes and goes at a
 * steady rate is not taken for what grows.
 */
#ifndef TCPDWELL_FORECAST_H
#define TCPDWELL_FORECAST_H

#include "diagnosis/fillings.h"

#define FORECAST_LEAVES 60 /* s; the life of a TIME-WAIT */
#define FORECAST_LOOKS  32

/* What was in one room at one look. */
struct forecast_look {
	uint64_t ts;           /* ns */
	size_t count, lasting; /* all, and those that no timer ends */
	uint32_t
		leave[FORECAST_LEAVES]; /* how many of them a timer ends within 1 s, then 2 s ... */
};

struct forecast_room {
	struct forecast_key {
		struct wire_id id;
		uint64_t kind; /* enum rules_room, and any address or not */
	} key;
	struct forecast_look looks[FORECAST_LOOKS]; /* the oldest first, of a minute or so */
	size_t n;
	UT_hash_handle hh;
};

struct forecast {
	struct forecast_room *rooms; /* that are a quarter full or more */
};

/* Remembers a census that is whole. Each is later than the one before. 0 or -ENOMEM. */
int forecast_note(struct forecast *forecast, const struct census *census);

/* Sets filling.gone_in_ns of all, which are of that census; `forecast` knows it, or no census. */
void forecast_tell(const struct forecast *forecast, const struct census *census,
		   struct fillings *fillings);

void forecast_release(struct forecast *forecast);

#endif
