/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* reopen.c - see reopen.h. */
#include "record/reopen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/diag.h"
#include "base/second_process.h"
#include "base/shortage.h"
#include "base/stream.h"
#include "base/target.h"

struct reopen {
	const char *path;     /* as the user named it */
	char place[PATH_MAX]; /* without links: these stay what they are */
	struct target now;    /* what is written */
	int socket;
	pid_t keeper;
};

/* ---- the keeper ---- */

static int answer(int32_t err, int fd)
{
	return second_process_send(SECOND_PROCESS_SOCKET, &err, sizeof(err), fd);
}

/* What is there already is not changed: who asks looks at it first. */
static int hand_over(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	int err = answer(fd < 0 ? -errno : 0, fd);

	if (fd >= 0)
		close(fd);
	return err;
}

/* That no file can be made there does not matter yet: one may be put there. */
static void keep(char place[PATH_MAX])
{
	char *slash = strrchr(place, '/'), *name = slash ? slash + 1 : place, order;
	int err = 0;

	if (slash)
		*slash = '\0';
	if (slash && chdir(slash == place ? "/" : place))
		err = -errno;
	if (!err)
		confine_to_folder(CONFINE_WRITE);
	err = answer(err, -1);
	while (!err && second_process_receive(SECOND_PROCESS_SOCKET, &order, 1, NULL) == 1)
		err = hand_over(name);
	_exit(0);
}

/* ---- asking it ---- */

/* 0, and what was opened, or -errno. */
static int receive(const struct reopen *reopen, int *ret_fd)
{
	int32_t err;

	if (second_process_receive(reopen->socket, &err, sizeof(err), ret_fd) != sizeof(err))
		return -EPIPE;
	return err;
}

/* Is it a file that has a name of its own, or can get it? */
static bool find_place(struct reopen *reopen)
{
	struct target found;

	return !target_path(reopen->path, reopen->place) && target_of(reopen->path, &reopen->now) &&
	       target_of(reopen->place, &found) && target_is_same(&reopen->now, &found) &&
	       (!found.mode || S_ISREG(found.mode));
}

struct reopen *reopen_start(const char *path)
{
	struct reopen *reopen = calloc(1, sizeof(*reopen));
	int err;

	if (!reopen)
		return NULL;
	reopen->path = path;
	reopen->keeper = find_place(reopen) ? second_process_start(&reopen->socket) : -ENOENT;
	if (!reopen->keeper)
		keep(reopen->place);
	err = reopen->keeper > 0 ? receive(reopen, NULL) : reopen->keeper;
	if (!err)
		return reopen;
	/* Without descriptors nothing else will work either, which is told then. */
	if (err != -ENOENT && err != -EMFILE)
		diag_warn("SIGHUP will end the recording '%s' and begin no other: %s", path,
			  strerror(-err));
	reopen_stop(reopen);
	return NULL;
}

void reopen_note_file(struct reopen *reopen)
{
	if (reopen)
		target_of(reopen->path, &reopen->now);
}

static FILE *cannot(const struct reopen *reopen, int fd, const char *why, const char *cure)
{
	diag_warn("cannot begin a new recording '%s': %s", reopen->path, why);
	diag_hint("%s", cure);
	diag_hint("the one that was begun goes on");
	if (fd >= 0)
		close(fd);
	return NULL;
}

FILE *reopen_next(struct reopen *reopen)
{
	static const char rename_first[] = "rename it, then send SIGHUP";
	struct target found = {0};
	struct stat st;
	int fd = -1, err;
	FILE *file;

	err = second_process_send(reopen->socket, "", 1, -1) ?: receive(reopen, &fd);
	/* Where we have no descriptor left for it, it does not come. */
	if (!err && (fd < 0 || fstat(fd, &st) || !target_of_fd(fd, &found)))
		err = -EMFILE;
	if (err == -EPIPE)
		return cannot(reopen, fd, "the process that opens it has ended",
			      "it was killed, perhaps because memory was short (`dmesg`)");
	if (err)
		return cannot(reopen, fd, strerror(-err), shortage_cure(-err, rename_first));
	if (target_is_same(&found, &reopen->now))
		return cannot(reopen, fd, "it has not been renamed", rename_first);
	if (!S_ISREG(st.st_mode) || st.st_size)
		return cannot(reopen, fd, "something else is there", rename_first);
	file = stream_writing(fd);
	if (!file)
		return cannot(reopen, fd, strerror(ENOMEM), shortage_cure(ENOMEM, rename_first));
	reopen->now = found;
	return file;
}

void reopen_stop(struct reopen *reopen)
{
	if (reopen && reopen->keeper > 0)
		second_process_stop(reopen->socket, reopen->keeper);
	free(reopen);
}
