/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* verdict.c - which sockets, whose, in which groups; and that many of them take no longer each. */
#include "census_feeder.h"
#include "diagnosis/next.h"
#include "diagnosis/verdict.h"

#include <time.h>

static struct census census;
static struct options options;

static void put(union decode_record rec)
{
	if (census_add(&census, &rec))
		abort();
}

static void begin(const char *typed)
{
	char text[256];

	census_release(&census);
	snprintf(text, sizeof(text), "stuck %s", typed);
	feeder_options(&options, text);
	put(census_limits(CENSUS_NETNS, 32768, 60999, 65536));
}

static struct verdict make(void)
{
	struct verdict verdict;

	if (verdict_make(&verdict, &census, &options.selection, &options.by, 4 * NS_PER_MS))
		abort();
	return verdict;
}

/* "STATE owner;..." of all, oldest first. */
static const char *owners(char text[512])
{
	struct verdict verdict = make();
	char owner[VERDICT_OWNER_MAX];

	text[0] = '\0';
	for (size_t i = 0; i < verdict.n_sockets; i++)
		snprintf(text + strlen(text), 512 - strlen(text), "%s%s", i ? "; " : "",
			 verdict_owner(&verdict.sockets[i], owner));
	verdict_release(&verdict);
	return text;
}

static void put_some_owners(void)
{
	put(census_snapshot(&(struct snap){.cookie = 1, .age = 9000}));
	put(census_snapshot(&(struct snap){.cookie = 2, .age = 8000}));
	put(census_snapshot(&(struct snap){.cookie = 3, .age = 7000, .flags = WIRE_S_ORPHAN}));
	put(census_snapshot(
		&(struct snap){.cookie = 4, .age = 6000, .flags = WIRE_S_FILE | WIRE_S_KERNEL}));
	put(census_snapshot(
		&(struct snap){.cookie = 5, .age = 5000, .lport = 80, .flags = NONE16}));
	put(census_snapshot(&(struct snap){.cookie = 6, .age = 4000}));
	put(census_snapshot(&(struct snap){.cookie = 7,
					   .state = WIRE_LISTEN,
					   .lport = 80,
					   .rport = NONE,
					   .laddr = "0.0.0.0"}));
	put(census_holder(1, 10, "one", 3));
	put(census_holder(1, 10, "one", 4));
	put(census_holder(2, 10, "one", 5));
	put(census_holder(2, 11, "two", 5));
	put(census_holder(2, 11, "two", 6));
	put(census_holder(2, 12, "three", 5));
	put(census_holder(7, 20, "server", 3));
	put(census_holder(99, 20, "server", 3));
	put(census_snapshot(&(struct snap){.cookie = 6, .age = 4000})); /* it is there still */
}

static void test_owners(void)
{
	char text[512];

	test_begin("verdict-owners");
	begin("");
	put_some_owners();
	CHECK_STR(owners(text),
		  "one[10]; one[10] +2; (orphan); (kernel); ~server[20]; (no descriptor)");
	begin("-p 12");
	put_some_owners();
	CHECK_STR(owners(text), "one[10] +2");
	begin("-c server");
	put_some_owners();
	CHECK_STR(owners(text), "~server[20]");
	test_end("of one, of three, of none, of the kernel, of a listener, in flight");
}

/* Two hosts in namespaces of their own; each pair has the same addresses. */
static void put_pair(int64_t cookie, uint32_t netns, uint32_t client, uint32_t server)
{
	put(census_snapshot(&(struct snap){.cookie = cookie,
					   .netns = netns,
					   .laddr = "10.0.0.1",
					   .raddr = "10.0.0.2",
					   .lport = 40000,
					   .rport = 80,
					   .age = 9000,
					   .snd_una = server,
					   .rcv_nxt = client}));
	put(census_snapshot(&(struct snap){.cookie = cookie + 1,
					   .netns = netns + 1,
					   .laddr = "10.0.0.2",
					   .raddr = "10.0.0.1",
					   .lport = 80,
					   .rport = 40000,
					   .kind = WIRE_MINI,
					   .state = WIRE_FIN_WAIT2,
					   .age = 9000,
					   .snd_una = client,
					   .rcv_nxt = server}));
}

/* "STATE of owner"; "-": none. */
static const char *peer(uint64_t cookie, char text[VERDICT_PEER_MAX])
{
	struct verdict verdict = make();

	strcpy(text, "-");
	for (size_t i = 0; i < verdict.n_sockets; i++)
		if (verdict.sockets[i].socket->s.id.cookie == cookie && verdict.sockets[i].peer)
			verdict_peer(verdict.census, &verdict.sockets[i], text);
	verdict_release(&verdict);
	return text;
}

static uint64_t peer_of(uint64_t cookie)
{
	struct verdict verdict = make();
	uint64_t found = 0;

	for (size_t i = 0; i < verdict.n_sockets; i++)
		if (verdict.sockets[i].socket->s.id.cookie == cookie && verdict.sockets[i].peer)
			found = verdict.sockets[i].peer->s.id.cookie;
	verdict_release(&verdict);
	return found;
}

static void test_peers(void)
{
	char text[VERDICT_PEER_MAX];

	test_begin("verdict-peers");
	begin("");
	put_pair(1, 10, 5000, 70000);
	CHECK_STR(peer(1, text), "FIN-WAIT-2 of (orphan)");
	put_pair(11, 20, 5001, 70001);
	put_pair(21, 30, 0xffffffff, 0x80000000);
	CHECK_EQ(peer_of(1), 2);
	CHECK_EQ(peer_of(11), 12);
	CHECK_EQ(peer_of(21), 22);
	/* Nobody can tell which of two it is. */
	put_pair(31, 40, 5000, 70000);
	CHECK_EQ(peer_of(1), 0);
	test_end("by the numbers that each expects, whatever hosts have the same addresses");
}

