/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stream.c - see stream.h. */
#include "base/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/stop.h"

/* How often a FIFO without a reader is tried. */
#define READER_MS 50

struct stream {
	int fd;
	bool may_wait; /* it is no regular file */
	bool gave_up;
};

/* 0: `fd` is ready, or has failed. */
static int wait_for(int fd, short events)
{
	struct pollfd files[] = {{.fd = fd, .events = events}, {.fd = stop_fd(), .events = POLLIN}};

	while (!stop_is_asked()) {
		if (poll(files, 2, -1) < 0 && errno != EINTR)
			return -errno;
		if (files[0].revents)
			return 0;
	}
	return -EINTR;
}

static ssize_t read_some(void *ctx, char *bytes, size_t len)
{
	struct stream *stream = ctx;
	ssize_t n;

	do {
		int err = stream->may_wait ? wait_for(stream->fd, POLLIN) : 0;

		if (err) {
			errno = -err;
			return -1;
		}
		n = read(stream->fd, bytes, len);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	return n;
}

/* False if the reader takes nothing though we are to end. */
static bool is_taken(struct stream *stream)
{
	struct pollfd file = {.fd = stream->fd, .events = POLLOUT};

	if (!stream->may_wait || wait_for(stream->fd, POLLOUT) != -EINTR)
		return true;
	stream->gave_up = stream->gave_up || poll(&file, 1, STREAM_PATIENCE_MS) <= 0;
	return !stream->gave_up;
}

/* What poll() says there is room for is PIPE_BUF. That less was written is the error. */
static ssize_t write_some(void *ctx, const char *bytes, size_t len)
{
	struct stream *stream = ctx;
	size_t done = 0;

	while (done < len) {
		size_t part = len - done;
		ssize_t n;

		if (!is_taken(stream)) {
			errno = EPIPE;
			break;
		}
		if (stream->may_wait && part > PIPE_BUF)
			part = PIPE_BUF;
		n = write(stream->fd, bytes + done, part);
		if (n < 0 && errno == ECONNRESET) /* a reader that has gone, of a socket */
			errno = EPIPE;
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			break;
		if (n > 0)
			done += (size_t)n;
	}
	return (ssize_t)done;
}

static int close_it(void *ctx)
{
	struct stream *stream = ctx;
	int err = close(stream->fd);

	free(stream);
	return err;
}

static FILE *open_with(struct stream *stream, int fd, const char *mode)
{
	static const cookie_io_functions_t functions = {
		.read = read_some, .write = write_some, .close = close_it};
	struct stat st;

	stream->fd = fd;
	stream->may_wait = !fstat(fd, &st) && !S_ISREG(st.st_mode);
	return fopencookie(stream, mode, functions);
}

static FILE *open_over(int fd, const char *mode)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	FILE *file = stream ? open_with(stream, fd, mode) : NULL;

	if (!file)
		free(stream);
	return file;
}

FILE *stream_reading(int fd)
{
	return open_over(fd, "r");
}

FILE *stream_writing(int fd)
{
	return open_over(fd, "w");
}

FILE *stream_errors(void)
{
	static struct stream stream;

	return open_with(&stream, STDERR_FILENO, "w");
}

static FILE *over(int fd, const char *mode)
{
	FILE *file = fd < 0 ? NULL : open_over(fd, mode);
	int err = errno;

	if (!file && fd >= 0)
		close(fd);
	errno = err;
	return file;
}

FILE *stream_copy(int fd)
{
	return over(fcntl(fd, F_DUPFD_CLOEXEC, 0), "w");
}

FILE *stream_open(const char *path)
{
	return over(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), "r");
}

static bool is_fifo(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISFIFO(st.st_mode);
}

/* With O_NONBLOCK, open() of a FIFO that nobody reads fails with ENXIO; that of a socket always. */
FILE *stream_create(const char *path, int flags, mode_t mode)
{
	int fd;

	do
		fd = open(path, flags | O_WRONLY | O_CLOEXEC | O_NONBLOCK, mode);
	while (fd < 0 && errno == ENXIO && is_fifo(path) && !stop_is_asked() &&
	       !stream_wait(-1, -1, READER_MS));
	return over(fd, "w");
}

bool stream_wait(int fd, int out, int ms)
{
	struct pollfd files[] = {
		{.fd = fd, .events = POLLIN}, {.fd = stop_fd(), .events = POLLIN}, {.fd = out}};

	if (poll(files, 3, ms) <= 0)
		return false;
	return files[2].revents & (POLLERR | POLLHUP) && !isatty(out);
}
