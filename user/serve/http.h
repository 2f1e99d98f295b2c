/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * http.h - answers GET and HEAD on a socket that listens, in the caller's thread, by libmicrohttpd;
 * the only module that knows it. No client can hold it up: sockets do not block, a head has a
 * largest size, connections have a largest number, and one that has completed no request for
 * `patience_ns` is cut, whatever it still sends or reads; sooner if others cannot get in.
 */
#ifndef TCPDWELL_HTTP_H
#define TCPDWELL_HTTP_H

#include <stddef.h>
#include <stdint.h>

/* An answer, which may be given any number of times. Connections that are still reading keep what
 * they need of it. */
struct http_reply;

/* Takes `body`, which free() will free, whatever happens. NULL if out of memory. */
struct http_reply *http_reply_new(unsigned status, const char *content_type, char *body,
				  size_t len);
/* `body` is copied. */
struct http_reply *http_reply_text(unsigned status, const char *body);
void http_reply_free(struct http_reply *reply);

/*
 * The answer to a path (without what follows `?`), asked with this Accept header (NULL: none). It
 * stays the callee's, who keeps it until the next call. NULL: there is nothing of that name.
 */
typedef struct http_reply *(*http_answer_fn)(void *ctx, const char *path, const char *accept);

struct http_limits {
	unsigned connections; /* at once */
	size_t head_bytes;    /* of one connection; also what its memory is limited to */
	uint64_t patience_ns;
	uint64_t crowded_ns; /* the same while there are as many connections as there may be */
};

struct http;

/* Owns `fd` from here on. NULL with errno. */
struct http *http_open(int fd, const struct http_limits *limits, http_answer_fn answer, void *ctx);

/* Waits until there is something to do, or `wake_fd` is readable (-1: none), `ms` at most, then
 * does it. */
void http_run(struct http *http, int wake_fd, int ms);

void http_close(struct http *http);

#endif