/* "RULE;" of each finding in its order, "RULE < CAUSE;" of one that waits for another. */
static const char *stories(char text[512])
{
	struct verdict verdict = make();
	size_t used = 0;

	text[0] = '\0';
	for (const struct verdict_finding *f = verdict.findings; f; f = f->hh.next) {
		const struct verdict_socket *sockets = verdict.sockets;
		const char *because = f->because ? sockets[f->because->first].rule->id : "";

		used += (size_t)snprintf(text + used, 512 - used, "%s%s%s;",
					 sockets[f->first].rule->id, *because ? " < " : "",
					 because);
	}
	verdict_release(&verdict);
	return text;
}

static void test_stories(void)
{
	char text[512];

	test_begin("verdict-stories");
	begin("");
	put_pair(1, 10, 5000, 70000);
	put(census_holder(1, 50, "leaky", 3));
	CHECK_STR(stories(text), "close-wait-held;fin-wait-2-orphan < close-wait-held;");
	put_pair(11, 10, 5001, 70001);
	put(census_holder(11, 50, "leaky", 4));
	CHECK_STR(stories(text), "close-wait-held;fin-wait-2-orphan < close-wait-held;");
	/* A CLOSE-WAIT of another process, and of two causes neither is the one. */
	put_pair(21, 10, 5002, 70002);
	put(census_holder(21, 60, "other", 3));
	CHECK_STR(stories(text), "fin-wait-2-orphan;close-wait-held;close-wait-held;");
	/* One whose other end is not here. */
	begin("");
	put_pair(1, 10, 5000, 70000);
	put(census_holder(1, 50, "leaky", 3));
	put(census_snapshot(&(struct snap){.cookie = 3,
					   .netns = 11,
					   .kind = WIRE_MINI,
					   .state = WIRE_FIN_WAIT2,
					   .age = 9000}));
	CHECK_STR(stories(text), "fin-wait-2-orphan;close-wait-held;");
	/* The cause first, though what waits for it is older. */
	begin("");
	put(census_snapshot(&(struct snap){
		.cookie = 5, .state = WIRE_LISTEN, .lport = 80, .unread = 3, .room = 2}));
	put(census_snapshot(&(struct snap){.cookie = 6,
					   .state = WIRE_ESTABLISHED,
					   .lport = 80,
					   .rport = 50000,
					   .flags = NONE16,
					   .age = 9000}));
	put(census_queued(6, 5));
	CHECK_STR(stories(text), "accept-queue-full;not-accepted < accept-queue-full;");
	test_end("who waits for whom, if that is true of all");
}

static void test_listening_peers(void)
{
	static const struct {
		const char *to, *listens;
		uint32_t netns;
		const char *peer;
	} of[] = {
		{"127.0.0.1", "0.0.0.0", CENSUS_NETNS, "LISTEN of server[20]"},
		{"127.0.0.1", "127.0.0.1", CENSUS_NETNS, "LISTEN of server[20]"},
		{"127.0.0.1", "127.0.0.2", CENSUS_NETNS, "-"},
		{"127.0.0.1", "0.0.0.0", CENSUS_NETNS + 1, "-"},
		{"10.0.0.1", "0.0.0.0", CENSUS_NETNS, "LISTEN of server[20]"},
		{"10.0.0.2", "0.0.0.0", CENSUS_NETNS, "-"},
	};
	char text[VERDICT_PEER_MAX];

	test_begin("verdict-listening-peers");
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		begin("-s syn-sent");
		put(census_snapshot(&(struct snap){
			.cookie = 1,
			.state = WIRE_SYN_SENT,
			.laddr = strcmp(of[i].to, "127.0.0.1") ? "10.0.0.1" : "127.0.0.1",
			.raddr = of[i].to,
			.lport = 40000,
			.rport = 80,
			.age = 9000}));
		put(census_snapshot(&(struct snap){.cookie = 2,
						   .state = WIRE_LISTEN,
						   .netns = of[i].netns,
						   .laddr = of[i].listens,
						   .lport = 80,
						   .rport = NONE}));
		put(census_holder(2, 20, "server", 3));
		CHECK_STR(peer(1, text), of[i].peer);
	}
	test_end("of a SYN that nobody answers, within a namespace");
}

static void put_listener(int64_t cookie, const char *laddr, uint16_t flags, const char *holder)
{
	put(census_snapshot(&(struct snap){.cookie = cookie,
					   .state = WIRE_LISTEN,
					   .lport = 80,
					   .rport = NONE,
					   .laddr = laddr,
					   .flags = WIRE_S_FILE | flags}));
	put(census_holder(cookie, 100 + (uint32_t)cookie, holder, 3));
}

static void put_waiting(int64_t cookie, const char *laddr)
{
	put(census_snapshot(&(struct snap){
		.cookie = cookie, .laddr = laddr, .lport = 80, .age = 9000, .flags = NONE16}));
}

/* Whose is one that nobody has accepted? As the kernel looks a listener up; if only it knows, '?'.
 */
