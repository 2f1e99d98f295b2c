/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fuzz_recording.c - a recording that somebody else made, read as -r reads it. The first byte
 * chooses the command line, the rest is the file. Of what is mutated checksums are mostly put
 * right, so that what is behind them is reached too, and some times jump: what a model that waits
 * for time has to fear.
 */
#include "outputs.h"

#include <sys/mman.h>
#include <zlib.h>

#include "commands/replay.h"
#include "commands/report.h"
#include "commands/stuck.h"
#include "wire.h"

/* ---- mutations ---- */

#ifdef FUZZ

static uint32_t get_u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static void put_u32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

#define HEAD 20 /* magic, version, length, checksum; then text */

/* Offset of the first frame; 0: there is none. */
static size_t first_frame(const uint8_t *file, size_t len)
{
	return len >= HEAD && get_u32(file + 12) <= len - HEAD ? HEAD + get_u32(file + 12) : 0;
}

static void fix_checksums(uint8_t *file, size_t len)
{
	size_t at = first_frame(file, len);

	if (!at)
		return;
	put_u32(file + 16, (uint32_t)crc32(0, file + HEAD, (uInt)(at - HEAD)));
	while (at + 8 <= len) {
		uint32_t size = get_u32(file + at);

		if (!size || size > len - at - 8)
			return;
		put_u32(file + at + 4, (uint32_t)crc32(0, file + at + 8, size));
		at += 8 + size;
	}
}

/* The time of one of the first records becomes one at which something may turn over. */
static void shift_a_record(uint8_t *file, size_t len, unsigned seed)
{
	static const uint64_t times[] = {0,         1,          INT32_MAX,  UINT32_MAX,
					 INT64_MAX, 1ULL << 63, UINT64_MAX, UINT64_MAX - 5};
	size_t at = first_frame(file, len) + 8;

	for (unsigned i = seed % 20; at + sizeof(struct wire_head) <= len; i--) {
		struct wire_head head;

		memcpy(&head, file + at, sizeof(head));
		if (!i) {
			memcpy(file + at, &times[seed / 20 % COUNT(times)], sizeof(head.ts));
			return;
		}
		if (!head.len || head.len > WIRE_MAX_SIZE)
			return;
		at += head.len;
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t len, size_t max, unsigned seed)
{
	len = LLVMFuzzerMutate(bytes, len, max);
	if (len < 2)
		return len;
	if (seed % 8 == 0)
		shift_a_record(bytes + 1, len - 1, seed / 8);
	if (seed % 5)
		fix_checksums(bytes + 1, len - 1);
	return len;
}

#endif

/* ---- reading ---- */

static const char *write_file(const uint8_t *bytes, size_t len)
{
	static char path[64];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("recording", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, bytes, len, 0) != (ssize_t)len)
		abort();
	return path;
}

static int read_by(const struct options *options, FILE *out)
{
	if (options->command == COMMAND_STUCK)
		return stuck_run(options, out);
	if (options->command == COMMAND_REPORT)
		return report_run(options);
	return replay_run(options, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const struct options *options;
	unsigned line = len ? bytes[0] % COUNT(outputs_lines) : 0;
	const char *path;
	char *text;
	FILE *out;
	int status;

	/* Those that read no recording are for fuzz_records.c. */
	if (!len || !strcmp(outputs_lines[line][0], "serve") ||
	    !strcmp(outputs_lines[line][0], "top"))
		return 0;
	path = write_file(bytes + 1, len - 1);
	options = outputs_options(line, path);
	fuzz_listen();
	out = open_memstream(&text, &len);
	status = read_by(options, out);
	fclose(out);
	/* What was not read to its end is told. */
	FUZZ_CHECK(status == DIAG_OK || fuzz_said.errors);
	FUZZ_CHECK(status == DIAG_OK || status == DIAG_FAILED);
	outputs_check(text, options->format == FORMAT_JSON);
	free(text);
	return 0;
}
