/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * recording.c - recordings: what is written is what is read; what was cut, damaged or made by
 * another version says so, at whichever byte it was, and is never read as if it were whole.
 */
#include "record/recording.h"

#include <errno.h>

#include "test.h"
#include "wire.h"

#define FILE_MAX 4096

static char path[64];

static const struct meta meta = {
	.attached = 123456789012345,
	.wall_offset = -987654321,
	.tick_ns = 4000000,
	.sees_timewait = true,
	.version = "0.1.0",
	.kernel = "6.18.0 \"quoted\" \\ \xc3\xa9",
	.transition_way = "tracepoint",
	.timewait_way = "timer tracepoints",
	.accept_way = "by the tests",
	.sees_accepts = true,
	.filter = "local port 443",
};

/* ---- what is read ---- */

struct taken {
	unsigned char bytes[1 << 16];
	size_t len;
	unsigned frames;
	int stop; /* to return */
};

static int take(void *ctx, const void *records, size_t len)
{
	struct taken *taken = ctx;

	if (taken->len + len <= sizeof(taken->bytes))
		memcpy(taken->bytes + taken->len, records, len);
	taken->len += len;
	taken->frames++;
	return taken->stop;
}

struct outcome {
	bool opened;
	int err; /* of reading */
	struct meta meta;
	struct taken taken;
};

/* What it says is in test_stderr.text. */
static void read_it(const char *from, struct outcome *ret)
{
	struct recording_reader *reader;

	memset(ret, 0, sizeof(*ret));
	test_take_stderr();
	reader = recording_open(from, &ret->meta);
	ret->opened = reader != NULL;
	if (reader)
		ret->err = recording_read(reader, take, &ret->taken);
	recording_close(reader);
	test_give_stderr_back();
}

static void check_told_once(void)
{
	const char *first = strstr(test_stderr.text, "error: ");

	test_check(first == test_stderr.text && first && !strstr(first + 1, "error: "), __LINE__,
		   "one error, said '%s'", test_stderr.text);
}

/* ---- what is written ---- */

static struct wire_head tick(uint64_t ts)
{
	return (struct wire_head){.ts = ts, .kind = WIRE_TICK, .len = sizeof(struct wire_head)};
}

/* `frames` frames of `each` records. */
static void write_it(unsigned frames, unsigned each)
{
	struct recording_writer *writer = recording_create(path, &meta);

	if (!writer)
		abort();
	for (unsigned i = 0; i < frames; i++) {
		for (unsigned k = 0; k < each; k++) {
			struct wire_head rec = tick(i * 1000 + k);

			CHECK_EQ(recording_add(writer, &rec, sizeof(rec)), 0);
		}
		CHECK_EQ(recording_flush(writer), 0);
	}
	CHECK_EQ(recording_finish(writer), 0);
}

static size_t slurp(unsigned char bytes[FILE_MAX])
{
	FILE *file = fopen(path, "rb");
	size_t len = file ? fread(bytes, 1, FILE_MAX, file) : 0;

	if (file)
		fclose(file);
	return len;
}

static void spill(const unsigned char *bytes, size_t len)
{
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(bytes, 1, len, file) != len || fclose(file))
		abort();
}

/* ---- tests ---- */

static bool is_same_meta(const struct meta *a)
{
	return a->attached == meta.attached && a->wall_offset == meta.wall_offset &&
	       a->tick_ns == meta.tick_ns && a->sees_timewait == meta.sees_timewait &&
	       !strcmp(a->version, meta.version) && !strcmp(a->kernel, meta.kernel) &&
	       !strcmp(a->transition_way, meta.transition_way) &&
	       !strcmp(a->timewait_way, meta.timewait_way) &&
	       !strcmp(a->accept_way, meta.accept_way) && a->sees_accepts == meta.sees_accepts &&
	       !strcmp(a->filter, meta.filter);
}

static void test_round_trip(void)
{
	static struct outcome seen;

	test_begin("recording-round-trip");
	write_it(3, 5);
	read_it(path, &seen);
	CHECK(seen.opened && !seen.err);
	CHECK_EQ(seen.taken.frames, 3);
	CHECK_EQ(seen.taken.len, 15 * sizeof(struct wire_head));
	CHECK(is_same_meta(&seen.meta));
	for (unsigned i = 0; i < 15; i++) {
		struct wire_head wanted = tick(i / 5 * 1000 + i % 5);

		CHECK(!memcmp(seen.taken.bytes + i * sizeof(wanted), &wanted, sizeof(wanted)));
	}
	CHECK_STR(test_stderr.text, "");
	test_end("15 records in 3 frames, and what is known of the stream");
}

static void test_nothing(void)
{
	static struct outcome seen;

	test_begin("recording-of-nothing");
	write_it(0, 0);
	read_it(path, &seen);
	CHECK(seen.opened && !seen.err);
	CHECK_EQ(seen.taken.frames, 0);
	test_end("no record is a recording too");
}

