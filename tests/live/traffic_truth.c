/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lives: what happened to each socket, as the traffic helper knows it, and the file that says so.
 * The format is described in traffic.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "traffic.h"

enum { STEPS_MAX = 12 };

/* Names of RFC 9293, and the kernel's number (0: no such socket). */
static const struct {
	const char *name;
	int kernel;
} states[] = {
	[ST_CLOSED] = {"CLOSED", 0},
	[ST_LISTEN] = {"LISTEN", TCP_LISTEN},
	[ST_SYN_SENT] = {"SYN-SENT", TCP_SYN_SENT},
	[ST_SYN_RECV] = {"SYN-RECEIVED", TCP_SYN_RECV},
	[ST_ESTABLISHED] = {"ESTABLISHED", TCP_ESTABLISHED},
	[ST_FIN_WAIT_1] = {"FIN-WAIT-1", TCP_FIN_WAIT1},
	[ST_FIN_WAIT_2] = {"FIN-WAIT-2", TCP_FIN_WAIT2},
	[ST_CLOSE_WAIT] = {"CLOSE-WAIT", TCP_CLOSE_WAIT},
	[ST_CLOSING] = {"CLOSING", TCP_CLOSING},
	[ST_LAST_ACK] = {"LAST-ACK", TCP_LAST_ACK},
	[ST_TIME_WAIT] = {"TIME-WAIT", TCP_TIME_WAIT},
};

struct step {
	enum state state;
	bool timed;
	struct moment when;
};

struct life {
	struct life *next;
	const char *scenario;
	const char *cause;
	const char *comm;
	bool accepted;
	pid_t pid; /* 0: not to be checked */
	struct tuple tuple;
	size_t count;
	struct step steps[STEPS_MAX];
};

static struct life *lives;
static struct life **lives_end = &lives;

static char notes[4096];

struct life *life_new(const struct run *run, const struct tuple *t, enum state first)
{
	struct life *l = calloc(1, sizeof(*l));

	if (!l)
		trouble("out of memory");
	l->scenario = run->scenario;
	l->cause = "-";
	l->tuple = *t;
	l->steps[0].state = first;
	l->count = 1;
	*lives_end = l;
	lives_end = &l->next;
	return l;
}

void life_owner(struct life *l, pid_t pid, const char *comm)
{
	l->pid = pid;
	l->comm = comm;
}

void life_accepted_by(struct life *l, pid_t pid, const char *comm)
{
	life_owner(l, pid, comm);
	l->accepted = true;
}

const struct tuple *life_tuple(const struct life *l)
{
	return &l->tuple;
}

void life_passes(struct life *l, enum state state, const struct moment *m)
{
	struct step *s = &l->steps[l->count];

	if (l->count == STEPS_MAX)
		trouble("a life of more than %d states", STEPS_MAX);
	s->state = state;
	s->timed = m != NULL;
	if (m)
		s->when = *m;
	l->count++;
}

bool life_stays(const struct life *l, enum state state)
{
	int64_t patience = clock_now() + 500 * (int64_t)TRAFFIC_MS;

	while (diag_state(&l->tuple) == states[state].kernel) {
		if (clock_now() > patience)
			return true;
		clock_pause(1);
	}
	return false;
}

void life_leaves(const struct life *l, enum state state, struct moment *m)
{
	int64_t patience = clock_now() + 2000 * (int64_t)TRAFFIC_MS;

	while (diag_state(&l->tuple) == states[state].kernel) {
		if (clock_now() > patience)
			trouble("local port %u stays in %s", l->tuple.lport, states[state].name);
		clock_pause(1);
	}
	moment_end(m);
}

void life_reaches(struct life *l, enum state state, struct moment *m)
{
	int64_t patience = clock_now() + 2000 * (int64_t)TRAFFIC_MS;

	for (;;) {
		bool is_last = clock_now() > patience;
		int seen = diag_state(&l->tuple);

		/* Only a look proves that it is there: a softirq may come after the call. */
		moment_end(m);
		if (seen == states[state].kernel)
			break;
		if (is_last)
			trouble("local port %u did not reach %s: the kernel says state %d",
				l->tuple.lport, states[state].name, seen);
	}
	life_passes(l, state, m);
}

