/* SPDX-License-Identifier: GPL-2.0-only */
/* trouble.c - what the cases share; see trouble.h. `trouble now` tells the time on their clock. */
#include "trouble.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_PORT = 8001, CHILDREN = 64 };

const char *far_netns;

static uint16_t port = FIRST_PORT;
static pid_t children[CHILDREN];
static unsigned n_children;

_Noreturn void die(const char *what)
{
	fprintf(stderr, "trouble: %s: %s\n", what, strerror(errno));
	exit(1);
}

int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void pause_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

uint16_t next_port(void)
{
	return port++;
}

static struct sockaddr_in at(const char *host, uint16_t number)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(number)};

	if (inet_pton(AF_INET, host, &addr.sin_addr) != 1)
		die(host);
	return addr;
}

int listen_at(uint16_t number, int backlog)
{
	struct sockaddr_in addr = at("0.0.0.0", number);
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, backlog))
		die("listen");
	return fd;
}

int connect_to_host(const char *host, uint16_t number, int flags)
{
	struct sockaddr_in addr = at(host, number);
	int fd = socket(AF_INET, SOCK_STREAM | flags, 0);

	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) && errno != EINPROGRESS)
		die("connect");
	return fd;
}

int connect_to(uint16_t number, int flags)
{
	return connect_to_host("127.0.0.1", number, flags);
}

void drop_all(int fd)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {.len = 1, .filter = &nothing};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)))
		die("SO_ATTACH_FILTER");
}

void drop_none(int fd)
{
	int unused = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused)))
		die("SO_DETACH_FILTER");
}

uint16_t local_port(int fd)
{
	struct sockaddr_in addr = {0};
	socklen_t len = sizeof(addr);

	if (getsockname(fd, (struct sockaddr *)&addr, &len))
		die("getsockname");
	return ntohs(addr.sin_port);
}

uint16_t remote_port(int fd)
{
	struct sockaddr_in addr = {0};
	socklen_t len = sizeof(addr);

	if (getpeername(fd, (struct sockaddr *)&addr, &len))
		die("getpeername");
	return ntohs(addr.sin_port);
}

struct pair open_pair(void)
{
	struct pair p = {.lport = next_port()};

	p.listener = listen_at(p.lport, 16);
	p.client = connect_to(p.lport, 0);
	p.server = accept(p.listener, NULL, NULL);
	p.rport = local_port(p.client);
	return p;
}

void tell(const char *name, uint16_t lport, uint16_t rport, const char *state, const char *rule,
	  const char *owner, int64_t since)
{
	printf("%s %u %u %s %s %s %" PRId64 " *\n", name, lport, rport, state, rule, owner, since);
}

void tell_held(const char *name, uint16_t lport, uint16_t rport, const char *state,
	       const char *rule, const char *owner, int64_t since, unsigned holders)
{
	printf("%s %u %u %s %s %s %" PRId64 " %u\n", name, lport, rport, state, rule, owner, since,
	       holders);
}

void tell_none(const char *name, uint16_t lport)
{
	printf("%s %u none\n", name, lport);
}

void read_to_end(int fd)
{
	char bytes[256];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
}

void fill(int fd)
{
	static char bytes[1 << 16];

	fcntl(fd, F_SETFL, O_NONBLOCK);
	for (int idle = 0; idle < 20;) {
		if (write(fd, bytes, sizeof(bytes)) > 0) {
			idle = 0;
			continue;
		}
		idle++;
		pause_ms(10);
	}
}

void linger(void *arg)
{
	(void)arg;
	for (;;)
		pause_ms(60000);
}

pid_t spawn(const char *name, void (*then)(void *arg), void *arg)
{
	pid_t pid = fork();

	if (pid < 0 || n_children >= CHILDREN)
		die("fork");
	if (pid == 0) {
		prctl(PR_SET_NAME, name);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		then(arg);
		_exit(0);
	}
	children[n_children++] = pid;
	return pid;
}

/* Children first: they inherit every descriptor that is open by then. */
static void play_all(const char *netns)
{
	far_netns = strcmp(netns, "-") != 0 ? netns : NULL;
	trouble_controls();
	trouble_owners();
	trouble_waiting();
	trouble_peers();
	trouble_far();
}

static void play(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "ports"))
		trouble_ports();
	else if (argc == 3 && !strcmp(argv[1], "many"))
		trouble_many((unsigned)atoi(argv[2]));
	else if (argc == 3 && !strcmp(argv[1], "same"))
		trouble_same(argv[2]);
	else if (argc == 2)
		play_all(argv[1]);
	else
		die("usage: trouble now | ports | many N | same NAME | FAR-NETNS or -");
}

int main(int argc, char **argv)
{
	char byte;

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && !strcmp(argv[1], "now")) {
		printf("%" PRId64 "\n", now());
		return 0;
	}
	play(argc, argv);
	puts("ready");
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	for (unsigned i = 0; i < n_children; i++)
		kill(children[i], SIGKILL);
	return 0;
}
