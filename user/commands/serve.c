/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * serve.c - see serve.h. One thread: it takes in what happened, when its session says so, and
 * answers who asks. What is answered is made when somebody asks, from one look at the host, and
 * given to everybody who asks within a second of it.
 */
#include "commands/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/growing.h"
#include "base/name.h"
#include "base/shortage.h"
#include "serve/endpoint.h"
#include "serve/http.h"
#include "commands/live_overview.h"
#include "base/parse.h"
#include "base/ready.h"
#include "serve/metrics.h"
#include "base/stop.h"

#define LISTEN_DEFAULT "127.0.0.1:9798"

#define FRESH_NS NS_PER_S

/* Of the time at most a twentieth goes into censuses; one that failed is not tried again at once.
 */
#define CENSUS_SHARE  20
#define CENSUS_RETRY  (5 * NS_PER_S)
#define PROGRAMS_MAX  64
#define CONNECTIONS   500
#define HEAD_BYTES    16384
#define PATIENCE_NS   (45 * NS_PER_S)
#define CROWDED_NS    NS_PER_S
#define FILES_OF_OURS 64 /* descriptors that censuses and the like need at once */

/* If no more than twice as many may be open: looks, and those of whoever waits for connections. */
#define FILES_AT_LEAST (SESSION_DESCRIPTORS + 2)

struct serve {
	const struct options *options;
	struct live_overview *live;
	struct http *http;
	double start_seconds;
	uint64_t began, fresh_until, next_census;
	int census_err;
	int look_err;
	struct http_reply *metrics[METRICS_FORMATS], *health, *page; /* NULL: to be made */
};

/* ---- the state of things ---- */

static void forget_replies(struct serve *serve)
{
	for (unsigned i = 0; i < METRICS_FORMATS; i++) {
		http_reply_free(serve->metrics[i]);
		serve->metrics[i] = NULL;
	}
	http_reply_free(serve->health);
	http_reply_free(serve->page);
	serve->health = serve->page = NULL;
}

static void take_census(struct serve *serve)
{
	uint64_t begun = clock_now(), now;

	serve->census_err = live_overview_census(serve->live);
	now = clock_now();
	serve->next_census = serve->census_err ? now + CENSUS_RETRY
					       : begun + CENSUS_SHARE * (now - begun);
}

/* However many ask, the host is looked at once a second at most. */
static void refresh(struct serve *serve)
{
	uint64_t now = clock_now();

	if (now < serve->fresh_until)
		return;
	forget_replies(serve);
	if (now >= serve->next_census)
		take_census(serve);
	serve->fresh_until = now + FRESH_NS;
}

/* ---- of ourselves ---- */

struct programs {
	struct metrics_program all[PROGRAMS_MAX];
	size_t n;
};

static void add_program(void *ctx, const char *name, uint64_t run_ns, uint64_t runs)
{
	struct programs *programs = ctx;

	if (programs->n < PROGRAMS_MAX)
		programs->all[programs->n++] = (struct metrics_program){name, run_ns, runs};
}

static double cpu_seconds(void)
{
	struct timespec used = {0};

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / (double)NS_PER_S;
}

/* 0: /proc does not tell. */
static uint64_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long size, resident = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(file);
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* ---- /metrics ---- */

static int write_metrics(struct serve *serve, enum metrics_format format, FILE *out)
{
	struct programs programs = {0};
	struct metrics_self self = {.cpu_seconds = cpu_seconds(),
				    .start_seconds = serve->start_seconds,
				    .resident_bytes = resident_bytes(),
				    .programs = programs.all};

	live_overview_each_program(serve->live, add_program, &programs);
	self.n_programs = programs.n;
	return metrics_render(live_overview_get(serve->live), &self, !serve->census_err, format,
			      out);
}

static struct http_reply *make_metrics(struct serve *serve, enum metrics_format format)
{
	struct growing body;
	FILE *out = growing_open(&body);
	int err = out ? write_metrics(serve, format, out) : -ENOMEM;

	if (!growing_close(&body, out) && !err)
		return http_reply_new(200, metrics_content_type(format), body.text, body.len);
	free(body.text);
	return http_reply_text(503, "out of memory\n");
}

