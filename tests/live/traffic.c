/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * traffic [OPTIONS] SCENARIO...: plays TCP connections in the current network namespace and writes
 * what a tracer of TCP states must have seen. See traffic.h for the format of that truth.
 *
 * Exit: 0 all was played as written, 1 something was not, 2 usage, 75 something that may happen
 * kept it from that: play again, 77 this kernel cannot play one of them (the others were played,
 * and the truth holds them).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traffic.h"

/* The row's index is added to the base port: do not reorder, add at the end of a block at will. */
static const struct scenario scenarios[] = {
	/* ordinary closes: traffic_close.c */
	{"active-close", "client closes, server 0.5 s later", 0, play_active_close},
	{"passive-close", "server closes, client 0.5 s later", 0, play_passive_close},
	{"half-close", "client shuts down, server closes 0.7 s later", 0, play_half_close},
	{"half-then-close", "client shuts down, closes 0.3 s later; server 0.7 s later", 0,
	 play_half_then_close},
	{"late-mini", "FIN-WAIT-2 of 2.5 s, first a full, then a mini-socket", 0, play_late_mini},
	{"fin-timeout", "orphaned FIN-WAIT-2 ended by tcp_fin_timeout", 0, play_fin_timeout},
	{"fin-timeout-late", "orphaned FIN-WAIT-2 ended by a tcp_fin_timeout of 61 s, after 2 s", 0,
	 play_fin_timeout_late},
	{"reconnect", "the socket of a TIME-WAIT connects again", 0, play_reconnect},
	{"silent-move", "FIN-WAIT-2 to TIME-WAIT within one timer bucket", 0, play_silent_move},
	{"loud-move", "FIN-WAIT-2 to TIME-WAIT across two timer buckets", 0, play_loud_move},
	{"self-connect", "a socket that connects to itself", 0, play_self_connect},
	{"time-wait-full", "TIME-WAIT lives out its 60 s", 0, play_time_wait_full},
	{"netns-gone", "leaves a TIME-WAIT for the caller to delete the namespace", 0,
	 play_netns_gone},
	/* other ends: traffic_end.c */
	{"refused", "SYN answered by a RST", 0, play_refused},
	{"linger-reset", "SO_LINGER 0", 0, play_linger_reset},
	{"linger2-reset", "TCP_LINGER2 -1 in FIN-WAIT-2", 0, play_linger2_reset},
	{"unread-reset", "close() with unread data", 0, play_unread_reset},
	{"unaccepted", "listener closes over a connection not accepted", 0, play_unaccepted},
	{"disconnect", "connect() to AF_UNSPEC", 0, play_disconnect},
	{"data-after-close", "data for an orphan in FIN-WAIT-2", 0, play_data_after_close},
	{"syn-reuse", "a SYN takes over a TIME-WAIT", 0, play_syn_reuse},
	{"connect-reuse", "a connect() takes over a TIME-WAIT", 0, play_connect_reuse},
	{"bound-reuse", "a connect() from a bound port takes over a TIME-WAIT", 0,
	 play_bound_reuse},
	{"kill-time-wait", "SOCK_DESTROY of a TIME-WAIT", NEEDS_DESTROY | NEEDS_DESTROY_MINI,
	 play_kill_time_wait},
	{"kill-fin-wait-2", "SOCK_DESTROY of an orphan in FIN-WAIT-2",
	 NEEDS_DESTROY | NEEDS_DESTROY_MINI, play_kill_fin_wait_2},
	{"kill-established", "SOCK_DESTROY of a connection", NEEDS_DESTROY, play_kill_established},
	{"kill-listener", "SOCK_DESTROY of a listener", NEEDS_DESTROY, play_kill_listener},
	{"table-full", "no room for the TIME-WAIT", 0, play_table_full},
	{"table-full-orphan", "no room for the orphan's FIN-WAIT-2", 0, play_table_full_orphan},
	/* against a peer in user space: traffic_raw.c */
	{"simultaneous-close", "FINs cross: CLOSING for 0.15 s", NEEDS_TUN,
	 play_simultaneous_close},
	{"simultaneous-open", "SYNs cross: SYN-RECEIVED for 0.1 s", NEEDS_TUN,
	 play_simultaneous_open},
	{"close-in-syn-recv", "SYNs cross, close() before the ACK", NEEDS_TUN,
	 play_close_in_syn_recv},
	{"syn-timeout", "nobody answers the SYN", NEEDS_TUN, play_syn_timeout},
	{"syn-abandoned", "close() while nobody answers", NEEDS_TUN, play_syn_abandoned},
	{"unreachable", "SYN answered by ICMP", NEEDS_TUN, play_unreachable},
	{"reset-established", "the peer resets", NEEDS_TUN, play_reset_established},
	{"rst-in-time-wait", "the peer resets a TIME-WAIT", NEEDS_TUN, play_rst_in_time_wait},
	{"rst-in-fin-wait-2", "the peer resets an orphan in FIN-WAIT-2", NEEDS_TUN,
	 play_rst_in_fin_wait_2},
	{"data-with-ack", "data for an orphan, with the ACK of its FIN", NEEDS_TUN,
	 play_data_with_ack},
	{"timeout-fin-wait-1", "the peer goes silent before our FIN", NEEDS_TUN,
	 play_timeout_fin_wait_1},
	{"timeout-fin-wait-2", "an orphan that stays a full socket, and a silent peer", NEEDS_TUN,
	 play_timeout_fin_wait_2},
	{"timeout-last-ack", "the peer goes silent after its FIN", NEEDS_TUN,
	 play_timeout_last_ack},
	{"timeout-established", "TCP_USER_TIMEOUT with data in flight", NEEDS_TUN,
	 play_timeout_established},
	{"keepalive-timeout", "keepalive probes unanswered", NEEDS_TUN, play_keepalive_timeout},
	/* the same peer connects: traffic_handshake.c */
	{"handshake-late", "the ACK comes after 0.3 s", NEEDS_TUN, play_handshake_late},
	{"handshake-resent", "the first SYN-ACK is ignored", NEEDS_TUN, play_handshake_resent},
	{"handshake-asked-again", "the SYN comes twice", NEEDS_TUN, play_handshake_asked_again},
	{"handshake-deferred", "TCP_DEFER_ACCEPT: data 0.2 s after the ACK", NEEDS_TUN,
	 play_handshake_deferred},
	{"handshake-reset", "the SYN-ACK is answered by a RST", NEEDS_TUN, play_handshake_reset},
	{"handshake-unanswered", "nobody answers the SYN-ACK", NEEDS_TUN,
	 play_handshake_unanswered},
	{"handshake-unreachable", "the SYN-ACK is answered by ICMP", NEEDS_TUN,
	 play_handshake_unreachable},
	{"handshake-killed", "SOCK_DESTROY of a request", NEEDS_TUN | NEEDS_DESTROY,
	 play_handshake_killed},
	{"handshake-deserted", "its listener closes", NEEDS_TUN, play_handshake_deserted},
	{"handshake-too-late", "its listener closes, then the ACK comes", NEEDS_TUN,
	 play_handshake_too_late},
	{"handshake-refused", "the ACK finds the accept queue full", NEEDS_TUN,
	 play_handshake_refused},
	/* two processes: traffic_owner.c */
	{"owners", "server and client are two processes with names", 0, play_owners},
	{"forked", "one process listens, its child accepts", 0, play_forked},
	/* many: traffic_bulk.c */
	{"churn", "-n connections at full speed", ONCE, play_churn},
	{"leak", "a server that leaks -n connections for -w seconds; no truth", ONCE, play_leak},
};

