/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verify [-q ADDRESSES] [-s] [-S SWEEPS] [-i PORT]... TRUTH OUTPUT.json: does a tracer's output
 * tell exactly the lives that the traffic helper played?
 *
 * Reads the truth (format: traffic.h) and the tracer's JSON lines, puts the transitions together to
 * lives, and compares both ways: each life played must have been told with every move in order,
 * every dwell that is known within its tolerance and every cause; and nothing may have been told
 * that was not played. It judges the output only; it shares no code with the tracer, on purpose.
 *
 * One line a life, then "N lives, N right, N wrong". Exit: 0 all right, 1 not, 2 usage or
 * unreadable.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MS INT64_C(1000000)

enum {
	MOVES_MAX = 16,
	BUCKETS = 1 << 16,
	NAME = 16,    /* a state's name, a cause */
	ADDRESS = 64, /* an address as text */
	REASON = 512,
};

#define TOLERANCE     (5 * MS)
#define EARLY         (10 * MS)    /* how much shorter than told a one-sided dwell may be */
#define SLACK         (1300 * MS)  /* without -S: two sweeps, and what keeps them waiting */
#define TIME_WAIT_MIN (60000 * MS) /* TIME-WAIT, and the slack of the timer wheel, any HZ */
#define TIME_WAIT_MAX (66000 * MS)

struct tuple {
	char laddr[ADDRESS];
	char raddr[ADDRESS];
	unsigned lport;
	unsigned rport;
};

/* ---- the truth ---- */

struct step {
	char state[NAME];
	int64_t ns; /* -1: not to be checked */
	int64_t less;
	int64_t more;
};

struct truth {
	struct truth *next;
	char scenario[32];
	struct tuple tuple;
	char cause[NAME];
	char comm[NAME + 1]; /* of the process it belongs to, if pid is not 0 */
	long pid;
	bool accepted; /* from somebody else's listener */
	size_t count;
	struct step steps[MOVES_MAX];
};

struct churn {
	struct churn *next;
	unsigned count;
	char addr[ADDRESS];
	unsigned port;
};

/* ---- what was told ---- */

struct move {
	int64_t ts;
	int64_t dwell; /* -1: null */
	int64_t pid;   /* -1: not known */
	bool pid_exact;
	bool overflowed;
	char from[NAME];
	char to[NAME];
	char known[NAME];
	char cause[NAME];
	char comm[NAME + 1];
};

struct told {
	struct told *next;   /* in order of their beginnings */
	struct told *bucket; /* same hash of cookie, latest first */
	int64_t cookie;
	struct tuple tuple;
	bool family_wrong;
	bool used;
	size_t count;
	struct move moves[MOVES_MAX];
};

static struct truth *truths, **truths_end = &truths;
static struct churn *churns;
static struct told *tolds, **tolds_end = &tolds;
static struct told *buckets[BUCKETS];
static bool sampled;     /* -s */
static bool sweeps_told; /* -S */
static int64_t *sweeps;  /* when they began, in order */
#define SWEEPS_LEAST 3
static size_t sweep_count;
static const char *quiet = ""; /* -q */
static int64_t netns;          /* of the truth; 0: it does not say */
static size_t elsewhere;       /* transitions of other namespaces */
static unsigned ignored[64];   /* -i */
static size_t ignored_count;
static size_t right, wrong;

