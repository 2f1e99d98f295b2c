/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* overview.c - what a overview knows of a socket's age besides what the socket proves itself;
 * cells. */
#include "top/cells.h"
#include "census_feeder.h"
#include "commands/configure.h"
#include "base/tcpstate.h"
#include "diagnosis/verdict.h"
#include "diagnosis/overview.h"

static struct meta meta = {.attached = FEEDER_ATTACHED * NS_PER_MS,
			   .tick_ns = FEEDER_TICK * NS_PER_MS,
			   .transition_way = "tracepoint",
			   .sees_timewait = true};
static struct options options;
static struct overview *overview;

static void feed(union decode_record rec)
{
	if (overview_feed(overview, &rec, rec.head.len) != rec.head.len)
		abort();
}

static void begin(const char *name, struct rec event)
{
	struct tracer_config config;

	test_begin(name);
	feeder_options(&options, "top");
	config = configure_tracer(&options);
	overview = overview_new(&config, &meta);
	if (!overview)
		abort();
	if (event.ms)
		feed(feeder_record(&event));
}

/* The age of socket 7 in a census in which it stands so. */
static struct age age_of_7(struct snap snap)
{
	snap.cookie = 7;
	snap.lport = snap.lport ? snap.lport : 40000;
	feed(census_bounds(true, 0));
	feed(census_snapshot(&snap));
	feed(census_bounds(false, 0));
	return verdict_age(census_first(&overview->census), meta.tick_ns);
}

static void end(struct age age, uint8_t known, uint64_t ms)
{
	CHECK_EQ(age.known, known);
	CHECK_EQ(age.ns, ms * NS_PER_MS);
	test_end("%s %llu ms, %s", tcpstate_known_name(age.known),
		 (unsigned long long)(age.ns / NS_PER_MS), age.from);
	overview_free(overview);
}

static void test_ages(void)
{
	const struct rec entered = MOVE(5000, ESTABLISHED, CLOSE_WAIT);

	/* It has proof of less. */
	begin("overview-witnessed", entered);
	end(age_of_7((struct snap){.age = 1000}), DWELL_EXACT, CENSUS_NOW - 5000);
	/* It was lost sight of: it may have left the state and come back. */
	begin("overview-lost", entered);
	feed((union decode_record){.lost = {.head = {.ts = 6000 * NS_PER_MS,
						     .lost = 1,
						     .kind = WIRE_LOST,
						     .len = sizeof(struct wire_lost)},
					    .count = 1,
					    .lost_kind = WIRE_TRANSITION}});
	end(age_of_7((struct snap){.age = 1000}), DWELL_AT_LEAST, 1000 - FEEDER_TICK);
	/* Another connection that has its cookie. */
	begin("overview-other-port", entered);
	end(age_of_7((struct snap){.age = 1000, .lport = 40001}), DWELL_AT_LEAST,
	    1000 - FEEDER_TICK);
	begin("overview-other-state", entered);
	end(age_of_7((struct snap){.age = 1000, .state = WIRE_ESTABLISHED}), DWELL_AT_LEAST,
	    1000 - 2 * FEEDER_TICK);
	/* No event has told of it: it was there when we came. */
	begin("overview-there-before", (struct rec){0});
	end(age_of_7((struct snap){.age = 1000}), DWELL_AT_LEAST, CENSUS_NOW - FEEDER_ATTACHED);
	/* `stuck -w` records no events, so that none has come says nothing. */
	meta.transition_way[0] = '\0';
	begin("overview-no-events", (struct rec){0});
	end(age_of_7((struct snap){.age = 1000}), DWELL_AT_LEAST, 1000 - FEEDER_TICK);
	begin("overview-no-events-no-proof", (struct rec){0});
	end(age_of_7((struct snap){.state = WIRE_FIN_WAIT1}), DWELL_UNKNOWN, 0);
}

/* What a census finds missing is in the picture that is drawn of it. */
static void test_missed(void)
{
	const struct snap ended = {.age = 1000, .state = WIRE_LAST_ACK};
	uint64_t before;

	begin("overview-missed", (struct rec)MOVE(5000, ESTABLISHED, CLOSE_WAIT));
	age_of_7((struct snap){.age = 1000});
	age_of_7(ended);
	before = overview_lost(overview);
	age_of_7(ended);
	CHECK_EQ(before, 0);
	CHECK_EQ(overview_lost(overview), 1);
	CHECK_EQ(overview->lost[WIRE_TRANSITION], 1);
	test_end("two censuses found it in another state");
	overview_free(overview);
}

