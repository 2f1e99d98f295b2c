/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* recording.c - the file format. See recording.h. */
#include "record/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/diag.h"
#include "base/name.h"
#include "base/shortage.h"
#include "base/stop.h"
#include "base/stream.h"
#include "wire.h"

#define RECORDING_MAGIC "TCPDWELL"
#define RECORDING_END   0x454e4421u /* not a CRC of nothing, which is 0 */
#define FRAME_MAX       (1u << 20)  /* that is read */
#define BLOCK_MAX       (1u << 16)  /* that is written: what a cut costs, at most */
#define HEADER_MAX      (1u << 16)

struct file_head {
	char magic[8];
	uint32_t version;
	uint32_t header_len;
	uint32_t header_crc;
};

struct frame_head {
	uint32_t len;
	uint32_t crc;
};

struct recording_writer {
	FILE *file;
	char *path;
	int err;          /* the first failure; nothing is written after it */
	uint64_t written; /* bytes, without the frame under way */
	uint32_t used;
	unsigned char frame[BLOCK_MAX];
};

struct recording_reader {
	FILE *file;
	char *path;
	bool is_stdin, is_part;
	uint64_t at, whole; /* bytes that were read; of these the head and the whole frames */
	unsigned char frame[FRAME_MAX];
};

/* ---- meta <-> JSON ---- */

/* JSON has no bytes: what was typed and is no UTF-8 is written as it would be printed. */
static json_t *text_to_json(const char *text)
{
	char printable[NAME_ROOM(META_TEXT_MAX)];
	json_t *json = json_string(text);

	return json ? json : json_string(name_text(printable, sizeof(printable), text));
}

static char *meta_to_json(const struct meta *meta)
{
	json_t *json = json_pack(
		"{sI sI sI sI sb so so so so so}", "attached_ns", (json_int_t)meta->attached,
		"wall_offset_ns", (json_int_t)meta->wall_offset, "tick_ns",
		(json_int_t)meta->tick_ns, "duration_ns", (json_int_t)meta->duration_ns,
		"sees_timewait", meta->sees_timewait, "version", text_to_json(meta->version),
		"kernel", text_to_json(meta->kernel), "transitions",
		text_to_json(meta->transition_way), "timewait", text_to_json(meta->timewait_way),
		"filter", text_to_json(meta->filter));
	char *text;

	if (json)
		json_object_set_new(json, "sees_handshakes", json_boolean(meta->sees_handshakes));
	/* Rare, and absent where nothing is to be said of it. */
	if (json && meta->boot[0])
		json_object_set_new(json, "boot", text_to_json(meta->boot));
	if (json && meta->samples_timewait)
		json_object_set_new(json, "samples_timewait", json_true());
	if (json && meta->accept_way[0]) {
		json_object_set_new(json, "accept", text_to_json(meta->accept_way));
		json_object_set_new(json, "sees_accepts", json_boolean(meta->sees_accepts));
	}
	text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	return text;
}

static bool meta_from_json(const char *text, size_t len, struct meta *ret_meta)
{
	const char *version, *kernel, *transitions, *timewait, *filter, *accept = "", *boot = "";
	json_int_t attached, offset, tick, duration;
	int sees_timewait, samples_timewait = 0, sees_handshakes = 0, sees_accepts = 0;
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	bool ok = json &&
		  !json_unpack(json, "{sI sI sI sI sb s?b s?b s?s s?b s?s ss ss ss ss ss}",
			       "attached_ns", &attached, "wall_offset_ns", &offset, "tick_ns",
			       &tick, "duration_ns", &duration, "sees_timewait", &sees_timewait,
			       "samples_timewait", &samples_timewait, "sees_handshakes",
			       &sees_handshakes, "accept", &accept, "sees_accepts", &sees_accepts,
			       "boot", &boot, "version", &version, "kernel", &kernel, "transitions",
			       &transitions, "timewait", &timewait, "filter", &filter);

	if (ok) {
		*ret_meta = (struct meta){.attached = (uint64_t)attached,
					  .wall_offset = offset,
					  .tick_ns = (uint64_t)tick,
					  .duration_ns = (uint64_t)duration,
					  .sees_timewait = sees_timewait,
					  .samples_timewait = samples_timewait,
					  .sees_handshakes = sees_handshakes,
					  .sees_accepts = sees_accepts};
		snprintf(ret_meta->boot, META_BOOT_MAX, "%s", boot);
		snprintf(ret_meta->version, META_TEXT_MAX, "%s", version);
		snprintf(ret_meta->kernel, META_TEXT_MAX, "%s", kernel);
		snprintf(ret_meta->transition_way, META_TEXT_MAX, "%s", transitions);
		snprintf(ret_meta->timewait_way, META_TEXT_MAX, "%s", timewait);
		snprintf(ret_meta->accept_way, META_TEXT_MAX, "%s", accept);
		snprintf(ret_meta->filter, META_TEXT_MAX, "%s", filter);
	}
	json_decref(json);
	return ok;
}