static _Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void die(const char *fmt, ...)
{
	va_list args;

	fputs("verify: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

static void *allocate(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		die("out of memory");
	return p;
}

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

/* ---- reading the truth ---- */

/* STATE[:NS[~[+]TOL]] */
static void parse_step(char *text, struct step *s)
{
	char *colon = strchr(text, ':'), *tilde = strchr(text, '~');

	s->ns = -1;
	s->less = s->more = TOLERANCE;
	if (colon) {
		*colon = '\0';
		s->ns = strtoll(colon + 1, NULL, 10);
	}
	if (colon && tilde) {
		s->more = strtoll(tilde + 1 + (tilde[1] == '+'), NULL, 10);
		s->less = tilde[1] == '+' ? EARLY : s->more;
	}
	copy(s->state, sizeof(s->state), text);
}

static void parse_life(char **field, size_t fields)
{
	struct truth *t = allocate(sizeof(*t));
	char *save = NULL;

	if (fields < 8)
		die("a life of %zu fields in the truth", fields);
	copy(t->scenario, sizeof(t->scenario), field[1]);
	copy(t->tuple.laddr, sizeof(t->tuple.laddr), field[2]);
	t->tuple.lport = (unsigned)strtoul(field[3], NULL, 10);
	copy(t->tuple.raddr, sizeof(t->tuple.raddr), field[4]);
	t->tuple.rport = (unsigned)strtoul(field[5], NULL, 10);
	copy(t->cause, sizeof(t->cause), field[6]);
	for (char *p = strtok_r(field[7], ">", &save); p; p = strtok_r(NULL, ">", &save)) {
		if (t->count == MOVES_MAX)
			die("a life of more than %d states in the truth", MOVES_MAX);
		parse_step(p, &t->steps[t->count++]);
	}
	if (fields > 9) {
		t->pid = strtol(field[8], NULL, 10);
		copy(t->comm, sizeof(t->comm), field[9]);
		t->accepted = fields > 10;
	}
	*truths_end = t;
	truths_end = &t->next;
}

static void parse_truth(char *line)
{
	char *field[12], *save = NULL;
	size_t fields = 0;

	line[strcspn(line, "\n")] = '\0';
	for (char *p = strtok_r(line, "\t", &save); p && fields < 12;
	     p = strtok_r(NULL, "\t", &save))
		field[fields++] = p;
	if (fields == 2 && strcmp(field[0], "netns") == 0) {
		netns = strtoll(field[1], NULL, 10);
	} else if (fields == 4 && strcmp(field[0], "churn") == 0) {
		struct churn *c = allocate(sizeof(*c));

		c->count = (unsigned)strtoul(field[1], NULL, 10);
		copy(c->addr, sizeof(c->addr), field[2]);
		c->port = (unsigned)strtoul(field[3], NULL, 10);
		c->next = churns;
		churns = c;
	} else if (fields > 0 && strcmp(field[0], "life") == 0) {
		parse_life(field, fields);
	} else if (fields > 0) {
		die("cannot understand '%s' in the truth", field[0]);
	}
}

/* ---- reading the output ---- */

static bool is_wildcard(const char *addr)
{
	return addr[0] == '\0' || strcmp(addr, "0.0.0.0") == 0 || strcmp(addr, "::") == 0;
}

/* Neither contradicts the other, as far as both are known. */
static bool compatible(const struct tuple *a, const struct tuple *b)
{
	return (is_wildcard(a->laddr) || is_wildcard(b->laddr) || !strcmp(a->laddr, b->laddr)) &&
	       (is_wildcard(a->raddr) || is_wildcard(b->raddr) || !strcmp(a->raddr, b->raddr)) &&
	       (a->lport == 0 || b->lport == 0 || a->lport == b->lport) &&
	       (a->rport == 0 || b->rport == 0 || a->rport == b->rport);
}

/* The first values known are the life's. */
static void learn(struct tuple *t, const struct tuple *more)
{
	if (is_wildcard(t->laddr))
		*t = (struct tuple){.lport = t->lport, .rport = t->rport};
	if (t->laddr[0] == '\0')
		copy(t->laddr, sizeof(t->laddr), more->laddr);
	if (is_wildcard(t->raddr))
		copy(t->raddr, sizeof(t->raddr), more->raddr);
	if (t->lport == 0)
		t->lport = more->lport;
	if (t->rport == 0)
		t->rport = more->rport;
}

static bool is_ignored(const struct tuple *t)
{
	for (size_t i = 0; i < ignored_count; i++)
		if (t->lport == ignored[i] || t->rport == ignored[i])
			return true;
	return false;
}

static bool begins(const struct move *m)
{
	return strcmp(m->from, "CLOSED") == 0 ||
	       (strcmp(m->from, "LISTEN") == 0 && strcmp(m->to, "SYN-RECEIVED") == 0);
}

/* The unfinished life that this move continues, or a new one. */
static struct told *told_life(int64_t cookie, const struct tuple *tuple, const struct move *m)
{
	struct told **head = &buckets[(uint64_t)cookie % BUCKETS], *t;

	for (t = *head; t && !begins(m); t = t->bucket)
		if (t->cookie == cookie && strcmp(t->moves[t->count - 1].to, m->from) == 0 &&
		    compatible(&t->tuple, tuple))
			return t;
	t = allocate(sizeof(*t));
	t->cookie = cookie;
	t->bucket = *head;
	*head = t;
	*tolds_end = t;
	tolds_end = &t->next;
	return t;
}

static int64_t get_int(const json_t *o, const char *key, int64_t none)
{
	const json_t *v = json_object_get(o, key);

	return json_is_integer(v) ? json_integer_value(v) : none;
}

/* A moment or a name: digits in a string. */
static int64_t get_id(const json_t *o, const char *key, int64_t none)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? (int64_t)strtoull(text, NULL, 10) : none;
}

static void get_text(const json_t *o, const char *key, char *to, size_t size)
{
	copy(to, size, json_string_value(json_object_get(o, key)));
}

static void get_move(const json_t *o, struct move *m)
{
	char known[NAME];

	m->ts = get_id(o, "ts_ns", -1);
	m->dwell = get_int(o, "dwell_ns", -1);
	get_text(o, "from", m->from, sizeof(m->from));
	get_text(o, "to", m->to, sizeof(m->to));
	get_text(o, "dwell_known", m->known, sizeof(m->known));
	get_text(o, "cause", m->cause, sizeof(m->cause));
	get_text(o, "comm", m->comm, sizeof(m->comm));
	get_text(o, "pid_known", known, sizeof(known));
	m->pid = strcmp(known, "unknown") != 0 ? get_int(o, "pid", -1) : -1;
	m->pid_exact = strcmp(known, "exact") == 0;
	m->overflowed = json_is_true(json_object_get(o, "overflowed"));
}

static void read_transition(const json_t *o)
{
	struct tuple tuple = {.lport = (unsigned)get_int(o, "lport", 0),
			      .rport = (unsigned)get_int(o, "rport", 0)};
	char family[NAME];
	struct told *t;
	struct move m;

	if (netns != 0 && get_int(o, "netns", 0) != netns) {
		elsewhere++;
		return;
	}
	get_text(o, "laddr", tuple.laddr, sizeof(tuple.laddr));
	get_text(o, "raddr", tuple.raddr, sizeof(tuple.raddr));
	get_text(o, "family", family, sizeof(family));
	get_move(o, &m);
	t = told_life(get_id(o, "socket", 0), &tuple, &m);
	if (t->count == MOVES_MAX)
		die("a life of more than %d moves in the output", MOVES_MAX);
	learn(&t->tuple, &tuple);
	if (strcmp(family, strchr(tuple.laddr, ':') ? "ipv6" : "ipv4") != 0)
		t->family_wrong = true;
	t->moves[t->count++] = m;
}

static void read_output(char *line, size_t number)
{
	json_error_t error;
	json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	const char *event = o ? json_string_value(json_object_get(o, "event")) : NULL;

	if (!o || !event) {
		printf("BAD  line %zu is no event: %s\n", number, o ? line : error.text);
		wrong++;
	} else if (strcmp(event, "transition") == 0) {
		read_transition(o);
	} else if (strcmp(event, "lost") == 0) {
		printf("BAD  the tracer lost something: %s", line);
		wrong++;
	}
	json_decref(o);
}

static void read_lines(const char *path, bool is_truth)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t size = 0, number = 0;

	if (!f)
		die("cannot open '%s': %s", path, strerror(errno));
	while (getline(&line, &size, f) > 0) {
		number++;
		if (is_truth)
			parse_truth(line);
		else
			read_output(line, number);
	}
	free(line);
	fclose(f);
}