static void test_listeners(void)
{
	char text[512];

	test_begin("verdict-listeners");
	begin("");
	put_listener(1, "::", WIRE_S_V6ONLY, "six");
	put_listener(2, "0.0.0.0", 0, "four");
	put_waiting(9, "10.0.0.1");
	CHECK_STR(owners(text), "~four[102]");
	begin("");
	put_listener(1, "::", WIRE_S_V6ONLY, "six");
	put_waiting(9, "10.0.0.1");
	CHECK_STR(owners(text), "?");
	begin("");
	put_listener(1, "::", 0, "both");
	put_waiting(9, "10.0.0.1");
	CHECK_STR(owners(text), "~both[101]");
	begin("");
	put_listener(1, "10.0.0.1", 0, "this");
	put_listener(2, "0.0.0.0", 0, "any");
	put_listener(3, "10.0.0.7", 0, "other");
	put_waiting(9, "10.0.0.1");
	CHECK_STR(owners(text), "~this[101]");
	test_end("family, IPV6_V6ONLY, the address before one that stands for any");
}

static void test_reuseport(void)
{
	char text[512];

	test_begin("verdict-reuseport");
	begin("");
	put_listener(1, "0.0.0.0", 0, "one");
	put_listener(2, "0.0.0.0", 0, "two");
	put_waiting(9, "10.0.0.1");
	CHECK_STR(owners(text), "?");
	put(census_queued(9, 2));
	CHECK_STR(owners(text), "~two[102]");
	begin("");
	put_listener(1, "0.0.0.0", 0, "one");
	put_listener(2, "0.0.0.0", WIRE_S_DEVICE, "two");
	put_waiting(9, "10.0.0.1");
	CHECK_STR(owners(text), "?");
	/* Threads that listen: it is the process in any case. */
	begin("");
	put_listener(1, "0.0.0.0", 0, "one");
	put(census_snapshot(&(struct snap){.cookie = 2,
					   .state = WIRE_LISTEN,
					   .lport = 80,
					   .rport = NONE,
					   .laddr = "0.0.0.0"}));
	put(census_holder(2, 101, "one", 4));
	put_waiting(9, "10.0.0.1");
	CHECK_STR(owners(text), "~one[101]");
	/* Redirected: it has another port. */
	begin("");
	put_listener(1, "0.0.0.0", 0, "proxy");
	put(census_snapshot(
		&(struct snap){.cookie = 9, .lport = 443, .age = 9000, .flags = NONE16}));
	CHECK_STR(owners(text), "?");
	put(census_queued(9, 1));
	CHECK_STR(owners(text), "~proxy[101]");
	/* A supervisor and its service. */
	put(census_holder(1, 200, "service", 3));
	CHECK_STR(owners(text), "~proxy[101] +1");
	test_end("a group, a device, threads, a redirect, two holders");
}

/* Two members of a group that three processes hold: workers 201 and 202, and who began them. */
static void put_group(void)
{
	for (int64_t listener = 1; listener <= 2; listener++) {
		put(census_snapshot(&(struct snap){.cookie = listener,
						   .state = WIRE_LISTEN,
						   .lport = 80,
						   .rport = NONE,
						   .laddr = "0.0.0.0"}));
		put(census_holder(listener, 100, "master", 3));
		put(census_holder(listener, 201, "worker", 3));
		put(census_holder(listener, 202, "worker", 3));
	}
	put_waiting(9, "10.0.0.1");
	put(census_queued(9, 2));
}

/* Each worker at its own listener. */
static void put_workers_wait(void)
{
	put(census_epoll(71, 0, 201));
	put(census_epoll(71, 1, 0));
	put(census_epoll(72, 2, 0));
	put(census_epoll(72, 0, 202));
}

static void test_pollers(void)
{
	char text[512];

	test_begin("verdict-pollers");
	begin("");
	put_group();
	put(census_bounds(false, 0));
	CHECK_STR(owners(text), "~master[100] +2");
	/* The halves come in any order; an instance that no listener knows is nobody's. */
	begin("");
	put_group();
	put_workers_wait();
	put(census_epoll(73, 0, 100));
	put(census_bounds(false, 0));
	CHECK_STR(owners(text), "~worker[202]");
	/* Which of the two the kernel chose is not known, and it is not one process any more. */
	put_waiting(9, "10.0.0.1");
	CHECK_STR(owners(text), "?");
	/* Somebody waits there otherwise, or at both. */
	for (uint64_t other = 0; other <= 71; other += 71) {
		begin("");
		put_group();
		put_workers_wait();
		put(census_epoll(other, 2, 0));
		put(census_bounds(false, 0));
		CHECK_STR(owners(text), "~master[100] +2");
	}
	/* A single listener: one who waits there need not be who accepts. */
	begin("");
	put_listener(1, "0.0.0.0", 0, "master");
	put(census_holder(1, 200, "child", 3));
	put_waiting(9, "10.0.0.1");
	put(census_epoll(71, 1, 0));
	put(census_epoll(71, 0, 101));
	put(census_bounds(false, 0));
	CHECK_STR(owners(text), "~master[101] +1");
	test_end("the worker that waits at its own listener of a group, not all who hold it");
}

/* Nobody who looks at descriptors: nothing is said of who holds none. */
static void test_blind(void)
{
	char text[512];

	test_begin("verdict-blind");
	begin("");
	put(census_snapshot(&(struct snap){.cookie = 1, .age = 9000}));
	CHECK_STR(owners(text), "?");
	test_end("without holders an owner is not known");
}

static void test_names(void)
{
	char text[512];

	test_begin("verdict-names");
	begin("");
	put(census_snapshot(&(struct snap){.cookie = 1, .age = 9000}));
	put(census_holder(1, 10, "\x1b[31mred\xff", 3));
	CHECK_STR(owners(text), "\\x1b[31mred\\xff[10]");
	test_end("a name cannot speak to the terminal");
}

