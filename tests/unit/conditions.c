/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* conditions.c - conditions as they are typed, what they count in a census, and when one begins to
 * hold. */
#include "diagnosis/conditions.h"

#include <jansson.h>

#include "base/parse.h"
#include "base/tcpstate.h"
#include "census_feeder.h"
#include "cli/on.h"
#include "commands/configure.h"
#include "commands/incident.h"
#include "test.h"

static void test_typed(void)
{
	static const struct {
		const char *text, *told;
	} good[] = {{"close-wait-leak", "close-wait-leak"},
		    {"close-wait > 1000", "close-wait >= 1001"},
		    {"close-wait>=1000", "close-wait >= 1000"},
		    {" CLOSE_WAIT >  0", "CLOSE_WAIT >= 1"},
		    {"accept-queue > 5", "accept-queue >= 6"},
		    {"synchronized >= 7", "synchronized >= 7"}};
	static const char *const bad[] = {"",
					  " ",
					  "close-wait",
					  "close-wait > ",
					  "x > 5",
					  "> 5",
					  "x",
					  "time-wait = 5",
					  "time-wait > 5 6",
					  "time-wait > -1",
					  "time-wait >= 0",
					  "time-wait-ports > 5",
					  "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"};
	char why[PARSE_WHY], text[CONDITION_TEXT_MAX];
	struct condition condition;

	test_begin("conditions-typed");
	for (size_t i = 0; i < COUNT(good); i++) {
		test_context("%s", good[i].text);
		CHECK(on_parse(good[i].text, &condition, why));
		CHECK_STR(condition_text(&condition, text), good[i].told);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		test_context("'%s'", bad[i]);
		*why = '\0';
		CHECK(!on_parse(bad[i], &condition, why) && *why);
	}
	for (unsigned i = 0; rules_rule(i); i++) {
		test_context("%s", rules_rule(i)->id);
		CHECK(on_parse(rules_rule(i)->id, &condition, why));
		CHECK(condition.rule == rules_rule(i) && condition.least == 1);
	}
	test_end("%zu good, %zu bad, every rule", COUNT(good), COUNT(bad));
}

/* ---- what they count ---- */

static struct meta meta = {.attached = FEEDER_ATTACHED * NS_PER_MS,
			   .tick_ns = FEEDER_TICK * NS_PER_MS,
			   .transition_way = "tracepoint"};
static struct options options;
static struct overview *overview;

static void feed(union decode_record rec)
{
	if (overview_feed(overview, &rec, rec.head.len) != rec.head.len)
		abort();
}

static void begin(const char *filter)
{
	struct tracer_config config;

	feeder_options(&options, filter);
	config = configure_tracer(&options);
	overview = overview_new(&config, &meta);
	if (!overview)
		abort();
}

/* A look that finds `n` leaks of one process, and a listener whose queue has 9. */
static void look(unsigned n)
{
	feed(census_bounds(true, 0));
	for (unsigned i = 0; i < n; i++)
		feed(census_snapshot(&(struct snap){.cookie = 100 + i,
						    .lport = 80,
						    .rport = (int32_t)(40000 + i),
						    .age = 900000}));
	feed(census_snapshot(&(struct snap){.cookie = 7,
					    .lport = 80,
					    .rport = -1,
					    .state = WIRE_LISTEN,
					    .unread = 9,
					    .room = 100}));
	for (unsigned i = 0; i < n; i++)
		feed(census_holder(100 + i, 4711, "leaky", 5));
	feed(census_bounds(false, 0));
	if (overview_judge(overview))
		abort();
}

static uint64_t count_of(const char *text)
{
	char why[PARSE_WHY];
	struct condition condition;

	CHECK(on_parse(text, &condition, why));
	return condition_count(&condition, overview);
}