/* ---- sweeps ---- */

/* "NS NETNS" a line. Those of the truth's namespace, which is read before. */
static void read_sweeps(const char *path)
{
	FILE *f = fopen(path, "r");
	int64_t ts, in;

	if (!f)
		die("cannot open '%s': %s", path, strerror(errno));
	while (fscanf(f, "%" SCNd64 " %" SCNd64, &ts, &in) == 2) {
		if (netns != 0 && in != netns)
			continue;
		sweeps = realloc(sweeps, (sweep_count + 1) * sizeof(*sweeps));
		if (!sweeps)
			die("out of memory");
		sweeps[sweep_count++] = ts;
	}
	fclose(f);
}

/*
 * When it truly entered the state of step i: as an event told it, or where none did, as long after
 * the state before as the truth says that this took.
 */
static int64_t entered(const struct truth *t, const struct told *told, size_t i)
{
	const struct move *m = &told->moves[i - 1];

	if (i <= told->count && (i < 2 || strcmp(m->known, "exact") == 0))
		return m->ts;
	if (t->steps[i - 1].ns >= 0)
		return entered(t, told, i - 1) + t->steps[i - 1].ns;
	return i <= told->count ? m->ts : INT64_MAX;
}

/*
 * When a mini-socket that was there from `since` to `until` must have been met last; -1: it need
 * not have been. A sweep is over by the time the next one begins, and one may pass over it when
 * another of its hash bucket goes: so of the two that began last nothing is asked.
 */
