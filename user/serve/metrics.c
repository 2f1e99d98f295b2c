/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* metrics.c - the families and where their samples come from. See metrics.h. */
#include "serve/metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "diagnosis/findings.h"

/* One state of one group, as the overview gave it. */
struct cell {
	const char *values;
	const struct histset_cell *cell;
	uint8_t state;
};

struct metrics {
	FILE *out;
	struct overview *overview;
	const struct metrics_self *self;
	bool has_census;
	struct cell *cells;
	size_t n_cells, room;
	uint64_t sockets[WIRE_STATES]; /* wanted ones of the census */
	struct age oldest[WIRE_STATES];
	struct findings findings;
	int err;
};

struct family {
	const char *name; /* without the suffix of its type */
	enum metrics_type type;
	const char *unit; /* the end of its name, or "" */
	const char *labels;
	void (*samples)(struct metrics *m, const struct family *family);
	const char *help;
};

/* ---- words ---- */

#define LABEL(labels, name, value) metrics_label(labels, name, value, strlen(value))

static bool is_asked(const struct metrics *m, uint8_t state)
{
	return m->overview->config.selection->states & 1u << state;
}

/* What happens in TIME-WAIT is not told on every kernel: then nothing is known, which is not 0. */
static bool is_seen(const struct metrics *m, uint8_t state)
{
	return state != WIRE_TIME_WAIT || m->overview->meta->sees_timewait;
}

static void add_count(struct metrics *m, const struct family *family,
		      const struct metrics_labels *labels, uint64_t value)
{
	metrics_count(m->out, family->name, metrics_suffix(family->type), labels, value);
}

static void add_value(struct metrics *m, const struct family *family,
		      const struct metrics_labels *labels, double value)
{
	metrics_value(m->out, family->name, metrics_suffix(family->type), labels, value);
}

static void add_count_of_state(struct metrics *m, const struct family *family, uint8_t state,
			       uint64_t value)
{
	struct metrics_labels labels = {0};

	LABEL(&labels, "state", tcpstate_name(state));
	add_count(m, family, &labels, value);
}

/* ---- histograms ---- */

uint64_t metrics_bound_ns(unsigned i)
{
	static const uint16_t steps[] = {1000, 1250, 1500, 2000, 2500,
					 3000, 4000, 5000, 6000, 8000};
	uint64_t unit = 10; /* 1000 units are the decade's begin: 10 us */

	if (i >= METRICS_BOUNDS - 1)
		return UINT64_MAX;
	for (unsigned decade = i / 10; decade; decade--)
		unit *= 10;
	return steps[i % 10] * unit;
}

/* A key that was named twice is one label. The last group has one value for all keys. */
static void label_group(struct metrics_labels *labels, const struct group_by *by,
			const char *values)
{
	bool is_other = !strcmp(values, HISTSET_OTHER);

	for (unsigned i = 0; i < by->n; i++) {
		size_t len = is_other ? strlen(values) : strcspn(values, "\t");
		char name[32];
		bool is_new = true;

		for (unsigned k = 0; k < i; k++)
			is_new &= by->keys[k] != by->keys[i];
		snprintf(name, sizeof(name), "%s", group_key_name(by->keys[i]));
		for (char *c = strchr(name, '-'); c; c = strchr(c, '-'))
			*c = '_';
		if (is_new)
			metrics_label(labels, name, values, len);
		if (!is_other && values[len])
			values += len + 1;
	}
}

static void add_buckets(struct metrics *m, const struct family *family,
			const struct metrics_labels *labels, const struct hist *hist)
{
	char le[METRICS_BOUND_MAX];
	uint64_t sum = 0;
	unsigned bucket = 0;

	for (unsigned i = 0; i < METRICS_BOUNDS - 1; i++) {
		uint64_t bound = metrics_bound_ns(i);

		while (hist_bound(bucket) <= bound)
			sum += hist->buckets[bucket++];
		metrics_bucket(m->out, family->name, labels, metrics_bound(bound, le), sum);
	}
	metrics_bucket(m->out, family->name, labels, "+Inf", hist->count);
	metrics_count(m->out, family->name, "_count", labels, hist->count);
	metrics_value(m->out, family->name, "_sum", labels, hist->sum / (double)NS_PER_S);
}

static void add_histogram(struct metrics *m, const struct family *family, const char *values,
			  uint8_t state, const struct hist *hist)
{
	struct metrics_labels labels = {0};

	LABEL(&labels, "state", tcpstate_name(state));
	label_group(&labels, &m->overview->config.by, values);
	add_buckets(m, family, &labels, hist);
}

