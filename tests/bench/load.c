/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * load.c - the load of the benchmark: connections made and closed as fast as one thread can.
 *
 * One thread is both ends. On the loopback device a segment is received within the system call that
 * sends it, on the same CPU, so a run is a fixed sequence of work and its speed has one mode. With
 * a thread for each end it had two (8,000 and 24,000 connections/s), by whether the scheduler put
 * both on one CPU or each wake-up had to reach another one that slept.
 *
 * It lives in a network namespace of its own, which goes when it exits, and with it its TIME-WAITs:
 * nothing of a run is left to expire during the next. Connections go round over PORTS listeners, so
 * that connect() finds a free port at the first look however many TIME-WAITs there are.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PORTS = 64, FIRST_PORT = 5000, BACKLOG = 128 };

struct load {
	const char *mode;
	unsigned long count;
	unsigned long held; /* connections open all the time */
	bool v4, v6;
	int listeners[2][PORTS];
	int *held_fds;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void check(int result, const char *what)
{
	if (result < 0)
		die(what);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- the namespace ---- */

static void set_sysctl(const char *path, const char *value)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(value, file) < 0 || fclose(file))
		die(path);
}

static void own_namespace(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd;

	check(unshare(CLONE_NEWNET), "unshare");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	check(ioctl(fd, SIOCSIFFLAGS, &lo), "lo up");
	close(fd);
	set_sysctl("/proc/sys/net/ipv4/tcp_tw_reuse", "0");
	set_sysctl("/proc/sys/net/ipv4/tcp_max_tw_buckets", "10000000");
	set_sysctl("/proc/sys/net/ipv4/ip_local_port_range", "10000 65000");
}

/* ---- connections ---- */

