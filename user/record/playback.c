/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* playback.c - see playback.h. */
#include "record/playback.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "record/recording.h"
#include "wire.h"

#define PART               ".part"
#define HINT_OTHER_VERSION "replay them with the tcpdwell that recorded them"

struct segment {
	char *name;
	struct meta meta;
};

struct playback {
	const char *path;
	struct recording_reader *reader; /* of a file; NULL: a folder */
	struct segment *segments;        /* in the order of time */
	size_t n;
	size_t found, left_out; /* recordings */
	size_t others;          /* that are of another version: no segments */
	int err;                /* the first one */

	/* Of the folder, while it is read. */
	int (*fn)(void *ctx, const void *records, size_t len);
	void *ctx;
	int said;            /* what `fn` did, if it was not 0 */
	const char *last;    /* that was read; NULL: none yet */
	int64_t wall_offset; /* as the records so far have it */
	uint64_t latest;     /* ns: of the records so far */
	uint32_t lost;       /* the most that one of these said were lost before it */
	uint64_t unknown;    /* ns, in gaps */
	size_t gaps;
	char lacks[160]; /* as playback_lacks() told it */
	uint32_t more;   /* so many more count as lost: 0 before the first gap */
	void *copy;      /* of a frame */
	size_t room;
};

static void out_of_memory(const char *path)
{
	diag_error("cannot read recording '%s': out of memory", path);
}

static void note_error(struct playback *playback, int err)
{
	if (!playback->err)
		playback->err = err;
}

/* ---- finding the segments ---- */

static bool is_part(const char *name)
{
	size_t len = strlen(name);

	return len > strlen(PART) && !strcmp(name + len - strlen(PART), PART);
}

/* While we look a part may be completed: it has lost its `.part` then. */
static bool path_of(const struct playback *playback, const char *name, char ret_path[PATH_MAX])
{
	if (snprintf(ret_path, PATH_MAX, "%s/%s", playback->path, name) >= PATH_MAX)
		return false;
	if (is_part(name) && access(ret_path, F_OK))
		ret_path[strlen(ret_path) - strlen(PART)] = '\0';
	return true;
}

/* While we look the oldest one may go. */
static struct recording_reader *open_segment(const struct playback *playback, const char *name,
					     struct meta *ret_meta)
{
	char path[PATH_MAX];

	if (!path_of(playback, name, path))
		return NULL;
	if (is_part(path))
		return recording_open_part(path, ret_meta);
	return access(path, F_OK) && errno == ENOENT ? NULL : recording_open(path, ret_meta);
}

static bool is_segment(const struct playback *playback, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	return path_of(playback, name, path) && !stat(path, &st) && S_ISREG(st.st_mode) &&
	       recording_is_one(path);
}

static bool is_of_other_version(const struct playback *playback, const char *name)
{
	char path[PATH_MAX];

	return path_of(playback, name, path) && recording_is_of_other_version(path);
}

static int append(struct playback *playback, const char *name, const struct meta *meta)
{
	struct segment *all = realloc(playback->segments,
				      (playback->n + 1) * sizeof(*playback->segments));
	struct segment *segment;

	if (!all)
		return -ENOMEM;
	playback->segments = all;
	segment = &all[playback->n];
	*segment = (struct segment){.name = strdup(name), .meta = *meta};
	if (!segment->name)
		return -ENOMEM;
	playback->n++;
	playback->found++;
	return 0;
}

static int add(struct playback *playback, const char *name)
{
	struct recording_reader *reader;
	struct meta meta;

	if (!is_segment(playback, name))
		return 0;
	if (is_of_other_version(playback, name)) {
		playback->found++;
		playback->others++;
		return 0;
	}
	reader = open_segment(playback, name, &meta);
	if (!reader) {
		/* What is no part is whole, or is gone. */
		if (!is_part(name) && is_segment(playback, name))
			note_error(playback, -EBADMSG);
		return 0;
	}
	recording_close(reader);
	return append(playback, name, &meta);
}

