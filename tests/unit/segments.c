/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * segments.c - a recording in a ring of files: each record is in one of them, each of them is a
 * recording by itself, older ones go, and what is called whole is.
 */
#include "record/segments.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "record/recording.h"
#include "record/ring_files.h"
#include "test.h"
#include "wire.h"

static char folder[] = "/tmp/tcpdwell-segments.XXXXXX", path[64];

static const struct meta meta = {.attached = 1000,
				 .wall_offset = 7,
				 .tick_ns = 4000000,
				 .version = "0",
				 .kernel = "6",
				 .transition_way = "tracepoint",
				 .timewait_way = "timer"};

static const char *in_folder(const char *name)
{
	static char text[sizeof(folder) + 1 + NAME_MAX + 1];

	snprintf(text, sizeof(text), "%s/%s", folder, name);
	return text;
}

/* "r.000001 r.000002.part": what is there, in order. */
static const char *listed(void)
{
	static char text[512];
	struct dirent **entries;
	int n = scandir(folder, &entries, NULL, alphasort);

	*text = '\0';
	for (int i = 0; i < n; i++) {
		if (entries[i]->d_name[0] != '.')
			sprintf(text + strlen(text), "%s%s", *text ? " " : "", entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return text;
}

static void empty_folder(void)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, NULL, NULL);

	for (int i = 0; i < n; i++) {
		if (entries[i]->d_name[0] != '.')
			unlink(in_folder(entries[i]->d_name));
		free(entries[i]);
	}
	free(entries);
}

/* ---- writing ---- */

static int add_tick(struct segments *segments, uint64_t ts)
{
	struct wire_head head = {.ts = ts, .kind = WIRE_TICK, .len = sizeof(head)};

	return segments_add(segments, &head, sizeof(head));
}

/* `n` segments of two records, of 2000, 2001, 2100, 2101, ... */
static struct segments *write_some(unsigned n, uint64_t keep)
{
	const struct segments_limits limits = {.ns = 1000000000, .keep = keep};
	struct segments *segments = segments_open(path, &limits);

	if (!segments || segments_begin(segments, &meta))
		abort();
	for (unsigned i = 0; i < n; i++) {
		CHECK(!i || !segments_next(segments));
		CHECK_EQ(add_tick(segments, 2000 + 100 * i), 0);
		CHECK_EQ(add_tick(segments, 2001 + 100 * i), 0);
	}
	return segments;
}

/* ---- reading ---- */

static int sum_times(void *ctx, const void *records, size_t len)
{
	struct wire_head head;

	for (size_t at = 0; at < len; at += sizeof(head)) {
		memcpy(&head, (const char *)records + at, sizeof(head));
		*(uint64_t *)ctx += head.ts;
	}
	return 0;
}

/* The sum of its times; 0: it is no whole recording. */
static uint64_t times_of(const char *name, struct meta *ret_meta)
{
	struct recording_reader *reader = recording_open(in_folder(name), ret_meta);
	uint64_t sum = 0;

	if (reader && recording_read(reader, sum_times, &sum))
		sum = 0;
	recording_close(reader);
	return sum;
}

/* ---- tests ---- */

static void test_ring(void)
{
	struct segments *segments;
	struct stat st;
	struct meta seen;

	test_begin("segments-ring");
	segments = write_some(3, 0);
	/* The one before is completed while we go on: it is told with the next answer at latest. */
	CHECK_EQ(segments_finish(segments), 0);
	CHECK_STR(listed(), "r.000001 r.000002 r.000003");
	CHECK_EQ(times_of("r.000001", &seen), 4001);
	CHECK_EQ(seen.attached, 1000);
	CHECK_EQ(times_of("r.000002", &seen), 4201);
	CHECK_EQ(seen.attached, 2001);
	CHECK_EQ(times_of("r.000003", &seen), 4401);
	CHECK_EQ(seen.attached, 2101);
	CHECK(!stat(in_folder("r.000002"), &st) && (st.st_mode & 07777) == 0600);
	test_end("3 segments, each a recording, with a head of its own");
}