static const struct cell *find_cell(const struct metrics *m, uint8_t state)
{
	for (size_t i = 0; i < m->n_cells; i++)
		if (m->cells[i].state == state)
			return &m->cells[i];
	return NULL;
}

/* Without groups every state has its histogram from the start: a rate needs a 0 to begin with. */
static void durations(struct metrics *m, const struct family *family)
{
	static const struct hist none;

	for (size_t i = 0; i < m->n_cells; i++)
		if (is_seen(m, m->cells[i].state))
			add_histogram(m, family, m->cells[i].values, m->cells[i].state,
				      &m->cells[i].cell->hist);
	for (uint8_t state = 1; state < WIRE_STATES && !m->overview->config.by.n; state++)
		if (state != WIRE_CLOSE && is_asked(m, state) && is_seen(m, state) &&
		    !find_cell(m, state))
			add_histogram(m, family, "", state, &none);
}

static uint64_t partial_of(const struct histset_cell *cell)
{
	return cell->hist.partial;
}

static uint64_t resent_of(const struct histset_cell *cell)
{
	return cell->syns_resent;
}

/* Over all groups. */
static void add_sum_of_state(struct metrics *m, const struct family *family, uint8_t state,
			     uint64_t (*number_of)(const struct histset_cell *cell))
{
	uint64_t sum = 0;

	if (state == WIRE_CLOSE || !is_asked(m, state) || !is_seen(m, state))
		return;
	for (size_t i = 0; i < m->n_cells; i++)
		if (m->cells[i].state == state)
			sum += number_of(m->cells[i].cell);
	add_count_of_state(m, family, state, sum);
}

static void partials(struct metrics *m, const struct family *family)
{
	for (uint8_t state = 1; state < WIRE_STATES; state++)
		add_sum_of_state(m, family, state, partial_of);
}

static void syns_resent(struct metrics *m, const struct family *family)
{
	add_sum_of_state(m, family, WIRE_SYN_SENT, resent_of);
	add_sum_of_state(m, family, WIRE_SYN_RECV, resent_of);
}

static uint64_t overflowed_of(const struct histset_cell *cell)
{
	return cell->overflowed;
}

static void overflowed(struct metrics *m, const struct family *family)
{
	add_sum_of_state(m, family, WIRE_SYN_RECV, overflowed_of);
}

static void overflow(struct metrics *m, const struct family *family)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < m->n_cells; i++)
		if (m->overview->config.by.n && !strcmp(m->cells[i].values, HISTSET_OTHER))
			sum += m->cells[i].cell->hist.count + m->cells[i].cell->hist.partial;
	add_count(m, family, NULL, sum);
}

/* ---- events ---- */

/* What RFC 9293 and Linux know of: there from the start. Any other move is told once it was made.
 */
static const uint16_t moves[WIRE_STATES] = {
#define TO(state) (1 << (state))
	[WIRE_CLOSE] = TO(WIRE_SYN_SENT) | TO(WIRE_LISTEN),
	[WIRE_LISTEN] = TO(WIRE_SYN_RECV) | TO(WIRE_CLOSE),
	[WIRE_SYN_SENT] = TO(WIRE_ESTABLISHED) | TO(WIRE_SYN_RECV) | TO(WIRE_CLOSE),
	[WIRE_SYN_RECV] = TO(WIRE_ESTABLISHED) | TO(WIRE_FIN_WAIT1) | TO(WIRE_CLOSE),
	[WIRE_ESTABLISHED] = TO(WIRE_FIN_WAIT1) | TO(WIRE_CLOSE_WAIT) | TO(WIRE_CLOSE),
	[WIRE_FIN_WAIT1] = TO(WIRE_FIN_WAIT2) | TO(WIRE_CLOSING) | TO(WIRE_TIME_WAIT) |
			   TO(WIRE_CLOSE),
	[WIRE_FIN_WAIT2] = TO(WIRE_TIME_WAIT) | TO(WIRE_CLOSE),
	[WIRE_CLOSING] = TO(WIRE_TIME_WAIT) | TO(WIRE_CLOSE),
	[WIRE_TIME_WAIT] = TO(WIRE_CLOSE),
	[WIRE_CLOSE_WAIT] = TO(WIRE_LAST_ACK) | TO(WIRE_CLOSE),
	[WIRE_LAST_ACK] = TO(WIRE_CLOSE),
#undef TO
};