static struct http_reply *answer_metrics(struct serve *serve, const char *accept)
{
	enum metrics_format format = metrics_accepted(accept);

	/* Two formats of one look have the same peaks. */
	if (!serve->metrics[METRICS_PROMETHEUS] && !serve->metrics[METRICS_OPENMETRICS])
		overview_look_at_queues(live_overview_get(serve->live));
	if (!serve->metrics[format])
		serve->metrics[format] = make_metrics(serve, format);
	return serve->metrics[format];
}

/* ---- /healthz ---- */

static struct http_reply *answer_health(struct serve *serve, const char *accept)
{
	char text[128];

	(void)accept;
	if (serve->census_err)
		snprintf(text, sizeof(text), "tcpdwell cannot see the sockets of this host: %s\n",
			 strerror(-serve->census_err));
	else
		strcpy(text, "ok\n");
	if (!serve->health)
		serve->health = http_reply_text(serve->census_err ? 503 : 200, text);
	return serve->health;
}

/* ---- / ---- */

static void write_escaped(const char *text, FILE *out)
{
	for (; *text; text++)
		if (*text == '<' || *text == '>' || *text == '&')
			fprintf(out, "&#%d;", *text);
		else
			putc(*text, out);
}

static void write_row(const char *name, const char *value, FILE *out)
{
	char text[NAME_ROOM(META_TEXT_MAX)];

	fprintf(out, "<tr><th>%s</th><td>", name);
	write_escaped(*value ? name_text(text, sizeof(text), value) : "none", out);
	fputs("</td></tr>\n", out);
}

static void write_count(const char *name, const char *of, uint64_t count, FILE *out)
{
	char text[96];

	snprintf(text, sizeof(text), "%llu %s", (unsigned long long)count, of);
	write_row(name, count ? text : "nothing", out);
}

static void write_page(struct serve *serve, FILE *out)
{
	const struct overview *overview = live_overview_get(serve->live);
	const struct meta *meta = overview->meta;
	char text[CLOCK_TEXT_MAX];

	fputs("<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width\">\n"
	      "<title>tcpdwell</title>\n<style>\n"
	      ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;"
	      "max-width:44em;margin:2em auto;padding:0 1em}"
	      "th{text-align:left;vertical-align:top;padding-right:1.5em;font-weight:600}"
	      "\n</style></head>\n<body>\n<h1>tcpdwell</h1>\n"
	      "<p>How long the TCP connections of this host stay in each state, how they end, "
	      "and which are stuck.</p>\n"
	      "<ul>\n<li><a href=\"metrics\">/metrics</a>: for Prometheus, in its text format or "
	      "in OpenMetrics, as the client asks</li>\n"
	      "<li><a href=\"healthz\">/healthz</a>: does tcpdwell see the "
	      "sockets?</li>\n</ul>\n<table>\n",
	      out);
	write_row("version", meta->version, out);
	write_row("kernel", meta->kernel, out);
	write_row("transitions", meta->transition_way, out);
	write_row("TIME-WAIT", meta->timewait_way, out);
	write_row("filter", meta->filter, out);
	write_row("running for", clock_duration(clock_now() - serve->began, text), out);
	write_count("lost", "records", overview_lost(overview) - overview_forgotten(overview), out);
	write_count("forgotten", "connections, for lack of room (--max-connections)",
		    overview_forgotten(overview), out);
	fputs("</table>\n<p>The manual: <code>man tcpdwell</code>, section SERVE.</p>\n"
	      "</body>\n</html>\n",
	      out);
}

static struct http_reply *answer_page(struct serve *serve, const char *accept)
{
	struct growing body;
	FILE *out;

	(void)accept;
	if (serve->page)
		return serve->page;
	out = growing_open(&body);
	if (out)
		write_page(serve, out);
	if (growing_close(&body, out))
		serve->page = http_reply_text(503, "out of memory\n");
	else
		serve->page = http_reply_new(200, "text/html; charset=utf-8", body.text, body.len);
	return serve->page;
}

/* ---- the loop ---- */

