/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * http.c - clients that are slow, half there, too many or out of their mind: each is cut in its
 * time, and others are answered meanwhile.
 */
#include "serve/http.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>

#include "base/clock.h"
#include "serve/endpoint.h"
#include "test.h"

#define PATIENCE (600 * NS_PER_MS)
#define CROWDED  (100 * NS_PER_MS)
#define LARGE    (8 << 20)

static struct http_reply *large, *small;

static struct http_reply *answer(void *ctx, const char *path, const char *accept)
{
	(void)ctx;
	(void)accept;
	if (!strcmp(path, "/large"))
		return large;
	return strcmp(path, "/small") ? NULL : small;
}

static struct sockaddr_in address = {.sin_family = AF_INET};

/* Descriptors of this process that are open: a connection that is gone has left none. */
static unsigned descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	if (!dir)
		abort();
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static struct http *open_server(unsigned connections)
{
	struct http_limits limits = {connections, 16384, PATIENCE, CROWDED};
	struct endpoint endpoint = {.len = sizeof(address)};
	socklen_t len = sizeof(address);
	struct http *http;
	int fd;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = 0;
	memcpy(&endpoint.addr, &address, sizeof(address));
	fd = endpoint_listen(&endpoint);
	getsockname(fd, (struct sockaddr *)&address, &len);
	http = http_open(fd, &limits, answer, NULL);
	if (!http)
		abort();
	return http;
}

static int client(const char *text)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), little = 4096;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    send(fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text))
		abort();
	return fd;
}

static void run_for(struct http *http, uint64_t ns)
{
	uint64_t until = clock_now() + ns;

	while (clock_now() < until)
		http_run(http, -1, 5);
}

/* What comes first within two seconds: "" the end of the connection, "?" nothing. */
static const char *reads(struct http *http, int fd)
{
	static char text[4096];
	uint64_t until = clock_now() + 2 * NS_PER_S;
	ssize_t len;

	while (clock_now() < until) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};

		http_run(http, -1, 5);
		if (poll(&ready, 1, 0) != 1)
			continue;
		len = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
		text[len > 0 ? len : 0] = '\0';
		return text;
	}
	return "?";
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static void test_answers(void)
{
	static const struct {
		const char *request, *answer;
	} cases[] = {
		{"GET /small HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n"},
		{"GET /small?a=b HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n"},
		{"GET /small HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n"},
		{"HEAD /small HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n"},
		{"GET /else HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 Not Found\r\n"},
		{"GET /small/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
		 "HTTP/1.1 404 Not Found\r\n"},
		{"POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\nx",
		 "HTTP/1.1 405 Method Not Allowed\r\n"},
		{"DELETE /small HTTP/1.1\r\nHost: x\r\n\r\n",
		 "HTTP/1.1 405 Method Not Allowed\r\n"},
		{"GET /small HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
		 "HTTP/1.1 200 OK\r\n"},
	};
	struct http *http = open_server(10);

	test_begin("http-answers");
	for (size_t i = 0; i < COUNT(cases); i++) {
		int fd = client(cases[i].request);
		const char *got = reads(http, fd);

		test_context("%.40s", cases[i].request);
		CHECK(begins(got, cases[i].answer));
		if (i == 3)
			CHECK(strstr(got, "Content-Length: 5\r\n") &&
			      !strcmp(got + strlen(got) - 4, "\r\n\r\n"));
		close(fd);
	}
	http_close(http);
	test_end("%zu requests", COUNT(cases));
}

/* Runs until as many descriptors are open, for two seconds at most. */
static void settle(struct http *http, unsigned wanted)
{
	uint64_t until = clock_now() + 2 * NS_PER_S;

	while (descriptors() != wanted && clock_now() < until)
		http_run(http, -1, 5);
	CHECK_EQ(descriptors(), wanted);
}

/* In one connection, the second while the first may still be under way. */
static void test_keep_alive(void)
{
	struct http *http = open_server(10);
	unsigned before = descriptors();
	int fd = client("GET /small HTTP/1.1\r\nHost: x\r\n\r\n");

	test_begin("http-keep-alive");
	CHECK(strstr(reads(http, fd), "\r\n\r\nsmall"));
	run_for(http, PATIENCE / 2);
	CHECK(send(fd, "GET /small HTTP/1.1\r\nHost: x\r\n\r\n", 33, MSG_NOSIGNAL) == 33);
	CHECK(strstr(reads(http, fd), "\r\n\r\nsmall"));
	run_for(http, PATIENCE * 3 / 4);
	CHECK_EQ(descriptors() - before, 2);
	CHECK_STR(reads(http, fd), "");
	settle(http, before + 1);
	close(fd);
	http_close(http);
	test_end("two requests in a connection, cut once idle");
}

