/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * playback.c - a folder of segments, read as one: in the order of time, whatever they are called;
 * what is missing in between is told and counts as a loss; of the one that is written to, what
 * there is.
 */
#include "record/playback.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "record/recording.h"
#include "test.h"
#include "wire.h"

static char folder[] = "/tmp/tcpdwell-playback.XXXXXX";

static const char *in_folder(const char *name)
{
	static char text[sizeof(folder) + 1 + NAME_MAX + 1];

	snprintf(text, sizeof(text), "%s/%s", folder, name);
	return text;
}

static void empty_folder(void)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, NULL, NULL);

	for (int i = 0; i < n; i++) {
		if (entries[i]->d_name[0] != '.' && unlink(in_folder(entries[i]->d_name)))
			rmdir(in_folder(entries[i]->d_name));
		free(entries[i]);
	}
	free(entries);
}

static const char *filter = "";

/* A segment that begins at `attached` and has a record there after 1 and after 2 ns, each with so
 * many losses before it. */
static void write_segment(const char *name, const char *boot, uint64_t attached, int64_t offset,
			  uint32_t lost)
{
	struct wire_head head = {.kind = WIRE_TICK, .len = sizeof(head), .lost = lost};
	struct meta meta = {.attached = attached, .wall_offset = offset, .version = "0"};
	struct recording_writer *writer;

	snprintf(meta.boot, sizeof(meta.boot), "%s", boot);
	snprintf(meta.filter, sizeof(meta.filter), "%s", filter);
	writer = recording_create(in_folder(name), &meta);
	for (int i = 1; i <= 2; i++) {
		head.ts = attached + (uint64_t)i;
		CHECK(writer && !recording_add(writer, &head, sizeof(head)));
		recording_flush(writer);
	}
	CHECK_EQ(recording_finish(writer), 0);
}

static void cut(const char *name, int bytes)
{
	struct stat st;

	CHECK(!stat(in_folder(name), &st) && !truncate(in_folder(name), st.st_size - bytes));
}

static char told[512];

/* "TIME/LOST ...", and behind a WIRE_CLOCK ":WALL OFFSET" */
static int tell(void *ctx, const void *records, size_t len)
{
	struct wire_clock clock;

	for (size_t at = 0; at < len; at += clock.head.len) {
		memcpy(&clock.head, (const char *)records + at, sizeof(clock.head));
		sprintf(told + strlen(told), "%s%llu/%u", *told ? " " : "",
			(unsigned long long)clock.head.ts, clock.head.lost);
		if (clock.head.kind != WIRE_CLOCK)
			continue;
		memcpy(&clock, (const char *)records + at, sizeof(clock));
		sprintf(told + strlen(told), ":%lld", (long long)clock.wall_offset);
	}
	return ctx ? *(int *)ctx : 0;
}

static int last;
static char lacks[160];

static const char *replayed(int *say)
{
	struct meta meta;
	struct playback *playback;

	*told = '\0';
	last = -ENOENT;
	test_take_stderr();
	playback = playback_open(folder, &meta);
	lacks[0] = '\0';
	if (playback)
		last = playback_read(playback, tell, say);
	if (playback && playback_lacks(playback))
		snprintf(lacks, sizeof(lacks), "%s", playback_lacks(playback));
	playback_close(playback);
	test_give_stderr_back();
	return told;
}

static void test_order(void)
{
	int enough = RECORDING_ENOUGH;

	test_begin("playback-order");
	write_segment("r.000002", "a", 1002, 7, 0);
	write_segment("r.000001", "a", 1000, 7, 0);
	/* The wall clock was set back meanwhile. */
	write_segment("earliest", "a", 1004, -900, 3);
	close(open(in_folder("incident.json"), O_CREAT | O_WRONLY, 0600));
	close(open(in_folder("r.000009.part"), O_CREAT | O_WRONLY, 0600));
	mkdir(in_folder("incident"), 0700);
	CHECK_STR(replayed(NULL), "1001/0 1002/0 1003/0 1004/0 1004/0:-900 1005/3 1006/3");
	CHECK_EQ(last, 0);
	CHECK_STR(test_stderr.text, "");
	CHECK_STR(lacks, "");
	CHECK_STR(replayed(&enough), "1001/0");
	CHECK_EQ(last, RECORDING_ENOUGH);
	test_end("3 segments as one, until it is enough; what is none is passed over");
	empty_folder();
}

static void test_gap(void)
{
	test_begin("playback-gap");
	write_segment("r.1", "a", 1000, 7, 4);
	write_segment("r.2", "a", 2001002, 7, 0);
	write_segment("r.3", "a", 2001004, 7, 1);
	CHECK_STR(replayed(NULL), "1001/4 1002/4 2001003/5 2001004/5 2001005/6 2001006/6");
	CHECK_EQ(last, 0);
	CHECK(strstr(test_stderr.text,
		     "warning: nothing is known of 2.00ms, between 'r.1' and 'r.2'\n"));
	CHECK_STR(lacks, "nothing is known of 2.00ms of it, in 1 gap");
	filter = "-L 443";
	write_segment("r.2", "a", 2001002, 7, 0);
	filter = "";
	replayed(NULL);
	CHECK_STR(lacks, "nothing is known of 2.00ms of it, in 1 gap, and 1 of 3 recordings in its "
			 "folder are left out");
	test_end("%.*s", (int)strcspn(test_stderr.text, "\n"), test_stderr.text);
	empty_folder();
}

