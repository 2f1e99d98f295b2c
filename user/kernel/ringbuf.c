/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ringbuf.c - see ringbuf.h. The layout is the kernel's: Documentation/bpf/ringbuf.rst. None of our
 * programs discards a record.
 */
#include "kernel/ringbuf.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Edge-triggered: it is readable by a wake-up, not by records that wait. */
int ringbuf_bell(int map_fd)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	int fd = epoll_create1(EPOLL_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	if (!epoll_ctl(fd, EPOLL_CTL_ADD, map_fd, &event))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int ringbuf_open(struct ringbuf *ringbuf, int map_fd, size_t size)
{
	size_t page = page_size();
	char *memory;

	ringbuf->size = size;
	memory = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	ringbuf->consumer = (unsigned long *)(void *)memory;
	memory = mmap(NULL, page + size, PROT_READ, MAP_SHARED, map_fd, (off_t)page);
	if (memory == MAP_FAILED)
		return -errno;
	ringbuf->mapped = memory;
	ringbuf->producer = (const unsigned long *)(void *)memory;
	ringbuf->data = memory + page;
	ringbuf->bell_fd = ringbuf_bell(map_fd);
	return ringbuf->bell_fd < 0 ? ringbuf->bell_fd : 0;
}

void ringbuf_close(struct ringbuf *ringbuf)
{
	if (ringbuf->consumer)
		munmap(ringbuf->consumer, page_size());
	if (ringbuf->mapped)
		munmap(ringbuf->mapped, page_size() + ringbuf->size);
	if (ringbuf->bell_fd >= 0)
		close(ringbuf->bell_fd);
	*ringbuf = (struct ringbuf){.bell_fd = -1};
}

unsigned long ringbuf_end(const struct ringbuf *ringbuf)
{
	return __atomic_load_n(ringbuf->producer, __ATOMIC_ACQUIRE);
}

/* Positions may wrap where a long has 32 bits. */
static bool is_before(unsigned long at, unsigned long end)
{
	return (long)(end - at) > 0;
}

bool ringbuf_has_reached(const struct ringbuf *ringbuf, unsigned long end)
{
	return !is_before(*ringbuf->consumer, end);
}

size_t ringbuf_waiting(const struct ringbuf *ringbuf)
{
	return ringbuf_end(ringbuf) - *ringbuf->consumer;
}

void ringbuf_hear(int bell_fd)
{
	struct epoll_event event;

	epoll_wait(bell_fd, &event, 1, 0);
}

/* The `len` bytes at `at`, in one piece. Programs reserve no more than WIRE_MAX_SIZE. */
static const void *record_at(struct ringbuf *ringbuf, size_t at, uint32_t len)
{
	size_t room = ringbuf->size - at;

	if (len <= room)
		return ringbuf->data + at;
	memcpy(ringbuf->whole, ringbuf->data + at, room);
	memcpy((char *)ringbuf->whole + room, ringbuf->data, len - room);
	return ringbuf->whole;
}

int ringbuf_drain(struct ringbuf *ringbuf, unsigned long end, int max,
		  int (*fn)(void *ctx, const void *record, size_t len), void *ctx)
{
	unsigned long at = *ringbuf->consumer;
	int drained = 0, err = 0;

	while (!err && drained < max && is_before(at, end)) {
		size_t place = at & (ringbuf->size - 1);
		uint32_t head = __atomic_load_n((const uint32_t *)(ringbuf->data + place),
						__ATOMIC_ACQUIRE);
		uint32_t len = head & ~BPF_RINGBUF_BUSY_BIT;

		if (head & BPF_RINGBUF_BUSY_BIT)
			break;
		place = (place + BPF_RINGBUF_HDR_SZ) & (ringbuf->size - 1);
		err = fn(ctx, record_at(ringbuf, place, len), len);
		drained++;
		at += (len + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
		__atomic_store_n(ringbuf->consumer, at, __ATOMIC_RELEASE);
	}
	return err ? err : drained;
}
