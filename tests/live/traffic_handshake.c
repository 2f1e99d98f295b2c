/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenarios of the traffic helper in which a peer in user space (rawtcp.h) connects to the kernel,
 * and completes the handshake late or not at all. The lives are the listener and what its SYN made.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "rawtcp.h"
#include "traffic.h"

enum {
	PATIENCE_MS = 2000,
	FIRST_PORT = 20000, /* of the peer: another one for each connection */
};

struct server {
	int fd;
	struct life *life;
};

/* One handshake, and the request or the child that is its end here. */
struct opening {
	struct rawtcp peer; /* shares its device with all others */
	struct life *life;
};

static struct server serve(const struct run *run, int backlog)
{
	struct address at = address_make(run, RAWTCP_KERNEL4, RAWTCP_KERNEL6, run->port);
	struct server s;
	struct moment m;
	struct tuple t;

	raw_peer();
	s.fd = sock_new(run);
	sock_bind(s.fd, &at);
	m = moment_begin();
	if (listen(s.fd, backlog) != 0)
		trouble("listen: %s", strerror(errno));
	moment_end(&m);
	t = tuple_at(at);
	s.life = life_new(run, &t, ST_CLOSED);
	life_passes(s.life, ST_LISTEN, &m);
	return s;
}

static void stop_serving(struct server *s)
{
	struct moment m = sock_close(s->fd);

	life_ended(s->life, &m, "normal");
}

static void expect_syn_ack(struct opening *o)
{
	int err = rawtcp_expect(&o->peer, RAWTCP_SYN | RAWTCP_ACK, PATIENCE_MS);

	if (err)
		trouble("waited for a SYN-ACK: %s", strerror(-err));
}

static struct moment tell(struct opening *o, unsigned flags, const char *data)
{
	struct moment m = moment_begin();
	int err = rawtcp_send(&o->peer, flags, data, data ? strlen(data) : 0);

	if (err)
		trouble("cannot write to the tun device: %s", strerror(-err));
	moment_end(&m);
	return m;
}

/* Its SYN-ACK came. */
static struct opening syn(const struct run *run)
{
	static uint16_t port = FIRST_PORT;
	struct address from = address_make(run, RAWTCP_PEER4, RAWTCP_PEER6, ++port);
	struct address to = address_make(run, RAWTCP_KERNEL4, RAWTCP_KERNEL6, run->port);
	sa_family_t family = run->net == NET_V6 ? AF_INET6 : AF_INET;
	struct opening o = {.peer = *raw_peer()};
	struct tuple peer = tuple_at(from), local = tuple_at(to);
	struct moment m;

	memcpy(local.raddr, peer.laddr, sizeof(local.raddr));
	local.rport = peer.lport;
	rawtcp_drain(&o.peer);
	o.life = life_new(run, &local, ST_LISTEN);
	m = moment_begin();
	if (rawtcp_connect(&o.peer, family, port, run->port))
		trouble("cannot write to the tun device: %s", strerror(errno));
	life_reaches(o.life, ST_SYN_RECV, &m);
	expect_syn_ack(&o);
	return o;
}

static void completes(struct opening *o)
{
	struct moment m = tell(o, RAWTCP_ACK, NULL);

	life_reaches(o->life, ST_ESTABLISHED, &m);
}

static void ends(struct server *s, struct opening *o, struct moment m, const char *cause)
{
	life_ends(o->life, &m, cause);
	stop_serving(s);
}

/* The peer ends what it has opened, and the server goes. */
static void finish(struct server *s, struct opening *o)
{
	clock_pause(100);
	ends(s, o, tell(o, RAWTCP_RST | RAWTCP_ACK, NULL), "reset");
}

void play_handshake_late(const struct run *run)
{
	struct server s = serve(run, 16);
	struct opening o = syn(run);

	clock_pause(300);
	completes(&o);
	finish(&s, &o);
}

void play_handshake_resent(const struct run *run)
{
	struct server s = serve(run, 16);
	struct opening o = syn(run);

	expect_syn_ack(&o);
	completes(&o);
	finish(&s, &o);
}

