/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* suggest.c - what a mistyped word may have been: the nearest of ours, or none. */
#include "cli/suggest.h"

#include "base/parse.h"
#include "test.h"

static const char *name(unsigned i)
{
	static const char *const names[] = {"trace",      "hist",        "stuck", "top",
					    "local-port", "remote-port", "for",   NULL};

	return names[i];
}

static const struct {
	const char *word, *nearest; /* NULL: none */
} cases[] = {
	{"stuck", "stuck"},
	{"stcuk", "stuck"},
	{"stuk", "stuck"},
	{"stuckk", "stuck"},
	{"STUCK", "stuck"},
	{"tarce", "trace"},
	{"tpo", "top"},
	{"to", "top"},
	{"toppp", "top"},
	{"lokal-port", "local-port"},
	{"local_port", "local-port"},
	{"localport", "local-port"},
	{"lcoal-prot", "local-port"},
	{"remoteport", "remote-port"},
	{"frob", NULL},
	{"xyz", NULL},
	{"t", NULL},
	{"", NULL},
	{"histogram", NULL},
	{"a-word-that-is-longer-than-any-of-our-own-words", NULL},
};

static void test_nearest(void)
{
	test_begin("suggest-nearest");
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *nearest = suggest_nearest(cases[i].word, name);

		test_context("'%s'", cases[i].word);
		CHECK_STR(nearest ? nearest : "none", cases[i].nearest ? cases[i].nearest : "none");
	}
	test_end("%zu words", COUNT(cases));
}

static void test_states(void)
{
	char why[PARSE_WHY] = "";

	test_begin("suggest-state");
	CHECK_STR(suggest_state_name(0), "established");
	CHECK_STR(suggest_state_name(10), "closing");
	CHECK_STR(suggest_state_name(11), "accept-wait");
	CHECK_STR(suggest_state_name(12), "all");
	CHECK_STR(suggest_state_name(16), "big");
	CHECK(!suggest_state_name(17));
	CHECK(!suggest_state("clsoe-wait", why));
	CHECK_STR(why, "'clsoe-wait' is no TCP state: did you mean close-wait?");
	CHECK(!suggest_state("syncronized", why));
	CHECK_STR(why, "'syncronized' is no TCP state: did you mean synchronized?");
	CHECK(!suggest_state("7", why));
	CHECK(strstr(why, "'7' is no TCP state (such as"));
	test_end("states, and sets of states");
}

int main(void)
{
	test_nearest();
	test_states();
	return test_status();
}
