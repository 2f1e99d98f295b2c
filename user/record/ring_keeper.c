/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ring_keeper.c - see ring_keeper.h. */
#include "record/ring_keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/confine.h"
#include "base/second_process.h"

#define BEHIND_MAX 32 /* what comes behind the name that was asked for */
#define NAME_ROOM  (NAME_MAX + 1 + BEHIND_MAX)

/* Of so many files of this run it is known how old they are, whatever was done to the clock. */
#define TIMES 64

#define LOCK_TRIES    40
#define LOCK_PAUSE_MS 50

static int answer(const struct ring_keeper_answer *what, int fd)
{
	return second_process_send(SECOND_PROCESS_SOCKET, what, sizeof(*what), fd);
}

struct keeper {
	char name[NAME_MAX + 1]; /* without a number */
	struct ring_keeper_limits limits;
	uint64_t number; /* of the newest file that there is */
	struct {
		uint64_t number;
		uint64_t completed; /* ns, clock_now() */
	} times[TIMES];             /* by number */
	DIR *folder;
	int file;                         /* the one being written; -1: none yet */
	struct ring_keeper_answer failed; /* once the last answer had been given */
	struct incident_files incidents;  /* keep 0: there are none */
	int page;                         /* ends with who makes the last one; -1: none yet */
};