static void transitions(struct metrics *m, const struct family *family)
{
	for (uint8_t from = 1; from < WIRE_STATES; from++)
		for (uint8_t to = 1; to < WIRE_STATES; to++) {
			struct metrics_labels labels = {0};
			uint64_t count = m->overview->moves[from][to];
			bool usual = moves[from] & 1u << to && is_seen(m, from) && is_seen(m, to);

			if (!count && !usual)
				continue;
			LABEL(&labels, "from", tcpstate_name(from));
			LABEL(&labels, "to", tcpstate_name(to));
			add_count(m, family, &labels, count);
		}
}

static void ends(struct metrics *m, const struct family *family)
{
	for (uint8_t state = 1; state < WIRE_STATES; state++)
		for (unsigned cause = CAUSE_NONE + 1; cause < CAUSES; cause++) {
			struct metrics_labels labels = {0};

			if (state == WIRE_CLOSE || !is_seen(m, state))
				continue;
			LABEL(&labels, "state", tcpstate_name(state));
			LABEL(&labels, "cause", tcpstate_cause_name((uint8_t)cause));
			add_count(m, family, &labels, m->overview->ends[state][cause]);
		}
}

static void lost(struct metrics *m, const struct family *family)
{
	uint16_t kind;

	for (unsigned i = 0; (kind = decode_kind_that_may_be_lost(i)); i++) {
		struct metrics_labels labels = {0};

		LABEL(&labels, "kind", decode_kind_name(kind));
		add_count(m, family, &labels, m->overview->lost[kind]);
	}
}

static void evicted(struct metrics *m, const struct family *family)
{
	add_count(m, family, NULL, conn_stats(tracer_connections(m->overview->tracer)).evicted);
}

/* ---- the census ---- */

static void connections(struct metrics *m, const struct family *family)
{
	for (uint8_t state = 1; m->has_census && state < WIRE_STATES; state++)
		if (state != WIRE_CLOSE && is_asked(m, state))
			add_count_of_state(m, family, state, m->sockets[state]);
}

static void missing(struct metrics *m, const struct family *family)
{
	if (m->has_census)
		add_count(m, family, NULL, m->overview->census.missing);
}

/* A counter of each namespace that the census met; OVERFLOWS_UNKNOWN has no sample. */
static void add_of_netns(struct metrics *m, const struct family *family,
			 uint64_t (*count)(const struct overflows_netns *of))
{
	for (const struct overflows_netns *of = m->overview->overflows.all; of; of = of->hh.next) {
		struct metrics_labels labels = {0};
		char number[16];

		if (!m->has_census || of->ts < m->overview->overflows.began ||
		    count(of) == OVERFLOWS_UNKNOWN)
			continue;
		snprintf(number, sizeof(number), "%u", of->netns);
		LABEL(&labels, "netns", number);
		add_count(m, family, &labels, count(of));
	}
}

static uint64_t count_of(const struct overflows_netns *of)
{
	return of->overflows.all;
}

static uint64_t drops_of(const struct overflows_netns *of)
{
	return of->drops.all;
}

static uint64_t cookies_of(const struct overflows_netns *of)
{
	return of->cookies.all;
}

static uint64_t half_open_drops_of(const struct overflows_netns *of)
{
	return of->half_open_drops.all;
}

static void listen_overflows(struct metrics *m, const struct family *family)
{
	add_of_netns(m, family, count_of);
}

static void listen_drops(struct metrics *m, const struct family *family)
{
	add_of_netns(m, family, drops_of);
}

static void syn_cookies(struct metrics *m, const struct family *family)
{
	add_of_netns(m, family, cookies_of);
}

static void half_open_drops(struct metrics *m, const struct family *family)
{
	add_of_netns(m, family, half_open_drops_of);
}

static void oldest(struct metrics *m, const struct family *family)
{
	for (uint8_t state = 1; state < WIRE_STATES; state++) {
		struct metrics_labels labels = {0};

		if (m->oldest[state].known == DWELL_UNKNOWN || !is_asked(m, state))
			continue;
		LABEL(&labels, "state", tcpstate_name(state));
		add_value(m, family, &labels, (double)m->oldest[state].ns / (double)NS_PER_S);
	}
}

static void findings(struct metrics *m, const struct family *family)
{
	for (size_t i = 0; m->has_census && i < m->findings.n; i++) {
		struct metrics_labels labels = {0};

		LABEL(&labels, "rule", m->findings.all[i].rule);
		metrics_label_name(&labels, "comm", m->findings.all[i].comm);
		add_count(m, family, &labels, m->findings.all[i].count);
	}
}