/* More than a frame holds, without a flush by hand. */
static void test_large(void)
{
	static struct outcome seen;
	unsigned n = 200000;

	test_begin("recording-large");
	write_it(1, n);
	read_it(path, &seen);
	CHECK(seen.opened && !seen.err);
	CHECK_EQ(seen.taken.len, n * sizeof(struct wire_head));
	CHECK(seen.taken.frames > 1);
	test_end("%u records in %u frames", n, seen.taken.frames);
}

static void test_stop(void)
{
	struct recording_reader *reader;
	static struct taken taken = {.stop = 42};
	struct meta ignored;

	test_begin("recording-reading-stops");
	write_it(3, 1);
	reader = recording_open(path, &ignored);
	CHECK_EQ(recording_read(reader, take, &taken), 42);
	CHECK_EQ(taken.frames, 1);
	recording_close(reader);
	recording_close(NULL);
	CHECK_EQ(recording_finish(NULL), 0);
	test_end("after 1 frame of 3");
}

/* Where the whole blocks end that lie before `cut`; 0: the head is cut, too. */
static size_t whole_before(const unsigned char *bytes, size_t cut)
{
	uint32_t len;
	size_t at;

	memcpy(&len, bytes + 12, sizeof(len));
	at = 20 + len;
	if (cut < at)
		return 0;
	for (;;) {
		memcpy(&len, bytes + at, sizeof(len));
		if (!len || at + 8 + len > cut)
			return at;
		at += 8 + len;
	}
}

/* How much of it is left out is said, in one sentence. */
static void check_says_how_much(size_t whole, size_t cut)
{
	char wanted[128];

	if (!cut)
		snprintf(wanted, sizeof(wanted), "it is empty");
	else if (cut < 8)
		snprintf(wanted, sizeof(wanted), "it is too short");
	else if (!whole)
		snprintf(wanted, sizeof(wanted), "incomplete: it ends in its head");
	else if (whole == cut)
		snprintf(wanted, sizeof(wanted), "incomplete: it has no end mark");
	else
		snprintf(wanted, sizeof(wanted),
			 "incomplete: the last %zu of %zu bytes are part of a block", cut - whole,
			 cut);
	test_check(strstr(test_stderr.text, wanted) != NULL, __LINE__, "wanted '%s', said '%s'",
		   wanted, test_stderr.text);
}

static void test_cuts(void)
{
	static unsigned char bytes[FILE_MAX];
	static struct outcome seen;
	unsigned whole_frames = 0;
	size_t len;

	test_begin("recording-cut");
	write_it(3, 2);
	len = slurp(bytes);
	CHECK(len > 100 && len < FILE_MAX);
	for (size_t cut = 0; cut < len; cut++) {
		spill(bytes, cut);
		read_it(path, &seen);
		test_context("%zu of %zu bytes", cut, len);
		CHECK(!seen.opened || seen.err == -ENODATA);
		CHECK(seen.taken.len % (2 * sizeof(struct wire_head)) == 0);
		CHECK(!seen.opened || is_same_meta(&seen.meta));
		check_told_once();
		check_says_how_much(whole_before(bytes, cut), cut);
		whole_frames += seen.taken.frames;
	}
	test_end("at each of %zu bytes; %u whole frames before the cuts were read", len,
		 whole_frames);
}

/* A host that lost its power may leave zeros, where the file had grown and was not written yet. */
static void test_zeros(void)
{
	static unsigned char bytes[FILE_MAX];
	static struct outcome seen;
	char wanted[128];
	size_t len, end;

	test_begin("recording-zeros-at-the-end");
	write_it(3, 2);
	len = slurp(bytes);
	end = len - 8;
	memset(bytes + end, 0, sizeof(bytes) - end);
	for (size_t zeros = 1; zeros < 100; zeros++) {
		spill(bytes, end + zeros);
		read_it(path, &seen);
		test_context("%zu zeros", zeros);
		CHECK(seen.opened && seen.err == -ENODATA);
		CHECK_EQ(seen.taken.frames, 3);
		snprintf(wanted, sizeof(wanted), "incomplete: the last %zu of %zu bytes are %s",
			 zeros, end + zeros, zeros < 8 ? "part of a block" : "zeros");
		test_check(strstr(test_stderr.text, wanted) != NULL, __LINE__,
			   "wanted '%s', said '%s'", wanted, test_stderr.text);
		check_told_once();
	}
	bytes[end + 50] = 1;
	spill(bytes, end + 100);
	read_it(path, &seen);
	CHECK(seen.opened && seen.err == -EBADMSG);
	CHECK(strstr(test_stderr.text, "the last 100 of ") != NULL);
	test_end("1 to 99 zeros behind the last block");
}

static void test_flips(void)
{
	static unsigned char bytes[FILE_MAX];
	static struct outcome seen;
	size_t len;

	test_begin("recording-flipped-bit");
	write_it(2, 2);
	len = slurp(bytes);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		spill(bytes, len);
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		read_it(path, &seen);
		test_context("bit %zu of byte %zu of %zu", bit % 8, bit / 8, len);
		CHECK(!seen.opened || seen.err == -EBADMSG || seen.err == -ENODATA);
		CHECK(seen.err != -EBADMSG || strstr(test_stderr.text, " bytes "));
		check_told_once();
	}
	test_end("each of %zu bits is noticed", 8 * len);
}

