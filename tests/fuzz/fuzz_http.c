/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fuzz_http.c - what a client sends to `serve`. It is answered or cut, and its connection is gone
 * once it has gone: what is listened on is a socket without a network.
 */
#include "fuzz.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "serve/http.h"

#define PATIENCE_NS 50000000

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static struct http *http;
static struct http_reply *reply;

static struct http_reply *answer(void *ctx, const char *path, const char *accept)
{
	(void)ctx;
	FUZZ_CHECK(strlen(path) < 16384 && (!accept || strlen(accept) < 16384));
	return strcmp(path, "/metrics") ? NULL : reply;
}

static void open_server(void)
{
	struct http_limits limits = {4, 16384, PATIENCE_NS, PATIENCE_NS};
	socklen_t len = sizeof(address);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	/* A name of the kernel's choice. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)) || listen(fd, 4) ||
	    getsockname(fd, (struct sockaddr *)&address, &len))
		abort();
	http = http_open(fd, &limits, answer, NULL);
	reply = http_reply_text(200, "text");
	if (!http || !reply)
		abort();
	signal(SIGPIPE, SIG_IGN);
}

static int connect_to_it(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	socklen_t len = offsetof(struct sockaddr_un, sun_path) + 6;

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, len))
		abort();
	return fd;
}

/* What it answers begins as HTTP does. */
static void read_answer(int fd)
{
	char text[4096];
	ssize_t len = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	if (len <= 0)
		return;
	text[len] = '\0';
	FUZZ_CHECK(!strncmp(text, "HTTP/1.", 7));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	size_t half = len ? bytes[0] % len : 0;
	int fd;

	if (!http)
		open_server();
	fuzz_listen();
	fd = connect_to_it();
	/* In two pieces. */
	(void)!send(fd, bytes, half, MSG_NOSIGNAL);
	http_run(http, -1, 0);
	(void)!send(fd, bytes + half, len - half, MSG_NOSIGNAL);
	for (int i = 0; i < 3; i++)
		http_run(http, -1, 0);
	read_answer(fd);
	close(fd);
	for (int i = 0; i < 2; i++)
		http_run(http, -1, 0);
	FUZZ_CHECK(!fuzz_said.errors);
	return 0;
}