enum { SCENARIOS = sizeof(scenarios) / sizeof(scenarios[0]) };

static const char help[] =
	"usage: traffic [OPTIONS] SCENARIO...|all\n"
	"Plays TCP connections in the current network namespace ('all': all but those marked *).\n"
	"\n"
	"  -o FILE   write the truth to FILE (-: standard output)\n"
	"  -n COUNT  play each scenario COUNT times (churn, leak: that many connections)\n"
	"  -p PORT   base port; a scenario listens on PORT + its index (default 7001)\n"
	"  -w SECS   how long 'leak' leaks (default 10)\n"
	"  -6, -m    over IPv6; over IPv4 through IPv6 sockets\n"
	"  -l        list the scenarios\n";

struct options {
	const char *truth;
	unsigned repeat;
	unsigned port;
	unsigned hold;
	enum net net;
};

/* Left out of 'all': too long, in need of a caller, or with a truth of their own kind. */
static bool is_special(const struct scenario *s)
{
	return s->play == play_time_wait_full || s->play == play_netns_gone || (s->flags & ONCE);
}

static void list_scenarios(void)
{
	for (size_t i = 0; i < SCENARIOS; i++)
		printf("%c %-20s %s%s\n", is_special(&scenarios[i]) ? '*' : ' ', scenarios[i].name,
		       scenarios[i].what, scenarios[i].flags & NEEDS_TUN ? " (tun)" : "");
}

