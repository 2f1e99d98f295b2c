/* SPDX-License-Identifier: GPL-2.0-only */
/* trouble_wait.c - queues that are full, tables that fill up; and who is well. See trouble.h. */
#include "trouble.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static void never_accepted(void)
{
	uint16_t number = next_port(), client_port;
	int client;
	int64_t since;

	listen_at(number, 16);
	client = connect_to(number, 0);
	client_port = local_port(client);
	since = now();
	close(client);
	tell("never-accepted", number, client_port, "CLOSE-WAIT", "not-accepted", "~trouble",
	     since);
	tell("used-backlog", number, 0, "LISTEN", "-", "trouble", 0);
}

/* The client's filter drops the SYN-ACK. */
static int connect_deaf(uint16_t number)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_port = htons(number),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	drop_all(client);
	if (connect(client, (struct sockaddr *)&addr, sizeof(addr)) && errno != EINPROGRESS)
		die("connect");
	return client;
}

static void syn_ack_dropped(void)
{
	uint16_t number = next_port();
	int64_t since = now();

	listen_at(number, 16);
	tell("syn-ack-dropped", number, local_port(connect_deaf(number)), "SYN-RECEIVED",
	     "syn-received-unanswered", "~trouble", since);
}

static void backlog_full(void)
{
	uint16_t number = next_port();
	int64_t since;
	int client;

	listen_at(number, 1);
	connect_to(number, 0);
	connect_to(number, 0);
	since = now();
	client = connect_to(number, SOCK_NONBLOCK);
	tell("backlog-full", number, 0, "LISTEN", "accept-queue-full", "trouble", 0);
	tell("backlog-full-client", local_port(client), number, "SYN-SENT", "syn-unanswered",
	     "trouble", since);
}

/* Half open before the queue was full; its last ACK finds no place. */
static void half_open_behind_backlog(void)
{
	uint16_t number = next_port();
	int64_t since;
	int client;

	listen_at(number, 0);
	since = now();
	client = connect_deaf(number);
	connect_to(number, 0);
	drop_none(client);
	tell("half-open-behind-backlog", number, local_port(client), "SYN-RECEIVED",
	     "syn-received-queue-full", "~trouble", since);
}

void trouble_waiting(void)
{
	never_accepted();
	syn_ack_dropped();
	backlog_full();
	half_open_behind_backlog();
}

/* ---- what fills up ---- */

static void write_sysctl(const char *name, const char *value)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	file = fopen(path, "w");
	if (!file || fputs(value, file) < 0 || fclose(file))
		die(path);
}

void trouble_ports(void)
{
	int listener = listen_at(8001, 64);

	write_sysctl("ip_local_port_range", "30000 30019");
	write_sysctl("tcp_max_tw_buckets", "16");
	write_sysctl("tcp_tw_reuse", "0");
	for (int i = 0; i < 15; i++) {
		int client = connect_to(8001, 0), server = accept(listener, NULL, NULL);

		close(client);
		read_to_end(server);
		close(server);
	}
}

/* ---- who is well ---- */

static void idle_and_listener(void)
{
	struct pair p = open_pair();

	tell("idle", p.lport, p.rport, "ESTABLISHED", "-", "trouble", 0);
	tell("idle-peer", p.rport, p.lport, "ESTABLISHED", "-", "trouble", 0);
	tell("listener", p.lport, 0, "LISTEN", "-", "trouble", 0);
}

static void talked(void)
{
	struct pair p = open_pair();
	char bytes[5];

	if (write(p.client, "hello", 5) != 5 || read(p.server, bytes, 5) != 5)
		die("talk");
	tell("talked", p.lport, p.rport, "ESTABLISHED", "-", "trouble", 0);
}