/* ---- writing ---- */

static int write_failed(struct recording_writer *writer)
{
	writer->err = -(errno ? errno : EIO);
	diag_error("cannot write recording '%s': %s", writer->path, strerror(-writer->err));
	diag_hint("-r can read what it holds so far, and will say that it is incomplete");
	if (shortage_cure(-writer->err, NULL))
		diag_hint("%s", shortage_cure(-writer->err, NULL));
	return writer->err;
}

static int write_all(struct recording_writer *writer, const void *bytes, size_t len)
{
	if (writer->err)
		return writer->err;
	errno = 0;
	if (fwrite(bytes, 1, len, writer->file) != len)
		return write_failed(writer);
	writer->written += len;
	return 0;
}

/* Out of our buffer: should we be killed, the file holds all but the last moment. */
static int push_out(struct recording_writer *writer)
{
	if (writer->err)
		return writer->err;
	errno = 0;
	return fflush(writer->file) ? write_failed(writer) : 0;
}

static int write_header(struct recording_writer *writer, const char *json)
{
	struct file_head head = {.version = WIRE_VERSION, .header_len = (uint32_t)strlen(json)};

	memcpy(head.magic, RECORDING_MAGIC, sizeof(head.magic));
	head.header_crc = (uint32_t)crc32(0, (const unsigned char *)json, head.header_len);
	return write_all(writer, &head, sizeof(head)) || write_all(writer, json, head.header_len)
		       ? writer->err
		       : push_out(writer);
}

static void free_writer(struct recording_writer *writer)
{
	if (writer)
		free(writer->path);
	free(writer);
}

struct recording_writer *recording_write_to(FILE *file, const char *path, const struct meta *meta)
{
	struct recording_writer *writer = calloc(1, sizeof(*writer));
	char *json = meta_to_json(meta), *name = strdup(path);
	int err = -ENOMEM;

	if (writer && json && name) {
		writer->file = file;
		writer->path = name;
		err = write_header(writer, json);
	} else {
		diag_error("cannot create recording '%s': out of memory", path);
		free(name);
	}
	free(json);
	if (!err)
		return writer;
	fclose(file);
	free_writer(writer);
	return NULL;
}

struct recording_writer *recording_create(const char *path, const struct meta *meta)
{
	/* Who talks to whom on this host is for its owner alone. */
	FILE *file = stream_create(path, O_CREAT | O_TRUNC, 0600);
	int err = errno;

	if (file)
		return recording_write_to(file, path, meta);
	diag_error("cannot create recording '%s': %s", path, strerror(err));
	diag_hint("%s", shortage_cure(err, "-w needs a file that can be written, in a folder that "
					   "exists"));
	return NULL;
}

uint64_t recording_size(const struct recording_writer *writer)
{
	return writer->written + writer->used;
}

int recording_flush(struct recording_writer *writer)
{
	struct frame_head head = {.len = writer->used};

	if (!writer->used)
		return writer->err;
	head.crc = (uint32_t)crc32(0, writer->frame, writer->used);
	writer->used = 0;
	if (write_all(writer, &head, sizeof(head)) || write_all(writer, writer->frame, head.len))
		return writer->err;
	return push_out(writer);
}

int recording_add(struct recording_writer *writer, const void *record, size_t len)
{
	if (writer->used + len > BLOCK_MAX && recording_flush(writer))
		return writer->err;
	memcpy(writer->frame + writer->used, record, len);
	writer->used += (uint32_t)len;
	return writer->err;
}

int recording_finish(struct recording_writer *writer)
{
	static const struct frame_head end = {.len = 0, .crc = RECORDING_END};
	int err;

	if (!writer)
		return 0;
	recording_flush(writer);
	write_all(writer, &end, sizeof(end));
	errno = 0;
	if (fclose(writer->file) && !writer->err)
		write_failed(writer);
	err = writer->err;
	free_writer(writer);
	return err;
}

/* ---- reading ---- */

static bool take(struct recording_reader *reader, void *bytes, size_t len)
{
	size_t n = fread(bytes, 1, len, reader->file);

	reader->at += n;
	return n == len;
}

