/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* forecast.c - see forecast.h. */
#include "diagnosis/forecast.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/table.h"

#define WINDOW_NS (60 * NS_PER_S) /* looks of so long are asked */
#define APART_NS  (2 * NS_PER_S)  /* looks that are kept are so far apart */
#define FEWEST    3               /* looks, and that what came in between is */
#define SPREAD    3               /* what comes is steady if no part has so many times as many */
#define AHEAD     30              /* nothing is told of more than so many times what was watched */

/* ---- what is there at one look ---- */

/* In s from the look on, rounded up; 0: no timer ends it. */
static unsigned leaves_in(const struct filling *filling, const struct census *census,
			  const struct wire_snapshot *s)
{
	uint64_t at = fillings_leaves(filling, census, s);
	uint64_t left = at > s->head.ts ? at - s->head.ts : 0;
	uint64_t seconds = (left + NS_PER_S - 1) / NS_PER_S;

	if (!at)
		return 0;
	return seconds < 1 ? 1 : seconds > FORECAST_LEAVES ? FORECAST_LEAVES : (unsigned)seconds;
}

static void look_at(const struct filling *filling, const struct census *census,
		    struct forecast_look *look)
{
	size_t leaving = 0;

	*look = (struct forecast_look){.ts = census->ts, .count = filling->fill.count};
	for (const struct census_socket *it = census_first(census); it;
	     it = census_next(census, it)) {
		unsigned seconds = fillings_has(filling, census, &it->s)
					   ? leaves_in(filling, census, &it->s)
					   : 0;

		if (!seconds)
			continue;
		look->leave[seconds - 1]++;
		leaving++;
	}
	look->lasting = look->count > leaving ? look->count - leaving : 0;
}

/* How many have left when so much time has passed. */
static double left_after(const struct forecast_look *look, uint64_t ns)
{
	double left = 0, seconds = (double)ns / NS_PER_S;

	for (unsigned i = 0; i < FORECAST_LEAVES && seconds > i; i++)
		left += look->leave[i] * (seconds - i < 1 ? seconds - i : 1);
	return left;
}

/* ---- at which rate ---- */

/* How many come each second, and of these how many stay; 0: none, or not steadily. */
struct rate {
	double comes, stays;
	double watched; /* s */
};

/* Between two looks: those that are more, and those that took the places of others. */
static double came(const struct forecast_look *from, const struct forecast_look *to)
{
	double came = 0;

	for (; from < to; from++)
		came += (double)from[1].count - (double)from->count +
			left_after(from, from[1].ts - from->ts);
	return came;
}

static double seconds_between(const struct forecast_look *from, const struct forecast_look *to)
{
	return (double)(to->ts - from->ts) / NS_PER_S;
}

static bool is_steady(double a, double b)
{
	return a > 0 && b > 0 && a < SPREAD * b && b < SPREAD * a;
}

/* The longest that a timer of those who are there has to run, in s; 0: none has any. */
static unsigned horizon_of(const struct forecast_look *look)
{
	unsigned seconds = FORECAST_LEAVES;

	while (seconds && !look->leave[seconds - 1])
		seconds--;
	return seconds;
}

/* Who comes after one look and leaves before the next is seen by neither. */
static bool misses_some(const struct forecast_room *room)
{
	for (size_t i = 0; i + 1 < room->n; i++) {
		unsigned horizon = horizon_of(&room->looks[i + 1]);

		if (horizon && seconds_between(&room->looks[i], &room->looks[i + 1]) > horizon)
			return true;
	}
	return false;
}

/* Growth that has ended, or has just begun, foretells nothing. */
static struct rate rate_of_looks(const struct forecast_room *room)
{
	const struct forecast_look *last = &room->looks[room->n - 1], *first = room->looks;
	const struct forecast_look *middle = first + 1;
	double seconds = seconds_between(first, last), before, after;
	struct rate rate = {.watched = seconds};

	while (middle < last - 1 && seconds_between(first, middle) < seconds / 2)
		middle++;
	if (room->n < FEWEST || seconds < 2 || came(first, last) < FEWEST || misses_some(room))
		return rate;
	before = came(first, middle) / seconds_between(first, middle);
	after = came(middle, last) / seconds_between(middle, last);
	if (!is_steady(before, after) ||
	    !is_steady(after, came(last - 1, last) / seconds_between(last - 1, last)))
		return rate;
	rate.comes = came(first, last) / seconds;
	before = (double)middle->lasting - (double)first->lasting;
	after = (double)last->lasting - (double)middle->lasting;
	if (before > 0 && after > 0)
		rate.stays = (before + after) / seconds;
	return rate;
}

/* How many entered TIME-WAIT in the last `seconds`, by thirds. */
static void count_entered(const struct forecast_look *look, unsigned seconds, double thirds[3])
{
	for (unsigned age = 0; age < seconds; age++)
		thirds[age * 3 / seconds] += look->leave[FORECAST_LEAVES - 1 - age];
}

/* Of one look: what is in TIME-WAIT tells when it came. */
static struct rate rate_of_ages(const struct forecast_look *look)
{
	static const unsigned spans[] = {15, 9, 6, 3};
	struct rate rate = {0};

