/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mixed: sockets of every kind that a filter can tell apart, in the network namespace it is started
 * in: IPv4, IPv6 and mapped, on several ports and addresses, in nine states. Every socket has a
 * pair of ports of its own. Writes "ready" once they are there, and keeps them until its standard
 * input ends.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum end { OPEN, CLOSE_WAIT, TIME_WAIT, SYN_SENT, FIN_WAIT1, LAST_ACK };

/* Listeners first: on any address of both families, of IPv4, or on the one. */
static const struct {
	const char *addr;
	uint16_t port;
} listeners[] = {
	{"127.0.0.1", 443}, {"0.0.0.0", 8080}, {"::1", 443}, {"::", 8443}, {"127.0.0.1", 65535},
};

static const struct {
	const char *from, *to;
	uint16_t lport, rport;
	enum end end;
} connections[] = {
	{"127.0.0.1", "127.0.0.1", 1, 443, OPEN},
	{"127.0.0.1", "127.0.0.1", 2001, 443, OPEN},
	{"127.0.0.2", "127.0.0.3", 2002, 8080, OPEN},
	{"127.1.0.2", "127.2.0.3", 2003, 8080, OPEN},
	{"::1", "::1", 2004, 443, OPEN},
	{"::1", "::1", 2005, 8443, OPEN},
	{"127.0.0.4", "127.0.0.5", 2006, 8443, OPEN},               /* a mapped server */
	{"::ffff:127.0.0.6", "::ffff:127.0.0.7", 2007, 8080, OPEN}, /* a mapped client */
	{"127.0.0.1", "127.0.0.1", 2010, 443, CLOSE_WAIT},
	{"127.0.0.8", "127.0.0.9", 2011, 8080, CLOSE_WAIT},
	{"::1", "::1", 2012, 443, CLOSE_WAIT},
	{"127.0.0.1", "127.0.0.1", 2020, 443, TIME_WAIT},
	{"::1", "::1", 2021, 8443, TIME_WAIT},
	{"127.0.0.1", "127.0.0.1", 2030, 443, SYN_SENT},
	{"::1", "::1", 2031, 443, SYN_SENT},
	{"127.0.0.1", "127.0.0.1", 2040, 443, FIN_WAIT1},
	{"::1", "::1", 2041, 8443, FIN_WAIT1},
	{"127.0.0.1", "127.0.0.1", 2050, 8080, LAST_ACK},
	{"127.0.0.1", "127.0.0.1", 60000, 65535, OPEN},
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "mixed: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Returns a socket that is bound there; the address in the socket's family goes to `ret_to`. */
static int bound(const char *text, uint16_t port, const char *other, uint16_t other_port,
		 struct sockaddr_storage *ret_to, socklen_t *ret_len)
{
	const char *const texts[] = {text, other};
	const uint16_t ports[] = {port, other_port};
	struct sockaddr_storage addrs[2] = {0};
	int family = strchr(text, ':') ? AF_INET6 : AF_INET, on = 1, fd;

	for (int i = 0; i < 2; i++) {
		struct sockaddr_in6 *v6 = (void *)&addrs[i];
		struct sockaddr_in *v4 = (void *)&addrs[i];

		addrs[i].ss_family = (sa_family_t)family;
		*(family == AF_INET ? &v4->sin_port : &v6->sin6_port) = htons(ports[i]);
		if (inet_pton(family, texts[i],
			      family == AF_INET ? (void *)&v4->sin_addr : &v6->sin6_addr) != 1)
			die(texts[i]);
	}
	*ret_len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	*ret_to = addrs[1];
	fd = socket(family, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&addrs[0], *ret_len))
		die(text);
	return fd;
}

/* The same to the other end as a cut cable. */
static void drop_all(int fd)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {.len = 1, .filter = &drop};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)))
		die("SO_ATTACH_FILTER");
}

static int accept_any(const int *fds)
{
	for (int tries = 0; tries < 5000; tries++) {
		for (size_t i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++) {
			int fd = accept(fds[i], NULL, NULL);

			if (fd >= 0)
				return fd;
		}
		usleep(1000);
	}
	die("accept");
}

static void wait_for_end(int fd)
{
	char byte;

	fcntl(fd, F_SETFL, 0);
	if (read(fd, &byte, 1) != 0)
		die("read");
}

static void play(size_t i, const int *fds)
{
	struct sockaddr_storage to;
	socklen_t len;
	int client = bound(connections[i].from, connections[i].lport, connections[i].to,
			   connections[i].rport, &to, &len);
	int server;

	if (connections[i].end == SYN_SENT) {
		drop_all(client);
		fcntl(client, F_SETFL, O_NONBLOCK);
	}
	if (connect(client, (struct sockaddr *)&to, len) && errno != EINPROGRESS)
		die("connect");
	if (connections[i].end == SYN_SENT)
		return;
	server = accept_any(fds);
	if (connections[i].end == OPEN)
		return;
	if (connections[i].end == FIN_WAIT1) {
		drop_all(server);
		close(client);
		return;
	}
	shutdown(client, SHUT_WR);
	wait_for_end(server);
	if (connections[i].end == TIME_WAIT)
		close(client);
	if (connections[i].end == LAST_ACK)
		drop_all(client);
	if (connections[i].end != CLOSE_WAIT)
		close(server);
}

int main(void)
{
	int fds[sizeof(listeners) / sizeof(listeners[0])];
	struct sockaddr_storage unused;
	socklen_t len;
	char byte;

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		fds[i] = bound(listeners[i].addr, listeners[i].port, listeners[i].addr, 0, &unused,
			       &len);
		if (listen(fds[i], 64))
			die("listen");
		fcntl(fds[i], F_SETFL, O_NONBLOCK);
	}
	for (size_t i = 0; i < sizeof(connections) / sizeof(connections[0]); i++)
		play(i, fds);
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