static void test_cells(void)
{
	struct cells cells = {0};
	char letter[5];

	test_begin("cells-cut");
	cells_clear(&cells, 2, 5);
	CHECK_EQ(cells_put(&cells, 0, 0, 9, 0, "abcdefg"), 5);
	CHECK_EQ(cells.at[4].letter, '+');
	CHECK_EQ(cells_put(&cells, 0, 5, 9, 0, "x"), 0);
	CHECK_EQ(cells_put(&cells, 2, 0, 9, 0, "x"), 0);
	CHECK_EQ(cells_put_right(&cells, 1, 1, 4, 0, "\xd0\xb6x"), 2);
	CHECK_EQ(cells.at[8].letter, 0x436);
	CHECK_STR(cells_utf8(0x436, letter), "\xd0\xb6");
	test_end("at every edge");
	test_begin("cells-letters");
	CHECK_EQ(cells_width("a\xc3\xa9\xe4\xb8\xad"), 3);
	cells_put(&cells, 0, 0, 5, 0, "\xff\x1b\xe4\xb8\xad\xcc\x81\xc2\xad");
	for (unsigned i = 0; i < 5; i++)
		CHECK_EQ(cells.at[i].letter, '?');
	cells_put(&cells, 0, 0, 5, 0, "\xc3(\xe4\xb8");
	CHECK_EQ(cells.at[1].letter, '(');
	test_end("no byte gets through as it is");
	test_begin("cells-line");
	CHECK_EQ(cells_line("one two three", 9), 7);
	CHECK_EQ(cells_line("one two", 7), 7);
	CHECK_EQ(cells_line("one two", 3), 3);
	CHECK_EQ(cells_line("onetwothree", 4), 4);
	CHECK_EQ(cells_line("", 4), 0);
	test_end("lines end between words");
	cells_release(&cells);
}

/* A census that meets one namespace, unless `count` is NONE_MET, in which so many overflowed. */
#define NONE_MET (UINT64_MAX - 1)

static const char *overflowed(uint64_t count, char text[OVERFLOWS_TEXT_MAX])
{
	static uint64_t ms = CENSUS_NOW;
	union decode_record begins = census_bounds(true, 0), ends = census_bounds(false, 0);
	union decode_record limits = census_limits(CENSUS_NETNS, 32768, 60999, 65536);

	begins.head.ts = ms++ * NS_PER_MS;
	limits.head.ts = ms++ * NS_PER_MS;
	ends.head.ts = ms++ * NS_PER_MS;
	limits.limits.listen_overflows = limits.limits.listen_drops = count;
	feed(begins);
	if (count != NONE_MET)
		feed(limits);
	feed(ends);
	return overflows_text(overflows_of(&overview->overflows, CENSUS_NETNS), text);
}

#define QUEUES "accept queues of its namespace overflowed "

static void test_overflows(void)
{
	char text[OVERFLOWS_TEXT_MAX];

	begin("overview-overflows", (struct rec){0});
	CHECK_STR(overflowed(UINT64_MAX, text), "");
	CHECK_STR(overflowed(0, text), "no accept queue of its namespace overflowed");
	CHECK_STR(overflowed(1, text), QUEUES "1 time, 1 since the last look");
	CHECK_STR(overflowed(18, text), QUEUES "18 times, 17 since the last look");
	CHECK_STR(overflowed(18, text), QUEUES "18 times, 0 since the last look");
	/* Another namespace has the number now. */
	CHECK_STR(overflowed(2, text), QUEUES "2 times");
	/* It was not known in between, or not met. */
	CHECK_STR(overflowed(UINT64_MAX, text), "");
	CHECK_STR(overflowed(3, text), QUEUES "3 times");
	CHECK_STR(overflowed(NONE_MET, text), "");
	CHECK_STR(overflowed(5, text), QUEUES "5 times");
	test_end("how many, and since the look before where there was one");
	overview_free(overview);
}

int main(void)
{
	test_missed();
	test_overflows();
	test_ages();
	test_cells();
	return test_status();
}