static int find_all(struct playback *playback)
{
	DIR *folder = opendir(playback->path);
	const struct dirent *entry;
	int err = 0;

	if (!folder) {
		err = errno;
		diag_error("cannot read recording '%s': %s", playback->path, strerror(err));
		return -err;
	}
	while (!err && (entry = readdir(folder)))
		err = add(playback, entry->d_name);
	closedir(folder);
	if (err)
		out_of_memory(playback->path);
	return err;
}

/* ---- their order ---- */

/* Of one start of the host. The next one begins where an empty one does. */
static int by_time(const void *left, const void *right)
{
	const struct segment *a = left, *b = right;

	if (a->meta.attached != b->meta.attached)
		return a->meta.attached < b->meta.attached ? -1 : 1;
	return strverscmp(a->name, b->name);
}

/* What was completed while we looked may be there by both of its names. */
static bool is_same(const struct segment *whole, const struct segment *part)
{
	size_t len = strlen(whole->name);

	return !strncmp(whole->name, part->name, len) && !strcmp(part->name + len, PART);
}

static void put_in_order(struct playback *playback)
{
	struct segment *all = playback->segments;
	size_t n = playback->n, kept = 0;

	qsort(all, n, sizeof(*all), by_time);
	for (size_t i = 0; i < n; i++)
		if (kept && is_same(&all[kept - 1], &all[i]))
			free(all[i].name);
		else
			all[kept++] = all[i];
	playback->n = kept;
	playback->found -= n - kept;
}

/* ---- what is left out ---- */

static bool is_of_other_boot(const struct meta *meta, const struct meta *last)
{
	return meta->boot[0] && last->boot[0] && strcmp(meta->boot, last->boot) != 0;
}

static bool is_perhaps_of_other_boot(const struct meta *meta, const struct meta *last)
{
	return !meta->boot[0] != !last->boot[0];
}

/* What one does not see is not there in its census: it would have ended. */
static bool sees_other(const struct meta *meta, const struct meta *last)
{
	return meta->tick_ns != last->tick_ns || meta->sees_timewait != last->sees_timewait ||
	       meta->samples_timewait != last->samples_timewait ||
	       meta->sees_handshakes != last->sees_handshakes ||
	       meta->sees_accepts != last->sees_accepts ||
	       strcmp(meta->transition_way, last->transition_way) != 0 ||
	       strcmp(meta->timewait_way, last->timewait_way) != 0 ||
	       strcmp(meta->accept_way, last->accept_way) != 0 ||
	       strcmp(meta->filter, last->filter) != 0;
}

static void tell_left_out(struct playback *playback, size_t n, const char *why, const char *hint)
{
	if (!n)
		return;
	diag_warn("%zu of %zu recordings in '%s' are left out: %s", n, playback->found,
		  playback->path, why);
	diag_hint("%s", hint);
	playback->left_out += n;
}

static void leave_out(struct playback *playback, const struct segment *last,
		      bool (*is_other)(const struct meta *meta, const struct meta *last),
		      const char *why)
{
	struct segment *all = playback->segments;
	struct meta of_last = last->meta;
	size_t n = playback->n, kept = 0;

	for (size_t i = 0; i < n; i++)
		if (is_other(&all[i].meta, &of_last))
			free(all[i].name);
		else
			all[kept++] = all[i];
	playback->n = kept;
	tell_left_out(
		playback, n - kept, why,
		"-r reads each of them by its name, and all of them in a folder of their own");
}

static int64_t wall_of(const struct segment *segment)
{
	return (int64_t)segment->meta.attached + segment->meta.wall_offset;
}

static const struct segment *last_by_wall(const struct playback *playback)
{
	const struct segment *last = playback->segments;

	for (size_t i = 1; i < playback->n; i++)
		if (wall_of(&playback->segments[i]) > wall_of(last))
			last = &playback->segments[i];
	return last;
}

