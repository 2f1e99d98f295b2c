/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * match.c - filters as the user types them against what is known of a connection: yes, no, or not
 * decided yet. The same function runs in the kernel.
 */
#include "match.h"

#include "feeder.h"

#define NO        MATCH_NO
#define YES       MATCH_YES
#define UNDECIDED MATCH_UNDECIDED

static const struct {
	const char *filter;
	struct rec rec; /* lport 40000, rport 443, 10.0.0.1, 10.0.0.2 unless said otherwise */
	bool listens;
	int wanted;
} cases[] = {
	{"", {0}, false, YES},
	/* local */
	{"-L 40000", {0}, false, YES},
	{"-L 443", {0}, false, NO},
	{"-L 40000", {.lport = NONE}, false, UNDECIDED},
	{"-L !40000", {.lport = NONE}, false, UNDECIDED},
	{"-L !40000", {0}, false, NO},
	{"-L !80", {0}, false, YES},
	{"-L 39000-41000", {0}, false, YES},
	{"-L 39000-41000,!40000", {0}, false, NO},
	{"-L 39000-41000,!40001", {0}, false, YES},
	{"-L 1-65535", {.lport = 65535}, false, YES},
	{"-L 65535", {.lport = 65535}, false, YES},
	{"-L 1", {.lport = 1}, false, YES},
	{"-L 64", {.lport = 64}, false, YES},
	{"-L 64", {.lport = 63}, false, NO},
	{"-L 40000", {.rport = NONE}, false, YES},
	/* remote */
	{"-D 443", {0}, false, YES},
	{"-D 80", {0}, false, NO},
	{"-D 443", {.lport = NONE}, false, YES},
	{"-D 443", {.rport = NONE}, false, UNDECIDED},
	{"-D !443", {.rport = NONE}, false, UNDECIDED},
	/* both */
	{"-L 40000 -D 443", {0}, false, YES},
	{"-L 40000 -D 443", {.lport = NONE}, false, UNDECIDED},
	{"-L 40000 -D 80", {.lport = NONE}, false, NO},
	/* either */
	{"-P 443", {0}, false, YES},
	{"-P 40000", {0}, false, YES},
	{"-P 80", {0}, false, NO},
	{"-P 443", {.lport = NONE}, false, YES},
	{"-P 80", {.lport = NONE}, false, UNDECIDED},
	{"-P 80", {.lport = NONE, .rport = NONE}, false, UNDECIDED},
	/* neither */
	{"-P !443", {0}, false, NO},
	{"-P !80", {0}, false, YES},
	{"-P !80", {.lport = NONE}, false, UNDECIDED},
	{"-P !443", {.lport = NONE}, false, NO},
	{"-P 443,!40000", {0}, false, NO},
	{"-P 443,!80", {0}, false, YES},
	{"-P 443,!80", {.lport = NONE}, false, UNDECIDED},
	{"-P 80,!443", {.lport = NONE}, false, NO},
	/* listeners have no remote port: that is known */
	{"-L 80", {.lport = 80, .rport = NONE}, true, YES},
	{"-D 443", {.lport = 80, .rport = NONE}, true, NO},
	{"-D !443", {.lport = 80, .rport = NONE}, true, NO},
	{"-P 80", {.lport = 80, .rport = NONE}, true, YES},
	{"-P 443", {.lport = 80, .rport = NONE}, true, NO},
	{"-P !443", {.lport = 80, .rport = NONE}, true, YES},
	{"-a 10.0.0.2", {.laddr = "0.0.0.0", .raddr = "0.0.0.0", .rport = NONE}, true, NO},
	{"-a 0.0.0.0", {.laddr = "0.0.0.0", .raddr = "0.0.0.0", .rport = NONE}, true, YES},
	/* families */
	{"-4", {0}, false, YES},
	{"-6", {0}, false, NO},
	{"-4", {.laddr = "2001:db8::1", .raddr = "2001:db8::2"}, false, NO},
	{"-6", {.laddr = "2001:db8::1", .raddr = "2001:db8::2"}, false, YES},
	{"-4", {.laddr = "::ffff:10.0.0.1", .raddr = "::ffff:10.0.0.2"}, false, YES},
	{"-6", {.laddr = "::ffff:10.0.0.1", .raddr = "::ffff:10.0.0.2"}, false, NO},
	{"-6", {.laddr = "::", .raddr = "::", .rport = NONE}, true, YES},
	/* prefixes */
	{"-a 10.0.0.2", {0}, false, YES},
	{"-a 10.0.0.1", {0}, false, YES},
	{"-a 10.0.0.3", {0}, false, NO},
	{"-a 10.0.0.0/30", {0}, false, YES},
	{"-a 10.0.0.4/30", {0}, false, NO},
	{"-a 10.0.0.0/8", {.raddr = "192.0.2.1"}, false, YES},
	{"-a 192.0.2.0/24,::1", {.raddr = "192.0.2.1"}, false, YES},
	{"-a 192.0.2.0/24 -a 10.0.0.0/8", {0}, false, YES},
	{"-a 0.0.0.0/0", {0}, false, YES},
	{"-a 0.0.0.0/0", {.laddr = "2001:db8::1", .raddr = "2001:db8::2"}, false, NO},
	{"-a ::/0", {.laddr = "2001:db8::1", .raddr = "2001:db8::2"}, false, YES},
	{"-a ::ffff:10.0.0.0/104", {0}, false, YES},
	{"-a 2001:db8::/33", {.laddr = "2001:db8:7fff::1", .raddr = "::1"}, false, YES},
	{"-a 2001:db8::/33", {.laddr = "2001:db8:8000::1", .raddr = "::1"}, false, NO},
	{"-a 2001:db8::/65", {.laddr = "2001:db8::1", .raddr = "::1"}, false, YES},
	{"-a 2001:db8::/65", {.laddr = "2001:db8::8000:0:0:1", .raddr = "::1"}, false, NO},
	{"-a 10.0.0.9", {.raddr = "0.0.0.0"}, false, UNDECIDED},
	{"-a 10.0.0.1", {.raddr = "0.0.0.0"}, false, YES},
	{"-a ::1", {.laddr = "2001:db8::1", .raddr = "::"}, false, UNDECIDED},
	{"-a 10.0.0.9 -L 80", {.raddr = "0.0.0.0"}, false, NO},
	/* namespaces */
	{"--netns 4026531841", {.netns = 4026531841u}, false, YES},
	{"--netns 4026531841", {.netns = 4026531842u}, false, NO},
	{"--netns 4026531841,4026531842", {.netns = 4026531842u}, false, YES},
	{"--netns 4026531841 -L 40000", {.netns = 4026531841u, .lport = NONE}, false, UNDECIDED},
	{"--netns 4026531841 -L 40000", {.netns = 4026531842u, .lport = NONE}, false, NO},
};

