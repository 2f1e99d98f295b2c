/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * alloc.c - memory runs out: the n-th allocation fails, for every n. Nothing crashes or leaks, and
 * what is missing is counted.
 *
 * The allocator is replaced by one over glibc's, so this is for builds without a sanitizer, which
 * brings its own.
 */
#include "test.h"

#if defined(__SANITIZE_ADDRESS__)

int main(void)
{
	puts("skip alloc: AddressSanitizer has the allocator");
	return 0;
}

#else

#include <errno.h>

#include "base/diag.h"
#include "base/growing.h"
#include "census_feeder.h"
#include "commands/configure.h"
#include "diagnosis/findings.h"
#include "diagnosis/overview.h"
#include "model/histset.h"
#include "output/stuck_print.h"
#include "record/recording.h"
#include "report/data.h"
#include "report/values.h"
#include "serve/metrics.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *old);

static struct {
	bool armed;
	unsigned long until_failure; /* allocations that still succeed */
	bool failed;
	bool only_once;
	long in_use;
} alloc;

static bool fails(void)
{
	if (!alloc.armed)
		return false;
	if (alloc.until_failure) {
		alloc.until_failure--;
		return false;
	}
	if (alloc.failed && alloc.only_once)
		return false;
	alloc.failed = true;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	if (fails())
		return NULL;
	alloc.in_use++;
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	if (fails())
		return NULL;
	alloc.in_use++;
	return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	if (fails())
		return NULL;
	alloc.in_use += !old;
	return __libc_realloc(old, size);
}

void free(void *old)
{
	alloc.in_use -= old != NULL;
	__libc_free(old);
}

/* ---- what is exercised; each returns what should have happened but neither did nor was counted */

static struct feeder feeder;
static struct conn_config config;

/* A table that the feeder feeds from now on, and has told nothing yet; NULL if out of memory. */
static struct conn_table *table_to_feed(const struct conn_config *of)
{
	feeder.table = conn_table_new(of);
	feeder.n = 0;
	return feeder.table;
}

/* 200 lives of 4 transitions, held until their owner is known, and one listener. */
static uint64_t exercise_conn(void)
{
	struct conn_table *table = table_to_feed(&config);
	uint64_t missing = 0;

	if (!table)
		return 0;
	for (unsigned i = 0; i < 200; i++) {
		struct rec lives[] = {
			MOVE(2000 + i, ESTABLISHED, FIN_WAIT1),
			MOVE(2001 + i, FIN_WAIT1, FIN_WAIT2, HELD_BY(77, "server")),
			MINI(2002 + i, ARMED, TIME_WAIT, 62000),
			MOVE(2002 + i, FIN_WAIT2, CLOSE),
		};

		for (unsigned k = 0; k < COUNT(lives); k++) {
			lives[k].cookie = i + 1;
			lives[k].lport = (int32_t)(1000 + i);
			feeder_feed(&feeder, &lives[k]);
		}
	}
	/* Each life is still there, or counted as forgotten; each of its transitions was told. */
	if (conn_stats(table).count + conn_stats(table).evicted < 200)
		missing = 200 - conn_stats(table).count - conn_stats(table).evicted;
	if (feeder.last.id.cookie && !conn_stats(table).evicted && feeder.n < FEEDER_EVENTS)
		missing += FEEDER_EVENTS - feeder.n;
	conn_table_free(table);
	return missing;
}

static unsigned waits_told;

static void count_wait(void *ctx, const struct conn *conn, const struct conn_event *event,
		       const struct conn_place *listener)
{
	(void)ctx;
	(void)conn;
	(void)event;
	(void)listener;
	waits_told++;
}

static int want_all(void *ctx, const struct conn *conn)
{
	(void)ctx;
	(void)conn;
	return MATCH_YES;
}

#define WAITS 200

