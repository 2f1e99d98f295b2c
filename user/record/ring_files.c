/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ring_files.c - see ring_files.h. */
#include "record/ring_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/diag.h"
#include "base/second_process.h"
#include "base/shortage.h"
#include "base/stream.h"

#define PART       ".part"
#define DIGITS     6
#define BEHIND_MAX 32 /* what comes behind the name that was asked for */
#define NAME_ROOM  (NAME_MAX + 1 + BEHIND_MAX)

enum order { ORDER_NEXT, ORDER_COMPLETE };

/* What failed, for words. */
enum step { STEP_BEGIN, STEP_CREATE, STEP_COMPLETE, STEP_REMOVE };

struct answer {
	int32_t err; /* -errno; 0 */
	uint32_t step;
	uint64_t number; /* of the file that it is about */
};

/* ---- the keeper ---- */

struct keeper {
	char name[NAME_MAX + 1]; /* without a number */
	uint64_t keep, number;   /* `number`: of the newest file that there is */
	DIR *folder;
	int file;             /* the one being written; -1: none yet */
	struct answer failed; /* once the last answer had been given */
};

static const char *name_of(const struct keeper *keeper, uint64_t number, bool is_part,
			   char text[NAME_ROOM])
{
	snprintf(text, NAME_ROOM, "%s.%0*" PRIu64 "%s", keeper->name, DIGITS, number,
		 is_part ? PART : "");
	return text;
}

/* The number of a file of ours; 0: it is none. */
static uint64_t number_of(const struct keeper *keeper, const char *name)
{
	size_t len = strlen(keeper->name);
	char text[NAME_ROOM];
	uint64_t number;

	if (strncmp(name, keeper->name, len) != 0 || name[len] != '.')
		return 0;
	number = strtoull(name + len + 1, NULL, 10);
	if (number && (!strcmp(name, name_of(keeper, number, false, text)) ||
		       !strcmp(name, name_of(keeper, number, true, text))))
		return number;
	return 0;
}

static void find_newest(struct keeper *keeper)
{
	const struct dirent *entry;

	while ((entry = readdir(keeper->folder))) {
		uint64_t number = number_of(keeper, entry->d_name);

		if (number > keeper->number && number < UINT64_MAX)
			keeper->number = number;
	}
}

static int fail(struct keeper *keeper, enum step step, uint64_t number)
{
	keeper->failed = (struct answer){.err = -errno, .step = step, .number = number};
	return -errno;
}

static int remove_old(struct keeper *keeper)
{
	const struct dirent *entry;

	rewinddir(keeper->folder);
	while (keeper->keep && (entry = readdir(keeper->folder))) {
		uint64_t number = number_of(keeper, entry->d_name);

		if (number && number + keeper->keep <= keeper->number &&
		    unlinkat(dirfd(keeper->folder), entry->d_name, 0) && errno != ENOENT)
			return fail(keeper, STEP_REMOVE, number);
	}
	return 0;
}

/* It is on the disk before its name says that it is whole. */
static int complete(struct keeper *keeper, int file, uint64_t number)
{
	char part[NAME_ROOM], whole[NAME_ROOM];
	int folder = dirfd(keeper->folder);

	name_of(keeper, number, true, part);
	name_of(keeper, number, false, whole);
	if (fsync(file) || renameat(folder, part, folder, whole) || fsync(folder))
		return fail(keeper, STEP_COMPLETE, number);
	return close(file);
}

static int answer(const struct answer *what, int fd)
{
	return second_process_send(SECOND_PROCESS_SOCKET, what, sizeof(*what), fd);
}

/* The next file first: nobody waits for the disk meanwhile. */
static int make_next(struct keeper *keeper)
{
	struct answer made = {.step = STEP_CREATE, .number = keeper->number + 1};
	char part[NAME_ROOM];
	int before = keeper->file, fd, err;

	if (keeper->failed.err)
		return answer(&keeper->failed, -1);
	name_of(keeper, made.number, true, part);
	fd = openat(dirfd(keeper->folder), part,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	made.err = fd < 0 ? -errno : 0;
	err = answer(&made, fd);
	if (err || fd < 0)
		return err;
	keeper->file = fd;
	keeper->number = made.number;
	if (before < 0 || !complete(keeper, before, made.number - 1))
		remove_old(keeper);
	return 0;
}

static int complete_last(struct keeper *keeper)
{
	if (!keeper->failed.err && keeper->file >= 0)
		complete(keeper, keeper->file, keeper->number);
	return answer(&keeper->failed, -1);
}

/* Into the folder, so that nobody has to be able to find the way again. */
static int go_there(struct keeper *keeper, const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	if (snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path + 1) : 0, path) >=
		    PATH_MAX ||
	    strlen(slash ? slash + 1 : path) + BEHIND_MAX > NAME_MAX)
		return -ENAMETOOLONG;
	strcpy(keeper->name, slash ? slash + 1 : path);
	if (!*keeper->name)
		return -EISDIR;
	if (*folder && chdir(folder))
		return -errno;
	keeper->folder = opendir(".");
	return keeper->folder ? 0 : -errno;
}