static const char *name_of(const struct keeper *keeper, uint64_t number, bool is_part,
			   char text[NAME_ROOM])
{
	snprintf(text, NAME_ROOM, "%s.%0*" PRIu64 "%s", keeper->name, RING_KEEPER_DIGITS, number,
		 is_part ? RING_KEEPER_PART : "");
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

static int fail(struct keeper *keeper, enum ring_keeper_step step, uint64_t number)
{
	keeper->failed = (struct ring_keeper_answer){.err = -errno, .step = step, .number = number};
	return -errno;
}

/* Of the files there are. */
struct ring {
	uint64_t bytes, largest;
	uint64_t whole;  /* how many are, of any run */
	uint64_t oldest; /* its number; 0: none but the newest */
	bool is_linked;  /* that one is in an incident, too: to remove it frees nothing */
	int64_t written; /* ns since 1970: when that one was written to last */
	char name[NAME_ROOM];
};

static bool is_whole(const struct keeper *keeper, const char *name)
{
	char whole[NAME_ROOM];

	return !strcmp(name, name_of(keeper, number_of(keeper, name), false, whole));
}

/* The oldest one is none that is being written. */
static void look_at(struct keeper *keeper, const char *name, struct ring *ring)
{
	uint64_t number = number_of(keeper, name);
	struct stat st;

	if (!number || fstatat(dirfd(keeper->folder), name, &st, AT_SYMLINK_NOFOLLOW))
		return;
	ring->bytes += (uint64_t)st.st_size;
	if ((uint64_t)st.st_size > ring->largest)
		ring->largest = (uint64_t)st.st_size;
	ring->whole += is_whole(keeper, name);
	if (number == keeper->number || (ring->oldest && number > ring->oldest))
		return;
	ring->oldest = number;
	ring->is_linked = st.st_nlink > 1;
	ring->written = st.st_mtim.tv_sec * (int64_t)NS_PER_S + st.st_mtim.tv_nsec;
	snprintf(ring->name, sizeof(ring->name), "%s", name);
}

static struct ring look(struct keeper *keeper)
{
	struct ring ring = {0};
	const struct dirent *entry;

	rewinddir(keeper->folder);
	while ((entry = readdir(keeper->folder)))
		look_at(keeper, entry->d_name, &ring);
	return ring;
}

static int64_t age_of_oldest(const struct keeper *keeper, const struct ring *ring)
{
	uint64_t at = ring->oldest % TIMES;

	if (keeper->times[at].number == ring->oldest)
		return (int64_t)(clock_now() - keeper->times[at].completed);
	return (int64_t)clock_now() + clock_wall_offset() - ring->written;
}

static bool is_too_much(const struct keeper *keeper, const struct ring *ring)
{
	const struct ring_keeper_limits *limits = &keeper->limits;

	if (limits->files && ring->oldest + limits->files <= keeper->number)
		return true;
	if (ring->whole < 2)
		return false;
	return (limits->bytes && ring->bytes + ring->largest > limits->bytes) ||
	       (limits->ns && age_of_oldest(keeper, ring) > (int64_t)limits->ns);
}

static int remove_oldest(struct keeper *keeper, const struct ring *ring)
{
	if (unlinkat(dirfd(keeper->folder), ring->name, 0) && errno != ENOENT)
		return fail(keeper, STEP_REMOVE, ring->oldest);
	return 0;
}

static int remove_old(struct keeper *keeper)
{
	struct ring ring = look(keeper);
	int err = 0;

	while (!err && ring.oldest && is_too_much(keeper, &ring)) {
		err = remove_oldest(keeper, &ring);
		ring = look(keeper);
	}
	return err;
}

/* Of an incident, if there is some. */
static void tell_news(enum ring_keeper_step step, int err, const char *name)
{
	struct ring_keeper_answer news = {.err = err, .step = step};

	snprintf(news.name, sizeof(news.name), "%s", name);
	if (err)
		answer(&news, -1);
}

/* To the incident under way, if there is one. */
static void add(struct keeper *keeper, const char *name)
{
	if (keeper->incidents.keep)
		tell_news(STEP_INCIDENT, incident_files_add(&keeper->incidents, name),
			  keeper->incidents.now);
}

/* It is on the disk before its name says that it is whole. */
static int complete(struct keeper *keeper, int file, uint64_t number)
{
	char part[NAME_ROOM], whole[NAME_ROOM];
	int folder = dirfd(keeper->folder);

	name_of(keeper, number, true, part);
	name_of(keeper, number, false, whole);
	if (fsync(file) || renameat(folder, part, folder, whole) || fsync(folder)) {
		fail(keeper, STEP_COMPLETE, number);
		close(file);
		return keeper->failed.err;
	}
	close(file);
	keeper->times[number % TIMES].number = number;
	keeper->times[number % TIMES].completed = clock_now();
	add(keeper, whole);
	return 0;
}

/* The next file first: nobody waits for the disk meanwhile. */
static int make_next(struct keeper *keeper)
{
	struct ring_keeper_answer made = {.step = STEP_CREATE, .number = keeper->number + 1};
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
	if (!keeper->failed.err && keeper->file >= 0) {
		complete(keeper, keeper->file, keeper->number);
		keeper->file = -1;
	}
	return answer(&keeper->failed, -1);
}

/* As a part, unless nothing could be written to it. */
static void leave_last(struct keeper *keeper)
{
	char part[NAME_ROOM];
	struct stat st;

	if (keeper->file < 0)
		return;
	name_of(keeper, keeper->number, true, part);
	if (!fstat(keeper->file, &st) && !st.st_size)
		unlinkat(dirfd(keeper->folder), part, 0);
	else
		add(keeper, part);
	close(keeper->file);
	keeper->file = -1;
}

static int give_up(struct keeper *keeper, bool is_full)
{
	const struct ring_keeper_answer done = {0};
	struct ring ring;

	leave_last(keeper);
	ring = look(keeper);
	if (is_full && ring.whole > 1 && !ring.is_linked)
		remove_oldest(keeper, &ring);
	keeper->failed = done;
	return answer(&done, -1);
}

/* ---- incidents ---- */

static struct keeper the_keeper;

static bool is_segment(const char *name)
{
	return number_of(&the_keeper, name) != 0;
}

/* All that nobody writes to any more: a part may be the last that was there before a crash. */
static void add_all(struct keeper *keeper)
{
	const struct dirent *entry;

	rewinddir(keeper->folder);
	while ((entry = readdir(keeper->folder))) {
		uint64_t number = number_of(keeper, entry->d_name);

		if (number && (number != keeper->number || keeper->file < 0))
			add(keeper, entry->d_name);
	}
}

static int begin_incident(struct keeper *keeper, const struct ring_keeper_order *order)
{
	int err = incident_files_begin(&keeper->incidents, order->name, order->text);

	tell_news(STEP_INCIDENT, err, order->name);
	if (!keeper->incidents.now[0])
		return 0;
	incident_files_prune(&keeper->incidents, is_segment);
	add_all(keeper);
	return 0;
}

static bool is_page_made(const struct keeper *keeper, const char *folder)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(nice(19) < 0 ? EXIT_FAILURE
				   : incident_files_make_page(&keeper->incidents, folder));
	return pid > 0 && TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) == pid && !status;
}