/* Nobody who dawdles lasts longer than patience, and whoever asks beside them is answered. */
static void test_slow(void)
{
	struct http *http = open_server(10);
	unsigned before = descriptors();
	int silent = client(""), half = client("GET /small HTTP/1.1\r\nHo");
	int reader = client("GET /large HTTP/1.1\r\nHost: x\r\n\r\n"), dripping = client("G");
	uint64_t until = clock_now() + PATIENCE + 500 * NS_PER_MS;
	unsigned served = 0;
	char little[64];

	test_begin("http-slow");
	while (clock_now() < until) {
		int fd = client("GET /small HTTP/1.1\r\nHost: x\r\n\r\n");

		served += begins(reads(http, fd), "HTTP/1.1 200");
		close(fd);
		(void)!send(dripping, "X", 1, MSG_NOSIGNAL);
		(void)!recv(reader, little, sizeof(little), MSG_DONTWAIT);
		run_for(http, 10 * NS_PER_MS);
	}
	settle(http, before + 4); /* the clients' own */
	CHECK(served > 20);
	CHECK_STR(reads(http, silent), "");
	CHECK_STR(reads(http, half), "");
	CHECK_STR(reads(http, dripping), "");
	close(silent);
	close(half);
	close(reader);
	close(dripping);
	http_close(http);
	test_end("%u served beside four that dawdled", served);
}

/* As many as there may be, all of them silent: one more has to wait, but not for long. */
static void test_crowd(void)
{
	struct http *http = open_server(8);
	unsigned before = descriptors();
	uint64_t begun;
	int fds[8], late;

	test_begin("http-crowd");
	for (unsigned i = 0; i < COUNT(fds); i++)
		fds[i] = client("GET /small");
	settle(http, before + 2 * COUNT(fds));
	begun = clock_now();
	late = client("GET /small HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK(begins(reads(http, late), "HTTP/1.1 200"));
	begun = clock_now() - begun;
	CHECK(begun < PATIENCE);
	for (unsigned i = 0; i < COUNT(fds); i++)
		close(fds[i]);
	close(late);
	run_for(http, 20 * NS_PER_MS);
	http_close(http);
	test_end("the ninth of eight was served after %llu ms",
		 (unsigned long long)(begun / NS_PER_MS));
}

/* Bytes of all kinds, the beginnings of requests among them; it has to go on as if nothing was. */
static void test_garbage(void)
{
	static const char *const begin[] = {"", "GET ", "GET /small HTTP/1.1\r\n",
					    "POST / HTTP/1.1\r\n",
					    "GET /small HTTP/9.9\r\nAccept: "};
	static const char odd[] = " \r\n:/;=,%?aQ0\"";
	struct test_random random = {7};
	struct http *http = open_server(50);
	char text[40000];
	unsigned n = 0, before = descriptors();
	int fd;

	test_begin("http-garbage");
	for (; n < 200; n++) {
		size_t len = (size_t)test_below(&random, n % 10 ? 300 : sizeof(text) - 100);
		char *at = text + sprintf(text, "%s", begin[test_below(&random, COUNT(begin))]);

		for (size_t i = 0; i < len; i++)
			at[i] = n & 1 ? (char)(test_random(&random) >> 32)
				      : odd[test_below(&random, sizeof(odd) - 1)];
		fd = client("");
		(void)!send(fd, text, (size_t)(at - text) + len, MSG_NOSIGNAL | MSG_DONTWAIT);
		run_for(http, NS_PER_MS);
		close(fd);
	}
	fd = client("GET /small HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK(begins(reads(http, fd), "HTTP/1.1 200"));
	close(fd);
	settle(http, before);
	http_close(http);
	test_end("%u clients out of their mind", n);
}

int main(void)
{
	char *body = malloc(LARGE);

	signal(SIGPIPE, SIG_IGN);
	if (!body)
		abort();
	memset(body, 'x', LARGE);
	large = http_reply_new(200, "text/plain", body, LARGE);
	small = http_reply_text(200, "small");
	test_answers();
	test_keep_alive();
	test_slow();
	test_crowd();
	test_garbage();
	http_reply_free(large);
	http_reply_free(small);
	return test_status();
}
