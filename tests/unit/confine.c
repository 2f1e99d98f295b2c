/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* confine.c - what a process that was confined is refused, and what it still may: each is tried,
 * in a process of its own. */
#include "base/confine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#if __has_include(<linux/landlock.h>)
#include <linux/landlock.h>
#endif

#include "test.h"

static char folder[] = "/tmp/tcpdwell-confine.XXXXXX";

/* ---- what is tried: 0, or the errno ---- */

static int try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? errno : 0;
}

static int read_etc(void)
{
	return try_open("/etc/passwd", O_RDONLY);
}

static int write_etc(void)
{
	return try_open("/etc/tcpdwell-was-here", O_WRONLY | O_CREAT);
}

static int write_device(void)
{
	return try_open("/dev/null", O_WRONLY);
}

static int read_proc(void)
{
	return try_open("/proc/sys/net/ipv4/tcp_fin_timeout", O_RDONLY)
		       ?: try_open("/proc/self/ns/net", O_RDONLY);
}

static int run_program(void)
{
	char name[] = "true", *argv[] = {name, NULL};

	execv("/bin/true", argv);
	return errno;
}

static int look_into_parent(void)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", getppid());
	return stat(path, &st) ? errno : 0;
}

/* Nobody listens at the discard port: who may connect is refused by the peer. */
static int connect_tcp(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return connect(fd, (struct sockaddr *)&to, sizeof(to)) ? errno : 0;
}

static int rename_in_folder(void)
{
	char from[64], to[64];

	snprintf(from, sizeof(from), "%s/from", folder);
	snprintf(to, sizeof(to), "%s/to", folder);
	return rename(from, to) ? errno : 0;
}

static int make_in_folder(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/new", folder);
	return try_open(path, O_RDWR | O_CREAT);
}

static int make_elsewhere(void)
{
	return try_open("/tmp/tcpdwell-was-here", O_RDWR | O_CREAT);
}

/* With what it takes to write, and not to read, nor to make anything but files. */
static int write_in_folder(void)
{
	char path[64], folder_in[64];

	snprintf(path, sizeof(path), "%s/new", folder);
	snprintf(folder_in, sizeof(folder_in), "%s/folder", folder);
	if (!try_open(path, O_RDWR) || !mkdir(folder_in, 0700) || !symlink("/", folder_in))
		return EEXIST;
	return try_open(path, O_WRONLY | O_CREAT | O_EXCL) ?: unlink(path) ? errno : 0;
}

/* ---- how ---- */

static int read_only(void)
{
	static const struct confine_place places[] = {
		{"/proc", CONFINE_READ}, {NULL, CONFINE_READ}, {"/nowhere", CONFINE_READ}};

	return confine_exec() ?: confine_files(places, COUNT(places));
}

static int replace_only(void)
{
	struct confine_place place = {folder, CONFINE_REPLACE};

	return confine_exec() ?: confine_files(&place, 1);
}

static int make_only(void)
{
	struct confine_place place = {folder, CONFINE_MAKE};

	return confine_exec() ?: confine_files(&place, 1);
}

static int write_only(void)
{
	struct confine_place place = {folder, CONFINE_WRITE};

	return confine_exec() ?: confine_files(&place, 1);
}

static int as_nobody(void)
{
	return confine_user(CONFINE_NOBODY, CONFINE_NOBODY) ?: confine_capabilities(NULL, 0, 0);
}

#define CANNOT 255

/* What `act` gets in a process that was confined by `how`; CANNOT: it could not be confined. */
static int in_child(int (*how)(void), int (*act)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (!pid)
		_exit(how() ? CANNOT : act());
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static int version(void)
{
	long answer = syscall(444, NULL, 0, 1);

	return answer < 0 ? 0 : (int)answer;
}

/* ---- */

static void test_numbers(void)
{
	test_begin("confine-numbers");
#ifdef LANDLOCK_CREATE_RULESET_VERSION
	CHECK_EQ(CONFINE_READ, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR);
	CHECK_EQ(CONFINE_REPLACE, LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE);
	CHECK_EQ(CONFINE_MAKE, CONFINE_REPLACE | LANDLOCK_ACCESS_FS_WRITE_FILE);
	CHECK_EQ(CONFINE_WRITE, LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_WRITE_FILE);
	CHECK_EQ(LANDLOCK_CREATE_RULESET_VERSION, 1);
	CHECK_EQ(LANDLOCK_RULE_PATH_BENEATH, 1);
	test_end("those of linux/landlock.h");
#else
	printf("skip confine-numbers: no linux/landlock.h here\n");
#endif
}

static void test_files(void)
{
	test_begin("confine-files");
	if (!version()) {
		printf("skip confine-files: no Landlock in this kernel\n");
		return;
	}
	CHECK_EQ(in_child(read_only, read_proc), 0);
	CHECK_EQ(in_child(read_only, read_etc), EACCES);
	CHECK_EQ(in_child(read_only, write_etc), EACCES);
	CHECK_EQ(in_child(read_only, write_device), EACCES);
	CHECK_EQ(in_child(read_only, run_program), EACCES);
	CHECK_EQ(in_child(read_only, look_into_parent), EACCES);
	if (version() >= 4)
		CHECK_EQ(in_child(read_only, connect_tcp), EACCES);
	test_end("version %d: /proc can be read; no file of /etc, no device, no program",
		 version());
}

static void test_folder(void)
{
	char path[64];

	test_begin("confine-folder");
	if (!version()) {
		printf("skip confine-folder: no Landlock in this kernel\n");
		return;
	}
	if (!mkdtemp(folder))
		abort();
	snprintf(path, sizeof(path), "%s/from", folder);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	CHECK_EQ(in_child(replace_only, make_in_folder), EACCES);
	CHECK_EQ(in_child(replace_only, read_etc), EACCES);
	CHECK_EQ(in_child(replace_only, rename_in_folder), 0);
	snprintf(path, sizeof(path), "%s/to", folder);
	CHECK_EQ(unlink(path), 0);
	/* Refused, the file is made all the same: a rename takes that right. */
	snprintf(path, sizeof(path), "%s/from", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/new", folder);
	unlink(path);
	CHECK_EQ(in_child(make_only, write_in_folder), 0);
	CHECK_EQ(in_child(write_only, write_in_folder), EACCES);
	CHECK_EQ(unlink(path), 0); /* it could make that, and not remove it */
	CHECK_EQ(in_child(make_only, make_elsewhere), EACCES);
	CHECK_EQ(in_child(make_only, read_etc), EACCES);
	unlink("/tmp/tcpdwell-was-here");
	CHECK_EQ(rmdir(folder), 0);
	test_end("a file is renamed, or made and written, and nothing else");
}

static void test_user(void)
{
	int err;

	test_begin("confine-user");
	err = in_child(as_nobody, write_etc);
	if (err == CANNOT) {
		printf("skip confine-user: root without CAP_SETUID and CAP_SETGID\n");
		return;
	}
	CHECK_EQ(err, EACCES);
	CHECK_EQ(in_child(as_nobody, read_proc), 0);
	test_end("who was root does not write to /etc");
}

int main(void)
{
	test_numbers();
	test_files();
	test_folder();
	/* Elsewhere tests/live/privileges.sh tries it, of the whole program. */
	if (!geteuid())
		test_user();
	return test_status();
}