static void test_goes_on(void)
{
	struct segments *segments;
	struct meta seen;

	test_begin("segments-go-on");
	segments = write_some(1, 0);
	CHECK_STR(listed(), "r.000001 r.000002 r.000003 r.000004.part");
	CHECK_EQ(segments_finish(segments), 0);
	CHECK_EQ(times_of("r.000003", &seen), 4401);
	/* Names of others: no number, none of ours, too short. */
	close(open(in_folder("r.1000000000x"), O_CREAT | O_WRONLY, 0600));
	close(open(in_folder("r.5"), O_CREAT | O_WRONLY, 0600));
	close(open(in_folder("rr.000777"), O_CREAT | O_WRONLY, 0600));
	segments = write_some(4, 2);
	CHECK_EQ(segments_finish(segments), 0);
	CHECK_STR(listed(), "r.000007 r.000008 r.1000000000x r.5 rr.000777");
	test_end("behind the numbers of earlier runs; --keep counts these, and touches nothing "
		 "else");
	empty_folder();
}

static void test_keep(void)
{
	struct segments *segments;

	test_begin("segments-keep");
	segments = write_some(7, 3);
	CHECK_EQ(segments_finish(segments), 0);
	CHECK_STR(listed(), "r.000005 r.000006 r.000007");
	test_end("the last 3 of 7");
	empty_folder();
}

/* As of a run that was killed. */
static void test_part(void)
{
	struct segments *segments;
	pid_t pid = fork();

	test_begin("segments-killed");
	if (!pid) {
		segments = write_some(2, 0);
		segments_flush(segments);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 200 && strcmp(listed(), "r.000001 r.000002.part") != 0; i++)
		usleep(10000);
	CHECK_STR(listed(), "r.000001 r.000002.part");
	segments = write_some(2, 3);
	CHECK_EQ(segments_finish(segments), 0);
	CHECK_STR(listed(), "r.000002.part r.000003 r.000004");
	test_end("what was not completed stays a part, and counts");
	empty_folder();
}

/* Somebody else's links are neither followed nor written through. */
static void test_links(void)
{
	struct segments *segments;

	test_begin("segments-links");
	segments = write_some(1, 0);
	CHECK_EQ(symlink("/tmp/tcpdwell-was-here", in_folder("r.000002.part")), 0);
	test_take_stderr();
	CHECK(segments_next(segments) < 0);
	CHECK(segments_finish(segments) < 0);
	test_give_stderr_back();
	CHECK(strstr(test_stderr.text, "error: cannot create recording '"));
	CHECK(!strstr(strstr(test_stderr.text, "error: ") + 1, "error: "));
	CHECK(access("/tmp/tcpdwell-was-here", F_OK));
	test_end("%.*s", (int)strcspn(test_stderr.text, "\n"), test_stderr.text);
	empty_folder();
}

/* `n` files, each completed by the next. */
static void make_files(struct ring_files *files, unsigned n)
{
	char to[RING_FILES_PATH_MAX];
	FILE *file;

	for (unsigned i = 0; i < n; i++) {
		file = ring_files_next(files, to);
		if (!file || fputc('x', file) < 0 || fclose(file))
			abort();
	}
}

/* A disk that somebody else fills: each try fails, and leaves nothing. */
static void fail_again(struct ring_files *files, unsigned tries)
{
	char to[RING_FILES_PATH_MAX];
	FILE *file;

	for (unsigned i = 0; i < tries; i++) {
		CHECK(ring_files_give_up(files, true));
		file = ring_files_next(files, to);
		if (!file)
			abort();
		fclose(file);
	}
	CHECK(ring_files_give_up(files, false));
}

static void test_full(void)
{
	static const struct ring_keeper_limits limits = {.bytes = 1 << 20};
	struct ring_files *files;
	char linked[PATH_MAX];

	test_begin("segments-full-disk");
	files = ring_files_open(path, &limits, NULL);
	if (!files)
		abort();
	make_files(files, 4);
	fail_again(files, 1);
	CHECK_STR(listed(), "r.000002 r.000003 r.000004.part");
	/* One that an incident has, too, makes no room. */
	strcpy(linked, in_folder("incident"));
	if (link(in_folder("r.000002"), linked))
		abort();
	fail_again(files, 3);
	CHECK_STR(listed(), "incident r.000002 r.000003 r.000004.part");
	unlink(linked);
	fail_again(files, 9);
	CHECK_STR(listed(), "r.000003 r.000004.part");
	ring_files_close(files);
	empty_folder();
	test_end("the last one that is whole stays, and one that an incident has, too");
}

