/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenarios of the traffic helper against a peer in user space (rawtcp.h), for what a kernel's TCP
 * does not do on demand. The kernel always connects; only its end is a life.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rawtcp.h"
#include "traffic.h"

enum { PATIENCE_MS = 2000 };

struct raw {
	struct rawtcp *peer;
	int fd;
	struct life *life;
};

/* The device lives as long as the process: a TIME-WAIT left behind may still want its route. */
struct rawtcp *raw_peer(void)
{
	static struct rawtcp peer;
	static bool open;
	int err = open ? 0 : rawtcp_open(&peer);

	if (err)
		trouble("cannot set up a tun device: %s", strerror(-err));
	open = true;
	return &peer;
}

static void expect(struct rawtcp *peer, unsigned flags, const char *what)
{
	int err = rawtcp_expect(peer, flags, PATIENCE_MS);

	if (err)
		trouble("waited for %s: %s", what, strerror(-err));
}

static struct moment tell(struct rawtcp *peer, unsigned flags)
{
	struct moment m = moment_begin();
	int err = rawtcp_send(peer, flags, NULL, 0);

	if (err)
		trouble("cannot write to the tun device: %s", strerror(-err));
	moment_end(&m);
	return m;
}

/* The kernel's SYN is out, and the peer has it. */
static struct raw raw_connect(const struct run *run)
{
	struct address to = address_make(run, RAWTCP_PEER4, RAWTCP_PEER6, run->port);
	struct raw c = {.peer = raw_peer(), .fd = sock_new(run)};
	struct moment m;
	struct tuple t;

	fcntl(c.fd, F_SETFL, O_NONBLOCK);
	rawtcp_drain(c.peer);
	m = moment_begin();
	if (connect(c.fd, (struct sockaddr *)&to.sa, to.len) == 0 || errno != EINPROGRESS)
		trouble("connect to the tun device: %s", strerror(errno));
	moment_end(&m);
	t = tuple_to(c.fd, &to);
	c.life = life_new(run, &t, ST_CLOSED);
	life_reaches(c.life, ST_SYN_SENT, &m);
	expect(c.peer, RAWTCP_SYN, "a SYN");
	return c;
}

static struct raw raw_open(const struct run *run)
{
	struct raw c = raw_connect(run);
	struct moment m;

	clock_pause(50);
	m = tell(c.peer, RAWTCP_SYN | RAWTCP_ACK);
	life_reaches(c.life, ST_ESTABLISHED, &m);
	expect(c.peer, RAWTCP_ACK, "the ACK of the SYN");
	clock_pause(50);
	return c;
}

/* The application closes, and the peer has the FIN. */
static void raw_close(struct raw *c)
{
	struct moment m = sock_close(c->fd);

	life_reaches(c->life, ST_FIN_WAIT_1, &m);
	expect(c->peer, RAWTCP_FIN, "a FIN");
}

/* The rest of an orderly close by the kernel: 100 ms in FIN-WAIT-1, 200 ms in FIN-WAIT-2. */
static void raw_finish(struct raw *c)
{
	struct moment m;

	clock_pause(100);
	m = tell(c->peer, RAWTCP_ACK);
	life_reaches(c->life, ST_FIN_WAIT_2, &m);
	clock_pause(200);
	m = moment_by_timer(tell(c->peer, RAWTCP_FIN | RAWTCP_ACK));
	life_reaches(c->life, ST_TIME_WAIT, &m);
}

/* The peer's FIN does not acknowledge ours: each end has closed before it heard of the other. */
void play_simultaneous_close(const struct run *run)
{
	struct raw c = raw_open(run);
	struct moment m;

	raw_close(&c);
	clock_pause(30);
	c.peer->rcv_nxt--;
	m = tell(c.peer, RAWTCP_FIN | RAWTCP_ACK);
	c.peer->rcv_nxt++;
	life_reaches(c.life, ST_CLOSING, &m);
	clock_pause(150);
	m = tell(c.peer, RAWTCP_ACK);
	life_reaches(c.life, ST_TIME_WAIT, &m);
}

/* The peer answers the SYN by a SYN of its own that acknowledges nothing. */
static struct raw raw_crossed(const struct run *run)
{
	struct raw c = raw_connect(run);
	struct moment m;

	clock_pause(50);
	m = tell(c.peer, RAWTCP_SYN);
	life_reaches(c.life, ST_SYN_RECV, &m);
	expect(c.peer, RAWTCP_SYN | RAWTCP_ACK, "a SYN with an ACK");
	clock_pause(100);
	return c;
}

void play_simultaneous_open(const struct run *run)
{
	struct raw c = raw_crossed(run);
	struct moment m = tell(c.peer, RAWTCP_ACK);

	life_reaches(c.life, ST_ESTABLISHED, &m);
	clock_pause(100);
	raw_close(&c);
	raw_finish(&c);
}

