/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* incident_files.c - see incident_files.h. */
#include "record/incident_files.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT "incident.json"
#define PAGE "report.html"

/* Of one second, and one name. */
#define ALIKE_MAX 100

static const char *path_in(const char *folder, const char *name, char text[PATH_MAX])
{
	snprintf(text, PATH_MAX, "%s/%s", folder, name);
	return text;
}

/* Its names are on the disk, too. */
static int sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 || fsync(fd) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

/* Whole or not at all: beside, then renamed. */
static int write_text(const char *folder, const char *text)
{
	char path[PATH_MAX], beside[PATH_MAX];
	size_t len = strlen(text);
	int fd, err = 0;

	path_in(folder, TEXT, path);
	path_in(folder, TEXT ".part", beside);
	unlink(beside);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	errno = ENOSPC;
	if (write(fd, text, len) != (ssize_t)len || fsync(fd) || rename(beside, path))
		err = -errno;
	close(fd);
	if (err)
		unlink(beside);
	return err ? err : sync_folder(folder);
}

int incident_files_begin(struct incident_files *files, const char *name, const char *text)
{
	int err = -EEXIST;

	snprintf(files->now, sizeof(files->now), "%s", name);
	for (unsigned i = 2; err == -EEXIST && i < ALIKE_MAX; i++) {
		err = mkdir(files->now, 0700) ? -errno : 0;
		if (err == -EEXIST)
			snprintf(files->now, sizeof(files->now), "%s-%u", name, i);
	}
	if (err) {
		files->now[0] = '\0';
		return err;
	}
	return write_text(files->now, text);
}

int incident_files_add(const struct incident_files *files, const char *segment)
{
	char path[PATH_MAX];

	if (!files->now[0])
		return 0;
	if (link(segment, path_in(files->now, segment, path)) && errno != EEXIST)
		return -errno;
	return 0;
}

int incident_files_end(struct incident_files *files, const char *text)
{
	int err = write_text(files->now, text);

	files->now[0] = '\0';
	return err;
}

int incident_files_make_page(const struct incident_files *files, const char *folder)
{
	char path[PATH_MAX];

	if (chdir(folder))
		return EXIT_FAILURE;
	umask(077);
	/* So that the page knows the recording by the name of its folder. */
	return files->page(files->ctx, path_in("..", folder, path), PAGE);
}

/* ---- bounds ---- */

/* What incidents are called. 0: a digit. */
#define PATTERN INCIDENT_FILES_PREFIX "0000-00-00T00:00:00Z-"

static bool is_ours(const char *name)
{
	size_t len = strlen(PATTERN);

	for (size_t i = 0; i < len; i++)
		if (PATTERN[i] == '0' ? name[i] < '0' || name[i] > '9' : name[i] != PATTERN[i])
			return false;
	name += len;
	while (isalnum((unsigned char)*name) || *name == '-' || *name == '_')
		name++;
	return !*name;
}

static int is_incident(const struct dirent *entry)
{
	struct stat st;

	return is_ours(entry->d_name) && !lstat(entry->d_name, &st) && S_ISDIR(st.st_mode);
}

static void remove_one(const char *folder, bool (*is_segment)(const char *name))
{
	DIR *all = opendir(folder);
	const struct dirent *entry;

	while (all && (entry = readdir(all)))
		if (is_segment(entry->d_name) || !strcmp(entry->d_name, TEXT) ||
		    !strcmp(entry->d_name, TEXT ".part") ||
		    !strncmp(entry->d_name, PAGE, strlen(PAGE)))
			unlinkat(dirfd(all), entry->d_name, 0);
	if (all)
		closedir(all);
	rmdir(folder);
}

void incident_files_prune(const struct incident_files *files, bool (*is_segment)(const char *name))
{
	struct dirent **all;
	int n = scandir(".", &all, is_incident, alphasort);
	int left = n;

	for (int i = 0; i < n; i++) {
		/* Of a clock that was set back, the one of now is not the last one. */
		if (left > 0 && (uint64_t)left > files->keep &&
		    strcmp(all[i]->d_name, files->now) != 0) {
			remove_one(all[i]->d_name, is_segment);
			left--;
		}
		free(all[i]);
	}
	if (n >= 0)
		free(all);
}
