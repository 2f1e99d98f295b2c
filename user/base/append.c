/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* append.c - numbers in decimal, two digits at a time. See append.h. */
#include "base/append.h"

static const char pairs[] = "00010203040506070809"
			    "10111213141516171819"
			    "20212223242526272829"
			    "30313233343536373839"
			    "40414243444546474849"
			    "50515253545556575859"
			    "60616263646566676869"
			    "70717273747576777879"
			    "80818283848586878889"
			    "90919293949596979899";

static void put_pair(char *to, unsigned pair)
{
	memcpy(to, pairs + 2 * pair, 2);
}

char *append_digits(char *to, uint64_t number, unsigned digits)
{
	char *at = to + digits;

	for (; at - to >= 4; number /= 10000) {
		unsigned four = number % 10000;

		at -= 4;
		put_pair(at, four / 100);
		put_pair(at + 2, four % 100);
	}
	if (at - to >= 2) {
		at -= 2;
		put_pair(at, number % 100);
		number /= 100;
	}
	if (at > to)
		*to = (char)('0' + number % 10);
	return to + digits;
}

/* A binary digit is log10(2) = 1233/4096 of a decimal one: that is right, or one too few. */
static unsigned count_digits(uint64_t number)
{
	static const uint64_t powers[] = {1ULL,
					  10ULL,
					  100ULL,
					  1000ULL,
					  10000ULL,
					  100000ULL,
					  1000000ULL,
					  10000000ULL,
					  100000000ULL,
					  1000000000ULL,
					  10000000000ULL,
					  100000000000ULL,
					  1000000000000ULL,
					  10000000000000ULL,
					  100000000000000ULL,
					  1000000000000000ULL,
					  10000000000000000ULL,
					  100000000000000000ULL,
					  1000000000000000000ULL,
					  10000000000000000000ULL};
	unsigned digits = (64 - (unsigned)__builtin_clzll(number | 1)) * 1233 >> 12;

	return digits + ((number | 1) >= powers[digits]);
}

char *append_number(char *to, uint64_t number)
{
	return append_digits(to, number, count_digits(number));
}

char *append_number_right(char *to, uint64_t number, size_t width)
{
	unsigned digits = count_digits(number);

	return append_digits(append_blanks(to, to + (digits < width ? width - digits : 0)), number,
			     digits);
}