static int64_t surely_met(int64_t since, int64_t until)
{
	int64_t met = -1;

	if (!sweeps_told)
		return until - since >= SLACK ? until - SLACK : -1;
	for (size_t i = 0; i + 2 < sweep_count && sweeps[i + 2] <= until; i++)
		if (sweeps[i] >= since)
			met = sweeps[i];
	return met;
}

/* By when the end of a mini-socket at `until` had to be told: two sweeps have not met it. */
static int64_t told_by(int64_t until)
{
	for (size_t i = 0; i + 1 < sweep_count; i++)
		if (sweeps[i] >= until)
			return sweeps[i + 1];
	return INT64_MAX;
}

/* ---- comparing ---- */

static bool duration_text(char *text, size_t size, int64_t ns)
{
	if (ns < 0)
		snprintf(text, size, "?");
	else if (ns >= 1000 * MS)
		snprintf(text, size, "%.3fs", (double)ns / 1e9);
	else if (ns >= MS)
		snprintf(text, size, "%.1fms", (double)ns / 1e6);
	else
		snprintf(text, size, "%.1fus", (double)ns / 1e3);
	return ns >= 0;
}

static void say(char *reason, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(char *reason, const char *fmt, ...)
{
	size_t used = strlen(reason);
	va_list args;

	if (used > 0)
		used += (size_t)snprintf(reason + used, REASON - used, "; ");
	va_start(args, fmt);
	if (used < REASON)
		vsnprintf(reason + used, REASON - used, fmt, args);
	va_end(args);
}

static void chain_text(const struct told *t, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, "%s", t->moves[0].from);

	for (size_t i = 0; i < t->count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, ">%s", t->moves[i].to);
}

/*
 * With -s: an end that only a sweep told, by no longer meeting the mini-socket. One told exactly is
 * judged as any other.
 */
static bool is_sampled_end(const struct told *told)
{
	const struct move *m = &told->moves[told->count - 1];

	return sampled && strcmp(m->to, "CLOSED") == 0 && strcmp(m->known, "exact") != 0 &&
	       (!strcmp(m->from, "FIN-WAIT-2") || !strcmp(m->from, "TIME-WAIT") ||
		!strcmp(m->from, "CLOSING"));
}

/*
 * With -q: no event told that FIN-WAIT-2 became TIME-WAIT, and the kernel has no note of it, since
 * this peer sends no timestamps or the kernel is old ("any"). Then it is a bound, and so is the
 * TIME-WAIT.
 */
static bool is_quiet_move(const struct told *told, size_t i)
{
	const struct move *m = &told->moves[i];

	return (strcmp(quiet, "any") == 0 || strstr(quiet, told->tuple.raddr)) &&
	       strcmp(m->from, "FIN-WAIT-2") == 0 && strcmp(m->to, "TIME-WAIT") == 0 &&
	       strcmp(m->known, "exact") != 0;
}

static bool follows_quiet_move(const struct told *told, size_t i)
{
	return i > 0 && is_quiet_move(told, i - 1);
}

/* The truth's last state but CLOSED is a TIME-WAIT so short that no sweep need have met it. */
static bool may_be_unmet(const struct truth *t, const struct told *told)
{
	const struct step *s = &t->steps[t->count - 2];
	int64_t since;

	if (!is_sampled_end(told) || told->count + 2 != t->count ||
	    strcmp(s->state, "TIME-WAIT") != 0)
		return false;
	since = entered(t, told, t->count - 2);
	return surely_met(since, since + s->ns) < 0;
}