	if (look->lasting * 10 > look->count)
		return rate;
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]) && !rate.comes; i++) {
		double thirds[3] = {0};

		count_entered(look, spans[i], thirds);
		if (thirds[0] + thirds[1] + thirds[2] < 3 * FEWEST ||
		    !is_steady(thirds[0], thirds[1]) || !is_steady(thirds[1], thirds[2]))
			continue;
		rate.watched = spans[i];
		rate.comes = (thirds[0] + thirds[1] + thirds[2]) / spans[i];
	}
	return rate;
}

/* ---- in how long ---- */

/* In s; 0: never at this rate. */
static double full_in(const struct forecast_look *look, size_t room, const struct rate *rate)
{
	double free = (double)room - (double)look->count, left = 0;
	unsigned horizon = horizon_of(look);

	if (rate->comes <= 0)
		return 0;
	for (unsigned second = 1; second <= horizon; second++) {
		if ((free + left) / rate->comes <= second)
			return (free + left) / rate->comes;
		left += look->leave[second - 1];
		if ((free + left) / rate->comes <= second)
			return second;
	}
	/* By then what came as a TIME-WAIT leaves as well. */
	free += left - rate->comes * horizon;
	return rate->stays > 0 ? horizon + free / rate->stays : 0;
}

static struct forecast_key key_of(const struct filling *filling)
{
	struct forecast_key key = {.id = filling->id,
				   .kind = 2 * (uint64_t)filling->kind + filling->fill.any_address};

	return key;
}

static const struct forecast_room *find(const struct forecast *forecast,
					const struct filling *filling)
{
	const struct forecast_key key = key_of(filling);
	struct forecast_room *room;

	// NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): it has no padding
	HASH_FIND(hh, forecast->rooms, &key, sizeof(key), room);
	return room;
}

static void tell(const struct forecast *forecast, const struct census *census,
		 struct filling *filling)
{
	const struct forecast_room *room = find(forecast, filling);
	struct forecast_look look;
	struct rate rate;
	double seconds;

	if (filling->fill.count >= filling->fill.room || !census->is_whole)
		return;
	if (room && room->n > 1) {
		look = room->looks[room->n - 1];
		rate = rate_of_looks(room);
	} else {
		look_at(filling, census, &look);
		rate = rate_of_ages(&look);
	}
	/* Several TIME-WAITs may share a port that bind() took. */
	if (filling->kind == RULES_SOURCE && look.lasting != look.count)
		return;
	seconds = full_in(&look, filling->fill.room, &rate);
	if (seconds > 0 && seconds <= AHEAD * rate.watched)
		filling->gone_in_ns = (uint64_t)(seconds * NS_PER_S);
}

void forecast_tell(const struct forecast *forecast, const struct census *census,
		   struct fillings *fillings)
{
	for (size_t i = 0; i < fillings->n; i++)
		tell(forecast, census, &fillings->all[i]);
}

/* ---- remembering ---- */

/* Those that are older than the window are forgotten but for the few that a rate needs, and the
 * last one if it is near the one before. */
static void make_place(struct forecast_room *room, uint64_t now)
{
	size_t n = room->n, old = 0;

	if (n > 1 && room->looks[n - 1].ts < room->looks[n - 2].ts + APART_NS)
		n--;
	while (n - old >= FEWEST && room->looks[old].ts + WINDOW_NS < now)
		old++;
	if (n - old == FORECAST_LOOKS)
		old++;
	memmove(room->looks, room->looks + old, (n - old) * sizeof(room->looks[0]));
	room->n = n - old;
}

static int note(struct forecast *forecast, const struct filling *filling,
		const struct census *census)
{
	struct forecast_room *room = (struct forecast_room *)find(forecast, filling);

	if (!room) {
		room = calloc(1, sizeof(*room));
		if (!room)
			return -ENOMEM;
		room->key = key_of(filling);
		HASH_ADD(hh, forecast->rooms, key, sizeof(room->key), room);
		if (!TABLE_HAS(room)) {
			free(room);
			return -ENOMEM;
		}
	}
	if (room->n && room->looks[room->n - 1].ts >= census->ts)
		room->n = 0;
	if (room->n)
		make_place(room, census->ts);
	look_at(filling, census, &room->looks[room->n++]);
	return 0;
}

/* Those that are no more what fills up. */
static void forget(struct forecast *forecast, uint64_t now)
{
	struct forecast_room *room = NULL, *next;

	HASH_ITER (hh, forecast->rooms, room, next) {
		if (room->looks[room->n - 1].ts == now)
			continue;
		HASH_DEL(forecast->rooms, room); // NOLINT(clang-analyzer-unix.Malloc)
		free(room);
	}
}

int forecast_note(struct forecast *forecast, const struct census *census)
{
	struct fillings fillings;
	int err = fillings_rooms(&fillings, census);

	for (size_t i = 0; !err && i < fillings.n; i++)
		err = note(forecast, &fillings.all[i], census);
	fillings_release(&fillings);
	forget(forecast, census->ts);
	return err;
}

void forecast_release(struct forecast *forecast)
{
	TABLE_RELEASE(forecast->rooms, free);
}
