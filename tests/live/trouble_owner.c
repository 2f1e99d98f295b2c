/* SPDX-License-Identifier: GPL-2.0-only */
/* trouble_owner.c - who keeps what: leaks, forks, descriptors passed on. See trouble.h. */
#include "trouble.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void leak(void)
{
	struct pair p = open_pair();
	int64_t since = now();

	close(p.client);
	read_to_end(p.server);
	tell_held("leak", p.lport, p.rport, "CLOSE-WAIT", "close-wait-leak", "trouble", since, 1);
	tell("leak-peer", p.rport, p.lport, "FIN-WAIT-2", "fin-wait-2-orphan", "(orphan)", since);
}

/* Reads what came only after a while: that is no reason to think it came later. */
static void late_leak(void)
{
	struct pair p = open_pair();
	int64_t since;

	if (write(p.client, "hello", 5) != 5)
		die("write");
	since = now();
	close(p.client);
	pause_ms(1500);
	read_to_end(p.server);
	tell("late-leak", p.lport, p.rport, "CLOSE-WAIT", "close-wait-leak", "trouble", since);
}

static void stalled_reader(void)
{
	struct pair p = open_pair();
	int64_t since;

	if (write(p.client, "hello", 5) != 5)
		die("write");
	since = now();
	close(p.client);
	tell("stalled-reader", p.lport, p.rport, "CLOSE-WAIT", "close-wait-unread", "trouble",
	     since);
}

static void half_close_held(void)
{
	struct pair p = open_pair();
	int64_t since = now();

	shutdown(p.client, SHUT_WR);
	read_to_end(p.server);
	tell("half-close-held", p.rport, p.lport, "FIN-WAIT-2", "fin-wait-2-idle", "trouble",
	     since);
}

/* Half closed for a second, then closed: the state is as old as the half close. */
static void half_close_then_close(void)
{
	struct pair p = open_pair();
	int64_t since = now();

	shutdown(p.client, SHUT_WR);
	pause_ms(1200);
	close(p.client);
	tell("half-close-then-close", p.rport, p.lport, "FIN-WAIT-2", "fin-wait-2-orphan",
	     "(orphan)", since);
}

/* The parent has closed its copy: only the child holds it. */
static void forked_owner(void)
{
	struct pair p = open_pair();

	spawn("heir", linger, NULL);
	close(p.server);
	close(p.client);
	/* The child still has the client's end as well. */
	tell_held("forked-owner", p.lport, p.rport, "ESTABLISHED", "-", "heir", 0, 1);
}

/* A server that forks for each connection and forgets it in the child. */
static void leak_in_child(void)
{
	struct pair p = open_pair();
	int64_t since;
	int client = dup(p.client);

	close(p.client);
	spawn("worker", linger, NULL);
	close(p.server);
	/* The child's copy of the client would keep it open. */
	since = now();
	shutdown(client, SHUT_RDWR);
	close(client);
	tell_held("leak-in-child", p.lport, p.rport, "CLOSE-WAIT", "close-wait-unread", "worker",
		  since, 1);
}

static void held_by_three(void)
{
	struct pair p = open_pair();
	int64_t since;

	spawn("sibling", linger, NULL);
	spawn("sibling", linger, NULL);
	since = now();
	shutdown(p.client, SHUT_WR);
	read_to_end(p.server);
	tell_held("held-by-three", p.lport, p.rport, "CLOSE-WAIT", "close-wait-leak", "trouble",
		  since, 3);
}

/* ---- passed over a unix socket ---- */

static void pass_over(int talk, int fd)
{
	char room[CMSG_SPACE(sizeof(int))] = {0}, byte = 'x';
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = room,
			     .msg_controllen = sizeof(room)};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	if (sendmsg(talk, &msg, 0) != 1)
		die("sendmsg");
}

static void take_over(void *arg)
{
	char room[CMSG_SPACE(sizeof(int))] = {0}, byte;
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = room,
			     .msg_controllen = sizeof(room)};
	struct cmsghdr *cmsg;
	int talk = *(int *)arg, fd;

	if (recvmsg(talk, &msg, 0) != 1)
		_exit(1);
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg)
		_exit(1);
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	read_to_end(fd);
	if (write(talk, "y", 1) != 1)
		_exit(1);
	linger(NULL);
}

/* Made by one process, passed to another that leaks it. */
static void passed_over(void)
{
	int talk[2];
	struct pair p;
	int64_t since;
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, talk))
		die("socketpair");
	spawn("receiver", take_over, &talk[1]);
	p = open_pair();
	since = now();
	close(p.client);
	pass_over(talk[0], p.server);
	if (read(talk[0], &byte, 1) != 1)
		die("the receiver");
	close(p.server);
	tell_held("passed-over", p.lport, p.rport, "CLOSE-WAIT", "close-wait-leak", "receiver",
		  since, 1);
}

/* Nobody takes it out of the unix socket. */
static void in_flight(void)
{
	int talk[2];
	struct pair p;
	int64_t since;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, talk))
		die("socketpair");
	p = open_pair();
	since = now();
	close(p.client);
	pass_over(talk[0], p.server);
	close(p.server);
	tell_held("in-flight", p.lport, p.rport, "CLOSE-WAIT", "no-process", "(no", since, 0);
}

/* ---- a process that dies ---- */

static void connect_and_wait(void *arg)
{
	int talk = *(int *)arg, fd;
	uint16_t number;
	char fills;

	if (read(talk, &number, sizeof(number)) != sizeof(number) || read(talk, &fills, 1) != 1)
		_exit(1);
	fd = connect_to(number, 0);
	if (fills)
		fill(fd);
	if (write(talk, "y", 1) != 1)
		_exit(1);
	linger(NULL);
}

/* The port of its end, which it had no time to close. */
static void die_holding(const char *name, char fills, const char *state, const char *rule)
{
	uint16_t number = next_port();
	int talk[2], listener, server;
	int64_t since;
	pid_t pid;
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, talk))
		die("socketpair");
	pid = spawn("doomed", connect_and_wait, &talk[1]);
	listener = listen_at(number, 16);
	if (write(talk[0], &number, sizeof(number)) != sizeof(number) ||
	    write(talk[0], &fills, 1) != 1 || read(talk[0], &byte, 1) != 1)
		die("the doomed");
	server = accept(listener, NULL, NULL);
	since = now();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	tell(name, remote_port(server), number, state, rule, "(orphan)", fills ? 0 : since);
	if (!fills)
		tell("died-peer", number, remote_port(server), "CLOSE-WAIT", "close-wait-unread",
		     "trouble", since);
}

void trouble_owners(void)
{
	passed_over();
	die_holding("died", 0, "FIN-WAIT-2", "fin-wait-2-orphan");
	die_holding("died-behind-window", 1, "FIN-WAIT-1", "peer-window-shut");
	forked_owner();
	leak_in_child();
	held_by_three();
	in_flight();
	leak();
	late_leak();
	stalled_reader();
	half_close_held();
	half_close_then_close();
}
