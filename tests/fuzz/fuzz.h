/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fuzz.h - what a target of the fuzzer needs. A target is `fuzz_NAME.c` with
 * LLVMFuzzerTestOneInput(): whatever the bytes, it ends, soon, without a sanitizer's word; what
 * must hold besides is asked by FUZZ_CHECK(). tests/fuzz/corpus/NAME has what a run begins with,
 * and each input that once was a fault. Built without FUZZ=1, a target runs the files named on its
 * command line, and no more: tests/cli/fuzz.sh does so with the corpus.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/name.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FUZZ_INLINE  static __attribute__((unused))

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t len, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t len, size_t max, unsigned seed);

#define FUZZ_CHECK(condition)                                                                   \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                \
		}                                                                               \
	} while (0)

/* ---- input ---- */

/* The bytes as text, up to the first NUL if there is one, in memory of its size. */
FUZZ_INLINE char *fuzz_text(const uint8_t *bytes, size_t len)
{
	char *text = malloc(len + 1);

	if (!text)
		abort();
	memcpy(text, bytes, len);
	text[len] = '\0';
	return text;
}

/* ---- output ---- */

/* What name.h promises, told by itself: UTF-8 without control characters but those in `but`. */
FUZZ_INLINE bool fuzz_is_clean(const char *text, const char *but)
{
	while (*text) {
		uint32_t character = 0;
		unsigned n = name_decode(text, &character);

		if (!n || character == 0x7f || (character >= 0x80 && character < 0xa0) ||
		    (character < ' ' && !strchr(but, (int)character)))
			return false;
		text += n;
	}
	return true;
}

/* ---- what is said to the person ---- */

static struct {
	unsigned errors;
} fuzz_said;

FUZZ_INLINE void fuzz_take(void *ctx, const char *line)
{
	(void)ctx;
	FUZZ_CHECK(fuzz_is_clean(line, ""));
	fuzz_said.errors += !strncmp(line, "error: ", 7);
}

/* From here on lines are counted instead of written. */
FUZZ_INLINE void fuzz_listen(void)
{
	diag_divert((struct diag_taker){.take = fuzz_take});
	fuzz_said.errors = 0;
}

/* ---- without the fuzzer ---- */

#ifndef FUZZ

FUZZ_INLINE void fuzz_run_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = NULL;
	long len;

	if (file && !fseek(file, 0, SEEK_END) && (len = ftell(file)) >= 0) {
		rewind(file);
		bytes = malloc((size_t)len + 1);
		if (bytes && fread(bytes, 1, (size_t)len, file) == (size_t)len) {
			fclose(file);
			LLVMFuzzerTestOneInput(bytes, (size_t)len);
			free(bytes);
			return;
		}
	}
	fprintf(stderr, "cannot read '%s'\n", path);
	exit(2);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		alarm(20);
		fprintf(stderr, "%s\n", argv[i]); /* the last is the one at fault */
		fuzz_run_file(argv[i]);
	}
	printf("%d files\n", argc - 1);
	return 0;
}

#endif
#endif