/* "COUNT WHY differs;..." of all groups. */
static const char *groups(char text[512])
{
	struct verdict verdict = make();

	text[0] = '\0';
	for (struct verdict_group *g = verdict.groups; g; g = g->hh.next)
		snprintf(text + strlen(text), 512 - strlen(text), "%zu %s %x %llu;", g->count,
			 g->by[0] ? g->by : "-", g->differs,
			 (unsigned long long)(g->youngest.ns / NS_PER_S));
	verdict_release(&verdict);
	return text;
}

static void put_some_alike(void)
{
	put(census_snapshot(&(struct snap){.cookie = 1000,
					   .state = WIRE_LISTEN,
					   .lport = 80,
					   .rport = NONE,
					   .laddr = "0.0.0.0"}));
	for (int i = 0; i < 500; i++) {
		put(census_snapshot(&(struct snap){.cookie = i + 1,
						   .age = 10000 + 1000 * (uint64_t)i,
						   .lport = 80,
						   .rport = 40000 + i,
						   .cgroup = 77}));
		put(census_holder(i + 1, i < 400 ? 10 : 11, "nginx", (uint32_t)i));
	}
	put(census_named(WIRE_NAME_CGROUP, 77, "nginx.service"));
}

static size_t count_groups(void)
{
	struct verdict verdict = make();
	size_t n = HASH_COUNT(verdict.groups);

	verdict_release(&verdict);
	return n;
}

static void put_lone(int64_t cookie, int lport, int rport)
{
	char raddr[INET6_ADDRSTRLEN];

	snprintf(raddr, sizeof(raddr), "10.0.0.%d", (int)cookie);
	put(census_snapshot(&(struct snap){.cookie = cookie,
					   .age = 5000,
					   .kind = WIRE_MINI,
					   .state = WIRE_FIN_WAIT2,
					   .raddr = raddr,
					   .lport = lport,
					   .rport = rport}));
}

static void put_with_keepalive(void)
{
	const struct snap snaps[] = {
		{.flags = WIRE_S_FILE | WIRE_S_KEEPALIVE},
		{.flags = WIRE_S_FILE | WIRE_S_KEEPALIVE, .keepalive = {7200, 75, 9}},
		{.flags = WIRE_S_FILE | WIRE_S_KEEPALIVE, .keepalive = {45, 5, 3}},
		{.keepalive = {45, 5, 3}},
	};

	for (size_t i = 0; i < COUNT(snaps); i++) {
		struct snap snap = snaps[i];

		snap.cookie = (int64_t)i + 1;
		snap.rport = 40000 + (int)i;
		snap.age = 10000 - 1000 * i;
		put(census_snapshot(&snap));
		put(census_holder(snap.cookie, 10, "nginx", (uint32_t)i));
	}
}

static void test_groups(void)
{
	char text[512];

	test_begin("verdict-groups");
	begin("--patience 1s");
	put_some_alike();
	CHECK_STR(groups(text), "100 - 2 409;400 - 2 9;");
	begin("-b comm,state --patience 1s");
	put_some_alike();
	CHECK_STR(groups(text), "500 nginx 12 9;");
	begin("-b cgroup --patience 1s");
	put_some_alike();
	CHECK_STR(groups(text), "500 nginx.service 12 9;");
	begin("-b remote-port --for 505s");
	put_some_alike();
	CHECK_STR(groups(text), "1 40499 0 508;1 40498 0 507;1 40497 0 506;1 40496 0 505;");
	begin("-b keepalive,comm --patience 1s"); /* of its own, and of its namespace */
	put_with_keepalive();
	CHECK_STR(groups(text), "2 7200s/75s/9 nginx 2 8;1 45s/5s/3 nginx 0 7;1 off nginx 0 6;");
	begin("");
	for (int i = 0; i < 23; i++) /* orphans, towards a port above theirs */
		put(census_snapshot(&(struct snap){.cookie = i + 1,
						   .age = 5000,
						   .kind = WIRE_MINI,
						   .state = WIRE_FIN_WAIT2,
						   .lport = 33000 + i,
						   .rport = 50051}));
	CHECK_STR(groups(text), "23 - 1 4;");
	for (int n = 8; n < 10; n++) { /* a port of their own at either end */
		begin("");
		for (int i = 0; i < n; i++)
			put_lone(i + 1, 33000 + i, 50000 + 2 * i);
		CHECK_EQ(count_groups(), n == 8 ? 8 : 1);
		CHECK(n == 8 || !strcmp(groups(text), "9 - b 4;"));
		put_lone(100, 33100, 443);   /* a port that has a name */
		put_lone(101, 33101, 45678); /* one that somebody listens at */
		put(census_snapshot(&(struct snap){.cookie = 1000,
						   .state = WIRE_LISTEN,
						   .lport = 33101,
						   .rport = NONE,
						   .laddr = "0.0.0.0"}));
		CHECK_EQ(count_groups(), n == 8 ? 10 : 3);
	}
	test_end("500 alike, by process, by name, by unit, by port, by keepalive");
}

/* "COUNT OWNER by;" of all groups. */
static const char *rows(char text[512])
{
	struct verdict verdict = make();
	char owner[VERDICT_OWNER_MAX];

	text[0] = '\0';
	for (struct verdict_group *g = verdict.groups; g; g = g->hh.next)
		snprintf(text + strlen(text), 512 - strlen(text), "%zu %s %s;", g->count,
			 verdict_owners(&verdict.sockets[g->first], g->differs, owner),
			 g->by[0] ? g->by : "-");
	verdict_release(&verdict);
	return text;
}

