/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* files.c - see files.h. */
#include "commands/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/target.h"

#define PRINTS (COMMAND_TRACE | COMMAND_HIST | COMMAND_STUCK)

#define FILES_MAX 6

struct file {
	const char *what, *path; /* path NULL: the shell opened it */
	bool is_read;
	struct target target;
};

struct files {
	struct file all[FILES_MAX];
	size_t n;
};

static void add(struct files *files, const char *what, const char *path)
{
	struct file *file = &files->all[files->n];

	*file = (struct file){.what = what, .path = path};
	if (path && target_of(path, &file->target))
		files->n++;
}

static void add_open(struct files *files, const char *what, const char *path, int fd)
{
	struct file *file = &files->all[files->n];

	*file = (struct file){.what = what, .path = path};
	if (target_of_fd(fd, &file->target))
		files->n++;
}

/* The path of the report; NULL: none is asked for. */
static const char *page_of(const struct options *options)
{
	return options->command == COMMAND_REPORT ? options->argument : NULL;
}

static bool is_standard(const char *path)
{
	return path && !strcmp(path, "-");
}

static bool does_print(const struct options *options)
{
	return options->command & PRINTS || is_standard(page_of(options));
}

static void collect(struct files *files, const struct options *options)
{
	const char *page = page_of(options);
	bool prints = does_print(options);

	if (is_standard(options->read_path))
		add_open(files, "-r", "-", STDIN_FILENO);
	else
		add(files, "-r", options->read_path);
	files->all[0].is_read = files->n;
	add(files, "-w", options->write_path);
	if (!prints)
		add(files, "the report", page);
	add(files, "--ready-file", options->ready_path);
	if (prints)
		add_open(files, "standard output", NULL, STDOUT_FILENO);
	add_open(files, "standard error", NULL, STDERR_FILENO);
}

/* "-w 'run.rec'". */
static const char *in_words(const struct file *file, char *text, size_t room)
{
	if (file->path)
		snprintf(text, room, "%s '%s'", file->what, file->path);
	else
		snprintf(text, room, "%s", file->what);
	return text;
}

static int refuse(const struct file *a, const struct file *b)
{
	char one[PATH_MAX + 32], other[PATH_MAX + 32];

	diag_error("%s and %s are one file", in_words(a, one, sizeof(one)),
		   in_words(b, other, sizeof(other)));
	diag_hint("each needs a file of its own");
	return -EINVAL;
}

/* Standard output and error may well be one; and what is read from a pipe or a socket is not what
 * is written to it. */
static bool are_one(const struct file *a, const struct file *b)
{
	return (a->path || b->path) && (!a->is_read || S_ISREG(a->target.mode)) &&
	       target_is_same(&a->target, &b->target);
}

static int check_ready(const char *path)
{
	struct stat st;

	if (!path || stat(path, &st) || S_ISREG(st.st_mode))
		return 0;
	diag_error("--ready-file '%s': no regular file", path);
	diag_hint("what is there is replaced: name a file");
	return -EINVAL;
}

int files_check(const struct options *options)
{
	struct files files = {.n = 0};

	collect(&files, options);
	for (size_t a = 0; a < files.n; a++)
		for (size_t b = a + 1; b < files.n; b++)
			if (are_one(&files.all[a], &files.all[b]))
				return refuse(&files.all[a], &files.all[b]);
	return check_ready(options->ready_path);
}

/* What main() put in the place of a closed one is open for nothing. */
static bool is_open_for(int fd, int other)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && !(flags & O_PATH) && (flags & O_ACCMODE) != other;
}

static bool throw_away_output(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && dup2(fd, STDOUT_FILENO) == STDOUT_FILENO;

	if (fd >= 0)
		close(fd);
	return done;
}

static enum files_standard without_output(const struct options *options)
{
	diag_error("cannot write the output: standard output is not open for writing");
	if (options->write_path && throw_away_output()) {
		diag_hint("only the recording is written; `>/dev/null` if that is what you want");
		return FILES_RECORDING_ALONE;
	}
	diag_hint("`>FILE` opens it; `>/dev/null` if the output is not wanted");
	return FILES_CLOSED;
}

enum files_standard files_check_standard(const struct options *options)
{
	if (is_standard(options->read_path) && !is_open_for(STDIN_FILENO, O_WRONLY)) {
		diag_error("cannot read the recording: standard input is not open for reading");
		diag_hint("-r - reads what comes from `<FILE` or through a pipe");
		return FILES_CLOSED;
	}
	return does_print(options) && !is_open_for(STDOUT_FILENO, O_RDONLY)
		       ? without_output(options)
		       : FILES_OPEN;
}