/* A TIME-WAIT that the truth left alive may have run out, or gone with the namespace, while
 * tracing. */
static bool ended_later(const struct truth *t, const struct told *told)
{
	const struct move *m = &told->moves[told->count - 1];

	return strcmp(t->cause, "-") == 0 && told->count == t->count &&
	       strcmp(t->steps[t->count - 1].state, "TIME-WAIT") == 0 &&
	       strcmp(m->to, "CLOSED") == 0 &&
	       ((strcmp(m->cause, "normal") == 0 && m->dwell >= TIME_WAIT_MIN - EARLY &&
		 m->dwell <= TIME_WAIT_MAX) ||
		strcmp(m->cause, "netns-gone") == 0 ||
		(is_sampled_end(told) && strcmp(m->cause, "unknown") == 0));
}

static void check_moves(const struct truth *t, const struct told *told, char *reason)
{
	bool unmet = may_be_unmet(t, told);
	bool same = told->count == t->count - 1 || ended_later(t, told) || unmet;
	size_t moves = unmet ? told->count : t->count - 1;
	char text[REASON / 2];

	for (size_t i = 0; same && i < moves; i++)
		same = strcmp(told->moves[i].from, t->steps[i].state) == 0 &&
		       ((unmet && i + 1 == moves) ||
			strcmp(told->moves[i].to, t->steps[i + 1].state) == 0);
	if (same)
		return;
	chain_text(told, text, sizeof(text));
	say(reason, "moves differ, told: %s", text);
}

static bool is_known_as_owed(const struct told *told, size_t i)
{
	const char *known = told->moves[i].known;

	if (is_quiet_move(told, i) || follows_quiet_move(told, i) ||
	    (i + 1 == told->count && is_sampled_end(told)))
		return strcmp(known, "at-least") == 0 || strcmp(known, "unknown") == 0;
	return strcmp(known, "exact") == 0;
}

/* What each dwell owes to the clock that the output itself shows. */
static void check_clock(const struct told *told, char *reason)
{
	if (told->moves[0].dwell >= 0)
		say(reason, "a dwell in %s, whose beginning nobody saw", told->moves[0].from);
	for (size_t i = 1; i < told->count; i++) {
		const struct move *m = &told->moves[i];
		int64_t passed = m->ts - told->moves[i - 1].ts;

		if (passed < 0)
			say(reason, "%s > %s is dated before the move before it", m->from, m->to);
		if (!is_known_as_owed(told, i))
			say(reason, "dwell in %s is '%s'", m->from, m->known);
		else if (((i + 1 == told->count && is_sampled_end(told)) ||
			  is_quiet_move(told, i)) &&
			 m->dwell <= passed)
			continue;
		else if (m->dwell != passed && strcmp(m->known, "unknown") != 0)
			say(reason, "dwell in %s is %" PRId64 ", its timestamps say %" PRId64,
			    m->from, m->dwell, passed);
	}
}

/* How much shorter than it was the dwell may be told that sweeps alone tell of. */
static int64_t bound_less(const struct truth *t, const struct told *told, size_t i)
{
	const struct step *s = &t->steps[i];
	int64_t since = i > 0 ? entered(t, told, i) : 0;
	int64_t met = surely_met(since, since + s->ns - s->less);

	return met < 0 ? s->ns : since + s->ns - met + s->less;
}

/* An end is told by the sweeps that do not meet it any more: neither before it, nor long after. */
static void check_end(const struct truth *t, const struct told *told, char *reason)
{
	size_t last = told->count - 1;
	const struct move *m = &told->moves[last];
	const struct step *s = &t->steps[last];
	int64_t until;

	/* That of a full socket which no sweep saw give way to another is told as of then. */
	if (!sweeps_told || !is_sampled_end(told) || told->count + 1 != t->count || last == 0 ||
	    s->ns < 0 || m->dwell < 0 || m->dwell >= m->ts - told->moves[last - 1].ts)
		return;
	until = entered(t, told, last) + s->ns;
	if (m->ts < until - s->less)
		say(reason, "told as ended %.3f ms before it was", (double)(until - m->ts) / 1e6);
	if (m->ts > told_by(until + s->more))
		say(reason, "told as ended %.3f ms after two sweeps had not met it",
		    (double)(m->ts - told_by(until + s->more)) / 1e6);
}