/* In bytes; 0: it is none that has one, or it cannot be told. */
static uint64_t size_of(const struct recording_reader *reader)
{
	struct stat st;
	int err = reader->is_stdin ? fstat(STDIN_FILENO, &st) : stat(reader->path, &st);

	return err || !S_ISREG(st.st_mode) ? 0 : (uint64_t)st.st_size;
}

/* Of a part it is no error that it is not whole, and its rest may be anything. */
static int refuse(const struct recording_reader *reader, int err, const char *what,
		  const char *hint)
{
	if (reader->is_part) {
		diag_warn("recording '%s' is %s", reader->path, what);
		return -ENODATA;
	}
	diag_error("recording '%s' is %s", reader->path, what);
	diag_hint("%s", hint);
	return err;
}

static int refuse_damaged(const struct recording_reader *reader, const char *what)
{
	uint64_t size = size_of(reader);
	char text[160];
	int len = snprintf(text, sizeof(text), "damaged: %s", what);

	if (size > reader->whole)
		snprintf(text + len, sizeof(text) - (size_t)len,
			 "; the last %" PRIu64 " of %" PRIu64 " bytes are left out",
			 size - reader->whole, size);
	return refuse(reader, -EBADMSG, text,
		      "copy it again; what follows the damage is not shown");
}

/* What comes behind the last whole frame, in words. */
static int refuse_rest(const struct recording_reader *reader, const char *what)
{
	char text[160];

	snprintf(text, sizeof(text), "incomplete: the last %" PRIu64 " of %" PRIu64 " bytes are %s",
		 reader->at - reader->whole, reader->at, what);
	return refuse(reader, -ENODATA, text,
		      "what comes before is shown; the rest was never written, or is lost");
}

static int refuse_cut(const struct recording_reader *reader)
{
	char text[80];

	if (stop_is_asked())
		return -EINTR;
	if (ferror(reader->file)) {
		diag_error("cannot read recording '%s': %s", reader->path, strerror(errno));
		return -EIO;
	}
	if (reader->at > reader->whole && reader->whole)
		return refuse_rest(reader, "part of a block");
	if (reader->whole)
		return refuse(reader, -ENODATA, "incomplete: it has no end mark",
			      "what it holds is shown; the rest was never written, or is lost");
	snprintf(text, sizeof(text), "incomplete: it ends in its head, at %" PRIu64 " bytes",
		 reader->at);
	return refuse(reader, -ENODATA, text,
		      "nothing is in it: it was cut, or tcpdwell was killed as it began");
}

/* A file may have grown before its bytes came to the disk: zeros, where the host went down. */
static int refuse_empty_frame(struct recording_reader *reader)
{
	int byte;

	while (!(byte = getc(reader->file)))
		reader->at++;
	return byte == EOF && !ferror(reader->file) ? refuse_rest(reader, "zeros")
						    : refuse_damaged(reader, "an empty frame");
}

static int check_head(const struct recording_reader *reader, const struct file_head *head)
{
	if (memcmp(head->magic, RECORDING_MAGIC, sizeof(head->magic)) != 0) {
		diag_error("'%s' is not a tcpdwell recording", reader->path);
		diag_hint("recordings are made with `tcpdwell -w FILE`");
		return -EINVAL;
	}
	if (head->version == __builtin_bswap32(WIRE_VERSION)) {
		diag_error("recording '%s' is from a machine of the other byte order",
			   reader->path);
		diag_hint("replay it there, with -f json, and carry the output over");
		return -EINVAL;
	}
	if (head->version != WIRE_VERSION) {
		diag_error("recording '%s' is of version %" PRIu32 ", this tcpdwell reads %d",
			   reader->path, head->version, WIRE_VERSION);
		diag_hint("replay it with the tcpdwell that recorded it");
		return -EINVAL;
	}
	if (head->header_len > HEADER_MAX)
		return refuse_damaged(reader, "its header is too long");
	return 0;
}

static int read_header(struct recording_reader *reader, struct meta *ret_meta)
{
	struct file_head head = {0};
	int err;

	if (!take(reader, &head, sizeof(head))) {
		if (ferror(reader->file) || stop_is_asked() ||
		    !memcmp(head.magic, RECORDING_MAGIC, sizeof(head.magic)))
			return refuse_cut(reader);
		diag_error("'%s' is not a tcpdwell recording: it is %s", reader->path,
			   reader->at ? "too short" : "empty");
		return -EINVAL;
	}
	err = check_head(reader, &head);
	if (err)
		return err;
	if (!take(reader, reader->frame, head.header_len))
		return refuse_cut(reader);
	if (crc32(0, reader->frame, head.header_len) != head.header_crc)
		return refuse_damaged(reader, "the checksum of its header does not match");
	if (!meta_from_json((const char *)reader->frame, head.header_len, ret_meta))
		return refuse_damaged(reader, "its header cannot be understood");
	reader->whole = reader->at;
	return 0;
}