/* Each wait is told, or counted as forgotten; so is what makes the depth of the queue wrong. */
static uint64_t exercise_waits(void)
{
	struct conn_config asked = config;
	struct conn_table *table;
	uint64_t missing = 0;

	asked.waited = count_wait;
	asked.wanted = want_all;
	waits_told = 0;
	table = table_to_feed(&asked);
	if (!table)
		return 0;
	feeder_feed(&feeder, &(struct rec)MOVE(2000, CLOSE, LISTEN, HELD_BY(77, "server"),
					       .cookie = 1, .lport = 80, .rport = NONE));
	for (unsigned i = 0; i < WAITS; i++) {
		struct rec lives[] = {
			MOVE(2000 + i, LISTEN, SYN_RECV),
			MOVE(2000 + i, SYN_RECV, ESTABLISHED),
			MOVE(2001 + i, ESTABLISHED, CLOSE, .error = ECONNRESET),
			ACCEPTED(2002 + i, 77, "server"),
		};

		for (unsigned k = 0; k < COUNT(lives); k++) {
			lives[k].cookie = i + 2;
			lives[k].lport = 80;
			lives[k].rport = (int32_t)(1000 + i);
		}
		/* Every other one is accepted before it ends. */
		for (unsigned k = 0; k < COUNT(lives); k++)
			feeder_feed(&feeder, &lives[i % 2 && k > 1 ? 5 - k : k]);
	}
	if (waits_told + conn_stats(table).evicted < WAITS)
		missing = WAITS - waits_told - conn_stats(table).evicted;
	conn_table_free(table);
	return missing;
}

static unsigned told_by_life(void)
{
	unsigned listed = 0;

	for (unsigned i = 0; i < feeder.n; i++)
		listed += strstr(feeder.lines[i], "ESTABLISHED>") != NULL;
	return listed;
}

/* Only what is held fails: the first transition then is missing, which has to be counted. */
static uint64_t exercise_held(void)
{
	static const struct rec feed[] = {
		MOVE(2000, ESTABLISHED, FIN_WAIT1),
		MOVE(2001, FIN_WAIT1, FIN_WAIT2, HELD_BY(77, "server")),
	};
	struct conn_table *table = table_to_feed(&config);
	uint64_t missing;

	if (!table)
		return 0;
	for (unsigned i = 0; i < COUNT(feed); i++)
		feeder_feed(&feeder, &feed[i]);
	missing = !told_by_life() && !conn_stats(table).evicted;
	conn_table_free(table);
	return missing;
}

#define WAITING 150

static void feed_waiting(const struct rec *records, unsigned n)
{
	for (int i = 0; i < WAITING; i++)
		for (unsigned k = 0; k < n; k++) {
			struct rec rec = records[k];

			rec.cookie = i + 1;
			rec.lport = rec.lport ? rec.lport : 1000 + i;
			feeder_feed(&feeder, &rec);
		}
}

/* Each is there, waits for a sweep, and is known to; or it is counted as forgotten. */
static uint64_t not_waiting(const struct conn_table *table)
{
	struct conn_stats stats = conn_stats(table);
	uint64_t missing = stats.count - stats.unsettled;

	if (stats.count + stats.evicted < WAITING)
		missing += WAITING - stats.count - stats.evicted;
	return missing;
}

/*
 * What entries need aside: transitions held, waiting for a sweep, a timer cancelled. Mini-sockets
 * in FIN-WAIT-2, told by events or by sweeps alone; at the end none is left over.
 */
static uint64_t exercise_mini(bool samples)
{
	static const struct rec lives[] = {MOVE(2000, ESTABLISHED, FIN_WAIT1),
					   MOVE(2001, FIN_WAIT1, FIN_WAIT2),
					   MINI(2002, ARMED, FIN_WAIT2, 62000),
					   MOVE(2002, FIN_WAIT2, CLOSE),
					   MINI(2003, SEEN, FIN_WAIT2, 62000)},
				ends[] = {MINI(2300, CANCELLED, FIN_WAIT2, 62000)};
	/* With one of each kind at first, both indexes are there before what fails then. */
	static const struct rec first[] = {
		MOVE(1997, CLOSE_WAIT, LAST_ACK, .cookie = WAITING + 2, HELD_BY(78, "other")),
		MOVE(1998, LAST_ACK, CLOSE, .cookie = WAITING + 2),
		MINI(1999, ARMED, TIME_WAIT, 61999, .cookie = WAITING + 1),
		MINI(1999, SEEN, TIME_WAIT, 61999, .cookie = WAITING + 1),
		MINI(1999, EXPIRED, TIME_WAIT, 61999, .cookie = WAITING + 1)};
	static const struct rec later[] = {TICK(3000), SWEPT(3000), SWEPT(3500)};
	struct conn_config own = config;
	struct conn_table *table;
	uint64_t missing;

	own.samples = samples;
	table = table_to_feed(&own);
	if (!table)
		return 0;
	for (unsigned i = 0; i < COUNT(first); i++)
		feeder_feed(&feeder, &first[i]);
	feed_waiting(lives, COUNT(lives));
	missing = not_waiting(table);
	feed_waiting(ends, COUNT(ends));
	for (unsigned i = 0; i < COUNT(later); i++)
		feeder_feed(&feeder, &later[i]);
	missing += conn_stats(table).count;
	conn_table_free(table);
	return missing;
}