static void test_counted(void)
{
	char why[PARSE_WHY], owner[VERDICT_OWNER_MAX];
	struct condition leak;

	test_begin("conditions-counted");
	begin("guard -w x");
	look(3);
	CHECK_EQ(count_of("close-wait-leak"), 3);
	CHECK_EQ(count_of("accept-queue-full"), 0);
	CHECK_EQ(count_of("close-wait > 1"), 3);
	CHECK_EQ(count_of("established > 1"), 0);
	CHECK_EQ(count_of("all > 1"), 4);
	CHECK_EQ(count_of("accept-queue > 1"), 9);
	CHECK(on_parse("close-wait-leak", &leak, why));
	CHECK_STR(condition_owner(&leak, overview, owner), "leaky[4711]");
	look(0);
	CHECK_STR(condition_owner(&leak, overview, owner), "");
	overview_free(overview);
	begin("guard -w x -L 81");
	look(3);
	CHECK_EQ(count_of("close-wait-leak"), 0);
	CHECK_EQ(count_of("close-wait > 1"), 0);
	CHECK_EQ(count_of("accept-queue > 1"), 0);
	test_end("of a rule, of a state, of a set, of a queue; of what is asked for");
	overview_free(overview);
}

/* ---- when one begins ---- */

static bool looks(struct incident *incident, unsigned n, unsigned s)
{
	bool begins;

	look(n);
	test_take_stderr();
	begins = incident_look(incident, s * NS_PER_S, "box");
	test_give_stderr_back();
	return begins;
}

static void test_begins(void)
{
	static char text[INCIDENT_FILES_TEXT_MAX];
	struct incident incident;

	test_begin("conditions-begin");
	begin("guard -w x --on close-wait-leak --on close-wait>4");
	incident_init(&incident, overview, options.on, options.n_on, 60 * NS_PER_S);
	CHECK(!looks(&incident, 0, 1));
	CHECK(looks(&incident, 3, 2));
	CHECK(!strncmp(test_stderr.text,
		       "warning: close-wait-leak: 3, the oldest of leaky[4711]: kept in 'box/",
		       68));
	CHECK(!looks(&incident, 4, 3));
	CHECK_STR(test_stderr.text, "");
	/* Another one, during it. */
	CHECK(!looks(&incident, 5, 4));
	CHECK(!strncmp(test_stderr.text, "warning: close-wait >= 5: 5: kept in 'box/", 42));
	CHECK(incident_text(&incident, false, text));
	CHECK(strstr(text, "\"ended\": null") && strstr(text, "\"close-wait-leak\"") &&
	      strstr(text, "\"close-wait >= 5\""));
	incident_end(&incident);
	/* It goes on, however rarely we look; is not found for less than a minute, and for a
	 * minute. */
	CHECK(!looks(&incident, 3, 70));
	CHECK(!looks(&incident, 0, 80));
	CHECK(!looks(&incident, 3, 120));
	CHECK(!looks(&incident, 0, 150));
	CHECK(!looks(&incident, 3, 209));
	CHECK(!looks(&incident, 0, 500));
	CHECK(!looks(&incident, 0, 560));
	CHECK(looks(&incident, 3, 561));
	test_end("once, until it has not been found for a minute");
	overview_free(overview);
}

/* Whatever is said is JSON that is whole. */
static void test_text(void)
{
	static char program[20000], text[INCIDENT_FILES_TEXT_MAX];
	struct incident incident;
	json_t *json;

	test_begin("conditions-text");
	begin("guard -w x --on close-wait-leak");
	incident_init(&incident, overview, options.on, options.n_on, NS_PER_S);
	memset(program, '\x1b', sizeof(program) - 1);
	test_take_stderr();
	CHECK(incident_exit(&incident, program, 3, "box"));
	test_give_stderr_back();
	CHECK(incident_text(&incident, true, text));
	json = json_loads(text, 0, NULL);
	CHECK(json && strstr(json_string_value(json_object_get(json, "program")) ?: "",
			     "(cut, of 19999 bytes)"));
	json_decref(json);
	test_end("a command of 19999 bytes");
	overview_free(overview);
}

int main(void)
{
	test_typed();
	test_counted();
	test_begins();
	test_text();
	return test_status();
}
