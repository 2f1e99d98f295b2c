/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scraper ADDRESS PORT CLIENTS SECONDS - so many clients at once ask for /metrics for so long, half
 * of them in one connection, half in one for each request, by turns in both formats. Every answer
 * is read whole and looked at. Prints "N answers, N errors, N bytes, slowest N ms"; exit 1 if there
 * were errors, the first of which is told.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS_MAX = 2000, HEAD_ROOM = 64 << 10, PAUSE_US = 20000, WAIT_S = 30 };

static struct sockaddr_in address = {.sin_family = AF_INET};
static double until;
static atomic_ulong answers, errors, bytes, slowest_ms;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void complain(const char *what)
{
	if (atomic_fetch_add(&errors, 1) == 0)
		fprintf(stderr, "scraper: %s\n", what);
}

static int open_connection(void)
{
	struct timeval wait = {.tv_sec = WAIT_S};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		complain(strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

struct text {
	char *bytes;
	size_t room;
};

/* Room for an answer of this size, however large. */
static bool make_room(struct text *text, size_t size)
{
	char *grown = size > text->room ? realloc(text->bytes, size) : text->bytes;

	if (!grown) {
		complain("out of memory");
		return false;
	}
	text->bytes = grown;
	text->room = size > text->room ? size : text->room;
	return true;
}

/* The length of head and body, once the head is there, by Content-Length; 0 before. */
static size_t whole_length(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n");
	const char *length = end ? strstr(text, "Content-Length: ") : NULL;

	return length ? (size_t)(end + 4 - text) + strtoul(length + 16, NULL, 10) : 0;
}

/* False after a complaint. */
static bool read_answer(int fd, struct text *text)
{
	size_t len = 0, whole = 0;

	while (!whole || len < whole) {
		ssize_t got;

		if (!make_room(text, whole ? whole + 1 : HEAD_ROOM))
			return false;
		got = recv(fd, text->bytes + len, text->room - 1 - len, 0);
		if (got <= 0) {
			complain(got ? strerror(errno) : "an answer was cut");
			return false;
		}
		len += (size_t)got;
		text->bytes[len] = '\0';
		whole = whole ? whole : whole_length(text->bytes);
		if (!whole && len + 1 == text->room) {
			complain("an answer without a length");
			return false;
		}
	}
	atomic_fetch_add(&bytes, len);
	return true;
}

static bool is_good(const char *text, bool open)
{
	size_t len = strlen(text);

	return !strncmp(text, "HTTP/1.1 200 OK\r\n", 17) &&
	       strstr(text, "tcpdwell_transitions_total{") &&
	       strstr(text, open ? "application/openmetrics-text; version=1.0.0"
				 : "text/plain; version=0.0.4") &&
	       (!open || (len > 6 && !strcmp(text + len - 6, "# EOF\n")));
}

static bool ask(int fd, struct text *text, bool open)
{
	static const char request[] = "GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: %s\r\n\r\n";
	double begun = now();
	unsigned long ms;
	char line[256];
	int len = snprintf(line, sizeof(line), request,
			   open ? "application/openmetrics-text" : "text/plain");

	if (send(fd, line, (size_t)len, MSG_NOSIGNAL) != len) {
		complain(strerror(errno));
		return false;
	}
	if (!read_answer(fd, text))
		return false;
	if (!is_good(text->bytes, open)) {
		complain("an answer is not what was asked for");
		return false;
	}
	ms = (unsigned long)((now() - begun) * 1000);
	if (ms > atomic_load(&slowest_ms))
		atomic_store(&slowest_ms, ms);
	atomic_fetch_add(&answers, 1);
	return true;
}

static void *scrape(void *arg)
{
	size_t number = *(const size_t *)arg;
	struct text text = {0};
	int fd = -1;

	for (unsigned n = 0; now() < until; n++) {
		if (fd < 0)
			fd = open_connection();
		if (fd < 0)
			break;
		if (!ask(fd, &text, (number / 2 + n) % 2) || number % 2) {
			close(fd);
			fd = -1;
		}
		usleep(PAUSE_US);
	}
	if (fd >= 0)
		close(fd);
	free(text.bytes);
	return NULL;
}

int main(int argc, char **argv)
{
	static pthread_t threads[CLIENTS_MAX];
	static size_t numbers[CLIENTS_MAX];
	size_t clients = argc == 5 ? strtoul(argv[3], NULL, 10) : 0;

	if (!clients || clients > CLIENTS_MAX ||
	    inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) {
		fputs("usage: scraper ADDRESS PORT CLIENTS SECONDS\n", stderr);
		return 2;
	}
	address.sin_port = htons((uint16_t)atoi(argv[2]));
	until = now() + atof(argv[4]);
	for (size_t i = 0; i < clients; i++) {
		numbers[i] = i;
		if (pthread_create(&threads[i], NULL, scrape, &numbers[i]))
			abort();
	}
	for (size_t i = 0; i < clients; i++)
		pthread_join(threads[i], NULL);
	printf("%lu answers, %lu errors, %lu bytes, slowest %lu ms\n", atomic_load(&answers),
	       atomic_load(&errors), atomic_load(&bytes), atomic_load(&slowest_ms));
	return errors || !answers;
}