static void test_cases(void)
{
	static const char *const names[] = {"no", "yes", "undecided"};
	static struct options options;
	unsigned seen[3] = {0};

	test_begin("match-identity");
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct wire_id id = feeder_id(&cases[i].rec);
		int verdict;

		feeder_options(&options, cases[i].filter);
		verdict = match_identity(&options.selection.match, &id, !cases[i].listens);
		test_check(verdict == cases[i].wanted, __LINE__, "row %zu '%s' is %s, wanted %s", i,
			   cases[i].filter, names[verdict], names[cases[i].wanted]);
		seen[verdict]++;
	}
	test_end("%u yes, %u no, %u undecided", seen[YES], seen[NO], seen[UNDECIDED]);
}

/* A verdict on less must not contradict the verdict on more: only undecided may change. */
static void test_knowing_more_only_decides(void)
{
	static const char *const filters[] = {"-L 1-3",     "-D 1-3,!2",   "-P 2",
					      "-P !2",      "-P 1-3,!2",   "-L !2 -D 3",
					      "-L 1 -P !3", "-a 10.0.0.2", "-a 10.0.0.3 -P 1"};
	static struct options options;
	unsigned n = 0;

	test_begin("match-knowing-more-only-decides");
	for (size_t f = 0; f < COUNT(filters); f++) {
		feeder_options(&options, filters[f]);
		for (int ports = 0; ports < 64; ports++, n++) {
			struct rec rec = {.lport = 1 + (ports & 3), .rport = 1 + (ports >> 2 & 3)};
			struct wire_id whole = feeder_id(&rec), part = whole;
			int more, less;

			if (ports & 16)
				part.lport = 0;
			if (ports & 32)
				part.rport = 0;
			more = match_identity(&options.selection.match, &whole, 1);
			less = match_identity(&options.selection.match, &part, 1);
			test_context("'%s' ports %u %u", filters[f], whole.lport, whole.rport);
			CHECK(more != UNDECIDED && (less == UNDECIDED || less == more));
		}
	}
	test_end("%u pairs", n);
}

static void test_logic(void)
{
	static const int values[] = {NO, YES, UNDECIDED};
	unsigned n = 0;

	test_begin("match-logic");
	for (int i = 0; i < 3; i++)
		for (int k = 0; k < 3; k++, n++) {
			int a = values[i], b = values[k];

			CHECK_EQ(match_and(a, b), match_and(b, a));
			CHECK_EQ(match_or(a, b), match_or(b, a));
			CHECK_EQ(match_not(match_and(a, b)), match_or(match_not(a), match_not(b)));
		}
	CHECK_EQ(match_and(NO, UNDECIDED), NO);
	CHECK_EQ(match_and(YES, UNDECIDED), UNDECIDED);
	CHECK_EQ(match_or(YES, UNDECIDED), YES);
	CHECK_EQ(match_or(NO, UNDECIDED), UNDECIDED);
	test_end("and, or, not of three values, %u pairs", n);
}

int main(void)
{
	test_cases();
	test_knowing_more_only_decides();
	test_logic();
	return test_status();
}
