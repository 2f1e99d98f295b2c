/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ring_files.c - see ring_files.h. */
#include "record/ring_files.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/second_process.h"
#include "base/shortage.h"
#include "base/stream.h"
#include "record/ring_keeper.h"

struct ring_files {
	const char *path; /* as the user named it */
	int socket;
	pid_t keeper;
};

static const char *path_of(const struct ring_files *files, const struct ring_keeper_answer *answer,
			   bool is_part, char text[RING_FILES_PATH_MAX])
{
	snprintf(text, RING_FILES_PATH_MAX, "%s.%0*" PRIu64 "%s", files->path, RING_KEEPER_DIGITS,
		 answer->number, is_part ? RING_KEEPER_PART : "");
	return text;
}

static int tell_begin(const struct ring_files *files, int err)
{
	if (err == -EAGAIN) {
		diag_error("cannot record to '%s': another tcpdwell does", files->path);
		diag_hint("each needs a folder of its own");
		return err;
	}
	diag_error("cannot record to '%s': %s", files->path, strerror(-err));
	diag_hint("%s", shortage_cure(-err, "it needs a folder in which files can be made, renamed "
					    "and removed"));
	return err;
}

static int tell(const struct ring_files *files, const struct ring_keeper_answer *answer)
{
	static const char *const words[] = {
		[STEP_CREATE] = "create", [STEP_COMPLETE] = "complete", [STEP_REMOVE] = "remove"};
	char path[RING_FILES_PATH_MAX];

	if (answer->step == STEP_BEGIN)
		return tell_begin(files, answer->err);
	diag_error("cannot %s recording '%s': %s", words[answer->step],
		   path_of(files, answer, answer->step != STEP_REMOVE, path),
		   strerror(-answer->err));
	diag_hint("%s", shortage_cure(-answer->err, "--rotate needs a folder in which files can be "
						    "made, renamed and removed"));
	return answer->err;
}

/* Beside the files. */
static const char *incident_path(const struct ring_files *files,
				 const struct ring_keeper_answer *news,
				 char text[RING_FILES_PATH_MAX])
{
	const char *slash = strrchr(files->path, '/');

	snprintf(text, RING_FILES_PATH_MAX, "%.*s%s", slash ? (int)(slash - files->path + 1) : 0,
		 files->path, news->name);
	return text;
}

static bool tell_incident(const struct ring_files *files, const struct ring_keeper_answer *news)
{
	char path[RING_FILES_PATH_MAX];

	if (news->step != STEP_INCIDENT && news->step != STEP_PAGE)
		return false;
	incident_path(files, news, path);
	if (news->step == STEP_INCIDENT) {
		diag_error("cannot keep all of '%s': %s", path, strerror(-news->err));
		diag_hint("%s", shortage_cure(-news->err, "it needs a folder in which folders and "
							  "links can be made"));
	} else if (news->err) {
		diag_error("cannot make the page of '%s'", path);
		diag_hint("`tcpdwell report FILE.html -r %s` makes it", path);
	} else {
		diag_note("the report is in '%s/report.html'", path);
	}
	return true;
}

static int gone(const struct ring_files *files)
{
	diag_error("cannot go on with recording '%s': the process that makes its files has ended",
		   files->path);
	diag_hint("it was killed, perhaps because memory was short (`dmesg`)");
	return -EIO;
}

/* 0, or -errno after it was told. News come between answers. */
static int receive(const struct ring_files *files, struct ring_keeper_answer *ret_answer,
		   int *ret_fd)
{
	do
		if (second_process_receive(files->socket, ret_answer, sizeof(*ret_answer),
					   ret_fd) != sizeof(*ret_answer))
			return gone(files);
	while (tell_incident(files, ret_answer));
	return ret_answer->err ? tell(files, ret_answer) : 0;
}

static int send_order(const struct ring_files *files, const struct ring_keeper_order *order)
{
	return second_process_send(files->socket, order, sizeof(*order), -1) ? gone(files) : 0;
}

static int ask(const struct ring_files *files, enum ring_keeper_what what,
	       struct ring_keeper_answer *ret_answer, int *ret_fd)
{
	const struct ring_keeper_order order = {.what = what};

	return send_order(files, &order) ?: receive(files, ret_answer, ret_fd);
}

struct ring_files *ring_files_open(const char *path, const struct ring_keeper_limits *limits,
				   const struct incident_files *incidents)
{
	struct ring_files *files = calloc(1, sizeof(*files));
	struct ring_keeper_answer answer = {.step = STEP_BEGIN, .err = -ENOMEM};

	if (!files) {
		diag_error("cannot record to '%s': out of memory", path);
		return NULL;
	}
	files->path = path;
	files->keeper = second_process_start(&files->socket);
	if (!files->keeper)
		ring_keeper_run(path, limits, incidents);
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

bool ring_files_give_up(struct ring_files *files, bool is_full)
{
	const struct ring_keeper_order order = {.what = ORDER_GIVE_UP, .is_full = is_full};
	struct ring_keeper_answer answer;

	return !send_order(files, &order) && !receive(files, &answer, NULL);
}

static void send_text(struct ring_files *files, enum ring_keeper_what what, const char *name,
		      const char *text)
{
	struct ring_keeper_order order = {.what = what};

	snprintf(order.name, sizeof(order.name), "%s", name);
	snprintf(order.text, sizeof(order.text), "%s", text);
	send_order(files, &order);
}

void ring_files_begin_incident(struct ring_files *files, const char *name, const char *text)
{
	send_text(files, ORDER_BEGIN, name, text);
}

void ring_files_end_incident(struct ring_files *files, const char *text)
{
	send_text(files, ORDER_END, "", text);
}

void ring_files_hear(struct ring_files *files, bool to_end)
{
	struct pollfd socket = {.fd = files->socket, .events = POLLIN};
	struct ring_keeper_answer answer;

	if (to_end)
		ask(files, ORDER_PAGES, &answer, NULL);
	/* Who is gone is told with the next order. */
	while (!to_end && poll(&socket, 1, 0) == 1 &&
	       second_process_receive(files->socket, &answer, sizeof(answer), NULL) ==
		       sizeof(answer))
		tell_incident(files, &answer);
}

FILE *ring_files_next(struct ring_files *files, char ret_path[RING_FILES_PATH_MAX])
{
	struct ring_keeper_answer answer;
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

int ring_files_complete(struct ring_files *files)
{
	struct ring_keeper_answer answer;

	return ask(files, ORDER_COMPLETE, &answer, NULL);
}

void ring_files_close(struct ring_files *files)
{
	if (!files)
		return;
	second_process_stop(files->socket, files->keeper);
	free(files);
}