static uint64_t exercise_told_mini(void)
{
	return exercise_mini(false);
}

static uint64_t exercise_sampled_mini(void)
{
	return exercise_mini(true);
}

/* Full sockets that wait for a sweep to say what port they have. */
static uint64_t exercise_connecting(void)
{
	static const struct rec connecting[] = {MOVE(2000, CLOSE, SYN_SENT, .lport = NONE)};
	struct conn_table *table = table_to_feed(&config);
	uint64_t missing;

	if (!table)
		return 0;
	feed_waiting(connecting, COUNT(connecting));
	missing = not_waiting(table);
	conn_table_free(table);
	return missing;
}

static void count_cells(void *ctx, const char *values, void *group)
{
	(void)values;
	for (uint8_t state = 1; state < WIRE_STATES; state++) {
		const struct histset_cell *cell = histset_cell(group, state);

		if (cell)
			*(uint64_t *)ctx += cell->hist.count + cell->hist.partial;
	}
}

static uint64_t exercise_histset(void)
{
	struct histset *set = histset_new(1000);
	struct conn_event event = {.from = WIRE_TIME_WAIT, .dwell = 5, .dwell_known = DWELL_EXACT};
	uint64_t counted = 0;
	char values[16];

	if (!set)
		return 0;
	for (unsigned i = 0; i < 300; i++) {
		snprintf(values, sizeof(values), "%u", i % 150);
		histset_add(set, values, &event);
	}
	histset_each(set, count_cells, &counted);
	histset_free(set);
	return 300 - counted;
}

/* Sockets enough that every table grows, and what each rule and each grouping needs. */
static int feed_census(struct census *census)
{
	union decode_record rec = census_limits(CENSUS_NETNS, 30000, 30019, 40);
	int err = census_add(census, &rec);

	for (int i = 0; !err && i < 600; i++) {
		rec = census_snapshot(&(struct snap){.cookie = i + 1,
						     .lport = 30000 + i % 20,
						     .rport = 443,
						     .kind = i % 3 ? WIRE_MINI : WIRE_FULL,
						     .state = i % 3   ? WIRE_TIME_WAIT
							      : i % 2 ? WIRE_LISTEN
								      : WIRE_CLOSE_WAIT,
						     .age = 5000,
						     .left = i % 3 ? 10000 : 0});
		err = census_add(census, &rec);
	}
	return err;
}

/* Either it says that memory ran out, or everything is there: a table may do without growing. */
static uint64_t exercise_census(void)
{
	static const struct group_by by;
	static size_t all; /* told when nothing fails */
	size_t told = 0;
	struct census census = {0};
	struct verdict verdict;
	struct findings findings;
	int err = feed_census(&census);

	if (!err)
		err = verdict_make(&verdict, &census, &feeder.options.selection, &by, NS_PER_MS);
	if (!err) {
		told = verdict.n_sockets + verdict.fillings.n;
		err = findings_make(&findings, &verdict);
		if (!err)
			findings_release(&findings);
		verdict_release(&verdict);
	}
	census_release(&census);
	all = all ? all : told;
	return err ? !alloc.failed : told != all || all < 100;
}

/* ---- what is drawn of an overview */

static int feed_one(struct overview *overview, union decode_record rec)
{
	int used = overview_feed(overview, &rec, rec.head.len);

	return used < 0 ? used : 0;
}