/* Bytes behind the end mark were not written by us. */
static void test_more_than_the_end(void)
{
	static unsigned char bytes[FILE_MAX];
	static struct outcome seen;
	size_t len;

	test_begin("recording-more-than-the-end");
	write_it(1, 1);
	len = slurp(bytes);
	memset(bytes + len, 'x', 10);
	spill(bytes, len + 10);
	read_it(path, &seen);
	CHECK(seen.opened && seen.err == -EBADMSG);
	check_told_once();
	test_end("10 bytes behind the end mark");
}

static void put_u32(unsigned char *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

/* Bytes 8-11 are the version. */
static void test_versions(void)
{
	static unsigned char bytes[FILE_MAX];
	static struct outcome seen;
	size_t len;

	test_begin("recording-other-version");
	write_it(1, 1);
	len = slurp(bytes);
	put_u32(bytes + 8, WIRE_VERSION + 1);
	spill(bytes, len);
	read_it(path, &seen);
	CHECK(!seen.opened && strstr(test_stderr.text, "version"));
	CHECK(strstr(test_stderr.text, "hint: "));
	check_told_once();
	put_u32(bytes + 8, __builtin_bswap32(WIRE_VERSION));
	spill(bytes, len);
	read_it(path, &seen);
	CHECK(!seen.opened && strstr(test_stderr.text, "byte order"));
	CHECK(strstr(test_stderr.text, "hint: "));
	check_told_once();
	test_end("a later version, and the other byte order");
}

static void test_not_recordings(void)
{
	static unsigned char bytes[FILE_MAX];
	static struct outcome seen;

	test_begin("recording-is-none");
	for (unsigned i = 0; i < 3; i++) {
		static const size_t lengths[] = {0, 5, 4000};

		memset(bytes, 'A', sizeof(bytes));
		spill(bytes, lengths[i]);
		read_it(path, &seen);
		test_context("%zu bytes", lengths[i]);
		CHECK(!seen.opened && strstr(test_stderr.text, "not a tcpdwell recording"));
		check_told_once();
	}
	read_it("/nonexistent/file", &seen);
	CHECK(!seen.opened && strstr(test_stderr.text, "No such file"));
	check_told_once();
	read_it("/", &seen);
	CHECK(!seen.opened && strstr(test_stderr.text, "directory"));
	check_told_once();
	test_end("empty, short, other, missing, a directory");
}

/* A header or a frame that claims more than there can be. */
static void test_too_large(void)
{
	static unsigned char bytes[FILE_MAX];
	static struct outcome seen;
	size_t len, frame;

	test_begin("recording-too-large");
	write_it(1, 1);
	len = slurp(bytes);
	frame = len - 8 - sizeof(struct wire_head) - 8; /* end mark, record, head of the frame */
	put_u32(bytes + frame, UINT32_MAX);
	spill(bytes, len);
	read_it(path, &seen);
	CHECK(seen.opened && seen.err == -EBADMSG);
	check_told_once();
	put_u32(bytes + frame, 0);
	spill(bytes, len);
	read_it(path, &seen);
	CHECK(seen.opened && seen.err == -EBADMSG);
	check_told_once();
	put_u32(bytes + 12, UINT32_MAX);
	spill(bytes, len);
	read_it(path, &seen);
	CHECK(!seen.opened);
	check_told_once();
	test_end("a frame and a header of 4 GiB, an empty frame");
}

static void test_cannot_create(void)
{
	struct recording_writer *writer;

	test_begin("recording-cannot-create");
	test_take_stderr();
	writer = recording_create("/nonexistent/file", &meta);
	test_give_stderr_back();
	CHECK(!writer);
	check_told_once();
	test_end("%.60s", strstr(test_stderr.text, "error"));
}

/* Full at whichever write: told once, and reported at the end. */
static void test_full_disk(void)
{
	struct recording_writer *writer;
	int err = 0;

	test_begin("recording-full-disk");
	test_take_stderr();
	writer = recording_create("/dev/full", &meta);
	for (unsigned i = 0; writer && i < 100000; i++) {
		struct wire_head rec = tick(i);

		if (recording_add(writer, &rec, sizeof(rec)))
			err = 1;
	}
	if (writer)
		err |= recording_finish(writer) == -ENOSPC ? 2 : 0;
	test_give_stderr_back();
	CHECK(!writer || (err & 2));
	check_told_once();
	test_end("said once: %.*s", (int)strcspn(test_stderr.text, "\n"), test_stderr.text);
}

int main(void)
{
	snprintf(path, sizeof(path), "/tmp/tcpdwell-recording-%d", (int)getpid());
	test_round_trip();
	test_nothing();
	test_large();
	test_stop();
	test_cuts();
	test_zeros();
	test_flips();
	test_more_than_the_end();
	test_versions();
	test_not_recordings();
	test_too_large();
	test_cannot_create();
	test_full_disk();
	unlink(path);
	return test_status();
}
