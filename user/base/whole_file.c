/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* whole_file.c - see whole_file.h. */
#include "base/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/diag.h"
#include "base/shortage.h"
#include "base/stream.h"
#include "base/target.h"

struct whole_file {
	const char *path; /* as the user named it */
	FILE *stream;
	int err;                   /* errno of the first write that failed */
	pid_t keeper;              /* 0: written to as it is */
	int order, answer;         /* ends of pipes: to the keeper, from it */
	char target[PATH_MAX];     /* `path` without links: these stay what they are */
	char beside[PATH_MAX + 8]; /* what is written until it is complete */
};

static struct whole_file *told(struct whole_file *file, int err)
{
	if (*file->target && strcmp(file->path, file->target) != 0)
		diag_error("cannot write '%s', a link to '%s': %s", file->path, file->target,
			   strerror(err));
	else
		diag_error("cannot write '%s': %s", file->path, strerror(err));
	diag_hint("%s", shortage_cure(err, "it needs a file that can be written, in a folder that "
					   "exists"));
	free(file);
	return NULL;
}

/* ---- the keeper ---- */

static const char *name_within(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Into the folder of the file, so that nobody has to be able to find the way again. */
static int go_there(const struct whole_file *file)
{
	char folder[PATH_MAX];
	int len = (int)(name_within(file->target) - file->target);

	snprintf(folder, sizeof(folder), "%.*s", len, file->target);
	return len ? chdir(folder) : 0;
}

/*
 * The owner of a folder may rename and remove what is in it, and that is all that is left to do:
 * who may change users becomes that one, without capabilities. Where the owner has no right to
 * write, or we cannot become it, those stay that root needs for it. With Landlock, no file
 * outside of this folder can be opened, renamed or removed.
 */
static void confine_keeper(void)
{
	struct stat st;

	if (!stat(".", &st) && st.st_uid != geteuid())
		confine_user(st.st_uid, st.st_gid);
	confine_to_folder(CONFINE_REPLACE);
}

/* What is sent to all of us, by the terminal or by `timeout -k`, reaches it too, but in a session
 * of its own: only we say when it is over. */
static void keep(const struct whole_file *file, int order, int answer)
{
	const char *beside = name_within(file->beside);
	sigset_t all;
	int err;
	char byte;

	setsid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (go_there(file)) {
		err = errno;
		unlink(file->beside);
		_exit(write(answer, &err, sizeof(err)) != sizeof(err));
	}
	confine_keeper();
	err = 0;
	if (read(order, &byte, 1) != 1)
		unlink(beside);
	else if (rename(beside, name_within(file->target)))
		err = errno;
	if (err)
		unlink(beside);
	_exit(write(answer, &err, sizeof(err)) != sizeof(err));
}

static int start_keeper(struct whole_file *file)
{
	int order[2], answer[2];

	if (pipe(order))
		return -errno;
	if (pipe(answer)) {
		close(order[0]);
		close(order[1]);
		return -errno;
	}
	file->keeper = fork();
	if (!file->keeper) {
		/* Nobody shall wait for our output because it is open here too. */
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		close(fileno(file->stream));
		close(order[1]);
		close(answer[0]);
		keep(file, order[0], answer[1]);
	}
	close(order[0]);
	close(answer[1]);
	file->order = order[1];
	file->answer = answer[0];
	return file->keeper < 0 ? -EAGAIN : 0;
}

/* 0, or the errno of the rename. */
static int ask_keeper(struct whole_file *file, bool good)
{
	int err = EIO;

	if (good && write(file->order, "y", 1) != 1)
		good = false;
	close(file->order);
	if (TEMP_FAILURE_RETRY(read(file->answer, &err, sizeof(err))) != sizeof(err))
		err = EIO;
	close(file->answer);
	TEMP_FAILURE_RETRY(waitpid(file->keeper, NULL, 0));
	return good ? err : 0;
}

/* ---- the file ---- */

/* As open() would have made it. */
static void set_mode(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	fchmod(fd, 0666 & ~mask);
}

static struct whole_file *open_beside(struct whole_file *file)
{
	int fd, err;

	err = target_path(file->path, file->target);
	if (err)
		return told(file, -err);
	snprintf(file->beside, sizeof(file->beside), "%s.XXXXXX", file->target);
	fd = mkostemp(file->beside, O_CLOEXEC);
	if (fd < 0)
		return told(file, errno);
	set_mode(fd);
	file->stream = fdopen(fd, "w");
	err = file->stream ? start_keeper(file) : -ENOMEM;
	if (!err)
		return file;
	unlink(file->beside);
	close(fd);
	return told(file, -err);
}

static struct whole_file *open_as_it_is(struct whole_file *file)
{
	file->stream = strcmp(file->path, "-") ? stream_create(file->path, 0, 0)
					       : stream_copy(STDOUT_FILENO);
	return file->stream ? file : told(file, errno);
}

struct whole_file *whole_file_open(const char *path)
{
	struct whole_file *file = calloc(1, sizeof(*file));
	struct stat st;

	if (!file) {
		diag_error("cannot write '%s': out of memory", path);
		return NULL;
	}
	file->path = path;
	if (!strcmp(path, "-"))
		return open_as_it_is(file);
	/* Where the kernel does not follow a link for us (fs.protected_symlinks), nor do we. */
	if (stat(path, &st))
		return errno == ENOENT ? open_beside(file) : told(file, errno);
	/* Who may not overwrite a file may not put another one in its place either. */
	if (access(path, W_OK))
		return told(file, errno);
	return S_ISREG(st.st_mode) ? open_beside(file) : open_as_it_is(file);
}

void whole_file_write(struct whole_file *file, const void *bytes, size_t len)
{
	errno = 0;
	if (!file->err && fwrite(bytes, 1, len, file->stream) != len)
		file->err = errno ? errno : EIO;
}

/* Its errors, if any, as an errno; on the disk if it is to take the place of another. */
static int close_stream(struct whole_file *file)
{
	int err = file->err;

	errno = 0;
	if (!err && fflush(file->stream))
		err = errno ? errno : EIO;
	if (!err && file->keeper && fsync(fileno(file->stream)))
		err = errno;
	if (fclose(file->stream) && !err)
		err = errno;
	return err;
}

int whole_file_finish(struct whole_file *file, bool good)
{
	int err, renamed = 0;

	if (!file)
		return 0;
	err = close_stream(file);
	if (file->keeper)
		renamed = ask_keeper(file, good && !err);
	if (!err)
		err = renamed;
	if (err == EPIPE && !file->keeper)
		err = 0;
	if (good && err) {
		diag_error("cannot write '%s': %s", file->path, strerror(err));
		diag_hint("%s", file->keeper ? "what was there before, if anything, is unchanged"
					     : "the file is incomplete");
		if (shortage_cure(err, NULL))
			diag_hint("%s", shortage_cure(err, NULL));
	}
	free(file);
	return -err;
}