/* One at a time: the one before has ended once nobody can write to its pipe. */
static void wait_for_page(int before)
{
	char byte;

	if (before >= 0)
		TEMP_FAILURE_RETRY(read(before, &byte, 1));
}

/* Nobody waits for it, and it shall not be in anybody's way. One process makes it, which may be
 * killed, as when memory is short, and one tells. */
static void make_page(struct keeper *keeper, const char *folder)
{
	struct ring_keeper_answer news = {.step = STEP_PAGE};
	int ends[2] = {-1, -1}, err = pipe2(ends, O_CLOEXEC) ? -errno : 0;
	pid_t pid = err ? -1 : fork();

	snprintf(news.name, sizeof(news.name), "%s", folder);
	if (!pid) {
		close(ends[0]);
		closedir(keeper->folder);
		if (keeper->file >= 0)
			close(keeper->file);
		wait_for_page(keeper->page);
		news.err = is_page_made(keeper, folder) ? 0 : -EIO;
		answer(&news, -1);
		_exit(0);
	}
	if (pid < 0)
		tell_news(STEP_PAGE, err ?: -errno, folder);
	if (keeper->page >= 0)
		close(keeper->page);
	if (ends[1] >= 0)
		close(ends[1]);
	keeper->page = ends[0];
}

static int end_incident(struct keeper *keeper, const struct ring_keeper_order *order)
{
	char folder[INCIDENT_FILES_NAME_MAX];

	strcpy(folder, keeper->incidents.now);
	if (!*folder)
		return 0;
	tell_news(STEP_INCIDENT, incident_files_end(&keeper->incidents, order->text), folder);
	make_page(keeper, folder);
	return 0;
}

static int wait_for_pages(void)
{
	const struct ring_keeper_answer done = {0};

	while (wait(NULL) > 0)
		;
	return answer(&done, -1);
}

/* ---- what it is asked ---- */

static int obey(struct keeper *keeper, const struct ring_keeper_order *order)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	switch ((enum ring_keeper_what)order->what) {
	case ORDER_NEXT:
		return make_next(keeper);
	case ORDER_COMPLETE:
		return complete_last(keeper);
	case ORDER_GIVE_UP:
		return give_up(keeper, order->is_full);
	case ORDER_BEGIN:
		return begin_incident(keeper, order);
	case ORDER_END:
		return end_incident(keeper, order);
	case ORDER_PAGES:
		return wait_for_pages();
	}
	return -EINVAL;
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

/* Of those who want it for incidents, one may have it. One that was killed a moment ago may still
 * have it for another. */
static int lock(const struct keeper *keeper)
{
	int err = -EAGAIN;

	for (unsigned i = 0; err == -EAGAIN && i < LOCK_TRIES; i++) {
		err = flock(dirfd(keeper->folder), LOCK_EX | LOCK_NB) ? -errno : 0;
		if (err == -EAGAIN)
			poll(NULL, 0, LOCK_PAUSE_MS);
	}
	return err;
}

/* What a page says to people goes nowhere, and not into a file that got a number of theirs. */
static void fill_standard_files(void)
{
	int fd;

	do
		fd = open("/", O_PATH | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static int begin(struct keeper *keeper, const char *path)
{
	bool has_incidents = keeper->incidents.keep;
	int err;

	if (has_incidents) {
		tzset(); /* reads a file, once */
		fill_standard_files();
	}
	err = go_there(keeper, path);
	if (!err && has_incidents)
		err = lock(keeper);
	if (err)
		return err;
	find_newest(keeper);
	return confine_to_folder(has_incidents ? CONFINE_KEEP : CONFINE_MAKE);
}

void ring_keeper_run(const char *path, const struct ring_keeper_limits *limits,
		     const struct incident_files *incidents)
{
	struct keeper *keeper = &the_keeper;
	struct ring_keeper_answer begun = {.step = STEP_BEGIN};
	struct ring_keeper_order order;
	int err;

	*keeper = (struct keeper){.limits = *limits, .file = -1, .page = -1};
	if (incidents)
		keeper->incidents = *incidents;
	begun.err = begin(keeper, path);
	err = answer(&begun, -1);
	while (!err && second_process_receive(SECOND_PROCESS_SOCKET, &order, sizeof(order), NULL) ==
			       sizeof(order))
		err = obey(keeper, &order);
	leave_last(keeper);
	_exit(0);
}
