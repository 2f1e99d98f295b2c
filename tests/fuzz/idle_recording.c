/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * idle_recording.c - the recording of a load of tests/unit/idle_loads.h, with a census a minute:
 * `idle_recording SEED FILE`. Prints what was planted, as "61.234 fin", or "none" and the kind of
 * the load.
 */
#include "../unit/feeder.h"
#include "../unit/idle_loads.h"

#include <errno.h>

#include "record/recording.h"

static struct recording_writer *writer;
static struct idle_load load;

/* What happens to a life, in the order of time. */
struct step {
	double at;
	const struct idle_life *life; /* NULL: a census */
	bool ends;
};

static int by_time(const void *left, const void *right)
{
	const struct step *a = left, *b = right;

	return a->at < b->at ? -1 : a->at > b->at;
}

static void put(const void *record, size_t len)
{
	if (recording_add(writer, record, len))
		exit(1);
}

static uint64_t ns_of(double s)
{
	return FEEDER_ATTACHED * NS_PER_MS + (uint64_t)(s * NS_PER_S);
}

static struct wire_head head_of(double s, uint16_t kind, size_t len)
{
	return (struct wire_head){.ts = ns_of(s), .kind = kind, .len = (uint16_t)len};
}

static struct wire_id id_of(const struct idle_life *life)
{
	static uint8_t here[16], there[16];
	size_t number = (size_t)(life - load.lives);

	if (!here[10]) {
		feeder_address("10.0.0.1", here);
		feeder_address("10.0.0.2", there);
	}
	struct wire_id id = {.cookie = number + 1,
			     .lport = (uint16_t)(10000 + number % 50000),
			     .rport = (uint16_t)(443 + number / 50000),
			     .netns = 4026531840u};

	memcpy(id.laddr, here, sizeof(id.laddr));
	memcpy(id.raddr, there, sizeof(id.raddr));
	return id;
}

static void put_move(const struct idle_life *life, double s, uint8_t from, uint8_t to, int error)
{
	struct wire_transition t = {.head = head_of(s, WIRE_TRANSITION, sizeof(t)),
				    .id = id_of(life),
				    .error = (int16_t)error,
				    .from = from,
				    .to = to,
				    .flags = WIRE_F_ALL_ACKED};

	put(&t, sizeof(t));
}

/* A FIN, and all that follows at once. */
static void put_end(const struct idle_life *life)
{
	static const int errors[] = {[IDLE_RESET] = ECONNRESET, [IDLE_TIMED_OUT] = ETIMEDOUT};

	if (life->how == IDLE_FIN) {
		put_move(life, life->end, WIRE_ESTABLISHED, WIRE_CLOSE_WAIT, 0);
		put_move(life, life->end, WIRE_CLOSE_WAIT, WIRE_LAST_ACK, 0);
		put_move(life, life->end, WIRE_LAST_ACK, WIRE_CLOSE, 0);
	} else if (life->how == IDLE_CLOSED) {
		put_move(life, life->end, WIRE_ESTABLISHED, WIRE_FIN_WAIT1, 0);
		put_move(life, life->end, WIRE_FIN_WAIT1, WIRE_CLOSE, ECONNRESET);
	} else {
		put_move(life, life->end, WIRE_ESTABLISHED, WIRE_CLOSE,
			 life->how < COUNT(errors) ? errors[life->how] : 0);
	}
}

static void put_census_mark(double s, bool begins)
{
	struct wire_census census = {.head = head_of(s, WIRE_CENSUS, sizeof(census)),
				     .begins = begins};

	put(&census, sizeof(census));
}

/* Data goes on all the time until the last. */
static void put_snapshot(const struct idle_life *life, double s)
{
	struct wire_snapshot snapshot = {.head = head_of(s, WIRE_SNAPSHOT, sizeof(snapshot)),
					 .id = id_of(life),
					 .sent = ns_of(life->begin),
					 .received = ns_of(life->data < s ? life->data : s),
					 .flags = WIRE_S_FILE,
					 .room = 65536,
					 .state = WIRE_ESTABLISHED,
					 .kind = WIRE_FULL};

	put(&snapshot, sizeof(snapshot));
}

static void put_census(double s, const bool *is_there)
{
	put_census_mark(s, true);
	for (size_t i = 0; i < load.n; i++)
		if (is_there[i])
			put_snapshot(&load.lives[i], s);
	put_census_mark(s, false);
}

static void put_all(const struct step *steps, size_t n)
{
	bool *is_there = calloc(load.n + 1, sizeof(*is_there));

	if (!is_there)
		exit(1);
	for (size_t i = 0; i < n; i++) {
		const struct idle_life *life = steps[i].life;

		if (!life) {
			put_census(steps[i].at, is_there);
		} else if (steps[i].ends) {
			put_end(life);
			is_there[life - load.lives] = false;
		} else {
			put_move(life, life->begin, WIRE_SYN_SENT, WIRE_ESTABLISHED, 0);
			is_there[life - load.lives] = true;
		}
	}
	free(is_there);
}

/* The caller frees it. */
static struct step *steps_of(size_t *ret_n)
{
	size_t censuses = (size_t)(load.length / IDLE_CENSUS_S) + 1, n = 0;
	struct step *steps = calloc(2 * load.n + censuses, sizeof(*steps));

	if (!steps)
		exit(1);
	for (size_t i = 0; i < load.n; i++) {
		steps[n++] = (struct step){load.lives[i].begin, &load.lives[i], false};
		steps[n++] = (struct step){load.lives[i].end, &load.lives[i], true};
	}
	for (size_t i = 0; i < censuses; i++)
		steps[n++] = (struct step){.at = (double)i * IDLE_CENSUS_S};
	qsort(steps, n, sizeof(*steps), by_time);
	*ret_n = n;
	return steps;
}

int main(int argc, char **argv)
{
	static const struct meta meta = {.version = "test",
					 .kernel = "none",
					 .attached = FEEDER_ATTACHED * NS_PER_MS,
					 .tick_ns = FEEDER_TICK * NS_PER_MS,
					 .sees_timewait = true};
	struct idle_killer killer;
	struct step *steps;
	const char *name;
	size_t n;

	if (argc != 3)
		return 2;
	killer = idle_load_of(&load, strtoull(argv[1], NULL, 10), &name);
	writer = recording_create(argv[2], &meta);
	if (!writer)
		return 1;
	steps = steps_of(&n);
	put_all(steps, n);
	free(steps);
	free(load.lives);
	if (killer.at > 0)
		printf("%.3f %s\n", killer.at, killer.how == IDLE_FIN ? "fin" : "reset");
	else
		printf("none %s\n", name);
	return recording_finish(writer) ? 1 : 0;
}