/* They are in the order of time, but for those of other starts of the host. */
static void leave_out_others(struct playback *playback)
{
	tell_left_out(playback, playback->others, "they are of another version of tcpdwell",
		      HINT_OTHER_VERSION);
	leave_out(playback, last_by_wall(playback), is_of_other_boot,
		  "they are of another start of the host, or of another host");
	leave_out(playback, last_by_wall(playback), is_perhaps_of_other_boot,
		  "it is not known if they are of the same start of the host");
	leave_out(playback, &playback->segments[playback->n - 1], sees_other,
		  "another filter, or other ways to see");
}

/* ---- reading ---- */

static void note_clock(struct playback *playback, const void *record)
{
	struct wire_clock clock;

	memcpy(&clock, record, sizeof(clock));
	playback->wall_offset = clock.wall_offset;
}

/* The latest time, the most losses, and the wall clock, of a frame. */
static void note_records(struct playback *playback, const unsigned char *bytes, size_t len)
{
	struct wire_head head;

	while (len >= sizeof(head)) {
		memcpy(&head, bytes, sizeof(head));
		if (head.len < sizeof(head) || head.len > len)
			break;
		if (head.ts > playback->latest)
			playback->latest = head.ts;
		if ((int32_t)(head.lost - playback->lost) > 0)
			playback->lost = head.lost;
		if (head.kind == WIRE_CLOCK && head.len == sizeof(struct wire_clock))
			note_clock(playback, bytes);
		bytes += head.len;
		len -= head.len;
	}
}

/* The same frame, whose records say that more was lost before them. */
static const void *copy_with_gap(struct playback *playback, const void *records, size_t len)
{
	unsigned char *at;
	struct wire_head head;

	if (len > playback->room) {
		free(playback->copy);
		playback->copy = malloc(len);
		playback->room = playback->copy ? len : 0;
	}
	if (!playback->copy)
		return NULL;
	at = memcpy(playback->copy, records, len);
	while (len >= sizeof(head)) {
		memcpy(&head, at, sizeof(head));
		if (head.len < sizeof(head) || head.len > len)
			break;
		head.lost += playback->more;
		memcpy(at, &head, sizeof(head));
		at += head.len;
		len -= head.len;
	}
	return playback->copy;
}

static int take_frame(void *ctx, const void *records, size_t len)
{
	struct playback *playback = ctx;

	if (playback->more) {
		records = copy_with_gap(playback, records, len);
		if (!records) {
			out_of_memory(playback->path);
			return playback->said = -ENOMEM;
		}
	}
	playback->said = playback->fn(playback->ctx, records, len);
	if (!playback->said)
		note_records(playback, records, len);
	return playback->said;
}

static void tell_gap(struct playback *playback, const struct meta *meta, const char *name)
{
	uint64_t ns = meta->attached - playback->latest;
	char text[CLOCK_TEXT_MAX];

	diag_warn("nothing is known of %s, between '%s' and '%s'", clock_duration(ns, text),
		  playback->last, name);
	playback->unknown += ns;
	playback->gaps++;
	playback->more = ++playback->lost;
}

static int refuse_overlap(const struct playback *playback, const char *name)
{
	diag_error("recording '%s': '%s' begins before '%s' ends", playback->path, name,
		   playback->last);
	diag_hint("-r takes a folder of segments of one recording: keep others elsewhere");
	return -EINVAL;
}

/* Between two runs, or while nothing could be written, nobody tells that it was set. */
static int set_clock(struct playback *playback, int64_t wall_offset)
{
	const struct wire_clock clock = {.head = {.ts = playback->latest,
						  .lost = playback->lost,
						  .kind = WIRE_CLOCK,
						  .len = sizeof(clock)},
					 .wall_offset = wall_offset};

	playback->wall_offset = wall_offset;
	return playback->fn(playback->ctx, &clock, sizeof(clock));
}