void play_handshake_asked_again(const struct run *run)
{
	struct server s = serve(run, 16);
	struct opening o = syn(run);

	clock_pause(200);
	o.peer.snd_nxt--;
	tell(&o, RAWTCP_SYN, NULL);
	expect_syn_ack(&o);
	completes(&o);
	finish(&s, &o);
}

/* A bare ACK leaves the request as it is. */
void play_handshake_deferred(const struct run *run)
{
	struct server s = serve(run, 16);
	struct opening o;
	struct moment m;

	sock_option(s.fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5);
	o = syn(run);
	tell(&o, RAWTCP_ACK, NULL);
	clock_pause(200);
	m = tell(&o, RAWTCP_ACK, "x");
	life_reaches(o.life, ST_ESTABLISHED, &m);
	finish(&s, &o);
}

void play_handshake_reset(const struct run *run)
{
	struct server s = serve(run, 16);
	struct opening o = syn(run);

	clock_pause(200);
	ends(&s, &o, tell(&o, RAWTCP_RST | RAWTCP_ACK, NULL), "reset");
}

/* One SYN-ACK more after 1 s, and the end 2 s later. */
void play_handshake_unanswered(const struct run *run)
{
	struct server s = serve(run, 16);
	struct opening o;

	sock_option(s.fd, IPPROTO_TCP, TCP_SYNCNT, 1);
	o = syn(run);
	ends(&s, &o, life_wait_gone(o.life, 10), "timed-out");
}

void play_handshake_unreachable(const struct run *run)
{
	struct server s = serve(run, 16);
	struct opening o = syn(run);
	struct moment m;
	int err;

	clock_pause(200);
	m = moment_begin();
	err = rawtcp_unreachable(&o.peer);
	moment_end(&m);
	if (err)
		trouble("cannot send ICMP: %s", strerror(-err));
	ends(&s, &o, m, "unreachable");
}

void play_handshake_killed(const struct run *run)
{
	struct server s = serve(run, 16);
	struct opening o = syn(run);
	struct moment m;
	int err;

	clock_pause(200);
	m = moment_begin();
	err = diag_kill(life_tuple(o.life));
	moment_end(&m);
	if (err)
		trouble("cannot kill a request: %s", strerror(-err));
	ends(&s, &o, m, "killed");
}

/* The timer finds that nobody listens. */
void play_handshake_deserted(const struct run *run)
{
	struct server s = serve(run, 16);
	struct opening o = syn(run);
	struct moment m;

	clock_pause(200);
	stop_serving(&s);
	m = life_wait_gone(o.life, 10);
	life_ends(o.life, &m, "no-listener");
}

void play_handshake_too_late(const struct run *run)
{
	struct server s = serve(run, 16);
	struct opening o = syn(run);
	struct moment m;

	clock_pause(200);
	stop_serving(&s);
	clock_pause(200);
	m = tell(&o, RAWTCP_ACK, NULL);
	life_ends(o.life, &m, "no-listener");
}

/*
 * A backlog of 2 has room for three that wait, and for two requests at a time. What comes when
 * there is no room is not taken, and its SYN-ACK sent again in vain.
 */
void play_handshake_refused(const struct run *run)
{
	struct server s = serve(run, 2);
	struct opening let_in[3], refused;
	struct moment m;

	sock_option(s.fd, IPPROTO_TCP, TCP_SYNCNT, 1);
	for (unsigned i = 0; i < 2; i++) {
		let_in[i] = syn(run);
		completes(&let_in[i]);
	}
	let_in[2] = syn(run);
	refused = syn(run);
	completes(&let_in[2]);
	tell(&refused, RAWTCP_ACK, NULL);
	m = life_wait_gone(refused.life, 10);
	life_ends(refused.life, &m, "queue-full");
	for (unsigned i = 0; i < 3; i++) {
		m = tell(&let_in[i], RAWTCP_RST | RAWTCP_ACK, NULL);
		life_ends(let_in[i].life, &m, "reset");
	}
	stop_serving(&s);
}