void life_ends(struct life *l, struct moment *m, const char *cause)
{
	life_reaches(l, ST_CLOSED, m);
	l->cause = cause;
}

void life_ended(struct life *l, const struct moment *m, const char *cause)
{
	life_passes(l, ST_CLOSED, m);
	l->cause = cause;
}

void life_will_end(struct life *l, const char *cause)
{
	life_ended(l, NULL, cause);
}

/* Before any look has seen it, all that is known is that it cannot end before its last move. */
struct moment life_wait_gone(const struct life *l, unsigned seconds)
{
	int64_t patience = clock_now() + (int64_t)seconds * 1000 * TRAFFIC_MS;
	struct moment m = l->steps[l->count - 1].when;

	if (!l->steps[l->count - 1].timed)
		trouble("nobody knows when its last state began");
	m.slack = 0;
	for (;;) {
		int64_t before = clock_now();

		if (diag_state(&l->tuple) == 0)
			break;
		m.begin = before;
		if (before > patience)
			trouble("still there after %u s", seconds);
		clock_pause(1);
	}
	moment_end(&m);
	return m;
}

void truth_note(const char *fmt, ...)
{
	size_t used = strlen(notes);
	va_list args;

	va_start(args, fmt);
	vsnprintf(notes + used, sizeof(notes) - used, fmt, args);
	va_end(args);
}

static const char *address_text(const struct tuple *t, const unsigned char *addr, char *text)
{
	static const unsigned char none[16];

	if (memcmp(addr, none, sizeof(none)) == 0)
		return "*";
	inet_ntop(t->family, addr, text, INET6_ADDRSTRLEN);
	return text;
}

static void write_step(FILE *f, const struct step *s, const struct step *next)
{
	int64_t unsure = 0, ns = 0;

	fputs(states[s->state].name, f);
	if (!next || !s->timed || !next->timed)
		return;
	ns = (next->when.begin + next->when.end - s->when.begin - s->when.end) / 2;
	unsure = (next->when.end - next->when.begin + s->when.end - s->when.begin) / 2;
	fprintf(f, ":%" PRId64, ns);
	unsure = unsure > TRAFFIC_MS ? unsure : 0;
	unsure += next->when.slack + s->when.slack;
	if (unsure > 0)
		fprintf(f, "~%" PRId64, TRAFFIC_TOLERANCE + unsure);
}

static void write_life(FILE *f, const struct life *l)
{
	char left[INET6_ADDRSTRLEN], right[INET6_ADDRSTRLEN];

	fprintf(f, "life\t%s\t%s\t%u\t%s\t%u\t%s\t", l->scenario,
		address_text(&l->tuple, l->tuple.laddr, left), l->tuple.lport,
		address_text(&l->tuple, l->tuple.raddr, right), l->tuple.rport, l->cause);
	for (size_t i = 0; i < l->count; i++) {
		if (i > 0)
			fputc('>', f);
		write_step(f, &l->steps[i], i + 1 < l->count ? &l->steps[i + 1] : NULL);
	}
	if (l->pid != 0)
		fprintf(f, "\t%d\t%s%s", (int)l->pid, l->comm, l->accepted ? "\taccepted" : "");
	fputc('\n', f);
}

bool truth_write(const char *path)
{
	FILE *f = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
	struct stat st;

	if (!f)
		return false;
	if (stat("/proc/self/ns/net", &st) == 0)
		fprintf(f, "netns\t%lu\n", (unsigned long)st.st_ino);
	for (const struct life *l = lives; l; l = l->next)
		write_life(f, l);
	fputs(notes, f);
	return (f == stdout ? fflush(f) : fclose(f)) == 0;
}
