/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * notify.c - see notify.h. These lines instead of libsystemd, which would be a library to load for
 * one sendmsg(), and of which there is no static one.
 */
#include "base/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/name.h"
#include "base/parse.h"

/* Of a service manager that takes nothing. */
#define PATIENCE_S 1
#define RETRY_NS   (1 * NS_PER_S)

/* systemd takes no more than 4096 bytes. */
#define STATUS_ROOM 1024

static struct {
	int fd;        /* -1: nobody is told */
	uint64_t half; /* ns: of the watchdog's time; 0: there is none */
	uint64_t next; /* ns: when it is due; 0: not yet ready */
	bool has_failed;
} manager = {.fd = -1};

/* ---- the environment ---- */

static uint64_t number_from(const char *name)
{
	const char *text = getenv(name);
	char why[PARSE_WHY];
	uint64_t number;

	return text && parse_number(text, 1, UINT64_MAX / NS_PER_US, &number, why) ? number : 0;
}

/* It may be meant for who started us. */
static uint64_t watchdog_ns(void)
{
	return getenv("WATCHDOG_PID") && number_from("WATCHDOG_PID") != (uint64_t)getpid()
		       ? 0
		       : number_from("WATCHDOG_USEC") * NS_PER_US;
}

/* "/run/systemd/notify", or "@name" for an abstract one. Its length; 0: none that we know. */
static socklen_t address_from(const char *text, struct sockaddr_un *ret_address)
{
	size_t len = strlen(text);

	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if ((*text != '/' && *text != '@') || len < 2 || len > sizeof(ret_address->sun_path))
		return 0;
	memcpy(ret_address->sun_path, text, len);
	if (*text == '@')
		*ret_address->sun_path = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

/* ---- telling ---- */

static void tell_failure(const char *where, int err)
{
	if (!manager.has_failed)
		diag_warn("cannot tell the service manager%s%s: %s", *where ? " at " : "", where,
			  strerror(err));
	manager.has_failed = true;
}

/* Connected, since Landlock lets us send to no other abstract socket later, and the user that we
 * become need not find the way to a path. */
static void connect_to(const char *text)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	struct sockaddr_un address;
	socklen_t len = address_from(text, &address);

	manager.fd = len ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
	if (manager.fd >= 0 && !connect(manager.fd, (struct sockaddr *)&address, len)) {
		setsockopt(manager.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
		return;
	}
	tell_failure(text, len ? errno : EAFNOSUPPORT);
	if (manager.fd >= 0)
		close(manager.fd);
	manager.fd = -1;
}

void notify_open(void)
{
	const char *text = getenv("NOTIFY_SOCKET");

	if (!text)
		return;
	connect_to(text);
	if (manager.fd >= 0)
		manager.half = watchdog_ns() / 2;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

static bool send_text(const char *text, int flags)
{
	ssize_t sent;

	if (manager.fd < 0)
		return false;
	sent = TEMP_FAILURE_RETRY(send(manager.fd, text, strlen(text), MSG_NOSIGNAL | flags));
	if (sent < 0)
		tell_failure("", errno);
	return sent >= 0;
}

void notify_ready(const char *status)
{
	static const char ready[] = "READY=1\nSTATUS=";
	char text[sizeof(ready) + STATUS_ROOM];

	strcpy(text, ready);
	name_text(text + strlen(text), STATUS_ROOM, status);
	send_text(text, 0);
	manager.next = manager.half ? clock_now() + manager.half : 0;
}

/* Never waits: one that takes nothing for a moment is told soon again. */
void notify_alive(void)
{
	uint64_t now, pause = manager.half;

	if (!manager.next || (now = clock_now()) < manager.next)
		return;
	if (!send_text("WATCHDOG=1", MSG_DONTWAIT) && pause > RETRY_NS)
		pause = RETRY_NS;
	manager.next = now + pause;
}

int notify_wait(int ms)
{
	uint64_t now, left;

	if (!manager.next)
		return ms;
	now = clock_now();
	left = manager.next > now ? (manager.next - now + NS_PER_MS - 1) / NS_PER_MS : 0;
	return left < (uint64_t)ms ? (int)left : ms;
}

void notify_stopping(void)
{
	send_text("STOPPING=1\nSTATUS=ending", 0);
}