/* A server forks after each accept(): children hold what was accepted before. */
static void put_forked(void)
{
	for (int i = 0; i < 4; i++) {
		put(census_snapshot(&(struct snap){.cookie = i + 1,
						   .age = 9000 - (uint64_t)i,
						   .lport = 80,
						   .rport = 40000 + i}));
		for (uint32_t pid = 10; pid < 14 - (uint32_t)i; pid++)
			put(census_holder(i + 1, pid, "server", 5 + (uint32_t)i));
	}
}

static void test_forked(void)
{
	char text[512];

	test_begin("verdict-forked");
	begin("");
	put_forked();
	CHECK_STR(rows(text), "4 server[10] +* -;");
	begin("-b local-port");
	put_forked();
	CHECK_STR(rows(text), "4 server[10] +* 80;");
	/* The oldest is held by one alone, and others are not. */
	begin("");
	put_forked();
	put(census_snapshot(&(struct snap){.cookie = 9, .age = 9900, .lport = 80}));
	put(census_holder(9, 10, "server", 4));
	CHECK_STR(rows(text), "5 server[10] +* -;");
	test_end("alike, and held by one to four processes: one row, one finding");
}

static void put_fin_wait(int64_t cookie, uint16_t flags)
{
	put(census_snapshot(&(struct snap){.cookie = cookie,
					   .state = WIRE_FIN_WAIT1,
					   .age = 9000 - (uint64_t)cookie,
					   .rport = 443,
					   .flags = flags}));
}

static void test_nobodys(void)
{
	char text[512];

	test_begin("verdict-nobodys");
	begin("-b remote-port -s fin-wait-1");
	put_fin_wait(1, WIRE_S_ORPHAN);
	put_fin_wait(2, WIRE_S_FILE);
	CHECK_STR(rows(text), "2 * 443;");
	begin("-b remote-port -s fin-wait-1");
	put_fin_wait(1, WIRE_S_ORPHAN);
	put_fin_wait(2, WIRE_S_ORPHAN);
	CHECK_STR(rows(text), "2 (orphan) 443;");
	/* One that its process holds, one that waits at a listener of that process. */
	begin("-b local-port -s established");
	put_listener(1, "0.0.0.0", 0, "server");
	for (int64_t cookie = 8; cookie < 10; cookie++)
		put(census_snapshot(&(struct snap){.cookie = cookie,
						   .state = WIRE_ESTABLISHED,
						   .lport = 80,
						   .age = 500,
						   .flags = cookie == 9 ? NONE16 : 0}));
	put(census_holder(8, 101, "server", 4));
	CHECK_STR(rows(text), "2 * 80;");
	test_end("an orphan is another's than what is held out of sight");
}

/* Cgroups of one shown name are as many cgroups as they are. */
static void test_namesakes(void)
{
	char text[512];

	test_begin("verdict-namesakes");
	begin("-b cgroup");
	for (int i = 0; i < 2; i++) {
		put(census_snapshot(&(struct snap){.cookie = i + 1,
						   .age = 9000 - (uint64_t)i,
						   .lport = 80,
						   .cgroup = 70 + (uint64_t)i}));
		put(census_holder(i + 1, 10 + (uint32_t)i, "server", 3));
		put(census_named(WIRE_NAME_CGROUP, 70 + (uint64_t)i, "app.service"));
	}
	CHECK_STR(rows(text), "1 server[10] app.service;1 server[11] app.service;");
	begin("");
	for (int i = 0; i < 2; i++)
		put(census_snapshot(&(struct snap){.cookie = i + 1,
						   .age = 9000,
						   .lport = 80,
						   .rport = 40000 + i,
						   .uid = 100 + (uint32_t)i,
						   .flags = WIRE_S_ORPHAN,
						   .state = WIRE_FIN_WAIT1,
						   .cgroup = 70 + (uint64_t)i}));
	options.selection.stuck_states = 1u << WIRE_FIN_WAIT1;
	options.selection.has_states = true;
	CHECK_STR(groups(text), "2 - 182 0;");
	test_end("by their numbers, and alike ones of several differ in it");
}

/* "END > END next;" of all sockets. */
static const char *ends(char text[2048])
{
	struct verdict verdict = make();
	char local[ADDRESS_END_MAX], remote[ADDRESS_END_MAX], next[RULES_TEXT_MAX];

	text[0] = '\0';
	for (size_t i = 0; i < verdict.n_sockets; i++) {
		const struct verdict_socket *it = &verdict.sockets[i];

		snprintf(text + strlen(text), 2048 - strlen(text), "%s > %s %s;",
			 verdict_end(verdict.census, it, true, 0, local),
			 verdict_end(verdict.census, it, false, 0, remote),
			 next_command(it->rule, verdict.census, it->socket, NULL, next));
	}
	verdict_release(&verdict);
	return text;
}

static void put_syn(int64_t cookie, const char *raddr, uint32_t device)
{
	put(census_snapshot(&(struct snap){.cookie = cookie,
					   .state = WIRE_SYN_SENT,
					   .age = 9000 - (uint64_t)cookie,
					   .laddr = "2001:db8::1",
					   .raddr = raddr,
					   .lport = 40000,
					   .retransmits = 2,
					   .device = device}));
}