/* What was between two that were read is in one that could not be. */
static void test_unread(void)
{
	int none = -EBADMSG;

	test_begin("playback-unread");
	write_segment("r.1", "a", 1000, 7, 0);
	write_segment("r.2", "a", 1002, 7, 0);
	write_segment("r.3", "a", 1004, 8, 0);
	cut("r.2", 60);
	CHECK_STR(replayed(NULL), "1001/0 1002/0 1004/1:8 1005/1 1006/1");
	CHECK_EQ(last, -EBADMSG);
	CHECK(strstr(test_stderr.text, "nothing is known of 2ns, between 'r.1' and 'r.3'\n"));
	unlink(in_folder("r.2"));
	CHECK_STR(replayed(&none), "1001/0 1004/1:8");
	CHECK_EQ(last, -EBADMSG);
	test_end("behind one that is damaged, and behind a record that is none");
	empty_folder();
}

static void test_part(void)
{
	test_begin("playback-part");
	write_segment("r.1", "a", 1000, 7, 0);
	write_segment("r.2.part", "a", 1002, 7, 0);
	cut("r.2.part", 12);
	CHECK_STR(replayed(NULL), "1001/0 1002/0 1003/0");
	CHECK_EQ(last, 0);
	CHECK(!strncmp(test_stderr.text, "warning: recording '", 20));
	CHECK(strstr(test_stderr.text, "r.2.part' is incomplete: the last "));
	CHECK(!strchr(strchr(test_stderr.text, '\n') + 1, '\n'));
	test_end("%.*s", (int)strcspn(test_stderr.text, "\n"), test_stderr.text);
	empty_folder();
}

static void test_damaged(void)
{
	test_begin("playback-damaged");
	write_segment("r.1", "a", 1000, 7, 0);
	write_segment("r.2", "a", 1002, 7, 0);
	cut("r.1", 12);
	CHECK_STR(replayed(NULL), "1001/0 1003/1 1004/1");
	CHECK_EQ(last, -ENODATA);
	CHECK(!strncmp(test_stderr.text, "error: recording '", 18));
	test_end("what is behind one that is cut is read, and fails");
	empty_folder();
}

static void test_boots(void)
{
	test_begin("playback-boots");
	write_segment("r.1", "a", 5000, 7, 0);
	write_segment("r.2", "b", 1000, 9000000, 0);
	write_segment("r.0", "", 500, 7, 0);
	CHECK_STR(replayed(NULL), "1001/0 1002/0");
	CHECK_EQ(last, 0);
	CHECK(strstr(test_stderr.text, "warning: 1 of 3 recordings in '"));
	CHECK(strstr(test_stderr.text,
		     "they are of another start of the host, or of another host\n"));
	CHECK(strstr(test_stderr.text,
		     "it is not known if they are of the same start of the host\n"));
	test_end("%.*s", (int)strcspn(test_stderr.text, "\n"), test_stderr.text);
	empty_folder();
}

static void test_filters(void)
{
	test_begin("playback-filters");
	write_segment("r.1", "a", 1000, 7, 0);
	filter = "-L 443";
	/* The wall clock was set back: that is not what says which is the last. */
	write_segment("r.2", "a", 1002, -900, 0);
	filter = "";
	CHECK_STR(replayed(NULL), "1003/0 1004/0");
	CHECK_EQ(last, 0);
	CHECK(strstr(test_stderr.text, "warning: 1 of 2 recordings in '"));
	CHECK(strstr(test_stderr.text, "are left out: another filter, or other ways to see\n"));
	test_end("%.*s", (int)strcspn(test_stderr.text, "\n"), test_stderr.text);
	empty_folder();
}

static void set_version(const char *name, uint32_t version)
{
	int fd = open(in_folder(name), O_WRONLY);

	CHECK_EQ(pwrite(fd, &version, sizeof(version), 8), sizeof(version));
	close(fd);
}

static void test_versions(void)
{
	test_begin("playback-versions");
	write_segment("r.1", "a", 1000, 7, 0);
	set_version("r.1", WIRE_VERSION - 1);
	replayed(NULL);
	CHECK(strstr(test_stderr.text, "error: no recording of this version is in '"));
	write_segment("r.2", "a", 1002, 7, 0);
	CHECK_STR(replayed(NULL), "1003/0 1004/0");
	CHECK_EQ(last, 0);
	CHECK(strstr(test_stderr.text, "warning: 1 of 2 recordings in '"));
	CHECK(strstr(test_stderr.text, "are left out: they are of another version of tcpdwell\n"));
	test_end("%.*s", (int)strcspn(test_stderr.text, "\n"), test_stderr.text);
	empty_folder();
}

/* The folder was read before a part was completed, and after that, too. */
static void test_completed(void)
{
	test_begin("playback-completed");
	write_segment("r.1", "a", 1000, 7, 0);
	write_segment("r.2", "a", 1002, 7, 0);
	write_segment("r.2.part", "a", 1002, 7, 0);
	CHECK_STR(replayed(NULL), "1001/0 1002/0 1003/0 1004/0");
	CHECK_EQ(last, 0);
	CHECK_STR(test_stderr.text, "");
	test_end("a part and what it became are one");
	empty_folder();
}

static void test_refused(void)
{
	test_begin("playback-refused");
	replayed(NULL);
	CHECK(strstr(test_stderr.text, "error: no recording is in '"));
	write_segment("a", "a", 1000, 7, 0);
	write_segment("b", "a", 1001, 7, 0);
	CHECK_STR(replayed(NULL), "1001/0 1002/0");
	CHECK_EQ(last, -EINVAL);
	CHECK(strstr(test_stderr.text, "'b' begins before 'a' ends\n"));
	test_end("no recording; two of the same time");
	empty_folder();
}

int main(void)
{
	if (!mkdtemp(folder))
		abort();
	test_order();
	test_gap();
	test_unread();
	test_part();
	test_damaged();
	test_boots();
	test_filters();
	test_versions();
	test_completed();
	test_refused();
	rmdir(folder);
	return test_status();
}
