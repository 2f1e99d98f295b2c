/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* notify.c - what a service manager hears, and in which words; each case in a process of its own.
 */
#include "base/notify.h"

#include "base/diag.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "test.h"

/* Longer than any wait. */
#define FOREVER INT_MAX

static char path[] = "/tmp/tcpdwell-notify.XXXXXX/socket";
static int manager;

static void listen_at(const char *address)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	size_t len = strlen(address);

	memcpy(name.sun_path, address, len);
	if (*address == '@')
		name.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (bind(manager, (struct sockaddr *)&name,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)))
		abort();
}

/* What was told; "": nothing. */
static const char *heard(void)
{
	static char text[8192];
	ssize_t len = recv(manager, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

static void nap(int ms)
{
	poll(NULL, 0, ms);
}

static void count_line(void *ctx, const char *line)
{
	CHECK(!strncmp(line, "warning: cannot tell the service manager", 40));
	++*(unsigned *)ctx;
}

/* ---- cases ---- */

static void tell_all(const char *unused)
{
	(void)unused;
	notify_open();
	CHECK(!getenv("NOTIFY_SOCKET") && !getenv("WATCHDOG_USEC") && !getenv("WATCHDOG_PID"));
	notify_alive();
	CHECK_STR(heard(), "");
	notify_open();
	notify_ready("at work");
	CHECK_STR(heard(), "READY=1\nSTATUS=at work");
	notify_alive();
	CHECK_STR(heard(), "");
	CHECK_EQ(notify_wait(10), 10);
	nap(notify_wait(FOREVER));
	notify_alive();
	CHECK_STR(heard(), "WATCHDOG=1");
	notify_alive();
	CHECK_STR(heard(), "");
	CHECK(notify_wait(FOREVER) <= 1000 && notify_wait(FOREVER) > 1);
	notify_stopping();
	CHECK_STR(heard(), "STOPPING=1\nSTATUS=ending");
}

/* A line of another's cannot get in, nor a message that is too long. */
static void tell_name(const char *name)
{
	const char *told;
	char many[16384];

	unsetenv("WATCHDOG_USEC");
	notify_open();
	memset(many, '\x01', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	notify_ready(*name ? name : many);
	told = heard();
	CHECK(!strncmp(told, "READY=1\nSTATUS=", 15) && !strchr(told + 15, '\n'));
	CHECK(strlen(told) < 2048);
	notify_alive();
	CHECK_EQ(notify_wait(FOREVER), FOREVER);
}

static void tell_nobody(const char *unused)
{
	(void)unused;
	unsetenv("NOTIFY_SOCKET");
	notify_open();
	CHECK(getenv("WATCHDOG_USEC") != NULL);
	notify_ready("");
	CHECK_EQ(notify_wait(FOREVER), FOREVER);
	notify_stopping();
	CHECK_STR(heard(), "");
}

static void no_watchdog(const char *usec)
{
	setenv("WATCHDOG_USEC", usec, 1);
	notify_open();
	notify_ready("");
	CHECK_STR(heard(), "READY=1\nSTATUS=");
	CHECK_EQ(notify_wait(FOREVER), FOREVER);
}

static void watchdog_of(const char *pid)
{
	char ours[16];

	snprintf(ours, sizeof(ours), "%d", (int)getpid());
	setenv("WATCHDOG_PID", *pid ? pid : ours, 1);
	notify_open();
	notify_ready("");
	CHECK(*pid ? notify_wait(FOREVER) == FOREVER : notify_wait(FOREVER) <= 1000);
}

static void bad_address(const char *address)
{
	unsigned lines = 0;

	setenv("NOTIFY_SOCKET", address, 1);
	diag_divert((struct diag_taker){count_line, &lines});
	notify_open();
	CHECK_EQ(lines, 1);
	CHECK(!getenv("NOTIFY_SOCKET"));
	notify_ready("");
	CHECK_EQ(notify_wait(FOREVER), FOREVER);
	notify_stopping();
	CHECK_STR(heard(), "");
	CHECK_EQ(lines, 1);
}

static const struct {
	void (*run)(const char *argument);
	const char *argument;
} cases[] = {{tell_all, ""},
	     {tell_name, "a\nMAINPID=1"},
	     {tell_name, "\xff\x1b[2J"},
	     {tell_name, ""},
	     {tell_nobody, ""},
	     {no_watchdog, "0"},
	     {no_watchdog, ""},
	     {no_watchdog, "-1"},
	     {no_watchdog, "x"},
	     {no_watchdog, "99999999999999999999"},
	     {no_watchdog, "18446744073709551615"},
	     {watchdog_of, "1"},
	     {watchdog_of, ""},
	     {watchdog_of, "x"},
	     {bad_address, ""},
	     {bad_address, "@"},
	     {bad_address, "relative"},
	     {bad_address, "vsock:2:1"},
	     {bad_address, "/nonexistent"}};

static void run_case(size_t i, const char *address)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		test_context("%s, case %zu, '%s'", address, i, cases[i].argument);
		listen_at(address);
		setenv("NOTIFY_SOCKET", address, 1);
		setenv("WATCHDOG_USEC", "2000000", 1);
		unsetenv("WATCHDOG_PID");
		cases[i].run(cases[i].argument);
		fflush(stdout);
		_exit(test_status());
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status));
	if (*address != '@')
		unlink(address);
}

int main(void)
{
	char *slash = strrchr(path, '/'), abstract[64];

	*slash = '\0';
	if (!mkdtemp(path))
		return 1;
	snprintf(abstract, sizeof(abstract), "@%s", path);
	test_begin("notify");
	for (size_t i = 0; i < COUNT(cases); i++) {
		run_case(i, abstract);
		*slash = '/';
		run_case(i, path);
		*slash = '\0';
	}
	rmdir(path);
	test_end("%zu cases, by both kinds of address", COUNT(cases));
	return test_status();
}