static void kept_alive(void)
{
	struct pair p = open_pair();
	int on = 1;

	setsockopt(p.client, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(p.client, IPPROTO_TCP, TCP_KEEPIDLE, &on, sizeof(on));
	setsockopt(p.client, IPPROTO_TCP, TCP_KEEPINTVL, &on, sizeof(on));
	tell("kept-alive", p.rport, p.lport, "ESTABLISHED", "-", "trouble", 0);
}

static void closed_well(void)
{
	struct pair p = open_pair();
	int64_t since;

	close(p.client);
	read_to_end(p.server);
	since = now();
	close(p.server);
	tell("closed-well", p.rport, p.lport, "TIME-WAIT", "-", "(orphan)", since);
}

static void send_for_ever(void *arg)
{
	static char bytes[1 << 16];
	int fd = *(int *)arg;

	while (write(fd, bytes, sizeof(bytes)) > 0)
		;
}

/* Takes its time: there are always bytes to read, and the window is shut most of the time. */
static void read_slowly(void *arg)
{
	static char bytes[1 << 18];
	int fd = *(int *)arg;

	while (read(fd, bytes, sizeof(bytes)) > 0)
		pause_ms(100);
}

static void slow_transfer(void)
{
	struct pair p = open_pair();

	spawn("sender", send_for_ever, &p.client);
	spawn("slow-reader", read_slowly, &p.server);
	close(p.client);
	close(p.server);
	close(p.listener);
	tell_none("slow-transfer", p.lport);
}

/* Closed with data that is not sent yet, and that goes out as the peer reads. */
static void drain_for_ever(void *arg)
{
	static char bytes[1 << 18];
	int listener = *(int *)arg;
	uint16_t number = local_port(listener);

	for (;;) {
		int client = connect_to(number, 0), server = accept(listener, NULL, NULL);

		fill(client);
		close(client);
		while (read(server, bytes, sizeof(bytes)) > 0)
			pause_ms(100);
		close(server);
	}
}

static void drains(void)
{
	uint16_t number = next_port();
	int listener = listen_at(number, 16);

	spawn("drains", drain_for_ever, &listener);
	close(listener);
	tell_none("drains", number);
}

/* Closed first by the client, and 300 ms later by the server: an orphan in FIN-WAIT-2 meanwhile. */
static void close_one_by_one(void *arg)
{
	int listener = *(int *)arg;
	uint16_t number = local_port(listener);

	for (;;) {
		int client = connect_to(number, 0), server = accept(listener, NULL, NULL);

		close(client);
		pause_ms(300);
		read_to_end(server);
		close(server);
	}
}

static void closed_soon(void)
{
	uint16_t number = next_port();
	int listener = listen_at(number, 16);

	spawn("closes-soon", close_one_by_one, &listener);
	close(listener);
	tell_none("closed-soon", number);
}

/* A SYN that is not answered at once, and is not sent again either. */
static void give_up_soon(void *arg)
{
	uint16_t number = local_port(*(int *)arg);

	for (;;) {
		int client = connect_to(number, SOCK_NONBLOCK);

		pause_ms(500);
		close(client);
	}
}

static void slow_handshake(void)
{
	uint16_t number = next_port();
	int listener = listen_at(number, 16);

	drop_all(listener);
	spawn("impatient", give_up_soon, &listener);
	tell_none("slow-handshake", number);
}

/* Each connection is half closed by the client, answered 300 ms later, and closed. */
static void come_and_go(void *arg)
{
	int listener = *(int *)arg;
	uint16_t number = local_port(listener);

	for (;;) {
		int client = connect_to(number, 0), server = accept(listener, NULL, NULL);

		shutdown(client, SHUT_WR);
		pause_ms(300);
		read_to_end(server);
		if (write(server, "done", 4) != 4)
			die("answer");
		close(server);
		read_to_end(client);
		close(client);
	}
}

static void come_and_go_well(void)
{
	uint16_t number = next_port();
	int listener = listen_at(number, 16);

	spawn("busy", come_and_go, &listener);
	close(listener);
	tell_none("come-and-go", number);
}

/* Two wait for accept() at any time, each for less than a second. */
static void accept_slowly(void *arg)
{
	int listener = *(int *)arg;
	uint16_t number = local_port(listener);
	int before = connect_to(number, 0);

	for (;;) {
		int client = connect_to(number, 0), server;

		pause_ms(200);
		server = accept(listener, NULL, NULL);
		close(server);
		close(before);
		before = client;
	}
}

static void busy_backlog(void)
{
	uint16_t number = next_port();
	int listener = listen_at(number, 16);

	spawn("accepts", accept_slowly, &listener);
	close(listener);
	tell_none("busy-backlog", number);
}

void trouble_controls(void)
{
	slow_transfer();
	drains();
	closed_soon();
	slow_handshake();
	come_and_go_well();
	busy_backlog();
	idle_and_listener();
	talked();
	kept_alive();
	closed_well();
}