static int go_on(struct playback *playback, const struct meta *meta, const char *name)
{
	if (!playback->last)
		playback->wall_offset = meta->wall_offset;
	else if (meta->attached < playback->latest)
		return refuse_overlap(playback, name);
	else if (meta->attached > playback->latest)
		tell_gap(playback, meta, name);
	playback->latest = meta->attached;
	playback->last = name;
	return meta->wall_offset == playback->wall_offset ? 0
							  : set_clock(playback, meta->wall_offset);
}

static int read_segment(struct playback *playback, const char *name)
{
	struct meta meta;
	struct recording_reader *reader = open_segment(playback, name, &meta);
	int err;

	/* It is gone since; if not, it was told. */
	if (!reader)
		return 0;
	err = playback->said = go_on(playback, &meta, name);
	if (!err)
		err = recording_read(reader, take_frame, playback);
	recording_close(reader);
	return err == -ENODATA && is_part(name) ? 0 : err;
}

/* What cannot be read further ends a segment, and all else everything. */
static int read_segments(struct playback *playback)
{
	for (size_t i = 0; i < playback->n; i++) {
		int err = read_segment(playback, playback->segments[i].name);

		if ((playback->said && playback->said != -EBADMSG) || err == -EINTR)
			return err;
		if (err)
			note_error(playback, err);
	}
	return playback->err;
}

int playback_read(struct playback *playback, int (*fn)(void *ctx, const void *records, size_t len),
		  void *ctx)
{
	if (playback->reader)
		return recording_read(playback->reader, fn, ctx);
	playback->fn = fn;
	playback->ctx = ctx;
	return read_segments(playback);
}

const char *playback_lacks(struct playback *playback)
{
	char *text = playback->lacks, duration[CLOCK_TEXT_MAX];
	size_t len = 0, room = sizeof(playback->lacks);

	if (playback->gaps)
		len = (size_t)snprintf(text, room, "nothing is known of %s of it, in %zu gap%s%s",
				       clock_duration(playback->unknown, duration), playback->gaps,
				       playback->gaps > 1 ? "s" : "",
				       playback->left_out ? ", and " : "");
	if (playback->left_out)
		snprintf(text + len, room - len, "%zu of %zu recordings in its folder are left out",
			 playback->left_out, playback->found);
	return *text ? text : NULL;
}

/* ---- beginning and end ---- */

static void tell_none(const struct playback *playback)
{
	if (playback->err)
		return;
	diag_error("no recording %sis in '%s'", playback->others ? "of this version " : "",
		   playback->path);
	diag_hint(playback->others ? HINT_OTHER_VERSION
				   : "-r needs a file that `tcpdwell -w` wrote, or a folder of its "
				     "segments");
}

static int open_first(struct playback *playback, struct meta *ret_meta)
{
	struct recording_reader *reader;

	if (!playback->n) {
		tell_none(playback);
		return -ENOENT;
	}
	put_in_order(playback);
	leave_out_others(playback);
	for (size_t i = 0; i < playback->n; i++) {
		reader = open_segment(playback, playback->segments[i].name, ret_meta);
		recording_close(reader);
		if (reader)
			return 0;
	}
	return -ENOENT;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return strcmp(path, "-") != 0 && !stat(path, &st) && S_ISDIR(st.st_mode);
}

struct playback *playback_open(const char *path, struct meta *ret_meta)
{
	struct playback *playback = calloc(1, sizeof(*playback));
	bool ok;

	if (!playback) {
		out_of_memory(path);
		return NULL;
	}
	playback->path = path;
	if (is_folder(path)) {
		ok = !find_all(playback) && !open_first(playback, ret_meta);
	} else {
		playback->reader = recording_open(path, ret_meta);
		ok = playback->reader;
	}
	if (ok)
		return playback;
	playback_close(playback);
	return NULL;
}

void playback_close(struct playback *playback)
{
	if (!playback)
		return;
	recording_close(playback->reader);
	for (size_t i = 0; i < playback->n; i++)
		free(playback->segments[i].name);
	free(playback->segments);
	free(playback->copy);
	free(playback);
}