static void check_dwells(const struct truth *t, const struct told *told, char *reason)
{
	for (size_t i = 0; i < told->count && i + 1 < t->count; i++) {
		const struct step *s = &t->steps[i];
		bool bound = (i + 1 == told->count && is_sampled_end(told)) ||
			     is_quiet_move(told, i);
		int64_t dwell = bound && told->moves[i].dwell < 0 ? 0 : told->moves[i].dwell;
		int64_t off = dwell - s->ns, less = bound ? bound_less(t, told, i) : s->less;

		if (s->ns >= 0 && (off < -less || off > s->more))
			say(reason, "%s off by %+.3f ms (allowed -%.3f +%.3f)", s->state,
			    (double)off / 1e6, (double)less / 1e6, (double)s->more / 1e6);
	}
	check_end(t, told, reason);
}

static void check_causes(const struct truth *t, const struct told *told, char *reason)
{
	for (size_t i = 0; i < told->count; i++) {
		const struct move *m = &told->moves[i];
		bool last = strcmp(m->to, "CLOSED") == 0;

		if (!last && m->cause[0] != '\0')
			say(reason, "cause '%s' at %s > %s, which is no end", m->cause, m->from,
			    m->to);
		if (last && is_sampled_end(told) && strcmp(m->cause, "unknown") == 0)
			continue;
		if (last && strcmp(t->cause, "-") != 0 && strcmp(m->cause, t->cause) != 0)
			say(reason, "cause '%s', should be '%s'", m->cause, t->cause);
	}
}

/* Of those whose last ACK found no room it is told, and of no others. */
static void check_overflows(const struct truth *t, const struct told *told, char *reason)
{
	bool refused = strcmp(t->cause, "queue-full") == 0;

	for (size_t i = 0; i < told->count; i++) {
		const struct move *m = &told->moves[i];

		if (m->overflowed != (refused && strcmp(m->from, "SYN-RECEIVED") == 0))
			say(reason, "%s > %s: a full queue %s", m->from, m->to,
			    m->overflowed ? "that was not" : "untold");
	}
}

static void check_owner(const struct truth *t, const struct told *told, char *reason)
{
	size_t exact = 0;

	for (size_t i = 0; t->pid != 0 && i < told->count; i++) {
		const struct move *m = &told->moves[i];

		exact += m->pid_exact;
		if (t->accepted && !m->pid_exact)
			continue;
		if (m->pid >= 0 && (m->pid != t->pid || strcmp(m->comm, t->comm) != 0))
			say(reason, "%s > %s is said to be of %s[%" PRId64 "], it is of %s[%ld]",
			    m->from, m->to, m->comm, m->pid, t->comm, t->pid);
	}
	if (t->pid != 0 && exact == 0)
		say(reason, "the owner, %s[%ld], was never told", t->comm, t->pid);
}

static bool address_fits(const char *truth, const char *told)
{
	return strcmp(truth, "*") == 0 || strcmp(truth, told) == 0;
}

static struct told *find_told(const struct tuple *tuple)
{
	for (struct told *t = tolds; t; t = t->next)
		if (!t->used && t->tuple.lport == tuple->lport && t->tuple.rport == tuple->rport &&
		    address_fits(tuple->laddr, t->tuple.laddr) &&
		    address_fits(tuple->raddr, t->tuple.raddr))
			return t;
	return NULL;
}

static void print_head(const char *verdict, const char *name, const struct tuple *t)
{
	printf("%-4s %-19s %s%s%s:%u", verdict, name, strchr(t->laddr, ':') ? "[" : "", t->laddr,
	       strchr(t->laddr, ':') ? "]" : "", t->lport);
	if (t->rport != 0)
		printf(">%s%s%s:%u", strchr(t->raddr, ':') ? "[" : "", t->raddr,
		       strchr(t->raddr, ':') ? "]" : "", t->rport);
}

