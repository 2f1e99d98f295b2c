/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* http.c - see http.h. */
#include "serve/http.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/diag.h"

struct http_reply {
	struct MHD_Response *response;
	unsigned status;
};

/* A connection. The list is in the order of `since`. */
struct client {
	struct client *prev, *next;
	uint64_t since; /* ns: when it was opened, or its latest request was completed */
	int fd;
};

struct http {
	struct MHD_Daemon *daemon;
	int epoll_fd;
	struct http_limits limits;
	http_answer_fn answer;
	void *ctx;
	struct http_reply *not_found, *not_allowed;
	struct client *clients;
	unsigned n_clients;
};

/* ---- replies ---- */

struct http_reply *http_reply_new(unsigned status, const char *content_type, char *body, size_t len)
{
	struct http_reply *reply = calloc(1, sizeof(*reply));

	if (reply)
		reply->response = MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE);
	if (!reply || !reply->response) {
		free(body);
		free(reply);
		return NULL;
	}
	reply->status = status;
	if (MHD_add_response_header(reply->response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type) ==
	    MHD_YES)
		return reply;
	http_reply_free(reply);
	return NULL;
}

struct http_reply *http_reply_text(unsigned status, const char *body)
{
	char *copy = strdup(body);

	return copy ? http_reply_new(status, "text/plain; charset=utf-8", copy, strlen(copy))
		    : NULL;
}

void http_reply_free(struct http_reply *reply)
{
	if (!reply)
		return;
	MHD_destroy_response(reply->response);
	free(reply);
}

/* ---- clients ---- */

static void add_client(struct http *http, struct MHD_Connection *connection, void **ret_context)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct client *client = calloc(1, sizeof(*client));

	*ret_context = client;
	if (!client)
		return;
	client->fd = info ? info->connect_fd : -1;
	client->since = clock_now();
	DL_APPEND(http->clients, client);
	http->n_clients++;
}

static void on_connection(void *ctx, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct http *http = ctx;
	struct client *client = *context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		add_client(http, connection, context);
	} else if (client) {
		DL_DELETE(http->clients, client);
		http->n_clients--;
		free(client);
		*context = NULL;
	}
}

static void renew(struct http *http, struct client *client)
{
	client->since = clock_now();
	DL_DELETE(http->clients, client);
	DL_APPEND(http->clients, client);
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **request,
			 enum MHD_RequestTerminationCode code)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	(void)request;
	if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK && info && info->socket_context)
		renew(ctx, info->socket_context);
}

/* Shut down, its socket reads as at its end; libmicrohttpd finds that and closes it. */
static void cut_the_slow(struct http *http)
{
	bool crowded = http->n_clients >= http->limits.connections;
	uint64_t patience = crowded ? http->limits.crowded_ns : http->limits.patience_ns;
	uint64_t now = clock_now();

	while (http->clients && now > http->clients->since + patience) {
		shutdown(http->clients->fd, SHUT_RDWR);
		renew(http, http->clients);
	}
}

/* ---- requests ---- */

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **request)
{
	static int seen;
	struct http *http = ctx;
	struct http_reply *reply;

	(void)version;
	(void)upload;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return MHD_queue_response(connection, http->not_allowed->status,
					  http->not_allowed->response);
	/* The first call is for the head alone. A body is read and means nothing. */
	if (!*request || *upload_len) {
		*request = &seen;
		*upload_len = 0;
		return MHD_YES;
	}
	reply = http->answer(
		http->ctx, url,
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT));
	if (!reply)
		reply = http->not_found;
	return MHD_queue_response(connection, reply->status, reply->response);
}

static void on_message(void *ctx, const char *fmt, va_list args)
	__attribute__((format(printf, 2, 0)));

/* What clients do wrong is of interest only to who asks for details. */
static void on_message(void *ctx, const char *fmt, va_list args)
{
	char text[256];

	(void)ctx;
	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	diag_detail("http: %s", text);
}

/* ---- life ---- */

static bool make_replies(struct http *http)
{
	http->not_found = http_reply_text(MHD_HTTP_NOT_FOUND, "not found: see /\n");
	http->not_allowed = http_reply_text(MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
	return http->not_found && http->not_allowed &&
	       MHD_add_response_header(http->not_allowed->response, MHD_HTTP_HEADER_ALLOW,
				       "GET, HEAD") == MHD_YES;
}

static bool start(struct http *http, int fd)
{
	const union MHD_DaemonInfo *info;

	http->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, http,
		MHD_OPTION_EXTERNAL_LOGGER, on_message, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, http->limits.connections,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, http->limits.head_bytes,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_NOTIFY_COMPLETED,
		on_completed, http, MHD_OPTION_END);
	if (!http->daemon)
		return false;
	info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	http->epoll_fd = info ? info->epoll_fd : -1;
	return http->epoll_fd >= 0;
}

struct http *http_open(int fd, const struct http_limits *limits, http_answer_fn answer, void *ctx)
{
	struct http *http = calloc(1, sizeof(*http));
	int err;

	errno = ENOMEM;
	if (!http) {
		close(fd);
		return NULL;
	}
	http->limits = *limits;
	http->answer = answer;
	http->ctx = ctx;
	if (make_replies(http) && start(http, fd))
		return http;
	err = errno ? errno : EIO;
	if (!http->daemon)
		close(fd);
	http_close(http);
	errno = err;
	return NULL;
}

void http_run(struct http *http, int wake_fd, int ms)
{
	struct pollfd ready[] = {{.fd = http->epoll_fd, .events = POLLIN},
				 {.fd = wake_fd, .events = POLLIN}};
	MHD_UNSIGNED_LONG_LONG sooner;

	/* It may have work left that no socket tells of. */
	if (MHD_get_timeout(http->daemon, &sooner) == MHD_YES && sooner < (unsigned)ms)
		ms = (int)sooner;
	poll(ready, sizeof(ready) / sizeof(ready[0]), ms);
	MHD_run(http->daemon);
	cut_the_slow(http);
}

void http_close(struct http *http)
{
	if (!http)
		return;
	if (http->daemon)
		MHD_stop_daemon(http->daemon);
	http_reply_free(http->not_found);
	http_reply_free(http->not_allowed);
	free(http);
}