/* ---- accept queues ---- */

/* `place` as waits_text() has it, or HISTSET_OTHER. */
static void label_listener(struct metrics_labels *labels, const char *place)
{
	size_t len = strcspn(place, "\t");

	metrics_label(labels, "listener", place, len);
	LABEL(labels, "netns", place[len] ? place + len + 1 : place);
}

struct each_wait {
	struct metrics *m;
	const struct family *family;
	uint64_t (*number_of)(const struct histset_cell *cell);
};

static void each_wait(struct metrics *m, const struct family *family,
		      void (*fn)(void *ctx, const char *place, void *group),
		      uint64_t (*number_of)(const struct histset_cell *cell))
{
	if (m->overview->waits.by_listener && m->overview->meta->sees_accepts)
		histset_each(m->overview->waits.by_listener, fn,
			     &(struct each_wait){.m = m, .family = family, .number_of = number_of});
}

static void add_wait(void *ctx, const char *place, void *group)
{
	const struct histset_cell *cell = histset_cell(group, TCPSTATE_ACCEPT_WAIT);
	struct each_wait *each = ctx;
	struct metrics_labels labels = {0};

	label_listener(&labels, place);
	add_buckets(each->m, each->family, &labels, &cell->hist);
}

static void waits(struct metrics *m, const struct family *family)
{
	each_wait(m, family, add_wait, NULL);
}

static void add_wait_number(void *ctx, const char *place, void *group)
{
	struct each_wait *each = ctx;
	struct metrics_labels labels = {0};

	label_listener(&labels, place);
	add_count(each->m, each->family, &labels,
		  each->number_of(histset_cell(group, TCPSTATE_ACCEPT_WAIT)));
}

static void partial_waits(struct metrics *m, const struct family *family)
{
	each_wait(m, family, add_wait_number, partial_of);
}

static uint64_t unaccepted_of(const struct histset_cell *cell)
{
	return cell->unaccepted;
}

static void unaccepted(struct metrics *m, const struct family *family)
{
	each_wait(m, family, add_wait_number, unaccepted_of);
}

static void add_queue(struct metrics *m, const struct family *family,
		      const struct waits_queue *queue, uint64_t value)
{
	struct metrics_labels labels = {0};
	char place[WAITS_TEXT_MAX];

	label_listener(&labels, waits_text(&queue->listener, place));
	add_count(m, family, &labels, value);
}

static const struct waits_queue *first_queue(const struct metrics *m)
{
	return m->has_census ? m->overview->waits.queues : NULL;
}

static void queued(struct metrics *m, const struct family *family)
{
	for (const struct waits_queue *queue = first_queue(m); queue; queue = queue->hh.next)
		add_queue(m, family, queue, queue->waiting);
}

static void peaks(struct metrics *m, const struct family *family)
{
	const struct waits_queue *queue;

	for (queue = m->overview->waits.peaks_known ? first_queue(m) : NULL; queue;
	     queue = queue->hh.next)
		add_queue(m, family, queue, queue->peak);
}

static void backlogs(struct metrics *m, const struct family *family)
{
	for (const struct waits_queue *queue = first_queue(m); queue; queue = queue->hh.next)
		add_queue(m, family, queue, queue->backlog);
}

static void half_open(struct metrics *m, const struct family *family)
{
	for (const struct waits_queue *queue = first_queue(m); queue; queue = queue->hh.next)
		add_queue(m, family, queue, queue->half_open);
}

/* ---- the exporter ---- */

static void build(struct metrics *m, const struct family *family)
{
	const struct meta *meta = m->overview->meta;
	struct metrics_labels labels = {0};

	metrics_label_name(&labels, "version", meta->version);
	metrics_label_name(&labels, "kernel", meta->kernel);
	metrics_label_name(&labels, "transitions", meta->transition_way);
	metrics_label_name(&labels, "timewait", meta->timewait_way);
	add_count(m, family, &labels, 1);
}

static void program_seconds(struct metrics *m, const struct family *family)
{
	for (size_t i = 0; m->self && i < m->self->n_programs; i++) {
		const struct metrics_program *program = &m->self->programs[i];
		struct metrics_labels labels = {0};

		LABEL(&labels, "program", program->name);
		if (program->runs)
			add_value(m, family, &labels, (double)program->run_ns / (double)NS_PER_S);
	}
}