/* The clock jumped: what was completed a moment ago looks as if it were of 1970. */
static void test_age(void)
{
	static const struct ring_keeper_limits limits = {.ns = 3600 * NS_PER_S};
	static const struct timespec then[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	struct ring_files *files;

	test_begin("segments-age");
	files = ring_files_open(path, &limits, NULL);
	if (!files)
		abort();
	make_files(files, 3);
	CHECK(ring_files_give_up(files, false));
	utimensat(AT_FDCWD, in_folder("r.000001"), then, 0);
	make_files(files, 2);
	CHECK_EQ(ring_files_complete(files), 0);
	CHECK_STR(listed(), "r.000001 r.000002 r.000003.part r.000004 r.000005");
	ring_files_close(files);
	/* Of an earlier run, nobody knows better. */
	files = ring_files_open(path, &limits, NULL);
	if (!files)
		abort();
	make_files(files, 1);
	CHECK_EQ(ring_files_complete(files), 0);
	CHECK_STR(listed(), "r.000002 r.000003.part r.000004 r.000005 r.000006");
	ring_files_close(files);
	empty_folder();
	test_end("by a clock that nobody sets");
}

/* ---- incidents ---- */

#define EARLIER "incident-1999-12-31T00:00:00Z-exit-1"
#define LATER   "incident-2026-01-02T00:00:00Z-close-wait-leak-2"

static const char *in_incident(const char *name, const char *file)
{
	static char text[NAME_MAX];

	snprintf(text, sizeof(text), "%s/%s", name, file);
	return in_folder(text);
}

static void remove_incident(const char *name)
{
	static const char *const files[] = {"incident.json", "r.000001", "r.000002",
					    "r.000003.part"};

	for (size_t i = 0; i < COUNT(files); i++)
		unlink(in_incident(name, files[i]));
	rmdir(in_folder(name));
}

static struct ring_files *open_with_incidents(void)
{
	static const struct ring_keeper_limits limits = {.bytes = 1 << 20};
	static const struct incident_files incidents = {.keep = 1};
	struct ring_files *files = ring_files_open(path, &limits, &incidents);

	if (!files)
		abort();
	return files;
}

/* The clock was set back, and a folder of somebody sorts last. */
static void test_prune(void)
{
	struct ring_files *files;

	test_begin("segments-incidents");
	if (mkdir(in_folder(LATER), 0700) || mkdir(in_folder("incident-zeta"), 0700))
		abort();
	files = open_with_incidents();
	ring_files_begin_incident(files, EARLIER, "{}");
	ring_files_hear(files, true);
	CHECK_STR(listed(), EARLIER " incident-zeta");
	ring_files_close(files);
	remove_incident(EARLIER);
	remove_incident(LATER);
	remove_incident("incident-zeta");
	test_end("the one that begins stays, and what is no incident");
}

/* What a run before left, which was killed. */
static void test_incident_parts(void)
{
	struct ring_files *files;

	test_begin("segments-incident-parts");
	files = open_with_incidents();
	make_files(files, 1);
	ring_files_close(files);
	CHECK_STR(listed(), "r.000001.part");
	files = open_with_incidents();
	make_files(files, 2);
	ring_files_begin_incident(files, EARLIER, "{}");
	ring_files_hear(files, true);
	CHECK(!access(in_incident(EARLIER, "r.000001.part"), F_OK));
	CHECK(!access(in_incident(EARLIER, "r.000002"), F_OK));
	CHECK(access(in_incident(EARLIER, "r.000003.part"), F_OK));
	CHECK(ring_files_give_up(files, false));
	CHECK(!access(in_incident(EARLIER, "r.000003.part"), F_OK));
	ring_files_close(files);
	unlink(in_incident(EARLIER, "r.000001.part"));
	remove_incident(EARLIER);
	empty_folder();
	test_end("a part that nobody writes to belongs to one");
}

static void test_due(void)
{
	const struct segments_limits limits = {.bytes = 1000}, none = {0};
	struct segments *segments = segments_open(path, &limits);
	unsigned n = 0;

	test_begin("segments-due");
	CHECK_EQ(segments_begin(segments, &meta), 0);
	while (!segments_are_due(segments, 0) && n < 1000)
		add_tick(segments, ++n);
	CHECK(n > 10 && n < 1000 / sizeof(struct wire_head));
	CHECK_EQ(segments_next(segments), 0);
	CHECK(!segments_are_due(segments, 0));
	CHECK_EQ(segments_finish(segments), 0);
	segments = segments_open(in_folder("plain"), &none);
	CHECK(segments && !segments_begin(segments, &meta));
	CHECK(!segments_are_due(segments, UINT64_MAX));
	CHECK_EQ(segments_finish(segments), 0);
	CHECK_STR(listed(), "plain r.000001 r.000002");
	test_end("at 1000 bytes, by record %u; one file for all: never", n);
	empty_folder();
}

/* What the wall clock was set to is in the next head. */
static void test_clock(void)
{
	const struct segments_limits limits = {.ns = 1};
	struct wire_clock clock = {.head = {.ts = 3000, .kind = WIRE_CLOCK, .len = sizeof(clock)},
				   .wall_offset = 12345};
	struct segments *segments = segments_open(path, &limits);
	struct meta seen = {0};

	test_begin("segments-clock");
	CHECK_EQ(segments_begin(segments, &meta), 0);
	CHECK_EQ(segments_add(segments, &clock, sizeof(clock)), 0);
	CHECK_EQ(segments_next(segments), 0);
	CHECK_EQ(add_tick(segments, 4000), 0);
	CHECK_EQ(segments_finish(segments), 0);
	CHECK_EQ(times_of("r.000002", &seen), 4000);
	CHECK_EQ(seen.wall_offset, 12345);
	CHECK_EQ(seen.attached, 3000);
	test_end("12345, set by a record of the segment before");
	empty_folder();
}

/* While nothing could be written, nobody told that it was set. */
static void test_clock_again(void)
{
	const struct segments_limits limits = {.ns = 1};
	struct segments *segments = segments_open(path, &limits);
	struct meta seen = {0};
	int64_t off;

	test_begin("segments-clock-again");
	CHECK_EQ(segments_begin(segments, &meta), 0);
	CHECK_EQ(segments_try_again(segments), 0);
	CHECK_EQ(add_tick(segments, clock_now()), 0);
	CHECK_EQ(segments_finish(segments), 0);
	times_of("r.000002", &seen);
	off = seen.wall_offset - clock_wall_offset();
	CHECK(off > -(int64_t)NS_PER_S && off < (int64_t)NS_PER_S);
	test_end("as it is, where it was not the one of the head before");
	empty_folder();
}

static void refused(const char *to, const char *why)
{
	const struct segments_limits limits = {.ns = 1};

	test_take_stderr();
	CHECK(!segments_open(to, &limits));
	test_give_stderr_back();
	test_check(strstr(test_stderr.text, why) != NULL, __LINE__, "'%s' says '%s'", to,
		   test_stderr.text);
	CHECK(!strncmp(test_stderr.text, "error: cannot record to '", 25));
}

static void test_refused(void)
{
	char name[300];

	test_begin("segments-refused");
	refused("/nonexistent/r", "No such file");
	refused("/tmp/", "Is a directory");
	refused("/etc/passwd/r", "Not a directory");
	memset(name, 'n', sizeof(name));
	name[250] = '\0';
	refused(name, "too long");
	if (geteuid())
		refused("/etc/r", "Permission denied");
	CHECK_STR(listed(), "");
	CHECK_EQ(segments_finish(NULL), 0);
	test_end("no folder, a folder, a file as a folder, a long name: at the start");
}

int main(void)
{
	if (!mkdtemp(folder))
		abort();
	snprintf(path, sizeof(path), "%s/r", folder);
	test_ring();
	test_goes_on();
	test_keep();
	test_part();
	test_links();
	test_full();
	test_age();
	test_prune();
	test_incident_parts();
	test_due();
	test_clock();
	test_clock_again();
	test_refused();
	rmdir(folder);
	return test_status();
}
