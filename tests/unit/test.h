/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * test.h - what a test program needs: results as lines that tests/run.sh counts, and checks that
 * tell what they saw. A result is one line however many checks are in it:
 *
 *     test_begin("hist-bounds");
 *     CHECK_EQ(hist_bound(0), 1000);
 *     test_end("%u bounds", n);                 -> ok hist-bounds: 912 bounds
 *     return test_status();
 */
#ifndef TEST_H
#define TEST_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEST_INLINE  static __attribute__((unused))

/* Failures of one result that are shown; the others are counted. */
#define TEST_SHOWN 5

static struct {
	const char *name;
	unsigned failures;
	int status;
	char context[256]; /* of the checks to come, as test_context() set it */
} test;

TEST_INLINE void test_begin(const char *name)
{
	test.name = name;
	test.failures = 0;
	test.context[0] = '\0';
}

/* Which case the checks to come belong to. */
__attribute__((format(printf, 1, 2))) TEST_INLINE void test_context(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(test.context, sizeof(test.context), fmt, args);
	va_end(args);
}

__attribute__((format(printf, 3, 4))) TEST_INLINE bool test_check(bool good, int line,
								  const char *fmt, ...)
{
	va_list args;

	if (good || ++test.failures > TEST_SHOWN)
		return good;
	test.status = 1;
	printf("%s %s: line %d: %s%s", test.failures == 1 ? "FAIL" : "   also", test.name, line,
	       test.context, test.context[0] ? ": " : "");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	return false;
}

__attribute__((format(printf, 1, 2))) TEST_INLINE void test_end(const char *fmt, ...)
{
	va_list args;

	if (test.failures > TEST_SHOWN)
		printf("   and %u more\n", test.failures - TEST_SHOWN);
	if (test.failures)
		return;
	printf("ok %s: ", test.name);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

TEST_INLINE int test_status(void)
{
	return test.status;
}

#define CHECK(condition) test_check(condition, __LINE__, "not so: %s", #condition)

#define CHECK_EQ(seen, wanted)                                                               \
	({                                                                                   \
		uint64_t seen_ = (uint64_t)(seen), wanted_ = (uint64_t)(wanted);             \
                                                                                             \
		test_check(seen_ == wanted_, __LINE__, "%s is %" PRIu64 ", wanted %" PRIu64, \
			   #seen, seen_, wanted_);                                           \
	})

#define CHECK_STR(seen, wanted)                                                                 \
	({                                                                                      \
		const char *seen_ = (seen), *wanted_ = (wanted);                                \
                                                                                                \
		test_check(!strcmp(seen_, wanted_), __LINE__, "%s is '%s', wanted '%s'", #seen, \
			   seen_, wanted_);                                                     \
	})

/* ---- a random number that is the same in every run: xorshift64* ---- */

struct test_random {
	uint64_t state;
};

TEST_INLINE uint64_t test_random(struct test_random *random)
{
	random->state ^= random->state >> 12;
	random->state ^= random->state << 25;
	random->state ^= random->state >> 27;
	return random->state * 0x2545f4914f6cdd1dULL;
}

/* 0 .. n - 1. */
TEST_INLINE uint64_t test_below(struct test_random *random, uint64_t n)
{
	return (test_random(random) >> 11) % n;
}

/* ---- what the program says on stderr, taken away and kept ---- */

static struct {
	FILE *file;
	int former;
	char text[4096];
} test_stderr;

TEST_INLINE void test_take_stderr(void)
{
	fflush(stderr);
	test_stderr.file = tmpfile();
	test_stderr.former = dup(STDERR_FILENO);
	if (!test_stderr.file || dup2(fileno(test_stderr.file), STDERR_FILENO) < 0)
		abort();
}

TEST_INLINE const char *test_give_stderr_back(void)
{
	size_t len;

	fflush(stderr);
	dup2(test_stderr.former, STDERR_FILENO);
	close(test_stderr.former);
	rewind(test_stderr.file);
	len = fread(test_stderr.text, 1, sizeof(test_stderr.text) - 1, test_stderr.file);
	test_stderr.text[len] = '\0';
	fclose(test_stderr.file);
	return test_stderr.text;
}

#endif