static void keep(const char *path, uint64_t n)
{
	static struct keeper keeper;
	struct answer begun = {.step = STEP_BEGIN};
	uint32_t order;
	int err;

	keeper = (struct keeper){.keep = n, .file = -1};
	begun.err = go_there(&keeper, path);
	if (!begun.err) {
		find_newest(&keeper);
		begun.err = confine_to_folder(CONFINE_MAKE);
	}
	err = answer(&begun, -1);
	while (!err && second_process_receive(SECOND_PROCESS_SOCKET, &order, sizeof(order), NULL) ==
			       sizeof(order))
		err = order == ORDER_NEXT ? make_next(&keeper) : complete_last(&keeper);
	_exit(0);
}

/* ---- asking it ---- */

struct ring_files {
	const char *path; /* as the user named it */
	int socket;
	pid_t keeper;
};

static const char *path_of(const struct ring_files *files, const struct answer *answer,
			   bool is_part, char text[RING_FILES_PATH_MAX])
{
	snprintf(text, RING_FILES_PATH_MAX, "%s.%0*" PRIu64 "%s", files->path, DIGITS,
		 answer->number, is_part ? PART : "");
	return text;
}

static int tell(const struct ring_files *files, const struct answer *answer)
{
	static const char *const words[] = {
		[STEP_CREATE] = "create", [STEP_COMPLETE] = "complete", [STEP_REMOVE] = "remove"};
	char path[RING_FILES_PATH_MAX];

	if (answer->step == STEP_BEGIN)
		diag_error("cannot record to '%s': %s", files->path, strerror(-answer->err));
	else
		diag_error("cannot %s recording '%s': %s", words[answer->step],
			   path_of(files, answer, answer->step != STEP_REMOVE, path),
			   strerror(-answer->err));
	diag_hint("%s", shortage_cure(-answer->err, "--rotate needs a folder in which files can be "
						    "made, renamed and removed"));
	return answer->err;
}

static int gone(const struct ring_files *files)
{
	diag_error("cannot go on with recording '%s': the process that makes its files has ended",
		   files->path);
	diag_hint("it was killed, perhaps because memory was short (`dmesg`)");
	return -EIO;
}

/* 0, or -errno after it was told. */
static int receive(const struct ring_files *files, struct answer *ret_answer, int *ret_fd)
{
	if (second_process_receive(files->socket, ret_answer, sizeof(*ret_answer), ret_fd) !=
	    sizeof(*ret_answer))
		return gone(files);
	return ret_answer->err ? tell(files, ret_answer) : 0;
}

static int ask(const struct ring_files *files, enum order order, struct answer *ret_answer,
	       int *ret_fd)
{
	uint32_t word = order;

	if (second_process_send(files->socket, &word, sizeof(word), -1))
		return gone(files);
	return receive(files, ret_answer, ret_fd);
}

struct ring_files *ring_files_open(const char *path, uint64_t keep_files)
{
	struct ring_files *files = calloc(1, sizeof(*files));
	struct answer answer = {.step = STEP_BEGIN, .err = -ENOMEM};

	if (!files) {
		diag_error("cannot record to '%s': out of memory", path);
		return NULL;
	}
	files->path = path;
	files->keeper = second_process_start(&files->socket);
	if (!files->keeper)
		keep(path, keep_files);
	if (files->keeper < 0) {
		answer.err = files->keeper;
		tell(files, &answer);
		free(files);
		return NULL;
	}
	if (!receive(files, &answer, NULL))
		return files;
	second_process_stop(files->socket, files->keeper);
	free(files);
	return NULL;
}

FILE *ring_files_next(struct ring_files *files, char ret_path[RING_FILES_PATH_MAX])
{
	struct answer answer;
	int fd = -1;
	FILE *file;

	if (ask(files, ORDER_NEXT, &answer, &fd))
		return NULL;
	/* Where we have no descriptor left for it, it does not come. */
	file = fd < 0 ? NULL : stream_writing(fd);
	if (file) {
		path_of(files, &answer, true, ret_path);
		return file;
	}
	answer.err = fd < 0 ? -EMFILE : -ENOMEM;
	tell(files, &answer);
	if (fd >= 0)
		close(fd);
	return NULL;
}

int ring_files_finish(struct ring_files *files, bool good)
{
	struct answer answer;
	int err;

	if (!files)
		return 0;
	err = good ? ask(files, ORDER_COMPLETE, &answer, NULL) : 0;
	second_process_stop(files->socket, files->keeper);
	free(files);
	return err;
}