static socklen_t address(bool v6, unsigned port, struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (v6)
		*(struct sockaddr_in6 *)ret =
			(struct sockaddr_in6){.sin6_family = AF_INET6,
					      .sin6_port = htons((uint16_t)port),
					      .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	else
		*(struct sockaddr_in *)ret =
			(struct sockaddr_in){.sin_family = AF_INET,
					     .sin_port = htons((uint16_t)port),
					     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	return v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

static int listen_at(bool v6, unsigned port)
{
	struct sockaddr_storage at;
	socklen_t len = address(v6, port, &at);
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	check(fd, "socket");
	check(bind(fd, (struct sockaddr *)&at, len), "bind");
	check(listen(fd, BACKLOG), "listen");
	return fd;
}

static void open_pair(const struct load *load, unsigned long i, int *ret_client, int *ret_server)
{
	bool v6 = load->v6 && (!load->v4 || i % 2);
	unsigned port = i / 2 % PORTS;
	struct sockaddr_storage to;
	socklen_t len = address(v6, FIRST_PORT + port, &to);

	*ret_client = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(*ret_client, "socket");
	check(connect(*ret_client, (struct sockaddr *)&to, len), "connect");
	*ret_server = accept4(load->listeners[v6][port], NULL, NULL, SOCK_CLOEXEC);
	check(*ret_server, "accept");
}

/* Six transitions. */
static void end_by_reset(int client, int server)
{
	struct linger at_once = {.l_onoff = 1};

	check(setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), "linger");
	close(client);
	close(server);
}

/* Ten transitions: the client goes first, through FIN-WAIT-2 into TIME-WAIT. */
static void end_in_time_wait(int client, int server)
{
	char byte = 'x';

	check((int)send(client, &byte, 1, 0), "send");
	check((int)recv(server, &byte, 1, 0), "recv");
	close(client);
	check((int)recv(server, &byte, 1, 0), "recv");
	close(server);
}

static void churn(const struct load *load)
{
	bool resets = strcmp(load->mode, "time-wait") != 0, waits = strcmp(load->mode, "rst") != 0;

	for (unsigned long i = 0; i < load->count; i++) {
		int client, server;

		open_pair(load, i, &client, &server);
		if (resets && (!waits || i / 2 % 2))
			end_by_reset(client, server);
		else
			end_in_time_wait(client, server);
	}
}

static void hold(struct load *load)
{
	struct rlimit files = {2 * load->held + 1024, 2 * load->held + 1024};

	if (2 * load->held + 1024 > 1024)
		setrlimit(RLIMIT_NOFILE, &files);
	load->held_fds = calloc(2 * load->held + 1, sizeof(*load->held_fds));
	if (!load->held_fds)
		die("held");
	for (unsigned long i = 0; i < load->held; i++)
		open_pair(load, i, &load->held_fds[2 * i], &load->held_fds[2 * i + 1]);
}

/* ---- a load without a state or a mini-socket: timers set and cancelled, as on a busy host ---- */

static void echo(int fd, unsigned long count)
{
	char byte = 'x';

	for (unsigned long i = 0; i < count; i++) {
		check((int)recv(fd, &byte, 1, 0), "recv");
		check((int)send(fd, &byte, 1, 0), "send");
	}
}

/* Who waits with a time limit sets a timer_list timer, as those of mini-sockets are; to be sent
 * what it waits for cancels it. */
static void timers(unsigned long count)
{
	struct timeval limit = {.tv_sec = 30};
	char byte = 'x';
	int ends[2];

	check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
	for (int i = 0; i < 2; i++)
		check(setsockopt(ends[i], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), "limit");
	if (fork() == 0) {
		echo(ends[1], count);
		_exit(0);
	}
	for (unsigned long i = 0; i < count; i++) {
		check((int)send(ends[0], &byte, 1, 0), "send");
		check((int)recv(ends[0], &byte, 1, 0), "recv");
	}
}

/* ---- transitions and hardly anything else: what one costs by the clock on the wall ---- */

/* Two transitions each. */
static void listen_and_stop(unsigned long count)
{
	struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
	struct sockaddr_storage at;
	socklen_t len = address(false, FIRST_PORT + PORTS, &at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	check(fd, "socket");
	check(bind(fd, (struct sockaddr *)&at, len), "bind");
	for (unsigned long i = 0; i < count; i++) {
		check(listen(fd, 1), "listen");
		check(connect(fd, &nowhere, sizeof(nowhere)), "stop");
	}
}

/* ---- command line ---- */

static void run(struct load *load)
{
	double begin;

	if (!strcmp(load->mode, "timers")) {
		begin = now();
		timers(load->count);
	} else if (!strcmp(load->mode, "listen")) {
		begin = now();
		listen_and_stop(load->count);
	} else {
		for (unsigned port = 0; port < PORTS; port++) {
			load->listeners[0][port] = listen_at(false, FIRST_PORT + port);
			load->listeners[1][port] = listen_at(true, FIRST_PORT + port);
		}
		hold(load);
		begin = now();
		churn(load);
		if (!strcmp(load->mode, "held"))
			pause();
	}
	printf("{\"load\":\"%s\",\"count\":%lu,\"held\":%lu,\"seconds\":%.6f}\n", load->mode,
	       load->count, load->held, now() - begin);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	check(sched_setaffinity(0, sizeof(set), &set), "cpu");
}

int main(int argc, char **argv)
{
	struct load load = {.mode = "mixed", .count = 10000, .v4 = true, .v6 = true};
	int option;

	while ((option = getopt(argc, argv, "m:n:h:c:46")) != -1)
		switch (option) {
		case 'm':
			load.mode = optarg;
			break;
		case 'n':
			load.count = strtoul(optarg, NULL, 10);
			break;
		case 'h':
			load.held = strtoul(optarg, NULL, 10);
			break;
		case 'c':
			pin(atoi(optarg));
			break;
		case '4':
			load.v6 = false;
			break;
		case '6':
			load.v4 = false;
			break;
		default:
			fprintf(stderr, "load [-m mixed|rst|time-wait|timers|listen|held] [-n "
					"COUNT] [-h HELD] "
					"[-c CPU] [-4|-6]\n");
			return 2;
		}
	own_namespace();
	run(&load);
	return 0;
}
