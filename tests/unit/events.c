/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* events.c - each event once, in order, whoever drains and while nobody does. */
#include "kernel/events.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ring.h"

static struct events events;
static int bell; /* what a program rings */
static uint64_t told[64];
static unsigned n_told;

static int take(void *ctx, const void *record, size_t len)
{
	(void)ctx;
	CHECK(len >= sizeof(struct wire_head));
	if (n_told < 64)
		told[n_told++] = ((const struct wire_head *)record)->ts;
	return 0;
}

static void begin(const char *name)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};

	test_begin(name);
	memset(&events, 0, sizeof(events));
	pthread_mutex_init(&events.lock, NULL);
	events.ringbuf = empty_ring();
	bell = eventfd(0, EFD_CLOEXEC);
	events.spill_bell_fd = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(events.spill_bell_fd, EPOLL_CTL_ADD, bell, &event);
	events.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	n_told = 0;
}

static void end(const char *words)
{
	events_spill_end(&events);
	records_release(&events.spilled);
	close(events.spill_bell_fd);
	close(events.stop_fd);
	close(bell);
	test_end("%s", words);
}

static void check_told(const uint64_t *times, unsigned n)
{
	CHECK_EQ(n_told, n);
	for (unsigned i = 0; i < n && i < n_told; i++)
		CHECK_EQ(told[i], times[i]);
	n_told = 0;
}

#define TOLD(...) \
	check_told((const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / 8)

static void move(uint64_t ts, uint64_t cookie, uint16_t flags)
{
	struct wire_transition t = {.head = {.ts = ts, .kind = WIRE_TRANSITION, .len = sizeof(t)},
				    .id = {.cookie = cookie},
				    .flags = flags,
				    .from = WIRE_ESTABLISHED,
				    .to = WIRE_FIN_WAIT1};

	submit_bytes(reserve(sizeof(t)), &t, sizeof(t));
}

/* By both programs, as where one is preempted: in a drain, in one of all, in a look. */
static void test_repeats(void)
{
	static const struct records none;

	begin("events-repeats");
	move(10, 1, 0), move(11, 1, WIRE_F_SECOND);
	CHECK_EQ(events_drain(&events, 100, take, NULL), 2);
	TOLD(10);
	move(20, 2, 0), move(21, 2, WIRE_F_SECOND);
	CHECK_EQ(events_drain_all(&events, take, NULL), 0);
	TOLD(20);
	move(30, 3, 0), move(31, 3, WIRE_F_SECOND);
	CHECK_EQ(events_merge(&events, &none, take, NULL), 0);
	TOLD(30);
	move(40, 4, WIRE_F_SECOND);
	CHECK_EQ(events_drain_all(&events, take, NULL), 0);
	TOLD(40);
	CHECK_EQ(events.by_second, 1);
	end("what both programs told is told once, whoever drains");
}

static void test_merge(void)
{
	struct records found = {0};
	struct wire_head head = {.kind = WIRE_SNAPSHOT, .len = sizeof(head)};
	unsigned long slow;

	begin("events-merge");
	head.ts = 15, records_keep(&found, &head, sizeof(head));
	head.ts = 30, records_keep(&found, &head, sizeof(head));
	put(10), put(20);
	CHECK_EQ(events_merge(&events, &found, take, NULL), 0);
	TOLD(10, 15, 20, 30);
	put(40);
	slow = reserve(sizeof(head));
	CHECK_EQ(events_merge(&events, &found, take, NULL), 1);
	TOLD(40);
	submit(slow, 41);
	CHECK_EQ(events_drain(&events, 100, take, NULL), 1);
	TOLD(41);
	records_release(&found);
	end("in the order of time; nothing found is told before an event that is held back");
}

/* As a read may end within a record, or within its head. */
static void test_cut(void)
{
	struct wire_head head = {.kind = WIRE_TICK, .len = sizeof(head)};
	struct records found = {0};

	test_begin("events-cut");
	CHECK_EQ(records_whole(&found), 0);
	records_keep(&found, &head, sizeof(head));
	records_keep(&found, &head, sizeof(head));
	for (found.len = 2 * sizeof(head); found.len > sizeof(head); found.len--)
		CHECK_EQ(records_whole(&found), found.len / sizeof(head) * sizeof(head));
	records_release(&found);
	test_end("only whole records are taken as such");
}

/* Until the thread has taken what waits: it is to be given its time, and no more. */
static bool is_emptied(void)
{
	for (int naps = 0; naps < 5000; naps++) {
		bool is_empty;

		pthread_mutex_lock(&events.lock);
		is_empty = consumer == producer;
		pthread_mutex_unlock(&events.lock);
		if (is_empty)
			return true;
		poll(NULL, 0, 1);
	}
	return false;
}

static void test_spill(void)
{
	begin("events-spill");
	events_spill_begin(&events);
	for (uint64_t round = 0; round < 3; round++) {
		for (uint64_t i = 0; i < 12; i++)
			put(12 * round + i);
		eventfd_write(bell, 1);
		CHECK(is_emptied());
	}
	put(36);
	CHECK_EQ(events_drain(&events, 30, take, NULL), 30);
	CHECK_EQ(n_told, 30);
	for (unsigned i = 0; i < 30; i++)
		CHECK_EQ(told[i], i);
	n_told = 0;
	CHECK_EQ(events_drain_all(&events, take, NULL), 0);
	TOLD(30, 31, 32, 33, 34, 35, 36);
	CHECK_EQ(events.spilled.room, 0);
	end("three buffers full, and nobody came: all is there, in order");
}

/* Nobody spills what the reader is about to take. */
static void test_quiet(void)
{
	begin("events-quiet");
	events_spill_begin(&events);
	put(1), put(2);
	eventfd_write(bell, 1);
	poll(NULL, 0, 50);
	pthread_mutex_lock(&events.lock);
	CHECK_EQ(events.spilled.len, 0);
	pthread_mutex_unlock(&events.lock);
	events_spill_end(&events);
	events_spill_begin(&events);
	CHECK_EQ(events_drain(&events, 100, take, NULL), 2);
	TOLD(1, 2);
	end("a buffer with little in it is left alone; the thread may end and begin");
}

int main(void)
{
	test_repeats();
	test_merge();
	test_cut();
	test_spill();
	test_quiet();
	return test_status();
}