void play_close_in_syn_recv(const struct run *run)
{
	int64_t began = clock_now();
	struct raw c = raw_crossed(run);
	struct moment m = sock_close(c.fd);

	life_reaches(c.life, ST_FIN_WAIT_1, &m);
	/*
	 * A SYN that was sent again before, a second after the first, leaves the FIN no room in the
	 * congestion window until it is acknowledged.
	 */
	if (m.end - began > 900 * (int64_t)TRAFFIC_MS)
		play_again("the SYN was not acknowledged within a second");
	expect(c.peer, RAWTCP_FIN, "a FIN");
	raw_finish(&c);
}

void play_syn_timeout(const struct run *run)
{
	struct raw c;
	struct moment m;

	sysctl_set("tcp_syn_retries", "1");
	c = raw_connect(run);
	m = life_wait_gone(c.life, 10);
	life_ends(c.life, &m, "timed-out");
	close(c.fd);
}

void play_syn_abandoned(const struct run *run)
{
	struct raw c = raw_connect(run);
	struct moment m;

	clock_pause(200);
	m = sock_close(c.fd);
	life_ends(c.life, &m, "normal");
}

void play_unreachable(const struct run *run)
{
	struct raw c = raw_connect(run);
	struct moment m;
	int err;

	clock_pause(200);
	m = moment_begin();
	err = rawtcp_unreachable(c.peer);
	moment_end(&m);
	if (err)
		trouble("cannot send ICMP: %s", strerror(-err));
	life_ends(c.life, &m, "unreachable");
	close(c.fd);
}

void play_reset_established(const struct run *run)
{
	struct raw c = raw_open(run);
	struct moment m;

	clock_pause(200);
	m = tell(c.peer, RAWTCP_RST | RAWTCP_ACK);
	life_ends(c.life, &m, "reset");
	close(c.fd);
}

void play_rst_in_time_wait(const struct run *run)
{
	struct raw c = raw_open(run);
	struct moment m;

	raw_close(&c);
	raw_finish(&c);
	clock_pause(400);
	m = tell(c.peer, RAWTCP_RST | RAWTCP_ACK);
	life_ends(c.life, &m, "reset");
}

void play_rst_in_fin_wait_2(const struct run *run)
{
	struct raw c = raw_open(run);
	struct moment m;

	raw_close(&c);
	m = tell(c.peer, RAWTCP_ACK);
	life_reaches(c.life, ST_FIN_WAIT_2, &m);
	clock_pause(300);
	m = tell(c.peer, RAWTCP_RST | RAWTCP_ACK);
	life_ends(c.life, &m, "reset");
}

/* The segment that acknowledges the FIN has data, which nobody is there to read. */
void play_data_with_ack(const struct run *run)
{
	struct raw c = raw_open(run);
	struct moment m;
	int err;

	raw_close(&c);
	clock_pause(100);
	m = moment_begin();
	err = rawtcp_send(c.peer, RAWTCP_ACK, "too late", 8);
	moment_end(&m);
	if (err)
		trouble("cannot write to the tun device: %s", strerror(-err));
	life_passes(c.life, ST_FIN_WAIT_2, &m);
	life_ends(c.life, &m, "reset-sent");
	expect(c.peer, RAWTCP_RST, "a RST");
}

/* ---- the peer says nothing any more ---- */

static void raw_gives_up(struct raw *c)
{
	struct moment m = life_wait_gone(c->life, 10);

	life_ends(c->life, &m, "timed-out");
}

void play_timeout_fin_wait_1(const struct run *run)
{
	struct raw c;

	sysctl_set("tcp_orphan_retries", "1");
	c = raw_open(run);
	raw_close(&c);
	raw_gives_up(&c);
}

/*
 * The ACK of the FIN comes with a FIN that lies before the window and is dropped. The kernel has
 * kept the full socket for it, and its keepalive timer ends FIN-WAIT-2.
 */
void play_timeout_fin_wait_2(const struct run *run)
{
	struct moment m;
	struct raw c;

	sysctl_set("tcp_fin_timeout", "1");
	c = raw_open(run);
	raw_close(&c);
	c.peer->snd_nxt--;
	m = tell(c.peer, RAWTCP_FIN | RAWTCP_ACK);
	life_reaches(c.life, ST_FIN_WAIT_2, &m);
	raw_gives_up(&c);
}

void play_timeout_last_ack(const struct run *run)
{
	struct raw c;
	struct moment m;

	sysctl_set("tcp_orphan_retries", "1");
	c = raw_open(run);
	m = tell(c.peer, RAWTCP_FIN | RAWTCP_ACK);
	life_reaches(c.life, ST_CLOSE_WAIT, &m);
	clock_pause(200);
	m = sock_close(c.fd);
	life_reaches(c.life, ST_LAST_ACK, &m);
	raw_gives_up(&c);
}

void play_timeout_established(const struct run *run)
{
	struct raw c = raw_open(run);

	sock_option(c.fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 500);
	sock_send(c.fd, "anybody there?");
	raw_gives_up(&c);
	close(c.fd);
}

void play_keepalive_timeout(const struct run *run)
{
	struct raw c = raw_open(run);

	sock_option(c.fd, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	sock_option(c.fd, IPPROTO_TCP, TCP_KEEPINTVL, 1);
	sock_option(c.fd, IPPROTO_TCP, TCP_KEEPCNT, 1);
	sock_option(c.fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	raw_gives_up(&c);
	close(c.fd);
}