static void test_devices(void)
{
	char text[2048];

	test_begin("verdict-devices");
	begin("");
	put_syn(1, "fe80::2", 5);
	put_syn(2, "fe80::2", 6);
	CHECK_STR(groups(text), "2 - 8 8;");
	put(census_named(WIRE_NAME_DEVICE, WIRE_DEVICE_ID(CENSUS_NETNS, 5), "va;2"));
	put(census_named(WIRE_NAME_DEVICE, WIRE_DEVICE_ID(CENSUS_NETNS + 1, 6), "elsewhere"));
	/* That names of devices are told does not mean that those of namespaces are. */
	CHECK_STR(ends(text),
		  "[2001:db8::1]:40000 > [fe80::2%va;2]:443 ip route get fe80::2 dev 'va;2'; "
		  "ping -c 3 fe80::2%'va;2';[2001:db8::1]:40000 > [fe80::2%6]:443 ss -tnoi "
		  "'dst [fe80::2]:443';");
	begin("");
	put_syn(1, "2001:db8::2", 0);
	put_syn(2, "2001:db8::2", 5);
	put(census_named(WIRE_NAME_DEVICE, WIRE_DEVICE_ID(CENSUS_NETNS, 5), "red"));
	CHECK_STR(groups(text), "2 - 0 8;");
	CHECK_STR(ends(text), "[2001:db8::1]:40000 > [2001:db8::2]:443 ip route get 2001:db8::2; "
			      "ping -c 3 2001:db8::2;[2001:db8::1]:40000 > [2001:db8::2]:443 ip "
			      "route get 2001:db8::2 dev red; ping -c 3 -I red 2001:db8::2;");
	test_end("of link-local addresses, bound to, unknown, elsewhere");
}

static void test_findings(void)
{
	struct verdict verdict;

	test_begin("verdict-findings");
	begin("--patience 1s");
	put_some_alike();
	verdict = make();
	CHECK_EQ(HASH_COUNT(verdict.findings), 1);
	CHECK_EQ(verdict.findings->count, 500);
	CHECK_EQ(verdict.findings->differs & VERDICT_PID, VERDICT_PID);
	CHECK_STR(verdict.sockets[verdict.findings->first].rule->id, "close-wait-leak");
	verdict_release(&verdict);
	test_end("two processes of one name leak: one finding");
}

/* "COUNT OWNER lport cgroups namespaces;" of all findings. */
static const char *findings(char text[512])
{
	struct verdict verdict = make();
	char owner[VERDICT_OWNER_MAX];

	text[0] = '\0';
	for (struct verdict_finding *f = verdict.findings; f; f = f->hh.next)
		snprintf(text + strlen(text), 512 - strlen(text), "%zu %s %u %zu %zu;", f->count,
			 verdict_owners(&verdict.sockets[f->first], f->differs, owner),
			 verdict.sockets[f->first].socket->s.id.lport, f->cgroups, f->namespaces);
	verdict_release(&verdict);
	return text;
}

/* The first of `n` places has one, the others `each`; a place is a cgroup, a namespace, or both. */
static void put_places(int n, int each, bool cgroups, bool namespaces)
{
	int64_t cookie = 0;

	begin("");
	for (int place = 0; place < n; place++)
		for (int i = 0; i < (place ? each : 1); i++) {
			cookie++;
			put(census_snapshot(&(struct snap){
				.cookie = cookie,
				.age = 9000 - (uint64_t)cookie,
				.lport = 80 + place,
				.rport = 40000 + i,
				.netns = namespaces ? CENSUS_NETNS + (uint32_t)place : CENSUS_NETNS,
				.cgroup = 70 + (cgroups ? (uint64_t)place : 0)}));
			put(census_holder(cookie, 10 + (uint32_t)place, "java", 3));
		}
}

static void test_places(void)
{
	char text[512];

	test_begin("verdict-places");
	put_places(2, 9, true, false);
	CHECK_STR(findings(text), "1 java[10] 80 1 1;9 java[11] 81 1 1;");
	put_places(2, 9, false, true);
	CHECK_STR(findings(text), "1 java[10] 80 1 1;9 java[11] 81 1 1;");
	put_places(2, 9, false, false);
	CHECK_STR(findings(text), "10 java[*] 80 1 1;");
	put_places(300, 2, true, true);
	CHECK_STR(findings(text), "599 java[*] 80 300 300;");
	put_places(300, 2, false, true);
	CHECK_STR(findings(text), "599 java[*] 80 1 300;");
	put_places(VERDICT_PLACES_MAX, 1, true, true);
	CHECK_EQ(strlen(findings(text)), VERDICT_PLACES_MAX * strlen("1 java[10] 80 1 1;"));
	put_places(VERDICT_PLACES_MAX + 1, 1, true, false);
	CHECK_STR(findings(text), "9 java[*] 80 9 1;");
	/* That many of another name are no reason. */
	for (int i = 0; i < 2; i++) {
		put(census_snapshot(&(struct snap){.cookie = 400 + i,
						   .age = 8000,
						   .lport = 90 + i,
						   .cgroup = 1 + (uint64_t)i}));
		put(census_holder(400 + i, 30 + (uint32_t)i, "web", 3));
	}
	CHECK_STR(findings(text), "9 java[*] 80 9 1;1 web[30] 90 1 1;1 web[31] 91 1 1;");
	test_end("a finding of each cgroup and namespace, one of very many");
}