/* Connections of some processes, and a census of what they leave. */
static int feed_overview(struct overview *overview)
{
	int err = 0;

	for (int i = 0; !err && i < 40; i++) {
		char comm[16];
		struct rec moves[] = {
			MOVE(2000, SYN_RECV, ESTABLISHED, HELD_BY(100 + i % 7, comm)),
			MOVE(2100, ESTABLISHED, CLOSE_WAIT),
		};

		snprintf(comm, sizeof(comm), "server-%d", i % 7);
		for (size_t k = 0; !err && k < COUNT(moves); k++) {
			moves[k].cookie = i + 1;
			moves[k].rport = i + 1;
			err = feed_one(overview, feeder_record(&moves[k]));
		}
	}
	err = err ? err : feed_one(overview, census_bounds(true, 0));
	for (int i = 0; !err && i < 40; i++) {
		err = feed_one(overview, census_snapshot(&(struct snap){
						 .cookie = i + 1, .rport = i + 1, .age = 5000}));
		err = err ? err
			  : feed_one(overview, census_holder(i + 1, 100 + i % 7, "server", 3));
	}
	return err ? err : feed_one(overview, census_bounds(false, 0));
}

static struct meta meta_of_overview(void)
{
	return (struct meta){.attached = FEEDER_ATTACHED * NS_PER_MS,
			     .tick_ns = FEEDER_TICK * NS_PER_MS,
			     .sees_timewait = true,
			     .sees_accepts = true,
			     .version = "0.1.0"};
}

/* 1 if something is missing from the text without a word. The first text, when nothing fails, is
 * what the others are compared with. */
static uint64_t exercise_overview(char *(*draw)(struct overview *overview), char **ref_text)
{
	struct tracer_config of = configure_tracer(&feeder.options);
	struct meta meta = meta_of_overview();
	struct overview *overview = overview_new(&of, &meta);
	char *text = NULL;
	uint64_t lost, missing;

	if (!overview)
		return !alloc.failed;
	text = !feed_overview(overview) ? draw(overview) : NULL;
	lost = overview_lost(overview);
	overview_free(overview);
	if (!text)
		return !alloc.failed;
	if (!*ref_text) {
		*ref_text = text;
		return 0;
	}
	/* What found no group any more is in that one. */
	missing = strcmp(text, *ref_text) != 0 && !lost && !strstr(text, "\"" HISTSET_OTHER);
	free(text);
	return missing;
}

static char *draw_metrics(struct overview *overview)
{
	struct growing body;
	FILE *out = growing_open(&body);
	int err = -ENOMEM;

	overview_look_at_queues(overview);
	if (out)
		err = metrics_render(overview, NULL, true, METRICS_PROMETHEUS, out);
	if (!growing_close(&body, out) && !err)
		return body.text;
	free(body.text);
	return NULL;
}

static char *draw_stuck(struct overview *overview)
{
	struct stuck_style style = configure_stuck(&feeder.options, 0);
	struct growing body;
	FILE *out;

	if (overview_judge(overview))
		return NULL;
	out = growing_open(&body);
	if (out)
		stuck_print(&overview->verdict, FORMAT_JSON, &style, overview->meta, out);
	return growing_close(&body, out) ? NULL : body.text;
}

static uint64_t exercise_metrics(void)
{
	static char *whole;

	return exercise_overview(draw_metrics, &whole);
}

static uint64_t exercise_stuck(void)
{
	static char *whole;

	return exercise_overview(draw_stuck, &whole);
}

/* The observer has to be there before the records. */
static uint64_t exercise_report(void)
{
	static const struct report_source source = {.recording = "file"};
	static char *whole;
	struct tracer_config of = configure_tracer(&feeder.options);
	struct meta meta = meta_of_overview();
	struct overview *overview = overview_new(&of, &meta);
	struct report_data *data = overview ? report_data_new(overview) : NULL;
	json_t *json = data && !feed_overview(overview) ? report_data_json(data, &source) : NULL;
	char *text = json ? values_dump(json, JSON_COMPACT) : NULL;
	uint64_t lost = overview ? overview_lost(overview) : 0, missing;

	json_decref(json);
	report_data_free(data);
	overview_free(overview);
	if (!text)
		return !alloc.failed;
	if (!whole) {
		whole = text;
		return 0;
	}
	missing = strcmp(text, whole) != 0 && !lost;
	free(text);
	return missing;
}