/* The dwells that matter to a reader: all but the instants. */
static void print_dwells(const struct truth *t, const struct told *told)
{
	char seen[32], peer[32];

	for (size_t i = 0; i < told->count; i++) {
		const struct move *m = &told->moves[i];
		int64_t ns = i + 1 < t->count ? t->steps[i].ns : -1;

		if (m->dwell < MS && ns < MS)
			continue;
		duration_text(seen, sizeof(seen), m->dwell);
		printf(" %s %s", m->from, seen);
		if (duration_text(peer, sizeof(peer), ns))
			printf(" (peer %s)", peer);
	}
}

static void verify_life(const struct truth *t)
{
	struct told *told = find_told(&t->tuple);
	char reason[REASON] = "";

	if (!told) {
		print_head("BAD", t->scenario, &t->tuple);
		puts(": missing");
		wrong++;
		return;
	}
	told->used = true;
	if (told->family_wrong)
		say(reason, "family and address do not agree");
	check_moves(t, told, reason);
	if (reason[0] == '\0')
		check_dwells(t, told, reason);
	check_clock(told, reason);
	check_causes(t, told, reason);
	check_overflows(t, told, reason);
	check_owner(t, told, reason);
	print_head(reason[0] ? "BAD" : "ok", t->scenario, &t->tuple);
	print_dwells(t, told);
	printf(" %s%s\n", told->moves[told->count - 1].cause,
	       ended_later(t, told) ? " (later)" : "");
	if (reason[0])
		printf("     ^ %s\n", reason);
	*(reason[0] ? &wrong : &right) += 1;
}

/* ---- churn ---- */

/* All lives a churn may hold; a TIME-WAIT may be running still, or have ended in one of these ways.
 */
static const struct kind {
	const char *chain;
	const char *causes; /* with a space on either side */
} kinds[] = {
	{"CLOSED>LISTEN>CLOSED", " normal "},
	{"LISTEN>SYN-RECEIVED>ESTABLISHED>CLOSE-WAIT>LAST-ACK>CLOSED", " normal "},
	{"CLOSED>SYN-SENT>ESTABLISHED>FIN-WAIT-1>FIN-WAIT-2>TIME-WAIT", "  "},
	{"CLOSED>SYN-SENT>ESTABLISHED>FIN-WAIT-1>FIN-WAIT-2>TIME-WAIT>CLOSED",
	 " normal reused-conn netns-gone "},
	/* With -s: no sweep told how it ended, or none met it at all. */
	{"CLOSED>SYN-SENT>ESTABLISHED>FIN-WAIT-1>FIN-WAIT-2>TIME-WAIT>CLOSED", " unknown "},
	{"CLOSED>SYN-SENT>ESTABLISHED>FIN-WAIT-1>FIN-WAIT-2>CLOSED", " unknown "},
};

enum { LISTENERS, CHILDREN, WAITING, ENDED, UNSEEN, UNMET, KINDS };

static int kind_of(const struct told *t)
{
	char chain[REASON / 2], cause[NAME + 2];

	chain_text(t, chain, sizeof(chain));
	snprintf(cause, sizeof(cause), " %s ", t->moves[t->count - 1].cause);
	for (int i = 0; i < (sampled ? KINDS : UNSEEN); i++)
		if (strcmp(kinds[i].chain, chain) == 0 && strstr(kinds[i].causes, cause))
			return i;
	return -1;
}

static bool is_of_churn(const struct told *t, const struct churn *c)
{
	return !t->used && ((t->tuple.lport == c->port && !strcmp(t->tuple.laddr, c->addr)) ||
			    (t->tuple.rport == c->port && !strcmp(t->tuple.raddr, c->addr)));
}

static bool churn_life(struct told *t, const char *scenario, size_t *counts, bool loud)
{
	char reason[REASON] = "", chain[REASON / 2];
	int kind = kind_of(t);

	t->used = true;
	check_clock(t, reason);
	if (kind >= 0 && reason[0] == '\0') {
		counts[kind]++;
		return true;
	}
	chain_text(t, chain, sizeof(chain));
	if (loud) {
		print_head("BAD", scenario, &t->tuple);
		printf(" %s %s: %s\n", chain, t->moves[t->count - 1].cause, reason);
	}
	return false;
}