static unsigned parse_count(const char *text, unsigned most)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || *text == '-' || value == 0 ||
	    value > most) {
		fprintf(stderr, "traffic: '%s' is not a number from 1 to %u\n", text, most);
		exit(2);
	}
	return (unsigned)value;
}

/* What this kernel lacks for a scenario, or NULL. */
static const char *lacks(const struct scenario *s)
{
	int fd;

	if ((s->flags & NEEDS_DESTROY) && !diag_can_kill())
		return "no SOCK_DESTROY";
	if ((s->flags & NEEDS_DESTROY_MINI) && !diag_can_kill_mini())
		return "no SOCK_DESTROY of mini-sockets";
	if (s->flags & NEEDS_TUN) {
		fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
		if (fd < 0)
			return "no /dev/net/tun";
		close(fd);
	}
	return NULL;
}

static int play(const struct scenario *s, const struct options *o)
{
	struct run run = {.scenario = s->name, .net = o->net, .repeat = o->repeat, .hold = o->hold};
	unsigned rounds = s->flags & ONCE ? 1 : o->repeat;
	const char *missing = lacks(s);

	if (missing) {
		fprintf(stderr, "traffic: skip %s: %s\n", s->name, missing);
		return 77;
	}
	trouble_in(s->name);
	run.port = (uint16_t)(o->port + (s - scenarios));
	for (run.round = 0; run.round < rounds; run.round++) {
		/* A client's port shall come from nowhere else than the scenario wants it. */
		if (!(s->flags & ONCE))
			sysctl_set("tcp_tw_reuse", "0");
		s->play(&run);
		sysctl_restore();
	}
	return 0;
}

static const struct scenario *find(const char *name)
{
	for (size_t i = 0; i < SCENARIOS; i++)
		if (strcmp(scenarios[i].name, name) == 0)
			return &scenarios[i];
	fprintf(stderr, "traffic: no scenario '%s'; 'traffic -l' lists them\n", name);
	exit(2);
}

static int play_named(const char *name, const struct options *o)
{
	int status = 0;

	if (strcmp(name, "all") != 0)
		return play(find(name), o);
	for (size_t i = 0; i < SCENARIOS; i++)
		if (!is_special(&scenarios[i]) && play(&scenarios[i], o) != 0)
			status = 77;
	return status;
}

static void parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{"list", no_argument, NULL, 'l'}, {"help", no_argument, NULL, 'h'}, {0}};
	int c;

	while ((c = getopt_long(argc, argv, "o:n:p:w:6mlh", longs, NULL)) != -1) {
		if (c == 'o')
			o->truth = optarg;
		else if (c == 'n')
			o->repeat = parse_count(optarg, 10000000);
		else if (c == 'p')
			o->port = parse_count(optarg, 65535 - SCENARIOS);
		else if (c == 'w')
			o->hold = parse_count(optarg, 86400);
		else if (c == '6' || c == 'm')
			o->net = c == '6' ? NET_V6 : NET_MAPPED;
		else if (c == 'l' || c == 'h') {
			c == 'l' ? list_scenarios() : (void)fputs(help, stdout);
			exit(0);
		} else
			exit(2);
	}
}

int main(int argc, char **argv)
{
	struct options o = {.repeat = 1, .port = 7001, .hold = 10};
	int status = 0;

	parse_options(argc, argv, &o);
	if (optind == argc) {
		fputs(help, stderr);
		return 2;
	}
	for (int i = optind; i < argc; i++)
		if (strcmp(argv[i], "all") != 0)
			find(argv[i]);
	for (int i = optind; i < argc; i++)
		status = play_named(argv[i], &o) != 0 ? 77 : status;
	if (o.truth && !truth_write(o.truth)) {
		fprintf(stderr, "traffic: cannot write '%s': %s\n", o.truth, strerror(errno));
		return 1;
	}
	return status;
}