static struct recording_reader *open_reader(const char *path, bool is_part, struct meta *ret_meta)
{
	struct recording_reader *reader = calloc(1, sizeof(*reader));
	bool is_stdin = !strcmp(path, "-");

	if (is_stdin)
		stop_on_interrupt();
	if (reader) {
		reader->is_stdin = is_stdin;
		reader->is_part = is_part;
		reader->path = strdup(is_stdin ? "standard input" : path);
	}
	if (!reader || !reader->path) {
		diag_error("cannot read recording '%s': out of memory", path);
		recording_close(reader);
		return NULL;
	}
	reader->file = is_stdin ? stream_reading(STDIN_FILENO) : stream_open(path);
	if (!reader->file) {
		int err = errno;

		diag_error("cannot read recording '%s': %s", path, strerror(err));
		diag_hint("%s", shortage_cure(err, "-r needs a file that `tcpdwell -w` wrote, or "
						   "'-' for standard input"));
		recording_close(reader);
		return NULL;
	}
	if (read_header(reader, ret_meta)) {
		recording_close(reader);
		return NULL;
	}
	return reader;
}

struct recording_reader *recording_open(const char *path, struct meta *ret_meta)
{
	return open_reader(path, false, ret_meta);
}

struct recording_reader *recording_open_part(const char *path, struct meta *ret_meta)
{
	return open_reader(path, true, ret_meta);
}

bool recording_is_one(const char *path)
{
	char magic[sizeof(((struct file_head *)NULL)->magic)];
	FILE *file = fopen(path, "re");
	bool is_one;

	if (!file)
		return errno != ENOENT;
	is_one = fread(magic, 1, sizeof(magic), file) == sizeof(magic) &&
		 !memcmp(magic, RECORDING_MAGIC, sizeof(magic));
	fclose(file);
	return is_one;
}

bool recording_is_of_other_version(const char *path)
{
	struct file_head head;
	FILE *file = fopen(path, "re");
	bool is_other;

	if (!file)
		return false;
	is_other = fread(&head, sizeof(head), 1, file) == 1 &&
		   !memcmp(head.magic, RECORDING_MAGIC, sizeof(head.magic)) &&
		   head.version != WIRE_VERSION;
	fclose(file);
	return is_other;
}

int recording_read(struct recording_reader *reader,
		   int (*fn)(void *ctx, const void *records, size_t len), void *ctx)
{
	struct frame_head head;
	int err;

	for (;;) {
		if (!take(reader, &head, sizeof(head)))
			return refuse_cut(reader);
		if (!head.len && head.crc != RECORDING_END)
			return head.crc ? refuse_damaged(reader, "an empty frame")
					: refuse_empty_frame(reader);
		if (!head.len)
			return getc(reader->file) == EOF
				       ? 0
				       : refuse_damaged(reader, "it goes on behind its end");
		if (head.len > FRAME_MAX)
			return refuse_damaged(reader, "a frame is too long");
		if (!take(reader, reader->frame, head.len))
			return refuse_cut(reader);
		if (crc32(0, reader->frame, head.len) != head.crc)
			return refuse_damaged(reader, "a checksum does not match");
		reader->whole = reader->at;
		err = fn(ctx, reader->frame, head.len);
		if (err)
			return err;
	}
}

int recording_each(const char *path, const void *records, size_t len, uint64_t until,
		   int (*fn)(void *ctx, const void *record, size_t len), void *ctx)
{
	const unsigned char *bytes = records;

	while (len) {
		struct wire_head head;
		int used;

		if (len >= sizeof(head)) {
			memcpy(&head, bytes, sizeof(head));
			if (head.ts > until)
				return RECORDING_ENOUGH;
		}
		used = fn(ctx, bytes, len);
		if (used == -EBADMSG)
			diag_error("recording '%s' is damaged: it has a record that is none", path);
		if (used < 0)
			return used;
		bytes += used;
		len -= (size_t)used;
	}
	return 0;
}

void recording_close(struct recording_reader *reader)
{
	if (!reader)
		return;
	if (reader->file)
		fclose(reader->file);
	free(reader->path);
	free(reader);
}