/* --for: nothing younger, and nothing whose age nobody knows. */
static void test_for(void)
{
	struct verdict verdict;

	test_begin("verdict-for");
	begin("--for 30s");
	put(census_snapshot(&(struct snap){.cookie = 1, .age = 29000}));
	put(census_snapshot(&(struct snap){.cookie = 2, .age = 31000}));
	put(census_snapshot(
		&(struct snap){.cookie = 3, .state = WIRE_LISTEN, .unread = 9, .room = 4}));
	verdict = make();
	CHECK_EQ(verdict.n_sockets, 1);
	CHECK_EQ(verdict.sockets[0].socket->s.id.cookie, 2);
	CHECK_EQ(HASH_COUNT(verdict.findings), 1);
	verdict_release(&verdict);
	test_end("30 s: what is 29 s old is left out, and what is of unknown age");
}

/* What rule has a socket of these times, that was seen to enter its state 400 s ago? */
static const char *rule_of(const struct snap *snap)
{
	struct verdict verdict;
	const char *rule;

	begin("");
	put(census_snapshot(snap));
	census_find(&census, 1, false)->entered = census_past(400000);
	verdict = make();
	rule = verdict.n_sockets && verdict.sockets[0].rule ? verdict.sockets[0].rule->id : "none";
	verdict_release(&verdict);
	return rule;
}

static void test_idle(void)
{
	test_begin("verdict-idle");
	CHECK_STR(rule_of(&(struct snap){.cookie = 1, .age = 14000}), "close-wait-held");
	CHECK_STR(rule_of(&(struct snap){.cookie = 1, .age = 500000, .acked = 14000}),
		  "close-wait-leak");
	CHECK_STR(rule_of(&(struct snap){.cookie = 1, .age = 500000, .acked = 10, .sent = 10}),
		  "none");
	CHECK_STR(rule_of(&(struct snap){
			  .cookie = 1, .age = 500000, .acked = 14000, .state = WIRE_FIN_WAIT2}),
		  "fin-wait-2-idle");
	test_end("keepalive is no use of a connection, and data is");
}

/* A socket that moves while the iterator walks comes twice. */
static void test_twice(void)
{
	struct verdict verdict;

	test_begin("verdict-twice");
	begin("");
	put(census_snapshot(&(struct snap){.cookie = 1, .age = 9000, .state = WIRE_ESTABLISHED}));
	put(census_snapshot(&(struct snap){.cookie = 1, .age = 9000}));
	verdict = make();
	CHECK_EQ(verdict.n_sockets, 1);
	CHECK_EQ(census.count, 1);
	CHECK_EQ(census.states[WIRE_ESTABLISHED], 0);
	CHECK_EQ(census.states[WIRE_CLOSE_WAIT], 1);
	verdict_release(&verdict);
	/* It became a mini-socket after it was met. */
	put(census_snapshot(&(struct snap){.cookie = 2, .age = 9000, .state = WIRE_FIN_WAIT2}));
	put(census_holder(2, 10, "client", 5));
	put(census_snapshot(&(struct snap){
		.cookie = 2, .kind = WIRE_MINI, .age = 100, .state = WIRE_FIN_WAIT2, .left = 900}));
	CHECK_EQ(census.count, 2);
	CHECK_EQ(census.states[WIRE_FIN_WAIT2], 1);
	CHECK(!census_find(&census, 2, false));
	/* Its process still holds the closed socket. */
	put(census_snapshot(&(struct snap){.cookie = 2, .age = 100, .state = WIRE_CLOSE}));
	CHECK(census_find(&census, 2, false) && census_find(&census, 2, true));
	put(census_snapshot(&(struct snap){
		.cookie = 2, .kind = WIRE_MINI, .age = 100, .state = WIRE_FIN_WAIT2, .left = 900}));
	CHECK_EQ(census.count, 3);
	put(census_bounds(true, 0));
	CHECK_EQ(census.count, 0);
	test_end("the later one is what it is; the next census begins empty");
}

/* CPU time for `n` sockets that are not alike, of as many listeners and processes. */
static double seconds_for(int n)
{
	struct verdict verdict;
	clock_t start;

	begin("-s close-wait,listen");
	for (int i = 0; i < n; i++) {
		put(census_snapshot(&(struct snap){.cookie = 2 * i + 1,
						   .age = 10000 + (uint64_t)i,
						   .lport = 1 + i % 60000,
						   .netns = CENSUS_NETNS + (uint32_t)i / 60000,
						   .rport = 1 + i % 50000}));
		put(census_snapshot(&(struct snap){.cookie = 2 * i + 2,
						   .state = WIRE_LISTEN,
						   .lport = 1 + i % 60000,
						   .netns = CENSUS_NETNS + (uint32_t)i / 60000,
						   .laddr = "0.0.0.0",
						   .rport = NONE}));
		put(census_holder(2 * i + 1, 100 + (uint32_t)i, "server", 3));
	}
	start = clock();
	verdict = make();
	CHECK_EQ(verdict.n_sockets, 2 * (size_t)n);
	CHECK_EQ(HASH_COUNT(verdict.groups), 2 * (size_t)n);
	verdict_release(&verdict);
	return (double)(clock() - start) / CLOCKS_PER_SEC;
}

/* Ten times as many may take thirty times as long, for caches; never a hundred. */
/* A socket that connected again while its former connection waits: one cookie, two connections. */
static void test_shared_cookie(void)
{
	test_begin("verdict-shared-cookie");
	begin("");
	put(census_snapshot(&(struct snap){.cookie = 7,
					   .kind = WIRE_MINI,
					   .state = WIRE_TIME_WAIT,
					   .age = 9000,
					   .left = 51000}));
	put(census_snapshot(&(struct snap){.cookie = 7, .rport = 8080, .age = 8000}));
	CHECK_EQ(census.count, 2);
	CHECK_EQ(census.states[WIRE_TIME_WAIT], 1);
	CHECK_EQ(census.states[WIRE_CLOSE_WAIT], 1);
	test_end("%zu sockets", census.count);
}

