/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * recording.c - recordings that somebody else made: `recording SEED ROUNDS FILE...` mutates the
 * files and replays them in all formats, or has them judged by `stuck`, or makes a page of
 * them, with options chosen at random. Half of the time checksums are put right, so that the model
 * is reached too. Whatever the bytes, it must end, without a crash or a sanitizer's word, in time;
 * SIGALRM ends a round that hangs.
 */
#include <signal.h>
#include <zlib.h>

#include "../unit/test.h"
#include "base/diag.h"
#include "cli/command_line.h"
#include "commands/replay.h"
#include "commands/report.h"
#include "commands/stuck.h"
#include "wire.h"

#define INPUT_MAX     (1 << 20)
#define FILES_MAX     32
#define ROUND_SECONDS 20

struct input {
	unsigned char bytes[INPUT_MAX];
	size_t len;
};

static struct input files[FILES_MAX], mutated;
static unsigned n_files;
static unsigned long round_now;
static char path[64];

static void on_alarm(int signal)
{
	static const char text[] = "a round hangs\n";

	(void)signal;
	if (write(STDOUT_FILENO, text, sizeof(text) - 1) < 0)
		_exit(2);
	_exit(2);
}

static uint32_t get_u32(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static void put_u32(unsigned char *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

/* ---- mutations ---- */

/* Numbers at which something may turn over. */
static uint64_t odd_number(struct test_random *random)
{
	static const uint64_t numbers[] = {0,         1,          2,          0x7f,
					   0x80,      0xff,       0x7fff,     0x8000,
					   0xffff,    INT32_MAX,  1ULL << 31, UINT32_MAX,
					   INT64_MAX, 1ULL << 63, UINT64_MAX, UINT64_MAX - 5};

	return numbers[test_below(random, COUNT(numbers))];
}

static void flip_bit(struct test_random *random, struct input *input)
{
	input->bytes[test_below(random, input->len)] ^= (unsigned char)(1 << test_below(random, 8));
}

static void set_number(struct test_random *random, struct input *input)
{
	uint64_t number = odd_number(random);
	size_t size = 1u << test_below(random, 4), at = test_below(random, input->len);

	if (at + size <= input->len)
		memcpy(input->bytes + at, &number, size);
}

static void cut(struct test_random *random, struct input *input)
{
	input->len = 1 + test_below(random, input->len);
}

/* A stretch moves, or is doubled: records out of order, and again. */
static void copy_stretch(struct test_random *random, struct input *input)
{
	size_t size = 8 * (1 + test_below(random, 32));
	size_t from = test_below(random, input->len), to = test_below(random, input->len);

	if (from + size <= input->len && to + size <= input->len)
		memmove(input->bytes + to, input->bytes + from, size);
}

static void (*const mutations[])(struct test_random *random, struct input *input) = {
	flip_bit, set_number, set_number, copy_stretch, cut,
};

/* Offset of the first frame, or 0. The head is magic, version, length[, checksum], text. */
static size_t first_frame(const struct input *input)
{
	const unsigned char *brace = memchr(input->bytes, '{', input->len < 64 ? input->len : 64);
	size_t at = brace ? (size_t)(brace - input->bytes) : 0;

	if (!at || at < 16 || get_u32(input->bytes + 12) > input->len - at)
		return 0;
	return at + get_u32(input->bytes + 12);
}

static void fix_checksums(struct input *input)
{
	size_t at = first_frame(input), text;

	if (!at)
		return;
	text = at - get_u32(input->bytes + 12);
	if (text == 20)
		put_u32(input->bytes + 16, (uint32_t)crc32(0, input->bytes + 20, (uInt)(at - 20)));
	while (at + 8 <= input->len) {
		uint32_t len = get_u32(input->bytes + at);

		if (!len || len > input->len - at - 8)
			return;
		put_u32(input->bytes + at + 4, (uint32_t)crc32(0, input->bytes + at + 8, len));
		at += 8 + len;
	}
}

/* Times that jump are what a model that waits for time has to fear. */
static void shift_a_record(struct test_random *random, struct input *input)
{
	size_t at = first_frame(input) + 8;
	uint64_t ts = odd_number(random);

	for (unsigned i = (unsigned)test_below(random, 20); at + 104 <= input->len; i--) {
		uint16_t len;

		if (!i) {
			memcpy(input->bytes + at, &ts, sizeof(ts));
			return;
		}
		memcpy(&len, input->bytes + at + 14, sizeof(len));
		if (!len || len > WIRE_MAX_SIZE)
			return;
		at += len;
	}
}

static void mutate(struct test_random *random)
{
	unsigned n = (unsigned)test_below(random, 8);

	mutated = files[test_below(random, n_files)];
	for (unsigned i = 0; i < n; i++)
		mutations[test_below(random, COUNT(mutations))](random, &mutated);
	if (test_below(random, 4) == 0)
		shift_a_record(random, &mutated);
	if (test_below(random, 2) == 0)
		fix_checksums(&mutated);
}

/* ---- a round ---- */

static const char *const option_sets[][8] = {
	{"-f", "text"},
	{"-f", "json"},
	{"-f", "csv"},
	{"-f", "text", "-v"},
	{"-f", "json", "--raw"},
	{"hist", "-i", "100ms"},
	{"hist", "-i", "1d", "-f", "json"},
	{"hist", "-b", "comm,remote-port", "-f", "csv"},
	{"-L", "80", "--max-connections", "2"},
	{"-p", "101", "-s", "established,syn-sent"},
	{"-d", "3", "-m", "1ms"},
	{"stuck"},
	{"stuck", "-f", "json"},
	{"stuck", "-f", "csv", "--for", "1s"},
	{"stuck", "-v", "-s", "listen,established,close-wait,time-wait,syn-received,last-ack"},
	{"stuck", "-b", "comm,remote-port,cgroup"},
	{"report", "/dev/null", "-q"},
	{"report", "/dev/null", "-q", "-d", "3", "-m", "1ms"},
};

static void parse_options(struct options *options, struct test_random *random)
{
	const char *const *set = option_sets[test_below(random, COUNT(option_sets))];
	char words[8][96], *argv[12] = {(char *)"fuzz", (char *)"-r", path};
	int argc = 3;

	for (unsigned i = 0; i < 8 && set[i]; i++) {
		snprintf(words[i], sizeof(words[i]), "%s", set[i]);
		argv[argc++] = words[i];
	}
	if (command_line_parse(options, argc, argv))
		abort();
}

/* Whether it was whole and right, as far as the program can tell. */
static bool replay(struct test_random *random, FILE *out)
{
	static struct options options;
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(mutated.bytes, 1, mutated.len, file) != mutated.len || fclose(file))
		abort();
	parse_options(&options, random);
	alarm(ROUND_SECONDS);
	if (options.command == COMMAND_STUCK)
		return stuck_run(&options, out) == DIAG_OK;
	if (options.command == COMMAND_REPORT)
		return report_run(&options) == DIAG_OK;
	return replay_run(&options, out) == DIAG_OK;
}

static void load(const char *from)
{
	FILE *file = fopen(from, "rb");
	struct input *input = &files[n_files];

	if (!file)
		return;
	input->len = fread(input->bytes, 1, sizeof(input->bytes), file);
	fclose(file);
	n_files += input->len > 0 && input->len < 128 * 1024;
}

int main(int argc, char **argv)
{
	struct test_random random = {.state = 88172645463325252ULL};
	unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 0, whole = 0;
	unsigned long seed = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	FILE *out = fopen("/dev/null", "w");

	for (int i = 3; i < argc && n_files < FILES_MAX; i++)
		load(argv[i]);
	if (!rounds || !n_files || !out) {
		fputs("usage: recording SEED ROUNDS FILE...\n", stderr);
		return 2;
	}
	random.state ^= seed * 0x9e3779b97f4a7c15ULL;
	snprintf(path, sizeof(path), "/tmp/tcpdwell-fuzz-%d", (int)getpid());
	signal(SIGALRM, on_alarm);
	setvbuf(stdout, NULL, _IONBF, 0);
	for (round_now = 0; round_now < rounds; round_now++) {
		mutate(&random);
		whole += replay(&random, out);
	}
	alarm(0);
	unlink(path);
	printf("%lu rounds from seed %lu over %u recordings: %lu read to their end, %lu refused\n",
	       rounds, seed, n_files, whole, rounds - whole);
	return 0;
}