static void program_runs(struct metrics *m, const struct family *family)
{
	for (size_t i = 0; m->self && i < m->self->n_programs; i++) {
		const struct metrics_program *program = &m->self->programs[i];
		struct metrics_labels labels = {0};

		LABEL(&labels, "program", program->name);
		if (program->runs)
			add_count(m, family, &labels, program->runs);
	}
}

static void remembered(struct metrics *m, const struct family *family)
{
	add_count(m, family, NULL, conn_stats(tracer_connections(m->overview->tracer)).count);
}

static void cpu_seconds(struct metrics *m, const struct family *family)
{
	if (m->self)
		add_value(m, family, NULL, m->self->cpu_seconds);
}

static void resident_bytes(struct metrics *m, const struct family *family)
{
	if (m->self && m->self->resident_bytes)
		add_count(m, family, NULL, m->self->resident_bytes);
}

static void start_seconds(struct metrics *m, const struct family *family)
{
	if (m->self)
		add_value(m, family, NULL, m->self->start_seconds);
}

/* ---- the table ---- */

static const struct family families[] = {
	{"tcpdwell_state_duration_seconds", METRICS_HISTOGRAM, "seconds", "state", durations,
	 "How long connections stayed in a state. Only dwells whose begin and end were seen."},
	{"tcpdwell_partial_dwells", METRICS_COUNTER, "", "state", partials,
	 "Dwells that ended and whose begin was not seen. They are in no histogram."},
	{"tcpdwell_syns_resent", METRICS_COUNTER, "", "state", syns_resent,
	 "Connections that sent their SYN, or SYN-ACK, more than once before they left the state."},
	{"tcpdwell_overflowed_handshakes", METRICS_COUNTER, "", "state", overflowed,
	 "Handshakes whose last ACK was put off: the accept queue was full or, rarely, memory or a "
	 "route was missing. The kernel notes it of each."},
	{"tcpdwell_label_overflow", METRICS_COUNTER, "", "", overflow,
	 "Dwells counted under (other) because there were more groups than --max-groups."},
	{"tcpdwell_connections", METRICS_GAUGE, "", "state", connections,
	 "Sockets in a state now."},
	{"tcpdwell_oldest_seconds", METRICS_GAUGE, "seconds", "state", oldest,
	 "How long, at least, the oldest socket has been in that state."},
	{"tcpdwell_findings", METRICS_GAUGE, "", "rule,comm", findings,
	 "Sockets that a rule finds now, by the name of the process that owns them."},
	{"tcpdwell_listen_overflows", METRICS_COUNTER, "", "netns", listen_overflows,
	 "SYNs and last ACKs of handshakes that met a full accept queue, since the namespace was "
	 "made."},
	{"tcpdwell_listen_drops", METRICS_COUNTER, "", "netns", listen_drops,
	 "Those and all others that listeners dropped, since the namespace was made."},
	{"tcpdwell_syn_cookies", METRICS_COUNTER, "", "netns", syn_cookies,
	 "SYNs answered by a cookie since the namespace was made."},
	{"tcpdwell_half_open_drops", METRICS_COUNTER, "", "netns", half_open_drops,
	 "SYNs dropped, as too many handshakes were half open, since the namespace was made."},
	{"tcpdwell_accept_wait_seconds", METRICS_HISTOGRAM, "seconds", "listener,netns", waits,
	 "How long connections waited for accept(), or until they ended. Only waits whose begin "
	 "and "
	 "end were seen."},
	{"tcpdwell_partial_accept_waits", METRICS_COUNTER, "", "listener,netns", partial_waits,
	 "Waits for accept() whose begin or end was not seen. They are in no histogram."},
	{"tcpdwell_unaccepted_connections", METRICS_COUNTER, "", "listener,netns", unaccepted,
	 "Connections that ended before anybody accepted them."},
	{"tcpdwell_accept_queue", METRICS_GAUGE, "", "listener,netns", queued,
	 "Connections that wait for accept() now."},
	{"tcpdwell_accept_queue_peak", METRICS_GAUGE, "", "listener,netns", peaks,
	 "The most that waited for accept() at a time since the last scrape."},
	{"tcpdwell_accept_queue_max", METRICS_GAUGE, "", "listener,netns", backlogs,
	 "The backlog: when more than this wait for accept(), the kernel drops new ones."},
	{"tcpdwell_half_open", METRICS_GAUGE, "", "listener,netns", half_open,
	 "Handshakes that are half open now."},
	{"tcpdwell_transitions", METRICS_COUNTER, "", "from,to", transitions,
	 "Transitions from one state to another."},
	{"tcpdwell_ends", METRICS_COUNTER, "", "state,cause", ends,
	 "Ends of connections, by the last state and the cause."},
	{"tcpdwell_lost_records", METRICS_COUNTER, "", "kind", lost,
	 "Events that did not reach tcpdwell."},
	{"tcpdwell_evicted_connections", METRICS_COUNTER, "", "", evicted,
	 "Connections forgotten because of --max-connections."},
	{"tcpdwell_remembered_connections", METRICS_GAUGE, "", "", remembered,
	 "Connections remembered now."},
	{"tcpdwell_unseen_namespaces", METRICS_GAUGE, "", "", missing,
	 "Network namespaces that tcpdwell could not look into. Their sockets are missing in "
	 "tcpdwell_connections."},
	{"tcpdwell_build", METRICS_INFO, "", "version,kernel,transitions,timewait", build,
	 "Always 1. Version, kernel, and how transitions and TIME-WAIT are seen."},
	{"tcpdwell_program_run_seconds", METRICS_COUNTER, "seconds", "program", program_seconds,
	 "Run time of each BPF program. Needs kernel.bpf_stats_enabled."},
	{"tcpdwell_program_runs", METRICS_COUNTER, "", "program", program_runs,
	 "Runs of each BPF program. Needs kernel.bpf_stats_enabled."},
	{"process_cpu_seconds", METRICS_COUNTER, "seconds", "", cpu_seconds,
	 "CPU time of tcpdwell, user and system."},
	{"process_resident_memory_bytes", METRICS_GAUGE, "bytes", "", resident_bytes,
	 "Memory of tcpdwell."},
	{"process_start_time_seconds", METRICS_GAUGE, "seconds", "", start_seconds,
	 "When tcpdwell started, in seconds since 1970."},
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

void metrics_list(FILE *out)
{
	for (size_t i = 0; i < FAMILIES; i++)
		fprintf(out, "%s%s\t%s\t%s\t%s\n", families[i].name,
			metrics_suffix(families[i].type), metrics_type_name(families[i].type),
			families[i].labels, families[i].help);
}

/* ---- all ---- */

static void raise_oldest(struct metrics *m, uint8_t state, uint64_t ns, uint8_t known)
{
	if (known != DWELL_UNKNOWN && ns >= m->oldest[state].ns)
		m->oldest[state] = (struct age){.ns = ns, .known = known};
}

static void take_cell(void *ctx, const char *values, uint8_t state, const struct histset_cell *cell)
{
	struct metrics *m = ctx;

	if (m->n_cells == m->room) {
		size_t room = m->room ? 2 * m->room : 64;
		struct cell *cells = reallocarray(m->cells, room, sizeof(*cells));

		if (!cells) {
			m->err = -ENOMEM;
			return;
		}
		m->cells = cells;
		m->room = room;
	}
	m->cells[m->n_cells++] = (struct cell){values, cell, state};
	if (cell->still.count)
		raise_oldest(m, state, cell->still.oldest, cell->still.oldest_known);
}

static void take_census(struct metrics *m)
{
	const struct overview *overview = m->overview;

	for (const struct census_socket *socket = census_first(&overview->census); socket;
	     socket = census_next(&overview->census, socket)) {
		struct age age = age_of(&socket->s, overview->meta->tick_ns);

		if (!verdict_asks(overview->config.selection, &overview->census, socket))
			continue;
		m->sockets[socket->s.state]++;
		raise_oldest(m, socket->s.state, age.ns, age.known);
	}
}

static void collect(struct metrics *m)
{
	overview_each_histogram(m->overview, take_cell, m);
	if (!m->has_census || m->err)
		return;
	m->err = m->overview->waits.is_short_of_memory ? -ENOMEM : overview_judge(m->overview);
	if (!m->err)
		m->err = findings_make(&m->findings, &m->overview->verdict);
	take_census(m);
}

int metrics_render(struct overview *overview, const struct metrics_self *self, bool is_current,
		   enum metrics_format format, FILE *out)
{
	struct metrics m = {.out = out,
			    .overview = overview,
			    .self = self,
			    .has_census = is_current && overview->census.is_whole};

	collect(&m);
	for (size_t i = 0; !m.err && i < FAMILIES; i++) {
		const struct family *family = &families[i];

		metrics_family(out, format, family->name, family->type, family->unit, family->help);
		family->samples(&m, family);
	}
	metrics_end(out, format);
	findings_release(&m.findings);
	free(m.cells);
	return m.err;
}