static int take_nothing(void *ctx, const void *records, size_t len)
{
	(void)ctx;
	(void)records;
	(void)len;
	return 0;
}

static uint64_t exercise_recording(void)
{
	static const struct meta meta = {.version = "0.1.0"};
	struct wire_head rec = {.ts = 1, .kind = WIRE_TICK, .len = sizeof(rec)};
	struct recording_writer *writer;
	struct recording_reader *reader;
	bool was_armed = alloc.armed, whole = false;
	struct meta seen;
	char path[64];

	snprintf(path, sizeof(path), "/tmp/tcpdwell-alloc-%d", (int)getpid());
	alloc.armed = false;
	test_take_stderr();
	alloc.armed = was_armed;
	writer = recording_create(path, &meta);
	if (writer) {
		whole = !recording_add(writer, &rec, sizeof(rec));
		whole &= !recording_finish(writer);
		alloc.armed = false; /* jansson 2.14 itself crashes when reading without memory */
		reader = recording_open(path, &seen);
		whole &= reader && !recording_read(reader, take_nothing, NULL) &&
			 !strcmp(seen.version, meta.version);
		recording_close(reader);
	}
	alloc.armed = false;
	test_give_stderr_back();
	alloc.armed = was_armed;
	unlink(path);
	/* stdio does without a buffer; whatever else fails is told. */
	return !whole && !strstr(test_stderr.text, "error: ");
}

/*
 * Fails the n-th allocation, and with `only_once` none after it, for n until none fails.
 */
static void run(const char *name, uint64_t (*exercise)(void), bool only_once)
{
	unsigned long n = 0;
	bool failed;

	test_begin(name);
	exercise(); /* what libraries allocate once and keep */
	do {
		long before = alloc.in_use, leaked;
		uint64_t missing;

		alloc.until_failure = n;
		alloc.failed = false;
		alloc.only_once = only_once;
		alloc.armed = true;
		missing = exercise();
		alloc.armed = false;
		failed = alloc.failed;
		leaked = alloc.in_use - before;
		test_context("allocation %lu", n);
		CHECK_EQ(missing, 0);
		CHECK_EQ(leaked, 0);
		n++;
	} while (failed && n < 100000);
	test_end("each of %lu allocations failed once%s", n - 1,
		 only_once ? "" : ", and all after it");
}

int main(void)
{
	/* It keeps what it makes at its start. */
	diag_init(false, false);
	feeder_options(&feeder.options, "-p 77");
	config = (struct conn_config){.attached = FEEDER_ATTACHED * NS_PER_MS,
				      .tick_ns = FEEDER_TICK * NS_PER_MS,
				      .max = 1000,
				      .sees_timewait = true,
				      .sees_accepts = true,
				      .wanted = feeder_wanted,
				      .event = feeder_take,
				      .waited = feeder_take_wait,
				      .ctx = &feeder};
	run("alloc-conn", exercise_conn, true);
	run("alloc-conn-from-there-on", exercise_conn, false);
	run("alloc-waits", exercise_waits, true);
	run("alloc-waits-from-there-on", exercise_waits, false);
	run("alloc-held", exercise_held, true);
	run("alloc-mini", exercise_told_mini, true);
	run("alloc-mini-from-there-on", exercise_told_mini, false);
	run("alloc-sampled", exercise_sampled_mini, true);
	run("alloc-sampled-from-there-on", exercise_sampled_mini, false);
	run("alloc-connecting", exercise_connecting, true);
	run("alloc-connecting-from-there-on", exercise_connecting, false);
	run("alloc-histset", exercise_histset, true);
	run("alloc-recording", exercise_recording, true);
	feeder_options(&feeder.options, "stuck");
	run("alloc-census", exercise_census, true);
	run("alloc-census-from-there-on", exercise_census, false);
	run("alloc-stuck", exercise_stuck, true);
	run("alloc-stuck-from-there-on", exercise_stuck, false);
	feeder_options(&feeder.options, "report /dev/null");
	run("alloc-report", exercise_report, true);
	run("alloc-report-from-there-on", exercise_report, false);
	feeder_options(&feeder.options, "serve --by=comm,remote-port");
	run("alloc-metrics", exercise_metrics, true);
	run("alloc-metrics-from-there-on", exercise_metrics, false);
	return test_status();
}

#endif