static struct http_reply *answer(void *ctx, const char *path, const char *accept)
{
	static const struct {
		const char *path;
		struct http_reply *(*answer)(struct serve *serve, const char *accept);
	} pages[] = {{"/metrics", answer_metrics}, {"/healthz", answer_health}, {"/", answer_page}};
	struct serve *serve = ctx;

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (!strcmp(path, pages[i].path)) {
			refresh(serve);
			return pages[i].answer(serve, accept);
		}
	return NULL;
}

static int loop(struct serve *serve)
{
	int more = 0;

	/* -EIO: who finds network namespaces is gone, and nothing brings it back but a start. */
	while (more >= 0 && serve->census_err != -EIO && !stop_is_asked()) {
		struct session_pause pause = live_overview_pause(serve->live);

		http_run(serve->http, pause.bell_fd, more ? 0 : pause.ms);
		more = live_overview_look(serve->live);
	}
	ready_end();
	return more < 0 || serve->census_err == -EIO ? DIAG_FAILED : DIAG_OK;
}

/* Connections must leave descriptors for our own work: by what is open now if few may be. */
static unsigned connections_max(void)
{
	struct rlimit files = {0};
	unsigned left = shortage_descriptors_left(FILES_OF_OURS);
	rlim_t room;

	getrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur > 2 * FILES_OF_OURS)
		room = files.rlim_cur - FILES_OF_OURS;
	else
		room = left > FILES_AT_LEAST ? left - FILES_AT_LEAST : 0;
	return room < CONNECTIONS ? (unsigned)room : CONNECTIONS;
}

static void tell_no_service(int err)
{
	diag_error("cannot serve: %s", strerror(err));
	diag_hint("%s", shortage_cure(err, "`ulimit -n` may be too low"));
}

/* That we are ready comes last of what is told, and while we may still write its file. */
static int begin(struct serve *serve, int fd)
{
	char bound[ENDPOINT_TEXT_MAX], status[ENDPOINT_TEXT_MAX + 32];

	snprintf(status, sizeof(status), "listening on http://%s/metrics",
		 endpoint_text(fd, bound));
	diag_note("%s", status);
	if (ready_tell(serve->options->ready_path, status))
		return -EIO;
	return live_overview_give_up_privileges(serve->live);
}

static int run(struct serve *serve, int fd)
{
	struct http_limits limits = {
		.head_bytes = HEAD_BYTES, .patience_ns = PATIENCE_NS, .crowded_ns = CROWDED_NS};
	int status;

	serve->live = live_overview_open(serve->options, NULL);
	if (!serve->live) {
		close(fd);
		return DIAG_FAILED;
	}
	limits.connections = connections_max();
	if (!limits.connections) {
		close(fd);
		tell_no_service(EMFILE);
		return DIAG_FAILED;
	}
	serve->http = http_open(fd, &limits, answer, serve);
	if (!serve->http) {
		tell_no_service(errno);
		return DIAG_FAILED;
	}
	status = begin(serve, fd) ? DIAG_FAILED : loop(serve);
	http_close(serve->http);
	forget_replies(serve);
	return status;
}

int serve_run(const struct options *options)
{
	struct serve serve = {.options = options, .began = clock_now()};
	const char *text = options->argument ? options->argument : LISTEN_DEFAULT;
	char why[PARSE_WHY];
	struct endpoint endpoint;
	int fd, status;

	if (!endpoint_parse(text, &endpoint, why)) {
		diag_error("cannot listen on '%s': %s", text, why);
		diag_hint("write ADDR:PORT, such as 127.0.0.1:9798, [::1]:9798, or :9798 for every "
			  "address");
		return DIAG_USAGE;
	}
	stop_on_signals();
	signal(SIGHUP, SIG_IGN); /* there is nothing to read again */
	ready_begin(options->ready_path);
	fd = endpoint_listen(&endpoint);
	if (fd < 0)
		return DIAG_FAILED;
	serve.start_seconds = (double)((int64_t)serve.began + clock_wall_offset()) /
			      (double)NS_PER_S;
	status = run(&serve, fd);
	live_overview_close(serve.live);
	return status;
}