static void verify_churn(const struct churn *c)
{
	size_t counts[KINDS] = {0}, bad = 0;
	bool good;

	for (struct told *t = tolds; t; t = t->next)
		if (is_of_churn(t, c))
			bad += !churn_life(t, "churn", counts, bad < 10);
	counts[ENDED] += counts[UNSEEN] + counts[UNMET];
	good = bad == 0 && counts[LISTENERS] == 1 && counts[CHILDREN] == c->count &&
	       counts[WAITING] + counts[ENDED] == c->count;
	printf("%-4s churn of %u: %zu clients (%zu TIME-WAITs ended), %zu children, %zu listener, "
	       "%zu wrong\n",
	       good ? "ok" : "BAD", c->count, counts[WAITING] + counts[ENDED], counts[ENDED],
	       counts[CHILDREN], counts[LISTENERS], bad);
	right += counts[LISTENERS] + counts[CHILDREN] + counts[WAITING] + counts[ENDED];
	wrong += bad + !good;
}

static void verify_nothing_else(bool strict)
{
	char chain[REASON / 2];

	for (const struct told *t = tolds; t; t = t->next) {
		if (t->used || is_ignored(&t->tuple))
			continue;
		print_head("BAD", "nobody's", &t->tuple);
		chain_text(t, chain, sizeof(chain));
		printf(" %s %s: this was not played\n", chain, t->moves[t->count - 1].cause);
		wrong++;
	}
	if (elsewhere > 0) {
		printf("%-4s %zu transitions of other namespaces\n", strict ? "BAD" : "note",
		       elsewhere);
		wrong += strict;
	}
}

static const char *sweeps_path;

/* Those before the files. */
static int parse_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+q:sS:i:")) != -1) {
		if (c == 's')
			sampled = true;
		else if (c == 'S')
			sweeps_path = optarg;
		else if (c == 'q')
			quiet = optarg;
		else if (c == 'i' && ignored_count < sizeof(ignored) / sizeof(ignored[0]))
			ignored[ignored_count++] = (unsigned)strtoul(optarg, NULL, 10);
		else
			return argc; /* usage */
	}
	return optind - 1;
}

/* Sweeps go while a mini-socket may move, or end, without an event; a scenario that is played alone
 * may have none. */
static bool need_sweeps(void)
{
	for (const struct truth *t = truths; t; t = t->next)
		for (size_t i = 0; i < t->count && !is_ignored(&t->tuple); i++)
			if (t->steps[i].ns >= 3000 * MS &&
			    (strcmp(t->steps[i].state, "FIN-WAIT-2") == 0 ||
			     (sampled && strcmp(t->steps[i].state, "TIME-WAIT") == 0)))
				return true;
	return false;
}

int main(int argc, char **argv)
{
	int options = parse_options(argc, argv);
	bool strict;

	argv += options;
	argc -= options;
	strict = argc == 4 && strcmp(argv[3], "-x") == 0;
	if (argc != 3 && !strict) {
		fputs("usage: verify [-q ADDRESSES] [-s] [-S SWEEPS] [-i PORT]... TRUTH "
		      "OUTPUT.json "
		      "[-x]\n"
		      "  -q  of these peers, as 10.77.0.2,fd77::2, or any, nothing notes when\n"
		      "      TIME-WAIT begins: see is_quiet_move()\n"
		      "  -s  mini-sockets were sampled: see is_sampled_end()\n"
		      "  -S  when, as `sweeps` says of the recording; without it twice a second\n"
		      "  -i  leave out connections that have this port\n"
		      "  -x  transitions of other network namespaces are wrong too\n",
		      stderr);
		return 2;
	}
	read_lines(argv[1], true);
	read_lines(argv[2], false);
	sweeps_told = sweeps_path != NULL;
	if (sweeps_told)
		read_sweeps(sweeps_path);
	if (sweeps_told && sweep_count < SWEEPS_LEAST && need_sweeps())
		die("%s has %zu sweeps, too few to judge by", sweeps_path, sweep_count);
	for (const struct truth *t = truths; t; t = t->next)
		if (!is_ignored(&t->tuple))
			verify_life(t);
	for (const struct churn *c = churns; c; c = c->next)
		if (!is_ignored(&(struct tuple){.lport = c->port}))
			verify_churn(c);
	verify_nothing_else(strict);
	printf("%zu lives, %zu right, %zu wrong\n", right + wrong, right, wrong);
	return wrong > 0;
}