static void put_thread(uint32_t pid, uint32_t fd, uint32_t tid)
{
	union decode_record holder = census_holder(1, pid, "threads", fd);

	holder.holder.tid = tid;
	put(holder);
}

/* "PID/TID FD;..." of the socket with cookie 1. */
static const char *holders(char text[512])
{
	const struct census_socket *socket = census_find(&census, 1, false);

	text[0] = '\0';
	for (const struct census_holder *h = socket->holders; h; h = h->next)
		snprintf(text + strlen(text), 512 - strlen(text), "%s%u/%u %u",
			 h == socket->holders ? "" : "; ", h->pid, h->tid, h->fd);
	return text;
}

static const char *next_of(const char *id, char text[RULES_TEXT_MAX])
{
	unsigned i = 0;

	while (strcmp(rules_rule(i)->id, id) != 0)
		i++;
	return next_command(rules_rule(i), &census, census_find(&census, 1, false), NULL, text);
}

static void test_threads(void)
{
	char text[RULES_TEXT_MAX];

	test_begin("verdict-threads");
	begin("");
	put(census_snapshot(&(struct snap){.cookie = 1, .age = 9000}));
	/* A table of its own; another process's number is in between. */
	put_thread(100, 3, 0);
	put(census_holder(1, 102, "other", 3));
	put_thread(100, 3, 103);
	put_thread(100, 4, 103);
	CHECK_STR(holders(text), "100/100 3; 100/103 4; 102/102 3");
	CHECK_STR(owners(text), "threads[100] +1");
	CHECK_STR(next_of("fin-wait-2-held", text), "ls -l /proc/100/fd/3");
	/* Numbers began again at the lowest: threads come before their process. */
	begin("");
	put(census_snapshot(&(struct snap){.cookie = 1, .age = 9000}));
	put_thread(100, 3, 90);
	put(census_holder(1, 95, "other", 3));
	put_thread(100, 3, 0);
	put(census_holder(1, 101, "third", 3));
	CHECK_STR(holders(text), "100/100 3; 95/95 3; 101/101 3");
	/* The first thread has exited. */
	begin("");
	put(census_snapshot(&(struct snap){.cookie = 1, .age = 9000}));
	put_thread(100, 3, 103);
	put_thread(100, 3, 104);
	CHECK_STR(holders(text), "100/103 3");
	CHECK_STR(owners(text), "threads[100]");
	CHECK_STR(next_of("close-wait-held", text),
		  "ls -l /proc/100/task/103/fd/3; ls /proc/100/task/103/fd | wc -l; grep files "
		  "/proc/100/task/103/limits");
	CHECK_STR(next_of("close-wait-unread", text),
		  "cat /proc/100/task/*/wchan; strace -p 103 -f -e trace=network,read");
	test_end("each descriptor once, by a path that is there");
}

static void put_closer(uint32_t pid, uint32_t tid)
{
	union decode_record holder = census_holder_doing(1, pid, "threads", 0, WIRE_DOES_SLEEP,
							 WIRE_H_CLOSING);

	holder.holder.tid = tid;
	put(holder);
}

static void test_closing(void)
{
	char text[RULES_TEXT_MAX];

	test_begin("verdict-closing");
	begin("-s all");
	put(census_snapshot(&(struct snap){.cookie = 1, .state = WIRE_FIN_WAIT1, .age = 9000}));
	put_closer(100, 103);
	put(census_snapshot(&(struct snap){.cookie = 2, .state = WIRE_FIN_WAIT1, .age = 8000}));
	/* Nobody has looked at descriptors: of the other one nothing is known. */
	CHECK_STR(owners(text), "threads[100]; ?");
	CHECK_STR(next_of("peer-window-shut", text),
		  "ss -tnoi 'sport = :40000 and dport = :443'; cat /proc/100/task/103/stack");
	put(census_holder(3, 10, "one", 3));
	/* It may have been closed before its process was looked at. */
	CHECK_STR(owners(text), "threads[100]; ?");
	put(census_snapshot(&(struct snap){.cookie = 2, .state = WIRE_FIN_WAIT1, .age = 8000}));
	CHECK_STR(owners(text), "threads[100]; (no descriptor)");
	/* It has come back from close() while we looked. */
	put(census_snapshot(&(struct snap){
		.cookie = 1, .state = WIRE_FIN_WAIT2, .age = 9000, .flags = WIRE_S_ORPHAN}));
	CHECK_STR(owners(text), "(orphan); (no descriptor)");
	test_end("its owner, without a descriptor");
}

static void test_many(void)
{
	double few, many;

	test_begin("verdict-many");
	few = seconds_for(5000);
	many = seconds_for(50000);
	CHECK(many < 30 * few + 0.2);
	test_end("10000 sockets in %.0f ms, 100000 in %.0f ms", few * 1e3, many * 1e3);
}

int main(void)
{
	test_owners();
	test_peers();
	test_stories();
	test_listening_peers();
	test_shared_cookie();
	test_listeners();
	test_reuseport();
	test_pollers();
	test_threads();
	test_closing();
	test_blind();
	test_names();
	test_groups();
	test_forked();
	test_nobodys();
	test_namesakes();
	test_devices();
	test_findings();
	test_places();
	test_for();
	test_idle();
	test_twice();
	test_many();
	census_release(&census);
	return test_status();
}
